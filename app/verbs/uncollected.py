"""The collector of circles, kept away from batches: it would double what an import takes."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_uncollected = 0
_counting = threading.Lock()


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector of circles from going through thousands of objects that are about to be let go of.

    It would find nothing, again and again: that doubles what an import takes.
    """
    global _uncollected  # noqa: PLW0603 - there is one collector for all imports of a process
    with _counting:
        _uncollected += 1
        gc.disable()
    try:
        yield
    finally:
        with _counting:
            _uncollected -= 1
            if not _uncollected:
                gc.enable()
