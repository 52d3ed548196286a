"""`/explore/{collection}/{id}`: one record, as it is written, as one source has it, or as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.types import Scope

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.database.lookup import COLLECTIONS, resolve_references
from app.database.vocabulary import current_vocabulary
from app.errors import AnnalsError, BadRequest, Fault, Gone, MergedInto, NotFound
from app.explorer.pages import Site
from app.explorer.record_pages.citation import Citation, cite
from app.explorer.record_pages.date_drawing import shown_date
from app.explorer.record_pages.evidence_tables import EvidenceTables, evidence_tables
from app.explorer.record_pages.geometry_words import geometry_in_words
from app.explorer.record_pages.history import Changes, History, changes_of, read_history
from app.explorer.record_pages.query import RecordPageQuery
from app.explorer.record_pages.source_text import Disputes, SourceReading, read_disputes, read_source
from app.explorer.record_pages.standing import Properties, properties_of
from app.explorer.record_pages.surroundings import (
    Carriers,
    IncomingGroup,
    Neighbours,
    read_carriers,
    read_incoming,
    read_neighbours,
)
from app.explorer.record_pages.value_words import field_in_words, in_words
from app.explorer.titles import titles_of
from app.graph.relations_to import RelationTo, relations_to
from app.history.service import read_revision
from app.reading.cards import join_cards, names_of, names_of_linked
from app.reading.service import card_of_row, find_live, record_known_at
from app.records.base import Record
from app.records.kinds import RECORD_KINDS, RecordKind, kind_by_collection
from app.records.source import Source
from app.records.source_view import sources_of
from app.records.validation.document import load_stored
from app.records.vocabulary import RELATIONS, Vocabulary
from app.schemas.query_model import parse_query
from app.settings import Settings
from app.values.timestamps import parse_rfc3339
from app.web.headers import base_of
from app.web.typed_responses import TypedResponse

_MOST_RELATIONS: Final = 100
_MOST_SOURCES: Final = 100
_QUICK_SIZE: Final = 2**15
_MEMBERS: Final = 200
"""Members of a list that are shown; the API has all."""


@dataclass(frozen=True, slots=True)
class Around:
    """What surrounds a record as it is now: what refers to it, what happened near it, and who carries its provisions."""

    relations: Sequence[RelationTo]
    relations_cut: bool
    incoming: Sequence[IncomingGroup]
    incoming_cut: bool
    neighbours: Sequence[Neighbours]
    carriers: Carriers | None
    citation: Citation


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Everything that a page shows.

    Attributes:
        title: the name that is shown, of those that it has.
        shown: what is shown of each field.
        linked: the cards of what it refers to, by reference, and of the source that it is read as.
        sources: the sources that it can be read as.
        is_silent: whether the source that is asked says nothing of it.
        around: what surrounds it; None where it is read as it was.
        changes: what the revision changed that is read.
    """

    kind: RecordKind
    ref: str
    record: Record
    title: str
    shown: Properties
    linked: Mapping[str, Any]
    sources: Sequence[str]
    is_silent: bool
    evidence: EvidenceTables
    history: History
    vocabulary: Vocabulary
    around: Around | None
    changes: Changes | None
    reading: SourceReading | None
    disputes: Disputes | None


