"""Versions of a database: `BRANCH.STAMP-TOKEN`, another with each write of any process.

BRANCH counts the histories that the database has begun anew (`app.database.engine.branches`). STAMP grows with each
write, and is never less than the microseconds since 1970: so versions go on above everything that was given out before,
even where an older copy of the database was put in place unnoticed. TOKEN is random: no two states ever share a version.
"""

import secrets
from typing import Final

FIRST_BRANCH: Final = 1
"""The branch of a database whose history has never forked."""

_STAMP_BITS: Final = 52
"""Microseconds since 1970 have so many bits until the year 2112."""


def new_token() -> str:
    """Return a token for a version."""
    return secrets.token_hex(6)


def new_version(branch: int, stamp: int) -> str:
    """Return a version of its own for a branch and a stamp."""
    return f"{branch}.{stamp}-{new_token()}"


def order_of(version: str) -> int:
    """Return the number by which versions are compared: it grows with every write, and with every new branch.

    Databases of before there were branches have `NUMBER-TOKEN`, which is less than every other.
    """
    branch, _, stamp = version.partition("-")[0].rpartition(".")
    return (int(branch or 0) << _STAMP_BITS) + int(stamp)
