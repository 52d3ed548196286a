"""What is wrong with the replicas of the settings, and what else is to be known of them."""

from collections.abc import Iterator

from app.database.engine.database import Database
from app.database.engine.driver_errors import translated_reading
from app.database.engine.replicas import HAS_LOST_WRITES
from app.database.engine.server_look import CAN_END, LOOK, ServerLook
from app.errors import AnnalsError
from app.maintenance.advice import Advice
from app.settings import Settings


def examine_replicas(database: Database, settings: Settings) -> Iterator[Advice]:
    """Ask each replica how it is, compared with the primary, which can be reached."""
    if database.replicas is None:
        return
    with database.snapshot() as primary:
        [row] = LOOK.rows(primary, {})
    wanted = ServerLook.of(row)
    for one in database.replicas.all:
        name = f"Replica {one.number} of ANNALS_READ_DATABASE_URL"
        try:
            with translated_reading(), one.snapshots.begin() as connection:
                [row] = LOOK.rows(connection, {})
                [(_, can_end)] = connection.exec_driver_sql(CAN_END)
        except AnnalsError:
            yield Advice(
                "problem",
                "replica",
                f"{name} cannot be reached.",
                "See that it runs, and that its address is right.",
            )
            continue
        found = ServerLook.of(row)
        if found.identity != wanted.identity:
            yield Advice(
                "problem",
                "replica",
                f"{name} holds another database.",
                "Name a standby of ANNALS_DATABASE_URL.",
            )
            continue
        if not found.goes_on_to(wanted):
            yield Advice(
                "problem",
                "replica",
                f"{name} is left out: {HAS_LOST_WRITES}.",
                "Make the standby anew from the primary.",
            )
            continue
        behind = found.order < wanted.order
        ago = found.replayed_seconds_ago or 0.0
        if behind and ago > settings.replica_max_lag:
            detail = f"{name} has replayed nothing for {ago:.0f} seconds, and is behind: it is left out."
            yield Advice(
                "problem", "replica", detail, "See that it follows the primary, and is fast enough for it."
            )
        elif behind:
            yield Advice(
                "note",
                "replica",
                f"{name} is behind the primary at this moment.",
                "Nothing: answers say so in Age.",
            )
        else:
            yield Advice("note", "replica", f"{name} is level with the primary.", "Nothing.")
        if not can_end:
            detail = f"{name} may cancel reads that take long: exports are read from the primary."
            yield Advice(
                "note", "replica", detail, "Turn hot_standby_feedback on there to have them read from it."
            )
