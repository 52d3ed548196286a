"""What imports under a label have: which records the last complete one named, and which a new one no longer has.

The records are noted with the import while it is written, and count once it is complete (`latest`). A record
that a new file does not have stays with the label, as missing, until it is deleted or a file has it again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from app.database import tables
from app.database.engine import raw_sql as direct
from app.database.engine.database import Database
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import COLLECTIONS
from app.imports.import_rows import SourceFile

MAX_MISSING: Final = 1000
"""Records that a report lists one by one."""

LEFT, DELETED = "left", "deleted"
"""What became of a missing record: it was not to be deleted, or it was."""

REFERENCED, EDITED, UNDER_ANOTHER_LABEL, GONE = "referenced", "edited", "under_another_label", "gone"
"""Why a missing record that was to be deleted was not."""

REASONS: Final = {
    REFERENCED: "Other records refer to it, or will once a merge is undone.",
    EDITED: "It was written since by somebody else than imports under this label.",
    UNDER_ANOTHER_LABEL: "The last import under another label has it, too.",
    GONE: "It was deleted or merged away already.",
}

_CHUNK: Final = 5000
_import, _record, _line = tables.import_.c, tables.record.c, tables.import_line.c
_before, _now = tables.import_record.alias("before"), tables.import_record.alias("now")

_REMEMBER: Final = {
    "sqlite": "INSERT INTO import_record (import, record, revision, own) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (import, record) DO UPDATE SET revision = excluded.revision, own = own OR excluded.own",
    "postgresql": "INSERT INTO import_record (import, record, revision, own) "
    "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::bool[]) "
    "ON CONFLICT (import, record) DO UPDATE SET revision = excluded.revision, "
    "own = import_record.own OR excluded.own",
}

_OWN: Final = CompiledStatement(
    select(_before.c.record).where(
        _before.c.import_ == bindparam("previous"), _before.c.own, AnyOf.keys(_before.c.record, "records")
    )
)

_page = (
    select(_before.c.record, _before.c.revision)
    .where(_before.c.import_ == bindparam("previous"), _before.c.own, _before.c.record > bindparam("after"))
    .order_by(_before.c.record)
    .limit(_CHUNK)
    .subquery("page")
)


def _there_is(table: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Look one row up by its key.

    As a scalar and not as EXISTS, which Postgres may answer by reading the whole table for each page: its statistics are of a
    time at which the table was empty.
    """
    return select(literal(1)).select_from(table).where(*conditions).limit(1).scalar_subquery().is_not(None)


_REMEMBERED: Final = CompiledStatement(
    select(
        _page.c.record,
        _record.kind,
        _record.id,
        _record.state,
        _page.c.revision,
        or_(
            _there_is(
                _now,
                _now.c.import_ == bindparam("import"),
                _now.c.record == _page.c.record,
                _now.c.missing.is_(None),
            ),
            _there_is(
                tables.import_line,
                _line.job == bindparam("job"),
                _line.kind == _record.kind,
                _line.id == _record.id,
            ),
        ).label("is_named"),
    )
    .join(tables.record, _record.pk == _page.c.record)
    .order_by(_page.c.record)
)

_KEPT: Final = CompiledStatement(
    select(_now.c.record, _record.kind, _record.id, _now.c.missing)
    .join(tables.record, _record.pk == _now.c.record)
    .where(
        _now.c.import_ == bindparam("import"),
        AnyOf.texts(_now.c.missing, "reasons"),
        _now.c.record > bindparam("after"),
    )
    .order_by(_now.c.record)
    .limit(_CHUNK)
)

_JUDGED: Final = CompiledStatement(
    select(_now.c.record).where(
        _now.c.import_ == bindparam("import"),
        AnyOf.keys(_now.c.record, "records"),
        _now.c.missing.is_not(None),
    )
)

_REVISIONS: Final = CompiledStatement(
    select(_before.c.record, _before.c.revision).where(
        _before.c.import_ == bindparam("previous"), AnyOf.keys(_before.c.record, "records")
    )
)

_MARK: Final = {
    "sqlite": "INSERT INTO import_record (import, record, revision, own, missing) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (import, record) DO NOTHING",
    "postgresql": "INSERT INTO import_record (import, record, revision, own, missing) "
    "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::bool[], %s::text[]) "
    "ON CONFLICT (import, record) DO NOTHING",
}


class Named(NamedTuple):
    """A record that a document names, and its revision; not `own` where a document gave way to it."""

    record: int
    revision: int
    own: bool


