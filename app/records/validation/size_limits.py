"""Large documents: what is too long is refused before it is validated, and faults are looked for in a part.

Each fault that pydantic finds costs as much as a hundred values that are right, so that a large document of
nothing but faults would keep a reader busy for seconds. Of a large document the first fault of each list is
found, and then all there are in what follows it.
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
"""From how many commas and brackets in its JSON on a document is a large one."""


_CONTAINERS: Final = (dict, list)


_LOOKED_AT: Final = 2_000


_LISTS: Final = ("list", "tuple")


# Geography counts the positions itself, and has more to say of them.
_COUNTED_ELSEWHERE: Final = frozenset({"geometry", "coordinates"})


def is_large(written: bytes) -> bool:
    """Say whether a document is a large one, by its JSON."""
    return len(written) > LARGE and written.count(b",") + written.count(b"[") + written.count(b"{") > LARGE


def oversized_collections(document: Mapping[str, Any]) -> list[Fault]:
    """Say which lists and objects are longer than any may be: what is in them is not looked at."""
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
    """Look without keeping track of the place, which is quicker by far."""
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
    """Make a validator that stops at the first fault of each list; it makes the same of what is right."""
    # Without the last argument the model's own validator would be taken, as it is.
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
    """Give the first faults of a large document, and those in what follows them in the same lists."""
    found = {pointer_to(path): replace(fault, pointer=pointer_to(path)) for path, fault in first[:MAX_FAULTS]}
    begins = {path[0]: path[1] for path, _ in reversed(first) if len(path) > 1 and isinstance(path[1], int)}
    part: dict[str, Any] = {}
    for name, member in document.items():
        kept = _part(member, begins.get(name, 0))
        if kept is not None:
            part[name] = kept
    for fault in collect_faults(part, ask):
        # A member may be unknown only because it lies in what was cut off.
        if fault.code != "unknown_member":
            pointer = _moved(fault.pointer or "", begins)
            found.setdefault(pointer, replace(fault, pointer=pointer))
    return list(found.values())


def _part(member: Any, begin: int) -> Any:
    """Give what is looked at of a member: of a list the items from `begin` on; nothing where it is too much."""
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
    """Say where in the whole document a place of the part is."""
    _, name, *rest = pointer.split("/") if pointer else ("", "")
    begin = begins.get(name)
    if isinstance(begin, int) and rest and rest[0].isdecimal():
        return "/".join(["", name, str(int(rest[0]) + begin), *rest[1:]])
    return pointer
