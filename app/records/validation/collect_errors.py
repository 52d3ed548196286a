"""Every error at once, though pydantic stops at the first layer of them.

pydantic runs validators that join several fields only where each field is valid. So a document with errors
is validated again without the parts at fault, until nothing new is found. An error that is there only
because something was removed is not reported.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.errors import Fault
from app.records.scalars import MAX_FAULTS
from app.values.json_pointer import escaped

Step = int | str
Path = tuple[Step, ...]
Located = tuple[Path, Fault]
_ROUNDS: Final = 4

# Members that are kept though at fault, since the rest cannot be validated without them.
_STAND_INS: Final = {"title": "?", "source": "sources/x"}


class PrunedDocument:
    """A document without the parts at fault, which maps its paths back to those of the original."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Start with all of the document."""
        self._origins: dict[int, list[int]] = {}
        self.document: Any = self._copied(document)

    def _copied(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._copied(member) for name, member in value.items()}
        if isinstance(value, list | tuple):
            items = [self._copied(item) for item in value]
            self._origins[id(items)] = list(range(len(items)))
            return items
        return value

    def original(self, path: Path) -> Path:
        """Return the path in the original document for one in the pruned document."""
        at = self.document
        steps: list[Step] = []
        for step in path:
            inside = isinstance(at, list) and isinstance(step, int) and 0 <= step < len(at)
            steps.append(self._origins[id(at)][step] if inside and isinstance(step, int) else step)
            at = at[step] if inside or (isinstance(at, dict) and step in at) else None
        return tuple(steps)

    def prune(self, paths: set[Path]) -> None:
        """Remove what is at these paths of the pruned document; for a missing member the object that lacks it."""
        # In reverse order, so that the remaining paths stay valid.
        for path in sorted(
            paths,
            key=lambda path: [(isinstance(step, int), str(step).zfill(8)) for step in path],
            reverse=True,
        ):
            self._remove(path)

    def _remove(self, path: Path) -> None:
        at = value_at(self.document, path[:-1])
        last = path[-1] if path else None
        if isinstance(at, dict) and last in _STAND_INS:
            at[last] = _STAND_INS[str(last)]
        elif isinstance(at, dict) and last in at:
            del at[last]
        elif isinstance(at, list) and isinstance(last, int) and last < len(at):
            del at[last]
            del self._origins[id(at)][last]
        elif len(path) > 1:
            self._remove(path[:-1])


def collect_faults(document: Mapping[str, Any], ask: Callable[[Any], list[Located]]) -> list[Fault]:
    """Collect faults until there are no new ones; `ask` returns those of a document, with their paths."""
    pruned = PrunedDocument(document)
    found: dict[str, Fault] = {}
    for _ in range(_ROUNDS):
        located = ask(pruned.document)
        if not located or len(found) >= MAX_FAULTS:
            break
        earlier = set(found)
        for path, fault in located:
            pointer = pointer_to(pruned.original(path))
            if not _only_pruned(fault, pointer, earlier, value_at(pruned.document, path)):
                found.setdefault(
                    pointer, Fault(fault.code, fault.detail, pointer, suggestion=fault.suggestion)
                )
        pruned.prune({path for path, _ in located})
    return list(found.values())


def _only_pruned(fault: Fault, pointer: str, earlier: set[str], given: object) -> bool:
    """Return whether a fault may be there only because another part at fault was removed."""
    if any(known.startswith(f"{pointer}/") for known in earlier):
        return True
    match fault.code:
        case "duplicate":
            around = pointer.rpartition("/")[0]
        case "unknown_member":
            # The part that it names may be at fault itself, or named by one that is.
            around = f"/{str(given).partition('/')[0]}"
        case _:
            return False
    return any(known.startswith(around) for known in earlier)


def value_at(document: Any, path: Path) -> Any:
    """Return the value at a path of a document; None where there is none."""
    for step in path:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def pointer_to(path: Path) -> str:
    """Write a path as a JSON Pointer (RFC 6901)."""
    return "".join(f"/{escaped(str(step))}" for step in path)
