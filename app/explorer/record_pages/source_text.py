"""What was read out of a source, in the order of its text: passages, the text around them, and what it disputes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import orjson

from app.database.engine.database import cursor_secret
from app.database.engine.read_snapshot import ReadConnection
from app.errors import Fault
from app.evidence.service import has_more_passages, list_passages
from app.explorer.record_pages.evidence_tables import place_in_words, property_in_words
from app.explorer.record_pages.questions import list_question, query_string
from app.explorer.record_pages.value_words import in_words
from app.listing.service import list_page
from app.records.evidence_support import WHOLE_RECORD
from app.records.kinds import RECORD_KINDS, RecordKind
from app.records.source import Section, Source
from app.schemas.query_model import invalid_query
from app.source_texts.service import read_part
from app.values.cursor import Cursor, InvalidCursor, open_cursor

WINDOW: Final = 20_000
"""Characters of a text that are shown at a time."""

_LEAD: Final = 400
"""Characters before the one that is asked for among which the beginning of its line is looked for."""

_LONGEST: Final = 2**30
"""What is larger is no position in a text, but a page (`app.records.evidence.reading_order`)."""

_PER_PAGE: Final = 60
_MOST_IN_WINDOW: Final = 400
_MOST_DISPUTES: Final = 60
_LOOKED_THROUGH: Final = 20
"""Contested records of each kind that are looked through for what the source disputes."""

_DOCUMENT_BYTES: Final = 2**20

_FEW_PASSAGES: Final = 5000
"""Up to so many passages of a source, contested records are looked for among all that it speaks of."""


@dataclass(frozen=True, slots=True)
class PassageShown:
    """One passage: the record it is about, what it says of what, and where it stands.

    Attributes:
        anchor: the id of its element.
        about: the property it bears on, in words.
        disputes: whether it disputes the record, or has another value.
        mismatch: whether its phrase does not stand at its place in the text that is shown.
    """

    anchor: str
    ref: str
    title: str
    about: str
    verdict: str
    holds: str | None
    exact: str | None
    place: str | None
    note: str | None
    start: int | None
    end: int | None
    disputes: bool
    mismatch: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, and the numbers of the passages that it is in, counted from 1; `first` of those that begin here."""

    text: str
    passages: Sequence[int]
    begins: Sequence[int]


