"""Credits: whom the sources behind records want named, and under which terms they may be used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from app.formats.format import FormatItem
from app.records.base import Record
from app.records.source import Source
from app.records.source_view import sources_of


@dataclass(frozen=True, slots=True)
class Credit:
    """The attribution and licence that one source asks for."""

    ref: str
    title: str
    licence: str | None
    attribution: str | None

    @property
    def text(self) -> str:
        """The credit as one line: its title, the words that its use must carry, and its licence."""
        words = f": {self.attribution}" if self.attribution else ""
        terms = f" ({self.licence})" if self.licence else ""
        return f"{self.title}{words}{terms}"

    @property
    def members(self) -> dict[str, str]:
        """The credit as members of a JSON object."""
        given = {
            "source": self.ref,
            "title": self.title,
            "licence": self.licence,
            "attribution": self.attribution,
        }
        return {name: value for name, value in given.items() if value is not None}


def credit_of(ref: str, source: Record | None) -> Credit | None:
    """Return the credit of a source, or None where it asks for nothing."""
    if not isinstance(source, Source) or not (source.licence or source.attribution):
        return None
    return Credit(ref, source.title, source.licence, source.attribution)


def credits_of(item: FormatItem) -> Iterator[Credit]:
    """Yield the credits of the sources of an item's evidence, or of the item where it is a source."""
    record = item.record
    if isinstance(record, Source):
        found = [credit_of(item.ref, record)]
    else:
        found = [credit_of(ref, item.linked.get(ref)) for ref in sources_of(record)]
    yield from (credit for credit in found if credit is not None)


def sources_line(item: FormatItem) -> str | None:
    """Return every source of an item's evidence on one line: its title, and the credit that it asks for."""
    found: list[str] = []
    for ref in sources_of(item.record):
        source = item.linked.get(ref)
        credit = credit_of(ref, source)
        found.append(credit.text if credit is not None else ref if source is None else source.title)
    return "; ".join(found) or None


def credit_line(sources: list[str], linked: Mapping[str, Record]) -> str | None:
    """Return the credits of some sources as one line."""
    found = (credit_of(ref, linked.get(ref)) for ref in sources)
    return "; ".join(credit.text for credit in found if credit is not None) or None


class Credits:
    """Collects the credits of many items, each once."""

    def __init__(self) -> None:
        """Begin with none."""
        self._found: dict[str, Credit] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def __iter__(self) -> Iterator[Credit]:
        return iter(self._found.values())

    def add(self, item: FormatItem) -> None:
        """Add the credits of an item's sources."""
        for credit in credits_of(item):
            self._found.setdefault(credit.ref, credit)

    def json(self) -> bytes:
        """Return them as a JSON array."""
        return orjson.dumps([credit.members for credit in self])