class MissingRecord(NamedTuple):
    """A record that the last import had and the new one has not."""

    record: int
    ref: str
    state: int
    revision: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Which records the last import under a label had, and the new one has not.

    Attributes:
        count: how many.
        refs: the first of them, in the order in which they were made.
        remembered: how many the label had.
        kept: those that were to be deleted and were not, the first thousand; None where none was to be.
        kept_count: how many these are.
        token: by which exactly these can be confirmed: a digest of the label, the files, and all of them.
    """

    count: int
    refs: Sequence[str]
    token: str
    remembered: int
    kept: Sequence[Mapping[str, str]] | None = None
    kept_count: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """What the label of an import has.

    Attributes:
        label: the label.
        import_: the import.
        job: its job.
        previous: the last complete import under the label.
    """

    label: str
    import_: int
    job: int
    previous: int | None

    @classmethod
    def of(cls, tx: Connection, label: str, import_: int, job: int) -> "Memory":
        """Find the last complete import under the label."""
        latest = select(_import.pk).where(_import.label == label, _import.latest)
        return cls(label, import_, job, tx.execute(latest).scalar())

    def remember(self, tx: Connection, named: Sequence[Named]) -> None:
        """Note records with the import.

        One that a document gave way to is the label's own if it was before: else others made it.
        """
        given = [one.record for one in named if not one.own]
        own = set(_OWN.values(tx, {"previous": self.previous, "records": given})) if given else set()
        found: dict[int, Named] = {}
        for one in sorted(named, key=lambda one: (one.record, one.revision, one.own)):
            earlier = found.get(one.record)
            is_own = one.own or one.record in own or (earlier is not None and earlier.own)
            found[one.record] = one._replace(own=is_own)
        rows = [(self.import_, *one) for one in found.values()]
        if rows:
            direct.insert_many(tx, _REMEMBER, rows)

    def missing(self, connection: Connection, *, judged: bool = True) -> Iterator[MissingRecord]:
        """Yield the records that the last import had and this one has not, once all is staged.

        Without `judged`, only those of which nothing is noted yet.
        """
        after = 0
        while self.previous is not None:
            place = {"previous": self.previous, "import": self.import_, "job": self.job, "after": after}
            rows = _REMEMBERED.rows(connection, place)
            noted = {"import": self.import_, "records": [row[0] for row in rows]}
            passed = set() if judged else set(_JUDGED.values(connection, noted))
            for after, kind, record_id, state, revision, is_named in rows:
                if not is_named and after not in passed:
                    yield MissingRecord(after, f"{COLLECTIONS[kind]}/{record_id}", state, revision)
            if len(rows) < _CHUNK:
                return

    def compare(
        self, connection: Connection, files: Sequence[SourceFile], *, judged: bool = False
    ) -> Missing:
        """Count and list what is missing; with `judged` also what of it was kept."""
        digest = sha256(repr((self.label, [(one.name, one.sha256) for one in files])).encode())
        count, refs = 0, []
        for one in self.missing(connection):
            count += 1
            digest.update(f"{one.ref}\n".encode())
            if count <= MAX_MISSING:
                refs.append(one.ref)
        own = select(func.count()).where(_before.c.import_ == self.previous, _before.c.own)
        remembered: int = connection.execute(own).scalar_one() if self.previous is not None else 0
        missing = Missing(count, refs, digest.hexdigest()[:16], remembered)
        if not judged:
            return missing
        kept, kept_count = [], 0
        for kept_count, one_kept in enumerate(self.kept(connection), 1):
            if kept_count <= MAX_MISSING:
                kept.append(one_kept)
        return replace(missing, kept=kept, kept_count=kept_count)

    def kept(self, connection: Connection) -> Iterator[dict[str, str]]:
        """Yield the missing records that were to be deleted and were not, each with the reason."""
        after = 0
        while True:
            rows = _KEPT.rows(connection, {"import": self.import_, "reasons": list(REASONS), "after": after})
            for after, kind, record_id, code in rows:  # noqa: B007 - where to go on
                yield {"ref": f"{COLLECTIONS[kind]}/{record_id}", "code": code, "detail": REASONS[code]}
            if len(rows) < _CHUNK:
                return

    def note_missing(self, tx: Connection, outcomes: Mapping[int, str]) -> None:
        """Note what became of missing records; those that are no more are the label's no longer."""
        revisions = dict(_REVISIONS.rows(tx, {"previous": self.previous, "records": list(outcomes)}))
        rows = [
            (self.import_, pk, revisions[pk], outcome not in (DELETED, GONE), outcome)
            for pk, outcome in outcomes.items()
        ]
        direct.insert_many(tx, _MARK, rows)

    def keep_missing(self, database: Database) -> None:
        """Note what is missing with the import, so that the next one tells of it again; a few at a time."""
        with database.snapshot() as connection:
            live = (one for one in self.missing(connection) if one.state == tables.LIVE)
            while some := list(islice(live, _CHUNK)):
                rows = [(self.import_, one.record, one.revision, True, LEFT) for one in some]
                database.write_now(lambda tx, rows=rows: direct.insert_many(tx, _MARK, rows))  # type: ignore[misc]

    def complete(self, tx: Connection) -> None:
        """Let the next import under the label be compared with this one."""
        tx.execute(
            update(tables.import_)
            .where(_import.label == self.label, _import.latest | (_import.pk == self.import_))
            .values(latest=_import.pk == self.import_)
        )


def forget_superseded(database: Database) -> None:
    """Delete what imports noted that are neither the last of their label nor under way."""
    superseded = select(_import.pk).where(
        _import.label.is_not(None),
        ~_import.latest,
        ~exists().where(tables.import_job.c.import_ == _import.pk),
        exists().where(tables.import_record.c.import_ == _import.pk),
    )
    with database.snapshot() as connection:
        left = connection.execute(superseded).scalars().all()
    for pk in left:
        forget(database, pk)


def forget(database: Database, import_: int) -> None:
    """Delete what an import noted, a range at a time."""
    while database.write_now(lambda tx: _forget_some(tx, import_)):
        pass


def _forget_some(tx: Connection, import_: int) -> bool:
    noted = tables.import_record.c
    of = noted.import_ == import_
    last = select(noted.record).where(of).order_by(noted.record).offset(_CHUNK).limit(1)
    past = tx.execute(last).scalar()
    tx.execute(delete(tables.import_record).where(of, *([] if past is None else [noted.record < past])))
    return past is not None
