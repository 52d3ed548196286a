"""Moments of the service's own clock: microseconds since 1970-01-01T00:00:00Z, written as RFC 3339."""

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 86_399

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def now() -> int:
    """Return the present moment."""
    return time.time_ns() // 1000


@lru_cache(maxsize=64)  # Everything written together has one timestamp.
def rfc3339(microseconds: int) -> str:
    """Format a moment in UTC with six digits of fraction: `2026-01-03T12:00:00.000000Z`."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_rfc3339(text: str) -> int:
    """Parse a moment with its offset (RFC 3339 §5.6); digits past the microsecond are cut.

    A leap second is read as the second after it, as on clocks that have none.

    Raises:
        ValueError: the text is no such moment.
    """
    if not _RFC3339.fullmatch(text):
        raise ValueError("not an RFC 3339 moment such as 2026-01-03T12:00:00Z")
    whole, fraction, offset = re.fullmatch(  # type: ignore[union-attr]
        r"(.{19})(?:\.([0-9]+))?(.+)", text.upper().replace(" ", "T")
    ).groups()
    leap = whole.endswith(":60")
    moment = datetime.fromisoformat((whole[:-2] + "59" if leap else whole) + offset.replace("Z", "+00:00"))
    micros = int(((fraction or "") + "000000")[:6])
    elapsed = moment - _EPOCH
    if leap and elapsed.seconds != _LAST_SECOND:
        raise ValueError("leap seconds come at the end of a day in UTC")
    return (elapsed.days * 86_400 + elapsed.seconds + leap) * 1_000_000 + micros
