"""How many files a process may open, each connection being one."""

import sys
from typing import Final

if sys.platform != "win32":
    import resource

SPARE_FILES: Final = 200
"""Files that a worker may need beside its connections: those of the database, logs, and itself."""


def open_file_limit(*, raised: bool = False) -> int | None:
    """Give how many files this process, and each that it starts, may open; None where there is no such limit.

    `raised` asks for how many it might, once the limit is raised.
    """
    if sys.platform == "win32":
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = hard if raised else soft
    return None if limit == resource.RLIM_INFINITY else limit


def raise_open_file_limit(connections: int) -> None:
    """Let this process, and each that it starts, open the files for so many connections, as far as it may."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + SPARE_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def most_connections(wanted: int, files: int | None) -> int:
    """Give how many connections there may be where so many `files` may be opened.

    `wanted` is 0 where there is to be no limit, as is the answer where files have none either.
    """
    if files is None:
        return wanted
    most = max(files - SPARE_FILES, files // 2)
    return min(wanted, most) if wanted else most
