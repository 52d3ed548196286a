"""Seeding: fixtures written like any other edit; it can be repeated, and never overwrites anyone's work."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, and_, select

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import StoredRecord, find, find_by_keys, find_heads, follow_merges
from app.database.revisions import Attribution
from app.database.vocabulary import read_terms
from app.errors import Conflict, Fault, InvalidDocument
from app.records.references import references
from app.records.serialization import content_without_server_fields
from app.records.validation.document import load_stored
from app.seed.fixtures import Fixture, read_fixtures
from app.settings import data_dir
from app.writing.batch import InvalidBatch
from app.writing.resolve_references import following_merges
from app.writing.write import NewRevision, write

SEEDER: Final = "seed"
"""The attribution of revisions that come from fixtures."""

_revision, _record = tables.revision.c, tables.record.c

LAST_EDITORS: Final = CompiledStatement(
    select(_record.pk, _revision.by)
    .join(tables.revision, and_(_revision.record == _record.pk, _revision.revision == _record.revision))
    .where(AnyOf.keys(_record.pk, "pks"))
)


@dataclass(slots=True)
class SeedReport:
    """The result of seeding, as references.

    Attributes:
        created: written for the first time.
        updated: written anew, since the fixture has changed.
        unchanged: equal to the fixture.
        kept: different from the fixture, since somebody else edited them last.
        deleted: deleted or merged away, and left so.
    """

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)


def seed(database: Database, path: Path | None = None) -> SeedReport:
    """Write the fixtures in the folders of `path` (those of the project by default) in one transaction.

    A record that somebody else edited last stays as it is, and one that was deleted or merged away stays
    so. Processes may seed at the same time; the result is that of one of them.

    Raises:
        Conflict: the database has no vocabulary yet.
        InvalidDocument: with every fault of every fixture; nothing is written.
        FileNotFoundError: there are no fixtures at `path`.
    """
    with database.snapshot() as connection:
        vocabulary = read_terms(connection)
    if not any(vocabulary.terms(scheme) for scheme in vocabulary.schemes):
        raise Conflict("The database has no vocabulary yet; run `annals migrate` first.", code="not_migrated")
    fixtures = read_fixtures(data_dir("seed_data") if path is None else path, vocabulary)
    return database.write_now(lambda tx: write_fixtures(tx, fixtures))


def seed_when_empty(database: Database) -> SeedReport | None:
    """Seed a database that has never had a record; returns None where it has had one."""
    with database.snapshot() as connection:
        if connection.execute(select(_record.pk).limit(1)).first() is not None:
            return None
    return seed(database)


def write_fixtures(tx: Connection, fixtures: Sequence[Fixture]) -> SeedReport:
    """Write those fixtures that are new or have changed, in one batch; see `seed`."""
    report = SeedReport()
    fixtures = _following_merges(tx, fixtures)
    found = _stored(tx, fixtures)
    editors = _last_editors(tx, found.values())
    drafts: list[NewRevision] = []
    written: list[Fixture] = []
    for fixture in sorted(fixtures, key=lambda one: found[one.ref].pk if one.ref in found else 0):
        current = found.get(fixture.ref)
        verdict = _verdict(fixture, current, editors)
        if verdict == "updated":
            # Locked from here on, and read again: somebody may have written it in between.
            current = find(tx, fixture.kind, fixture.record.id or "", lock=True)
            verdict = _verdict(fixture, current, _last_editors(tx, [current] if current is not None else []))
        getattr(report, verdict).append(fixture.ref)
        if verdict == "created":
            drafts.append(NewRevision(fixture.kind, fixture.record))
            written.append(fixture)
        elif verdict == "updated":
            drafts.append(NewRevision(fixture.kind, fixture.record, "update", current))
            written.append(fixture)
    if drafts:
        try:
            write(tx, drafts, Attribution(by=SEEDER))
        except InvalidBatch as error:
            raise _located(error, written) from error
    return report


def _verdict(fixture: Fixture, current: StoredRecord | None, editors: Mapping[int, str]) -> str:
    if current is None:
        return "created"
    if current.state != tables.LIVE:
        return "deleted"
    if content_without_server_fields(fixture.record) == content_without_server_fields(
        load_stored(fixture.kind, current.document)
    ):
        return "unchanged"
    return "updated" if editors.get(current.pk) == SEEDER else "kept"


def _stored(tx: Connection, fixtures: Iterable[Fixture]) -> dict[str, StoredRecord]:
    heads = find_heads(tx, [fixture.ref for fixture in fixtures], lock=False)
    return {one.ref: one for one in find_by_keys(tx, [head.pk for head in heads.values()])}


def _last_editors(tx: Connection, found: Iterable[StoredRecord]) -> dict[int, str]:
    return dict(LAST_EDITORS.rows(tx, {"pks": [one.pk for one in found]}))


def _following_merges(tx: Connection, fixtures: Sequence[Fixture]) -> list[Fixture]:
    """Replace references to merged records in fixtures, as a write would."""
    mentioned = {mention.ref for fixture in fixtures for mention in references(fixture.record)}
    heads = find_heads(tx, mentioned, lock=False)
    merged = follow_merges(tx, [head for head in heads.values() if head.state in tables.MOVED])
    followed = []
    for fixture in fixtures:
        record = following_merges(fixture.record, merged)
        followed.append(Fixture(fixture.kind, record, fixture.origin))
    return followed


def _located(error: InvalidBatch, written: Sequence[Fixture]) -> InvalidDocument:
    faults: list[Fault] = [written[position].located(fault) for position, fault in error.found]
    return InvalidDocument("Fixtures cannot be written as they stand; nothing was written.", faults=faults)
