"""Diagnosis of an installation: what is wrong and how to repair it; what grows, and by how much."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, Connection, exists, func, select

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.sqlite_driver import SAFE_SQLITE
from app.database.migrations import obstacle
from app.database_url import parse_database_url
from app.errors import AnnalsError
from app.maintenance.advice import Advice
from app.maintenance.branches import REMEDY as OF_FORKS
from app.maintenance.branches import forks_told, sees_timeline
from app.maintenance.database_info import OLDEST_POSTGRES, Vitals, vitals
from app.maintenance.doctor_connections import advice_on_connections
from app.maintenance.import_damage import REMEDY, damage_by_imports
from app.maintenance.replica_advice import examine_replicas
from app.maintenance.sequences import sequences_behind
from app.open_files import most_connections, open_file_limit
from app.records.kinds import RECORD_KINDS
from app.records.serialization import RENDERING
from app.settings import Settings
from app.values.counted import counted
from app.values.timestamps import now

_DAY: Final = 86_400_000_000
_MIB: Final = 2**20
_LARGE_LOG: Final = 256 * _MIB
_record, _change = tables.record.c, tables.change.c


@dataclass(slots=True)
class Growth:
    """The growth of the database.

    Attributes:
        records: live records of each kind.
        tombstones: deleted and merged records, which keep their row.
        unreferenced: live places, actors and sources that no record refers to, of each kind.
        writes_of_7_days: writes in the last week.
        writes_of_30_days: writes in the last 30 days.
        bytes_of_a_write: the size of the database divided by the number of all writes, indexes and history
            included.
        stored_answers: stored responses of idempotency keys, and how many of them have expired.
    """

    records: dict[str, int] = field(default_factory=dict)
    tombstones: int = 0
    unreferenced: dict[str, int] = field(default_factory=dict)
    writes_of_7_days: int = 0
    writes_of_30_days: int = 0
    bytes_of_a_write: int = 0
    stored_answers: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class DoctorReport:
    """The result of the diagnosis; `growth` is None where the database could not be read."""

    database: str
    advice: list[Advice] = field(default_factory=list)
    vitals: Vitals | None = None
    growth: Growth | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing must be repaired."""
        return not any(advice.level == "problem" for advice in self.advice)


def doctor(settings: Settings) -> DoctorReport:
    """Examine the database of the settings without changing anything; raises nothing for what it finds."""
    url = parse_database_url(settings.database_url)
    report = DoctorReport(
        url.render_as_string(hide_password=True), list(_limits(settings, open_file_limit(raised=True)))
    )
    path = Path(url.database or "annals.db") if url.get_backend_name() == "sqlite" else None
    if path is not None and not path.exists():
        report.advice.append(
            Advice(
                "problem", "database", f"There is no file {path}.", "Run `annals migrate` or `annals serve`."
            )
        )
        return report
    database = Database.of(settings)
    try:
        with database.snapshot() as connection:
            in_the_way = obstacle(connection)
            if in_the_way is not None:
                report.advice.append(Advice("problem", "schema", in_the_way.detail, in_the_way.remedy))
            if path is None and report.is_well:
                report.advice.extend(advice_on_connections(connection, settings))
            if report.is_well:
                report.vitals = vitals(connection, path)
                report.growth = _growth(connection, settings, report.vitals)
                report.advice.extend(
                    _advice(connection, report.vitals, report.growth, settings, sqlite=path is not None)
                )
        if in_the_way is None:
            report.advice.extend(examine_replicas(database, settings))
    except AnnalsError as error:
        report.advice.append(
            Advice(
                "problem",
                "database",
                error.detail,
                "See that it runs and that ANNALS_DATABASE_URL leads to it.",
            )
        )
    finally:
        database.dispose()
    return report


