"""Verification: whether the passages of a source still stand where their selectors say."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, bindparam, select

from app.database import tables
from app.database.lookup import COLLECTIONS, find, refuse_merged, refuse_unless_live
from app.database.near_ids import not_found
from app.errors import InvalidDocument
from app.records.evidence import Selector, as_passage, is_checkable, reading_order
from app.records.source import Source
from app.records.validation.document import load_stored
from app.source_texts.schemas import Verification, VerifiedItem, VerifiedText
from app.source_texts.service import SOURCE
from app.values import text_selectors as passage
from app.values.text_selectors import MatchStatus, SelectorMatch
from app.writing.check_selectors import attached_text
from app.writing.verification_process import Examined

BATCH: Final = 500
"""Records whose documents are in memory at a time."""

_record, _evidence = tables.record.c, tables.evidence.c

_NEXT: Final = (
    select(_record.pk, _record.kind, _record.id, _record.document)
    .where(
        _record.pk.in_(select(_evidence.record).where(_evidence.source == bindparam("source"))),
        _record.pk > bindparam("after"),
    )
    .order_by(_record.pk)
    .limit(BATCH)
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One selector into a source's text: whose evidence it is, and for which property."""

    order: tuple[int, int, int]
    ref: str
    item: str
    property: str | None
    selector: passage.TextSelector


@dataclass(frozen=True, slots=True)
class Work:
    """A text, and the selectors to match against it.

    Attributes:
        text: in UTF-8.
        named: the digest that the source's record has, if it has one.
        unchecked: how many items of evidence point to pages, or to no place at all.
    """

    ref: str
    text: bytes | bytearray
    named: str | None
    passages: Sequence[Passage]
    unchecked: int

    @property
    def selectors(self) -> list[passage.TextSelector]:
        """The selectors, in the order of `passages`."""
        return [one.selector for one in self.passages]


def gather(connection: Connection, source_id: str, text: bytes | bytearray | None) -> Work:
    """Load the passages of a source, and its attached text where none is given.

    Raises:
        InvalidDocument: no text is given, and none is attached.
        NotFound: there is no such source.
        Gone: it was deleted.
        Conflict: it was merged into another, which is named.
    """
    current = find(connection, SOURCE, source_id)
    if current is None:
        raise not_found(connection, SOURCE, source_id)
    refuse_merged(connection, current)
    refuse_unless_live(current, current.ref)
    if text is None:
        attached = attached_text(connection, current.pk)
        if attached is None:
            detail = "Send the text as text/plain: none is attached to this source."
            raise InvalidDocument(detail, code="no_text")
        text = attached.encode()
    record = load_stored(SOURCE, current.document)
    named = record.text.sha256 if isinstance(record, Source) and record.text is not None else None
    found: list[Passage] = []
    unchecked = 0
    for pk, kind, record_id, document in _documents(connection, current.pk):
        ref = f"{COLLECTIONS[kind]}/{record_id}"
        for position, item in enumerate(orjson.loads(document)["evidence"]):
            if item.get("source") != current.ref:
                continue
            selector = Selector.model_construct(**item.get("selector", {}))
            if is_checkable(selector):
                order = (reading_order(selector), pk, position)
                found.append(Passage(order, ref, item["id"], item.get("property"), as_passage(selector)))
            else:
                unchecked += 1
    found.sort(key=lambda one: one.order)
    return Work(current.ref, text, named, found, unchecked)


def _documents(connection: Connection, source: int) -> Iterator[Any]:
    after = 0
    while True:
        found = connection.execute(_NEXT, {"source": source, "after": after}).all()
        yield from found
        if len(found) < BATCH:
            return
        after = found[-1].pk


def report(work: Work, examined: Examined) -> Verification:
    """Report for each selector how it matches, in the order of the text, and how many of each status there are."""
    counts = Counter(found.verdict for found in examined.findings)
    text = VerifiedText(sha256=hashlib.sha256(work.text).hexdigest(), characters=examined.characters)
    if work.named is not None:
        text["as_recorded"] = text["sha256"] == work.named
    return Verification(
        source=work.ref,
        text=text,
        items=[_item(one, found) for one, found in zip(work.passages, examined.findings, strict=True)],
        exact=counts[MatchStatus.EXACT],
        moved=counts[MatchStatus.MOVED],
        ambiguous=counts[MatchStatus.AMBIGUOUS],
        missing=counts[MatchStatus.MISSING],
        unchecked=work.unchecked,
    )


def _item(one: Passage, found: SelectorMatch) -> VerifiedItem:
    members = VerifiedItem(ref=one.ref, evidence=one.item, verdict=found.verdict)
    if one.property is not None:
        members["property"] = one.property
    if found.start is not None and found.end is not None:
        members |= {"start": found.start, "end": found.end}
    return members
