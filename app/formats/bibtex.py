"""BibTeX, with the fields of biblatex where BibTeX has none: what CSL-JSON says of a record, as an entry.

* The key is the reference: `sources/x`. Names of authors are in braces, as they stand in the record: which part is the
  family's is not known.
* A date that is a plain year, month or day is `year`, `month` and `day`. Any other is told in words as `year`, as BibTeX
  prints it, and in EDTF as `date`, which biblatex reads before it, up to level 1 of EDTF, which is what it knows.
* `entrysubtype` is the type of the source here, `annotation` the permanent address of its record.
* What TeX gives a meaning is written as commands, braces too, as BibTeX counts them wherever they are; addresses are
  not, and have no braces. Text is UTF-8, and of one line, as TeX makes no difference between a line break and a space.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.formats.csl import citation
from app.formats.format import About, Format, FormatItem
from app.values.edtf.value import parse_edtf

ENTRY_TYPES: Final[Mapping[str, str]] = {
    "article": "article",
    "article-journal": "article",
    "article-newspaper": "article",
    "book": "book",
    "chapter": "incollection",
    "classic": "book",
    "dataset": "dataset",
    "entry-encyclopedia": "inreference",
    "manuscript": "unpublished",
    "pamphlet": "booklet",
    "report": "report",
    "thesis": "thesis",
    "webpage": "online",
}
"""The entry type for each type of CSL; any other is `misc`."""

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""The names of months that every style of BibTeX defines."""

_COMMANDS: Final = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "#$%&_"},
    }
)

_FIELDS: Final[Mapping[str, str]] = {
    "publisher": "publisher",
    "container-title": "organization",
    "version": "version",
    "language": "language",
    "keyword": "keywords",
    "license": "copyright",
    "note": "note",
    "abstract": "abstract",
}
"""The field for each variable of CSL that is plain text."""


class BibtexWriter:
    """Writes entries."""

    held = 0

    def __init__(self, about: About) -> None:
        """Make addresses below that of the service."""
        self._base = about.base

    def begin(self) -> bytes:
        """Return nothing: entries need no frame."""
        return b""

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Return an entry for each item."""
        return "".join(_entry(item, self._base) for item in items).encode()

    def end(self) -> tuple[bytes, ...]:
        """Return nothing: entries need no frame."""
        return ()


def _entry(item: FormatItem, base: str) -> str:
    cited = citation(item, base)
    fields = _fields(cited, item.record.type)
    lines = "".join(f"  {name} = {value},\n" for name, value in fields)
    kind = ENTRY_TYPES.get(cited["type"], "misc")
    return f"@{kind}{{{item.ref},\n{lines}}}\n\n"


def _fields(cited: Mapping[str, Any], subtype: str | None) -> Iterator[tuple[str, str]]:
    yield "title", f"{{{{{escape(cited['title'])}}}}}"
    if "author" in cited:
        yield "author", "{" + " and ".join(f"{{{escape(one['literal'])}}}" for one in cited["author"]) + "}"
    yield from _date(cited)
    for variable, field in _FIELDS.items():
        if variable in cited:
            yield field, f"{{{escape(cited[variable])}}}"
    yield "url", f"{{{cited['URL']}}}"
    if "accessed" in cited:
        parts = cited["accessed"].get("date-parts", [[]])
        if len(parts) == 1 and len(parts[0]) == 3 and parts[0][0] > 0:
            yield "urldate", "{{{:04d}-{:02d}-{:02d}}}".format(*parts[0])
    if subtype is not None:
        yield "entrysubtype", f"{{{subtype}}}"
    yield "annotation", f"{{{escape(cited['custom']['permanent'])}}}"


def _date(cited: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    issued = cited.get("issued")
    if issued is None:
        return
    parts = plain_parts(issued)
    if parts is None:
        yield "year", f"{{{escape(cited['custom']['date'])}}}"
        edtf = cited["custom"]["edtf"]
        if parse_edtf(edtf).level <= 1:
            yield "date", f"{{{edtf}}}"
        return
    yield "year", f"{{{parts[0]:04d}}}"
    if len(parts) > 1:
        yield "month", MONTHS[parts[1] - 1]
    if len(parts) > 2:
        yield "day", f"{{{parts[2]}}}"


def plain_parts(date: Mapping[str, Any]) -> list[int] | None:
    """Return the year, month and day of a date of CSL; None unless it is one that every program can hold."""
    parts: list[list[int]] = date.get("date-parts", [])
    if len(parts) != 1 or date.get("circa") or not 0 < parts[0][0] < 10_000:
        return None
    return parts[0]


def escape(text: str) -> str:
    """Write text on one line, so that TeX prints it as it is."""
    return " ".join(text.split()).translate(_COMMANDS)


BIBTEX = Format(
    name="bibtex",
    media_type="application/x-bibtex",
    suffix=".bib",
    rule=(
        "An entry for each record, by what CSL-JSON has; the key is its reference. A date that is no plain year, month or "
        "day is told in words as `year`, and in EDTF as `date` for biblatex. No limit unless one is given."
    ),
    writer=BibtexWriter,
    streams=True,
    attachment=True,
    beside=("source",),
    parameters="; charset=utf-8",
)
