"""Geometries of imported places that have too many positions, simplified where that was asked for."""

from collections.abc import Mapping
from typing import Any

from app.values.simplify import count_positions, is_too_large, simplify

Simplified = tuple[int, int, int]
"""How many geometries were simplified, how many positions they had, and how many they have."""

_NONE: Simplified = (0, 0, 0)


def simplified_geometries(
    raw: Mapping[str, Any], metres: float | None
) -> tuple[Mapping[str, Any], Simplified]:
    """Return a document with its `geometry` and `geometries` simplified, those of too many positions; and the counts.

    What has other faults is left as it is, for the validation that follows to tell.
    """
    if metres is None:
        return raw, _NONE
    found = dict(raw)
    geometries = before = after = 0

    def put(holder: dict[str, Any]) -> None:
        nonlocal geometries, before, after
        own = holder.get("geometry")
        if is_too_large(own):
            holder["geometry"] = simplify(own, metres)
            geometries += 1
            before += count_positions(own)
            after += count_positions(holder["geometry"])

    put(found)
    dated = found.get("geometries")
    if isinstance(dated, list):
        found["geometries"] = [dict(one) if isinstance(one, Mapping) else one for one in dated]
        for one in found["geometries"]:
            if isinstance(one, dict):
                put(one)
    return (found, (geometries, before, after)) if geometries else (raw, _NONE)
