"""How long questions took, to know which may be asked in the event loop."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, TypeVar

T = TypeVar("T")

QUICK_SECONDS: Final = 0.0015
"""A question that took less of a processor's time is asked in the event loop when it comes again."""

_REMEMBERED: Final = 8192


class Pace:
    """Remembers what questions took; one that is not known is taken for long."""

    def __init__(self) -> None:
        """Know nothing yet."""
        # By their hashes: what is asked can be long, and to take one question for another does no harm.
        self._seconds: OrderedDict[int, float] = OrderedDict()

    def is_quick(self, asked: Hashable) -> bool:
        """Say whether the question took little the last time."""
        return self._seconds.get(hash(asked), QUICK_SECONDS) < QUICK_SECONDS

    def note(self, asked: Hashable, seconds: float) -> None:
        """Remember what it took."""
        key = hash(asked)
        self._seconds[key] = seconds
        self._seconds.move_to_end(key)
        if len(self._seconds) > _REMEMBERED:
            self._seconds.popitem(last=False)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Do the work; give the processor time that this thread spent on it as well, in seconds."""
    began = time.thread_time()
    done = work()
    return done, time.thread_time() - began
