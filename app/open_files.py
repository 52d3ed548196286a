"""How many files a process may open, and how many connections that leaves room for."""

import sys
from typing import Final

if sys.platform != "win32":
    import resource

SPARE_FILES: Final = 200
"""Files that a worker may need besides its connections: the database's, logs, its own modules."""


def open_file_limit(*, raised: bool = False) -> int | None:
    """Return how many files this process, and each that it starts, may open; None where there is no such limit.

    `raised` returns the limit that it may be raised to.
    """
    if sys.platform == "win32":
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = hard if raised else soft
    return None if limit == resource.RLIM_INFINITY else limit


def raise_open_file_limit(connections: int) -> None:
    """Raise the limit on open files of this process and its children for that many connections, if allowed."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + SPARE_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def most_connections(wanted: int, files: int | None) -> int:
    """Return how many connections are possible where `files` files may be opened.

    `wanted` is 0 for no limit, as is the result where files have none either.
    """
    if files is None:
        return wanted
    most = max(files - SPARE_FILES, files // 2)
    return min(wanted, most) if wanted else most