def _limits(settings: Settings, files: int | None) -> Iterator[Advice]:
    """Return which limits are switched off, or cannot be kept."""
    zero = (
        "max_connections",
        "max_connections_per_address",
        "head_timeout_seconds",
        "body_timeout_seconds",
        "write_timeout_seconds",
        "max_unsent_bytes",
        "max_received_bytes",
    )
    off = [name for name in zero if not getattr(settings, name)]
    rates = ("rate_limit_per_address", "rate_limit_per_key")
    off += [name for name in rates if getattr(settings, name).strip().lower() == "off"]
    for name in off:
        detail = f"ANNALS_{name.upper()} is switched off: one client can hold up all others."
        yield Advice(
            "note", "limits", detail, "Set it, unless something before the service keeps that limit."
        )
    if "*" in settings.forwarded_allow_ips:
        detail = "ANNALS_FORWARDED_ALLOW_IPS is *: any client can say which address it has, and escape limits by it."
        yield Advice("note", "limits", detail, "Name the addresses or networks of the proxies.")
    most = most_connections(settings.max_connections, files)
    if most < settings.max_connections:
        detail = (
            f"A process may open {counted(files or 0, 'file')}, which is enough for {most:,} of "
            f"{counted(settings.max_connections, 'connection')}."
        )
        yield Advice(
            "note",
            "limits",
            detail,
            "Raise it (`ulimit -n`, LimitNOFILE), or lower ANNALS_MAX_CONNECTIONS.",
        )


