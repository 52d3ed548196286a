"""Geometries of imported places that have too many positions, simplified where that was asked for."""

from collections.abc import Mapping
from typing import Any, Final

from app.errors import Fault
from app.values.bounded_simplify import TooIntricate, bounded_simplify
from app.values.simplify import count_positions, is_too_large

_TOO_INTRICATE: Final = (
    "Give it with fewer positions: it winds to and fro so much that simplifying it takes too long."
)

Simplified = tuple[int, int, int]
"""How many geometries were simplified, how many positions they had, and how many they have."""

_NONE: Simplified = (0, 0, 0)


def simplified_geometries(
    raw: Mapping[str, Any], metres: float | None
) -> tuple[Mapping[str, Any], Simplified, list[Fault]]:
    """Return a document with its `geometry` and `geometries` simplified, those of too many positions; and the counts.

    Those that take too long to be simplified stay as they are, with a fault for each.

    What has other faults is left as it is, for the validation that follows to tell.
    """
    if metres is None:
        return raw, _NONE, []
    faults: list[Fault] = []
    found = dict(raw)
    geometries = before = after = 0

    def put(holder: dict[str, Any], pointer: str) -> None:
        nonlocal geometries, before, after
        own = holder.get("geometry")
        if is_too_large(own):
            try:
                holder["geometry"] = bounded_simplify(own, metres)
            except TooIntricate:
                faults.append(Fault("too_intricate", _TOO_INTRICATE, f"{pointer}/geometry"))
                return
            geometries += 1
            before += count_positions(own)
            after += count_positions(holder["geometry"])

    put(found, "")
    dated = found.get("geometries")
    if isinstance(dated, list):
        found["geometries"] = [dict(one) if isinstance(one, Mapping) else one for one in dated]
        for position, one in enumerate(found["geometries"]):
            if isinstance(one, dict):
                put(one, f"/geometries/{position}")
    return (found, (geometries, before, after), faults) if geometries else (raw, _NONE, faults)