async def render_record_page(
    db: Database, settings: Settings, scope: Scope, collection: str, record_id: str
) -> TypedResponse[str]:
    """Show a record; what cannot be shown has a page that says why, with what may have been meant."""
    site = Site.of(scope)
    kind = kind_by_collection(collection)
    try:
        if kind is None:
            names = ", ".join(one.collection for one in RECORD_KINDS)
            raise NotFound(f"There is no such collection; there are {names}.", code="no_such_path")
        query = parse_query(RecordPageQuery, scope["query_string"])
        _refuse_of_other_kinds(kind, query)
        one = _Asked(kind, record_id, query, base_of(scope, settings), public_texts=settings.public_texts)
        page = await db.answer(one.read)
    except MergedInto as moved:
        return _moved(moved, scope)
    except AnnalsError as error:
        if not isinstance(error, BadRequest | NotFound | Gone):
            raise
        return site.page(
            "record_missing.html", status=error.status, error=error, ref=f"{collection}/{record_id}"
        )
    terms = _Terms(page.vocabulary)
    return site.page(
        "record.html",
        page=page,
        query=query,
        keep=query.kept(),
        term_label=terms.label,
        inverse_label=terms.inverse_label,
        shown_date=shown_date,
        geometry_in_words=geometry_in_words,
        in_words=in_words,
        field_in_words=field_in_words,
        most=_MEMBERS,
    )


def _refuse_of_other_kinds(kind: RecordKind, query: RecordPageQuery) -> None:
    detail = "Only sources have a text: leave this out."
    names = sorted({"from", "cursor"} & query.given) if kind.kind != "source" else []
    if names:
        faults = [Fault("wrong_kind", detail, parameter=name) for name in names]
        raise BadRequest("The query cannot be answered as it stands.", code="invalid_query", faults=faults)


def _moved(moved: MergedInto, scope: Scope) -> TypedResponse[str]:
    query: bytes = scope["query_string"]
    location = f"../{moved.target}".encode() + (b"?" + query if query else b"")
    return TypedResponse(
        b"", status=308, media_type="text/html; charset=utf-8", headers=[(b"location", location)]
    )