def _growth(connection: Connection, settings: Settings, found: Vitals) -> Growth:
    def count(*conditions: ColumnElement[bool]) -> int:
        number: int = connection.execute(
            select(func.count()).select_from(tables.record).where(*conditions)
        ).scalar_one()
        return number

    def writes(days: int) -> int:
        number: int = connection.execute(
            select(func.count()).where(_change.at >= now() - days * _DAY)
        ).scalar_one()
        return number

    by_kind = dict.fromkeys((kind.kind for kind in RECORD_KINDS), 0)
    for kind, number in connection.execute(
        select(_record.kind, func.count()).where(_record.state == tables.LIVE).group_by(_record.kind)
    ):
        by_kind[kind] = number
    is_referred_to = exists().where(
        tables.reference.c.target == _record.pk, tables.reference.c.record != _record.pk
    )
    written = connection.execute(select(func.count()).select_from(tables.change)).scalar_one()
    kept = tables.idempotency.c
    answers, late = connection.execute(
        select(
            func.count(),
            func.count().filter(kept.at < now() - settings.idempotency_hours * _DAY // 24),
        ).select_from(tables.idempotency)
    ).one()
    return Growth(
        records=by_kind,
        tombstones=count(_record.state != tables.LIVE),
        unreferenced={
            kind: count(_record.state == tables.LIVE, _record.kind == kind, ~is_referred_to)
            for kind in ("place", "actor", "source")
        },
        writes_of_7_days=writes(7),
        writes_of_30_days=writes(30),
        bytes_of_a_write=found.size // written if written else 0,
        stored_answers=(answers, late),
    )


def _advice(
    connection: Connection, found: Vitals, growth: Growth, settings: Settings, *, sqlite: bool
) -> Iterator[Advice]:
    yield from _sqlite(found) if sqlite else _postgres(found, settings)
    if not connection.execute(select(exists().where(tables.term.c.added.is_(False)))).scalar_one():
        yield Advice("problem", "vocabulary", "The terms that ship are not loaded.", "Run `annals migrate`.")
    stale, begun = connection.execute(
        select(
            select(func.count())
            .where(_record.state == tables.LIVE, _record.rendering != RENDERING)
            .scalar_subquery(),
            select(tables.database.c.reindexed).scalar_subquery(),
        )
    ).one()
    if stale:
        detail = f"{counted(stale, 'document was', 'documents were')} rendered by an older program."
        yield Advice("problem", "rendering", detail, "Run `annals reindex`; the service may go on meanwhile.")
    elif begun:
        yield Advice(
            "problem", "reindex", "A reindexing was broken off.", "Run `annals reindex`, which goes on there."
        )
    for behind in sequences_behind(connection):
        yield Advice("problem", "sequences", behind.detail, "Run `annals reindex`, which sets it right.")
    for damage in damage_by_imports(connection):
        yield Advice("note", "imports", damage.to_dict, REMEDY)
    if not (sqlite or sees_timeline(connection)):
        detail = "The role may not see the server's timeline: that a standby takes over without the last writes is not noticed."
        remedy = "GRANT EXECUTE ON FUNCTION pg_current_wal_lsn(), pg_walfile_name(pg_lsn) to it, where the server has these."
        yield Advice("note", "history", detail, remedy)
    forks = forks_told(connection)
    if forks is not None:
        yield Advice("note", "history", forks, OF_FORKS)
    if growth.stored_answers[1]:
        detail = f"{counted(growth.stored_answers[1], 'stored answer is past its time', 'stored answers are past their time')}."
        yield Advice(
            "note", "stored answers", detail, "The running service clears them; start it, or leave them."
        )


def _sqlite(found: Vitals) -> Iterator[Advice]:
    safe = ".".join(map(str, SAFE_SQLITE))
    if found.version_number < SAFE_SQLITE:
        detail = f"{found.version} can corrupt a database when its write-ahead log is reset; {safe} cannot."
        yield Advice("problem", "SQLite", detail, "Install the package pysqlite3, or a newer Python.")
    if found.settings["journal_mode"] != "wal":
        yield Advice(
            "problem",
            "journal",
            "The write-ahead log is off: readers block writers.",
            "Run `annals migrate`.",
        )
    log = int(found.settings["write_ahead_log_bytes"])
    if log > _LARGE_LOG:
        detail = f"The write-ahead log has grown to {log // _MIB} MiB."
        yield Advice("note", "journal", detail, "Some reader never ends; restart the workers.")
    if found.free is not None and found.free < max(found.size, 64 * _MIB):
        detail = (
            f"{found.free // _MIB} MiB are left on the disk, and the database takes {found.size // _MIB} MiB."
        )
        yield Advice("problem", "disk", detail, "Make room for at least as much again: backups need it.")
    if found.settings["sampled_indexes"]:
        # SQLite's planner looks at the values of parameters where it has samples to compare them with.
        detail = "ANALYZE has taken samples, for which SQLite plans every question anew: reading is slower."
        yield Advice("note", "statistics", detail, "DELETE FROM sqlite_stat4, and restart the workers.")
    unused = int(found.settings["unused_bytes"])
    if unused > found.size // 2 and unused > 64 * _MIB:
        detail = f"{unused // _MIB} MiB of the file are unused."
        yield Advice("note", "disk", detail, "VACUUM gives them back, while the service is stopped.")


def _postgres(found: Vitals, settings: Settings) -> Iterator[Advice]:
    # For reading, writing and snapshots, for exports, and to compare replicas with it.
    of_a_worker = (
        3 * settings.database_pool_size + settings.exports_at_once + bool(settings.read_database_url)
    )
    if found.version_number < (OLDEST_POSTGRES,):
        yield Advice("problem", "Postgres", f"{found.version} is too old.", "Use Postgres 14 or newer.")
    most = int(found.settings["max_connections"])
    if most < of_a_worker + 10:
        detail = (
            f"A worker may open {counted(of_a_worker, 'connection')}, and the server takes {most:,} in all."
        )
        yield Advice("problem", "connections", detail, "Raise max_connections, or put a pooler in between.")
    else:
        detail = f"The server takes {counted(most, 'connection')}: enough for {counted((most - 10) // of_a_worker, 'worker')}."
        yield Advice(
            "note", "connections", detail, "Keep --workers of all machines together at or under that."
        )
    for name in ("fsync", "synchronous_commit"):
        if found.settings[name] == "off":
            detail = f"{name} is off: acknowledged writes may be lost with the power."
            yield Advice("problem", "durability", detail, f"Set {name} to on.")
    if found.settings["server_encoding"] != "UTF8":
        yield Advice("problem", "encoding", "The database is not in UTF-8.", "Make one with ENCODING 'UTF8'.")
