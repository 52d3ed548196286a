"""What a server that holds a database says of the state that it has, when it is looked at: the primary, or a replica."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import text

from app.database.engine.branches import IS_ANOTHER_TIMELINE
from app.database.engine.statement import CompiledStatement
from app.database.engine.versions import order_of

# The secret is new with each database and the same for all its life.
LOOK: Final = CompiledStatement(
    text(
        "SELECT version_tag, version, encode(sha256(secret), 'hex'), "
        "ARRAY(SELECT ARRAY[begins, last_common] FROM branch ORDER BY branch), "
        f"{IS_ANOTHER_TIMELINE}, "
        "extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) FROM database"
    )
)
"""The question that `ServerLook.of` takes the answer of."""


CAN_END: Final = """\
SELECT version_tag, NOT pg_is_in_recovery() OR current_setting('hot_standby_feedback') = 'on'
  OR current_setting('max_standby_streaming_delay') = '-1' FROM database"""
"""The version, and whether a long read is safe: replay cancels reads of rows that the primary has vacuumed meanwhile."""


class Fork(NamedTuple):
    """Where a history forked, as the table `branch` has it (`app.database.engine.branches`)."""

    begins: int
    last_common: int


@dataclass(frozen=True, slots=True)
class ServerLook:
    """What one server said.

    Attributes:
        order: that of its version.
        number: the number of its last change.
        identity: is the same for all servers of a database, and for no other database.
        forks: where its history forked, the earliest first.
        is_forking: whether it has taken over, and nobody has read or written since: the next who does begins a branch.
        replayed_seconds_ago: how long ago it replayed a write, as a standby; None on a primary.
    """

    order: int
    number: int
    identity: str
    forks: tuple[Fork, ...]
    is_forking: bool
    replayed_seconds_ago: float | None

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """Take the row that answers `LOOK`."""
        version, number, identity, found, is_forking, ago = row
        forks = tuple(Fork(*one) for one in found)
        return cls(
            order_of(version), number, identity, forks, is_forking, None if ago is None else float(ago)
        )

    def goes_on_to(self, primary: "ServerLook") -> bool:
        """Return whether the history of the primary goes on from this state: it forked nowhere else, and never before this.

        What was lost is numbered above the last number that both histories have.
        """
        begun = self.forks[-1] if self.forks else None
        # Nothing was written in a branch whose number is still that which it began with.
        number = begun.last_common if begun is not None and self.number == begun.begins - 1 else self.number
        theirs = primary.forks
        if primary.is_forking:
            theirs += (Fork(0, primary.number),)
        return all(
            own == fork or (own is None and fork is not None and number <= fork.last_common)
            for own, fork in zip_longest(self.forks, theirs)
        )
