"""Large documents: collections that are too long are refused first, and only the first errors are looked for.

pydantic takes a hundred times as long for an invalid value as for a valid one, so that a large document of
invalid values would take seconds. Of a large document the first error of each list is found, then all
errors in the items that follow it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import SchemaValidator

from app.errors import Fault
from app.records.scalars import MAX_FAULTS, MAX_ITEMS, MAX_NAMES
from app.records.validation.collect_errors import Located, collect_faults, pointer_to
from app.values.json_limits import count_values
from app.values.json_pointer import escaped

LARGE: Final = 10_000
"""From how many commas and brackets in its JSON on a document counts as large."""

_CONTAINERS: Final = (dict, list)
_LOOKED_AT: Final = 2_000
_LISTS: Final = ("list", "tuple")

# `app.values.geojson` counts the positions itself and gives a better message.
_COUNTED_ELSEWHERE: Final = frozenset({"geometry", "coordinates"})


def is_large(written: bytes) -> bool:
    """Return whether a document is large, by the length of its JSON."""
    return len(written) > LARGE and written.count(b",") + written.count(b"[") + written.count(b"{") > LARGE


def oversized_collections(document: Mapping[str, Any]) -> list[Fault]:
    """Return which lists and objects are longer than any may be; what is in them is not validated."""
    if not _any_overlong(document):
        return []
    faults: list[Fault] = []
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting and len(faults) < MAX_FAULTS:
        pointer, value = waiting.pop()
        if type(value) is dict:
            if len(value) > MAX_NAMES:
                faults.append(Fault("too_long", f"Give at most {MAX_NAMES:,} members.", pointer))
                continue
            waiting += [
                (f"{pointer}/{escaped(name)}", member)
                for name, member in value.items()
                if type(member) in _CONTAINERS and name not in _COUNTED_ELSEWHERE
            ]
        elif len(value) > MAX_ITEMS:
            faults.append(Fault("too_long", f"Give at most {MAX_ITEMS:,} items.", pointer))
        else:
            waiting += [
                (f"{pointer}/{index}", item) for index, item in enumerate(value) if type(item) in _CONTAINERS
            ]
    return faults


def _any_overlong(document: Mapping[str, Any]) -> bool:
    """Return whether any collection is too long, without keeping track of the path: much faster."""
    if len(document) > MAX_NAMES:
        return True
    level = [
        member
        for name, member in document.items()
        if type(member) in _CONTAINERS and name not in _COUNTED_ELSEWHERE
    ]
    while level:
        if any(len(one) > (MAX_NAMES if type(one) is dict else MAX_ITEMS) for one in level):
            return True
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _CONTAINERS
        ]
    return False


@lru_cache(maxsize=16)
def fail_fast_validator(model: type[BaseModel]) -> SchemaValidator:
    """Make a validator that stops at the first error of each list; for valid input its result is the same."""
    # Without the last argument pydantic would reuse the model's own validator.
    return SchemaValidator(_failing_fast(model.__pydantic_core_schema__), None, _use_prebuilt=False)


def _failing_fast(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_failing_fast(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {
        name: member if name in {"metadata", "serialization"} else _failing_fast(member)
        for name, member in schema.items()
    }
    if changed.get("type") in _LISTS:
        changed["fail_fast"] = True
    return changed


def faults_near(
    document: Mapping[str, Any], first: list[Located], ask: Callable[[Any], list[Located]]
) -> list[Fault]:
    """Return the first faults of a large document, and those of the items that follow in the same lists."""
    found = {pointer_to(path): replace(fault, pointer=pointer_to(path)) for path, fault in first[:MAX_FAULTS]}
    begins = {path[0]: path[1] for path, _ in reversed(first) if len(path) > 1 and isinstance(path[1], int)}
    part: dict[str, Any] = {}
    for name, member in document.items():
        kept = _part(member, begins.get(name, 0))
        if kept is not None:
            part[name] = kept
    for fault in collect_faults(part, ask):
        # A member may look unknown only because what would allow it was cut off.
        if fault.code != "unknown_member":
            pointer = _moved(fault.pointer or "", begins)
            found.setdefault(pointer, replace(fault, pointer=pointer))
    return list(found.values())


def _part(member: Any, begin: int) -> Any:
    """Return the part of a member to be validated: of a list the items from `begin` on; None where it is too large."""
    left = _LOOKED_AT
    if not isinstance(member, list):
        return member if count_values(member, left) <= left else None
    items = []
    for item in member[begin:]:
        left -= count_values(item, left)
        if left < 0:
            break
        items.append(item)
    return items


def _moved(pointer: str, begins: Mapping[int | str, int | str]) -> str:
    """Return the path in the whole document for one in the part."""
    _, name, *rest = pointer.split("/") if pointer else ("", "")
    begin = begins.get(name)
    if isinstance(begin, int) and rest and rest[0].isdecimal():
        return "/".join(["", name, str(int(rest[0]) + begin), *rest[1:]])
    return pointer
