"""How far a replica lags: the moments at which the primary was at which version, with which its state is compared.

Versions are replicated like any row, and each write makes a later one. So what has reached a version has everything
that the primary had when it was seen at it. Nothing depends on clocks of other machines, or on what a role may see of
the server.
"""

from bisect import bisect_right
from typing import Final

_KEPT: Final = 2048
"""How many moments are kept: enough for a quarter of an hour of constant writing."""


class PrimaryHistory:
    """The versions of the primary, by their order, and the last moment at which each was seen.

    Moments are those of `time.monotonic`.
    """

    def __init__(self) -> None:
        """Nothing has been seen yet."""
        self._orders: list[int] = []
        self._moments: list[float] = []
        self._first = 0.0

    def note(self, order: int, at: float) -> None:
        """Record that the primary was at a version at a moment, which is no earlier than the last."""
        if not self._orders or order < self._orders[-1]:
            # An older state was put in place of what was there: what was seen before says nothing of it.
            self._orders, self._moments, self._first = [order], [at], at
        elif order == self._orders[-1]:
            self._moments[-1] = at
        else:
            self._orders.append(order)
            self._moments.append(at)
            if len(self._orders) > _KEPT:
                del self._orders[: _KEPT // 2], self._moments[: _KEPT // 2]

    def complete_until(self, order: int) -> float | None:
        """Return the last moment known up to which a state of this order has every write; None where there is none."""
        place = bisect_right(self._orders, order)
        return self._moments[place - 1] if place else None

    def seconds_behind(self, order: int) -> float:
        """Return how long before the newest state that was seen a state of this order was; 0 if it is as new.

        One that is older than all that was seen is as old at least as the first of them.
        """
        if not self._orders:
            return 0.0
        reached = self.complete_until(order)
        return self._moments[-1] - (self._first if reached is None else reached)