class _Terms:
    """Terms of the vocabularies as people read them."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def label(self, scheme: str, term: str) -> str:
        """Return the label of a term; of one that is no more, the term itself."""
        found = self._vocabulary.term(scheme, term)
        return term.replace("-", " ") if found is None else found.label

    def inverse_label(self, relation: str) -> str:
        """Return how the record that a relation runs to stands to the one that it runs from."""
        found = self._vocabulary.term(RELATIONS, relation)
        if found is None or found.inverse is None:
            return f"{self.label(RELATIONS, relation)} (from there)"
        return self.label(RELATIONS, found.inverse)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A record that is asked for, and how."""

    kind: RecordKind
    record_id: str
    query: RecordPageQuery
    base: str
    public_texts: bool

    @property
    def ref(self) -> str:
        return f"{self.kind.collection}/{self.record_id}"

    async def read(self, db: ReadConnection) -> RecordPage:
        """Read everything that the page shows from one snapshot."""
        if not self.query.is_present:
            return await self._as_it_was(db)
        first, *cards = await find_live(db, self.kind, self.record_id)
        document, pk = first[5], first[6]
        record, shown, evidence = await self._read_document(db, document)
        key = await self._source_key(db)
        names = self.query.names
        chosen = await names_of_linked(db, [pk], tables.CANONICAL_VIEW, names)
        own_name = (await names_of(db, [pk], tables.CANONICAL_VIEW, names)).get(self.ref)
        title = own_name.name if own_name is not None else shown["title"][0].value
        vocabulary = (await current_vocabulary(db)).vocabulary
        reading, disputes = await self._of_source(db, record, pk)
        sources = sources_of(record)[:_MOST_SOURCES]
        return RecordPage(
            self.kind,
            self.ref,
            record,
            title,
            shown,
            await self._linked(db, join_cards(map(card_of_row, cards), chosen)),
            sources,
            is_silent=self.query.policy is not None and self.query.policy not in sources_of(record),
            evidence=evidence,
            history=await self._history(db, len(document)),
            vocabulary=vocabulary,
            around=await self._around(db, record, shown, pk, key, vocabulary),
            changes=None,
            reading=reading,
            disputes=disputes,
        )

    async def _linked(self, db: ReadConnection, cards: bytes) -> Mapping[str, Any]:
        """Return the cards of what the record refers to, and at least the title of the source that it is read as."""
        found: dict[str, Any] = orjson.loads(b"{%b}" % cards)
        policy = self.query.policy
        if policy is not None and policy not in found:
            titles = await titles_of(db, [policy], self.query.names)
            found |= {ref: {"title": title} for ref, title in titles.items()}
        return found

    async def _read_document(
        self, db: ReadConnection, document: str | bytes
    ) -> tuple[Record, Properties, EvidenceTables]:
        """Read a document, beside what the source has that is asked; a large one in a thread."""
        # No source has evidence about a source.
        source = self.query.policy if self.kind.kind != "source" else None

        def read() -> tuple[Record, Properties, EvidenceTables]:
            record = load_stored(self.kind, document)
            return record, properties_of(record, source), evidence_tables(record)

        return read() if len(document) <= _QUICK_SIZE else await db.in_thread(read)

    async def _source_key(self, db: ReadConnection) -> int | None:
        if self.query.policy is None:
            return None
        return (await resolve_references(db, {"policy": self.query.policy}))["policy"]

    async def _history(self, db: ReadConnection, size: int) -> History:
        return await read_history(db, self.kind, self.record_id, before=self.query.before, size=size)

    async def _of_source(
        self, db: ReadConnection, record: Record, pk: int
    ) -> tuple[SourceReading | None, Disputes | None]:
        if not isinstance(record, Source):
            return None, None
        reading = await read_source(
            db, record, pk, first=self.query.from_, cursor=self.query.cursor, public=self.public_texts
        )
        return reading, await read_disputes(db, self.ref, pk, reading.passages)

    async def _around(
        self,
        db: ReadConnection,
        record: Record,
        shown: Properties,
        pk: int,
        key: int | None,
        vocabulary: Vocabulary,
    ) -> Around:
        view, names = tables.CANONICAL_VIEW if key is None else key, self.query.names
        beside = {"policy": self.query.policy, "lang": self.query.lang}
        types = [term.id for term in vocabulary.terms(RELATIONS)]
        relations, relations_cut = await relations_to(db, pk, types, _MOST_RELATIONS, view=view, names=names)
        incoming: list[IncomingGroup] = []
        incoming_cut = False
        # What evidence is from a source is shown in the order of its text.
        if self.kind.kind != "source":
            incoming, incoming_cut = await read_incoming(db, self.ref, pk, view, names)
        date = shown["date"][0].part if "date" in shown else None
        is_agreement = self.kind.kind == "agreement"
        return Around(
            relations,
            relations_cut,
            incoming,
            incoming_cut,
            await read_neighbours(db, self.ref, record, date, **beside),
            await read_carriers(db, self.ref, **beside) if is_agreement else None,
            await cite(db, self.kind, self.record_id, self.base),
        )

    async def _as_it_was(self, db: ReadConnection) -> RecordPage:
        if self.query.revision is not None:
            document = await read_revision(db, self.kind, self.record_id, self.query.revision)
        else:
            at = parse_rfc3339(self.query.known_at or "")
            document, _ = await record_known_at(db, self.kind, self.record_id, at)
        record, shown, evidence = await self._read_document(db, document)
        number = record.revision or 1
        return RecordPage(
            self.kind,
            self.ref,
            record,
            record.title,
            shown,
            await self._present_cards(db),
            sources_of(record)[:_MOST_SOURCES],
            is_silent=False,
            evidence=evidence,
            history=await self._history(db, len(document)),
            vocabulary=(await current_vocabulary(db)).vocabulary,
            around=None,
            changes=await changes_of(db, self.kind, self.record_id, number),
            reading=None,
            disputes=None,
        )

    async def _present_cards(self, db: ReadConnection) -> Mapping[str, Any]:
        """Return the cards of what the record refers to now; what it referred to then is shown by its reference."""
        try:
            _, *cards = await find_live(db, self.kind, self.record_id)
        except (Gone, NotFound, MergedInto):
            return {}
        return {f"{COLLECTIONS[row[1]]}/{row[2]}": orjson.loads(row[5]) for row in cards}