@dataclass(frozen=True, slots=True)
class TextWindow:
    """A part of a text.

    Attributes:
        start: its first character.
        end: the character after its last.
        length: how many characters the text has.
        marks: for each passage by its number, the number of the first that begins where it does.
    """

    pieces: Sequence[Piece]
    start: int
    end: int
    length: int
    marks: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What a page shows of a source's text.

    Attributes:
        window: the text itself, where it is attached and may be read.
        passages: those in the window, or else a page of all of them.
        next: the parameter with which the page goes on, and the one before it (`prev`).
    """

    window: TextWindow | None
    passages: Sequence[PassageShown]
    next: Mapping[str, Any] | None
    prev: Mapping[str, Any] | None
    cut: bool
    sections: Sequence[Section]


async def read_source(
    db: ReadConnection, source: Source, key: int, *, first: int | None, cursor: str | None, public: bool
) -> SourceReading:
    """Read what was read out of a source: around the character `first` of its text, or page by page.

    Raises:
        BadRequest: the cursor is of another list.
    """
    sections = source.text.sections if source.text is not None else ()
    window = await _window_at(db, key, first or 0) if public and cursor is None else None
    if window is not None:
        return await _around_text(db, key, *window, sections)
    secret, purpose = await cursor_secret(db), f"evidence of sources/{source.id}".encode()
    place = None if first is None else _from(first)
    if cursor is not None:
        try:
            place = open_cursor(cursor, secret, purpose)
        except InvalidCursor:
            detail = "Take the address of a page from the page before it."
            raise invalid_query([Fault("invalid_cursor", detail, parameter="cursor")]) from None
    found = await list_passages(db, key, _PER_PAGE, place)
    return SourceReading(
        None,
        [_passage(one) for one in found.items],
        None if found.next is None else {"cursor": found.next.seal(secret, purpose)},
        None if found.prev is None else {"cursor": found.prev.seal(secret, purpose)},
        cut=False,
        sections=sections,
    )


async def _window_at(db: ReadConnection, key: int, first: int) -> tuple[int, str, int] | None:
    """Read the part of an attached text that has a character, from the beginning of its line or word, and the whole length."""
    start = max(0, first - _LEAD)
    part = await read_part(db, key, start, WINDOW + first - start) if first < _LONGEST else None
    if part is None or first >= max(part[1], 1):
        return None
    text, length = part
    lead = text[: first - start]
    cut = 0 if not start and "\n" not in lead else lead.rfind("\n") + 1 or lead.rfind(" ") + 1
    return start + cut, text[cut:], length


def _from(first: int) -> Cursor:
    return Cursor((first, 0, 0), backward=False)


async def _around_text(
    db: ReadConnection, key: int, first: int, text: str, length: int, sections: Sequence[Section]
) -> SourceReading:
    end = first + len(text)
    found = await list_passages(db, key, _MOST_IN_WINDOW, _from(first))
    inside = [one for one in found.items if _start(one) is not None and _start(one) < end]
    cut = len(inside) == len(found.items) and found.next is not None
    passages = [_in_text(_passage(one), text, first) for one in inside]
    pieces = list(_pieces(text, first, passages))
    marks = {number: piece.begins[0] for piece in pieces for number in piece.begins}
    window = TextWindow(pieces, first, end, length, marks)
    following = {"from": end} if end < length else None
    preceding = {"from": max(0, first - WINDOW)} if first else None
    return SourceReading(window, passages, following, preceding, cut=cut, sections=sections)


def _start(passage: Mapping[str, Any]) -> Any:
    return passage["evidence"].get("selector", {}).get("start")


def _passage(found: Mapping[str, Any]) -> PassageShown:
    item = found["evidence"]
    selector = item.get("selector")
    return PassageShown(
        f"{found['ref']}:{item['id']}",
        found["ref"],
        found["title"],
        _about(item.get("property", WHOLE_RECORD)),
        _verdict(item),
        in_words(item["value"]) if "value" in item else None,
        None if selector is None else selector.get("exact"),
        place_in_words(selector),
        item.get("note"),
        None if selector is None else selector.get("start"),
        None if selector is None else selector.get("end"),
        _differs(item),
    )


def _about(name: str) -> str:
    title, refers_to = property_in_words(name)
    title = title[:1].lower() + title[1:]
    return title if refers_to is None else f"{title}: {refers_to}"


def _verdict(item: Mapping[str, Any]) -> str:
    stance = item.get("stance", "supports")
    return f"{stance}, and holds another value of" if "value" in item else str(stance)


def _in_text(passage: PassageShown, text: str, first: int) -> PassageShown:
    """Say of a passage whether its phrase stands in the text that is shown, as far as that has it."""
    start, end, exact = passage.start, passage.end, passage.exact
    if start is None or end is None or exact is None or end > first + len(text):
        return passage
    if text[start - first : end - first] == exact:
        return passage
    members = {name: getattr(passage, name) for name in PassageShown.__slots__}
    return PassageShown(**members | {"mismatch": True})


def _pieces(text: str, first: int, passages: Sequence[PassageShown]) -> Iterator[Piece]:
    marked = {
        number: (one.start - first, min(one.end - first, len(text)))
        for number, one in enumerate(passages, 1)
        if one.start is not None and one.end is not None and not one.mismatch
    }
    edges = sorted({0, len(text), *(edge for span in marked.values() for edge in span)})
    for begin, end in pairwise(edges):
        within = [number for number, (start, stop) in marked.items() if start <= begin and end <= stop]
        yield Piece(text[begin:end], within, [number for number in within if marked[number][0] == begin])


@dataclass(frozen=True, slots=True)
class Disputes:
    """What a source disputes or has differently, and the questions that find all such records, by collection.

    Attributes:
        whole: whether all that was read out of the source was looked through, or the passages that are listed alone.
    """

    passages: Sequence[PassageShown]
    links: Mapping[str, str]
    whole: bool


async def read_disputes(db: ReadConnection, ref: str, key: int, listed: Sequence[PassageShown]) -> Disputes:
    """Read what a source disputes, or holds another value of; of a source with very many passages, among those listed."""
    if await has_more_passages(db, key, _FEW_PASSAGES):
        found = [one for one in listed if one.disputes]
        every = [one for one in RECORD_KINDS if one.kind != "source"]
        return Disputes(
            found[:_MOST_DISPUTES], {one.collection: _contested(one, ref) for one in every}, whole=False
        )
    found, links = [], {}
    for kind in RECORD_KINDS:
        if kind.kind == "source":
            continue
        asked: dict[str, str | int | None] = {"source": ref, "contested": "true", "limit": _LOOKED_THROUGH}
        page, rows = await list_page(db, list_question(kind.kind, asked), _DOCUMENT_BYTES)
        if page.next is not None or (rows and len(found) >= _MOST_DISPUTES):
            links[kind.collection] = _contested(kind, ref)
        for row in rows:
            found += _disputed_in(orjson.loads(row[0]), ref)
    return Disputes(found[:_MOST_DISPUTES], links, whole=True)


def _contested(kind: RecordKind, ref: str) -> str:
    return query_string({"kind": kind.kind, "source": ref, "contested": "true"})


def _disputed_in(document: Mapping[str, Any], source: str) -> Iterator[PassageShown]:
    ref = document["href"].removeprefix("/v1/")
    for item in document.get("evidence", ()):
        if item.get("source") == source and _differs(item):
            yield _passage({"ref": ref, "title": document["title"], "evidence": item})


def _differs(item: Mapping[str, Any]) -> bool:
    return (item.get("stance") == "disputes" or "value" in item) and item.get("rank") != "deprecated"
