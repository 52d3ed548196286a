"""Which of its names a record is shown with: that of a language, of a time, or both.

It is shown as `title`; `title_language` tells its language, where that is known, and `title_recorded` the title as it
was written, where that is another. Documents are changed as JSON, after they were read: only those that have other
names are parsed, so that lists of records without any cost nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from app.records.historical_date import span_of
from app.values.timespan import TemporalRelation, Timespan, certain, possible

# As documents are stored. Longer needles are found faster in pages of text that has none.
_NAMES, _LABELS = '"names":[{"name"', '"labels":{"'


@dataclass(frozen=True, slots=True)
class ChosenName:
    """A name, and the tag of its language, if it has one."""

    name: str
    language: str | None

    def shown_in(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """Return a document or a card with this name as its title."""
        title: dict[str, Any] = {"title": self.name}
        if self.language is not None:
            title["title_language"] = self.language
        if members["title"] != self.name:
            title["title_recorded"] = members["title"]
        shown: dict[str, Any] = {}
        for name, member in members.items():
            shown |= title if name == "title" else {name: member}
        return shown


@dataclass(frozen=True, slots=True)
class NameChoice:
    """Which names are wanted; false where records are shown with their titles.

    Attributes:
        language: a BCP 47 tag.
        days: the first and the last day of the time of which names are wanted (`app.values.calendar`).
    """

    language: str | None = None
    days: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        return self.language is not None or self.days is not None

    @property
    def signs(self) -> tuple[str, ...]:
        """What stands in the stored text of any document that this may change."""
        if not self:
            return ()
        return (_NAMES,) if self.language is None else (_NAMES, _LABELS)

    def may_change(self, stored: str | bytes) -> bool:
        """Return whether a stored text of documents can have another name that is wanted; quick, and at times in vain."""
        if isinstance(stored, bytes):
            return any(sign.encode() in stored for sign in self.signs)
        return any(sign in stored for sign in self.signs)

    def shown(self, members: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a document with the name that is wanted, or as it is where it has none."""
        found = self.name_of(members)
        return members if found is None or "title" not in members else found.shown_in(members)

    def stored(self, document: str) -> str:
        """Return a stored document with the name that is wanted."""
        if not self.may_change(document):
            return document
        return orjson.dumps(self.shown(orjson.loads(document))).decode()

    def joined(self, documents: bytes) -> bytes:
        """Return stored documents, which commas join, with the names that are wanted."""
        if not self.may_change(documents):
            return documents
        found = orjson.loads(b"[%b]" % documents)
        return orjson.dumps([self.shown(one) for one in found])[1:-1]

    def name_of(self, members: Mapping[str, Any]) -> ChosenName | None:
        """Choose among the names of a document; None: it is shown with its title.

        Names that certainly held at the time come before those that possibly did, and both before names of no time:
        labels, and `names` without a date (where no time is asked, those that still hold too). In each of these
        groups the language decides, where one is asked; where none has it, it is the name of the time in any language,
        since a title has no language that is known.
        """
        held = list(self._held(members.get("names", ())))
        if self.language is not None:
            for group in (*held, *self._timeless(members)):
                found = in_language(group, self.language)
                if found is not None:
                    return found
        return next((name for group in held for name in group), None)

    def _held(self, names: Iterable[Mapping[str, Any]]) -> Iterator[list[ChosenName]]:
        """Yield the names that certainly held at the time, then those that possibly did."""
        if self.days is None:
            return
        dated = [(_chosen(one), span) for one in names if (span := _span(one)) is not None]
        for holds in (certain, possible):
            yield [name for name, span in dated if holds(TemporalRelation.OVERLAPS, span, *self.days)]

    def _timeless(self, members: Mapping[str, Any]) -> Iterator[list[ChosenName]]:
        yield [ChosenName(label, tag) for tag, label in members.get("labels", {}).items()]
        names = members.get("names", ())
        if self.days is None:
            yield [_chosen(one) for one in names if (span := _span(one)) is not None and span.bounds.end_open]
        yield [_chosen(one) for one in names if "date" not in one]


AS_WRITTEN: Final = NameChoice()
"""The choice of none: records are shown with their titles."""


def in_language(names: Iterable[ChosenName], language: str) -> ChosenName | None:
    """Choose the first name in a language.

    The tag itself is looked up, then what is left of it without its last subtags (RFC 4647, §3.4), then longer tags that
    begin with it (§3.3.1): `es-MX` takes `es`, and `es` takes `es-MX` where there is no `es`.
    """
    tagged = [(one.language.lower(), one) for one in names if one.language is not None]
    wanted = language.lower()
    by_tag = dict(reversed(tagged))
    shortened = wanted
    while shortened:
        if shortened in by_tag:
            return by_tag[shortened]
        shortened = shortened.rpartition("-")[0]
        if shortened[-2:-1] == "-":
            # What a single letter introduces is gone, and the letter with it.
            shortened = shortened[:-2]
    return next((one for tag, one in tagged if tag.startswith(f"{wanted}-")), None)


def _chosen(dated: Mapping[str, Any]) -> ChosenName:
    return ChosenName(dated["name"], dated.get("language"))


def _span(dated: Mapping[str, Any]) -> Timespan | None:
    return span_of(dated["date"]) if "date" in dated else None
