"""Checks selectors against the text that is attached to their source, as they are written.

A write with a selector that does not match is refused, with the place where the phrase stands. Selectors
that a record had already are not checked: a text may be attached later than the evidence was written, and
somebody who corrects a title or merges two records should not have to repair selectors first.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import orjson
from sqlalchemy import Connection, LargeBinary, cast, func, literal_column, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import find_heads
from app.errors import Fault
from app.records.base import Record
from app.records.evidence import Selector, as_passage, is_checkable
from app.records.source import Source
from app.values import text_selectors as passage
from app.values.text_selectors import MatchStatus, SelectorMatch, SelectorMatches
from app.writing.batch import InvalidBatch

_text = tables.source_text.c
_WITH_TEXT: Final = CompiledStatement(select(_text.source).where(AnyOf.keys(_text.source, "sources")))
_TEXT: Final = select(_text.text)
_LARGE: Final = 2**20

_SIZES: Final = CompiledStatement(
    select(_text.source, func.octet_length(_text.text)).where(AnyOf.keys(_text.source, "sources")),
    # SQLite has octet_length from 3.43 on.
    on_sqlite=select(_text.source, func.length(cast(_text.text, LargeBinary))).where(
        AnyOf.keys(_text.source, "sources")
    ),
)

_SELECTOR: Final = '"selector":'
_SOURCE: Final = re.compile(r'"source":"(sources/[a-z0-9-]+)"')

Written = tuple[Record, str | None]
"""A record that is written, and the stored document that it replaces."""

_DETAILS: Final = {
    MatchStatus.MOVED: "The phrase does not stand at this place of the attached text, but at the one suggested.",
    MatchStatus.AMBIGUOUS: "The phrase stands in several places of the attached text: give start and end, or prefix and suffix.",
    MatchStatus.MISSING: "The phrase does not stand in the attached text.",
}

_OUT_OF_RANGE: Final = "This place is not within the attached text."
_WRONG_DIGEST: Final = "The text that is attached has another digest: remove it first (DELETE …/text)."


_QUOTED_WITH_TEXT: Final = CompiledStatement(
    select(tables.record.c.id)
    .join(tables.source_text, _text.source == tables.record.c.pk)
    .where(tables.record.c.kind == literal_column("'source'"), AnyOf.texts(tables.record.c.id, "ids"))
    .limit(literal_column("1"))
)


class MisplacedSelectors(InvalidBatch):
    """Documents of a batch have selectors that do not match the attached texts."""

    def __init__(self, found: Sequence[tuple[int, Fault]]) -> None:
        """Keep all faults."""
        detail = "What the document says of a text does not match the text that is attached."
        super().__init__(detail, found, "misplaced_passage")


class QuotedText(NamedTuple):
    """An attached text that records newly quote: the key of its source, its size in bytes, and the selectors."""

    source: int
    size: int
    selectors: Sequence[passage.TextSelector]


async def may_quote_texts(db: ReadConnection, record: Record) -> bool:
    """Return whether a text is attached to any source that a record quotes: to most there is none."""
    refs = {item.source for item in record.evidence_items() if item.selector and item.source is not None}
    ids = sorted(ref.partition("/")[2] for ref in refs)
    return bool(ids) and bool(await db.fetch(_QUOTED_WITH_TEXT, {"ids": ids}))


def quoted_texts(connection: Connection, written: Sequence[Written]) -> list[QuotedText]:
    """Return the texts that `check_selectors` will need, so that they can be searched beforehand."""
    refs = {item.source for record, _ in written for item in record.evidence_items() if item.selector}
    heads = find_heads(connection, {ref for ref in refs if ref is not None}, lock=False)
    keys = {head.pk: ref for ref, head in heads.items()}
    found = []
    for pk, size in _SIZES.rows(connection, {"sources": list(keys)}) if keys else ():
        selectors = [as_passage(selector) for _, _, selector in _new_selectors(keys[pk], written)]
        if selectors:
            found.append(QuotedText(pk, size, selectors))
    return found


def attached_text(connection: Connection, source: int) -> str | None:
    """Return the text that is attached to a source, given by its key; None where there is none."""
    text: str | None = connection.execute(_TEXT.where(_text.source == source)).scalar()
    if text is not None and len(text) > _LARGE and connection.dialect.name == "postgresql":
        # libpq keeps a buffer as large as the largest row for as long as its connection is open.
        connection.detach()
    return text


def look_passages_up(connection: Connection, written: Sequence[Written]) -> SelectorMatches:
    """Search the texts that `check_selectors` will need, before the transaction makes other writes wait."""
    refs = {item.source for record, _ in written for item in record.evidence_items() if item.selector}
    heads = find_heads(connection, {ref for ref in refs if ref is not None}, lock=False)
    findings = SelectorMatches()
    with suppress(MisplacedSelectors):
        check_selectors(connection, written, lambda ref: heads[ref].pk if ref in heads else 0, findings)
    return findings


class _Documented(Protocol):
    @property
    def document(self) -> str: ...


_D = TypeVar("_D", bound=_Documented)


def look_documents_up(
    connection: Connection, lines: Sequence[_D], read: Callable[[_D], Record]
) -> SelectorMatches | None:
    """Search as `look_passages_up` does, for stored documents; None where no source of theirs has a text.

    Few are parsed: the text of a document shows which sources it quotes.
    """
    quoting = [(one, set(_SOURCE.findall(one.document))) for one in lines if _SELECTOR in one.document]
    heads = find_heads(connection, {ref for _, refs in quoting for ref in refs}, lock=False)
    keys = [head.pk for head in heads.values()]
    with_text = set(_WITH_TEXT.values(connection, {"sources": keys}) if keys else ())
    attached = {ref for ref, head in heads.items() if head.pk in with_text}
    if not attached:
        return None
    return look_passages_up(connection, [(read(one), None) for one, refs in quoting if refs & attached])


def check_selectors(
    tx: Connection,
    written: Sequence[Written],
    key_of: Callable[[str], int],
    findings: SelectorMatches | None = None,
) -> None:
    """Check the new selectors of records against attached texts; one query where none of their sources has one.

    `findings` are the results of an earlier search; what is not among them is searched now.

    Raises:
        MisplacedSelectors: every selector that does not match, and every source whose text is another.
    """
    sources = {item.source for record, _ in written for item in record.evidence_items() if item.selector}
    sources |= {
        f"sources/{record.id}" for record, old in written if record.kind == "source" and old is not None
    }
    keys = {key_of(ref): ref for ref in sources if ref is not None}
    if not keys:
        return
    attached = _WITH_TEXT.values(tx, {"sources": list(keys)})
    found: list[tuple[int, Fault]] = []
    findings = findings or SelectorMatches()
    for pk in attached:
        # One at a time: a text may be as large as a book.
        text = attached_text(tx, pk)
        if text is not None:
            found.extend(_faults(text, keys[pk], written, findings))
    if found:
        raise MisplacedSelectors(sorted(found, key=lambda one: one[0]))


def _faults(
    text: str, ref: str, written: Sequence[Written], findings: SelectorMatches
) -> Iterable[tuple[int, Fault]]:
    for position, (record, _) in enumerate(written):
        if isinstance(record, Source) and f"sources/{record.id}" == ref and not _is_of(text, record):
            yield position, Fault("wrong_digest", _WRONG_DIGEST, "/text/sha256")
    placed = list(_new_selectors(ref, written))
    found = findings.of(text, [as_passage(selector) for _, _, selector in placed])
    for (position, index, selector), finding in zip(placed, found, strict=True):
        fault = _fault(text, selector, finding, f"/evidence/{index}/selector")
        if fault is not None:
            yield position, fault


def _new_selectors(ref: str, written: Sequence[Written]) -> Iterator[tuple[int, int, Selector]]:
    """Yield the selectors that records did not have before: position, index of the item, selector."""
    for position, (record, old) in enumerate(written):
        known: set[bytes] | None = None
        for index, item in enumerate(record.evidence_items()):
            if item.source != ref or item.selector is None or not is_checkable(item.selector):
                continue
            known = _selectors_of(old) if known is None else known
            if _bytes(item.selector.model_dump(exclude_defaults=True)) not in known:
                yield position, index, item.selector


def _is_of(text: str, record: Source) -> bool:
    return record.text is not None and record.text.sha256 == hashlib.sha256(text.encode()).hexdigest()


def _selectors_of(document: str | None) -> set[bytes]:
    if document is None:
        return set()
    read: Mapping[str, Any] = orjson.loads(document)
    return {_bytes(item["selector"]) for item in read.get("evidence", ()) if "selector" in item}


def _bytes(selector: Mapping[str, Any]) -> bytes:
    return orjson.dumps(selector, option=orjson.OPT_SORT_KEYS)


def _fault(text: str, selector: Selector, finding: SelectorMatch, pointer: str) -> Fault | None:
    verdict, start, end = finding
    if verdict is MatchStatus.EXACT:
        return None
    if start is None or end is None:
        detail = _OUT_OF_RANGE if selector.exact is None else _DETAILS[verdict]
        return Fault(f"passage_{verdict}", detail, pointer)
    stands = text[start:end]
    place: dict[str, Any] = {"start": start, "end": end}
    if stands != selector.exact:
        place["exact"] = stands
    return Fault(f"passage_{verdict}", _DETAILS[verdict], pointer, suggestion=orjson.dumps(place).decode())
