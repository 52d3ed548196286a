"""Patches of documents: RFC 7396 (merge patch) and RFC 6902 (JSON Patch), and the patch between two documents.

Errors follow RFC 5789 §2.2: a malformed patch is 400, one that does not fit the document as it is 409, and
one whose outcome breaks a rule 422, as for any document.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import jsonpatch
import jsonpointer
import orjson

from app.errors import BadRequest, Conflict, Fault, InvalidDocument
from app.values.json_limits import count_values
from app.values.strict_json import parse_json

MAX_OPERATIONS: Final = 1000

MAX_VALUES: Final = 100_000
"""Values that one patch may add or copy, so that a small patch cannot make a large document."""

MAX_BYTES: Final = 2 * 2**20
"""The size of a document after any operation, as JSON; at the end a record may have half of it."""

MAX_PATH_LENGTH: Final = 2000
_MAX_DIFFERENCE: Final = 20_000
_NAMES: Final = frozenset({"add", "remove", "replace", "move", "copy", "test"})

_NO_SUCH_PLACE: Final = "The document has no such place: read it again, or give a member that it does not have with one `add` of it whole."

_CANNOT_APPLY: Final = (
    jsonpatch.JsonPatchException,
    jsonpointer.JsonPointerException,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
)

Patch = Callable[[Any], Any]
"""Returns the patched document; the one passed in is modified."""

EmptyMember = Callable[[Sequence[str]], list[Any] | dict[str, Any] | None]
"""Returns what stands at the path of a member that documents leave out while it is empty; None for any other path."""

MERGE_PATCH: Final = "application/merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"


def merge_patch(patch: Any) -> Patch:
    """Parse a merge patch: members replace members, null removes one.

    Raises:
        InvalidDocument: it is no object, and would make something else than an object of any document.
    """
    if not isinstance(patch, Mapping):
        detail = f"Give one object: the members that change. A list of operations is sent as {JSON_PATCH}."
        fault = Fault("wrong_type", detail, "")
        raise InvalidDocument("The patch makes no object.", faults=[fault])
    return partial(_merged, patch=patch)


def no_empty_members(_path: Sequence[str]) -> None:
    """Say of every path that nothing stands there while it is left out."""


def json_patch(operations: Any, empty_member: EmptyMember = no_empty_members) -> Patch:
    """Parse a JSON Patch; all of it is applied or nothing.

    A list or object that documents leave out while it is empty counts as there: `add /tags/-` makes the first tag.

    The returned function raises `Conflict` where an operation does not fit the document or a `test` fails,
    with a pointer into the patch, and `InvalidDocument` where the outcome would be too large.

    Raises:
        BadRequest: the patch is malformed, with a pointer into it.
        InvalidDocument: it has too many operations.
    """
    return partial(_applied, checked=_checked(operations), empty_member=empty_member)


def parse_patch(media_type: str, patch: Any, empty_member: EmptyMember = no_empty_members) -> Patch:
    """Parse the patch that the media type says it is; raises as `json_patch` and `merge_patch` do.

    `application/json` says neither, and what it holds does: a merge patch of a document is an object (RFC 7396 §1), a JSON
    Patch a list (RFC 6902 §3).
    """
    is_list_of_operations = media_type != MERGE_PATCH and isinstance(patch, list)
    return (
        json_patch(patch, empty_member)
        if media_type == JSON_PATCH or is_list_of_operations
        else merge_patch(patch)
    )


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the JSON Patch that turns one document into another."""
    operations: list[dict[str, Any]] = []
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            operations.append({"op": "remove", "path": f"/{name}"})
        elif name not in old:
            operations.append({"op": "add", "path": f"/{name}", "value": new[name]})
        elif old[name] != new[name]:
            operations.extend(_within(name, old[name], new[name]))
    return operations


def _within(name: str, old: Any, new: Any) -> Sequence[dict[str, Any]]:
    """Return what changed in one member; the whole member where a finer difference would cost more than it is worth."""
    whole = {"op": "replace", "path": f"/{name}", "value": new}
    if not isinstance(old, dict | list) or type(old) is not type(new):
        return [whole]
    if len(orjson.dumps(old)) + len(orjson.dumps(new)) > _MAX_DIFFERENCE:
        return [whole]
    found: list[dict[str, Any]] = jsonpatch.make_patch({name: old}, {name: new}).patch
    return found if len(orjson.dumps(found)) < len(orjson.dumps(whole)) else [whole]


def _merged(document: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(document) if isinstance(document, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged


def _applied(document: Any, checked: list[dict[str, Any]], empty_member: EmptyMember) -> Any:
    left = MAX_VALUES - count_values(checked, MAX_VALUES)
    size = len(orjson.dumps(document))
    for index, operation in enumerate(checked):
        _fill_in(document, (operation[name] for name in ("path", "from") if name in operation), empty_member)
        if operation["op"] == "copy" and left >= 0:
            copied = _at(document, operation["from"])
            left -= count_values(copied, left)
            size += _size(copied)
        elif operation["op"] in {"add", "replace"}:
            size += _size(operation["value"])
        if left < 0:
            raise InvalidDocument(
                f"A patch may bring or copy {MAX_VALUES:,} values at most; replace the document with PUT."
            )
        if size > MAX_BYTES:
            raise _too_large(index)
        try:
            document = jsonpatch.JsonPatch([operation]).apply(document, in_place=True)
        except jsonpatch.InvalidJsonPatch:
            raise _malformed(
                [_fault(index, "invalid_operation", "Give this operation all its members.")]
            ) from None
        except jsonpatch.JsonPatchTestFailed:
            raise _misfit(index, "test_failed", "The document is not as this test has it.") from None
        except _CANNOT_APPLY:
            raise _misfit(index, "no_such_place", _NO_SUCH_PLACE) from None
    return _strict(document)


def _fill_in(document: Any, pointers: Iterable[Any], empty_member: EmptyMember) -> None:
    """Put in the empty lists and objects that pointers lead into or to, where the document leaves them out."""
    for pointer in pointers:
        tokens = jsonpointer.JsonPointer(pointer).parts if _is_pointer(pointer) else []
        place = document
        for depth, token in enumerate(tokens, 1):
            if isinstance(place, dict) and token not in place:
                empty = empty_member(tokens[:depth])
                if empty is not None:
                    place[token] = empty
            place = _below(place, token)


def _below(place: Any, token: str) -> Any:
    try:
        return place[int(token)] if isinstance(place, list) else place[token]
    except _CANNOT_APPLY:
        return None


def _strict(document: Any) -> Any:
    """Check the outcome by the rules of a request body, its depth above all."""
    try:
        text = orjson.dumps(document)
    except (TypeError, ValueError, RecursionError):
        raise InvalidDocument(
            "The patch makes a document that is nested too deep.", code="too_deep"
        ) from None
    return parse_json(text)


def _size(value: Any) -> int:
    """Return the size of a value as JSON in bytes; a value nested too deep is refused at the end."""
    try:
        return len(orjson.dumps(value))
    except (TypeError, ValueError, RecursionError):
        return 0


def _too_large(index: int) -> InvalidDocument:
    detail = f"Documents and what is put into them may take {MAX_BYTES // 2**20} MiB in a patch; replace it with PUT."
    return InvalidDocument(
        "The patch makes a document that is too large.",
        code="too_large",
        faults=[_fault(index, "too_large", detail)],
    )


def _checked(operations: Any) -> list[dict[str, Any]]:
    if not isinstance(operations, list):
        raise _malformed([Fault("wrong_type", "Give a list of operations.", "")])
    if len(operations) > MAX_OPERATIONS:
        raise InvalidDocument(f"A patch may have {MAX_OPERATIONS:,} operations at most.", code="too_long")
    faults: list[Fault] = []
    for index, operation in enumerate(operations):
        name = operation.get("op") if isinstance(operation, dict) else None
        if not isinstance(name, str) or name not in _NAMES:
            faults.append(_fault(index, "invalid_operation", f"Give an op: {', '.join(sorted(_NAMES))}."))
            continue
        wanted = ["path", *(["from"] if name in {"move", "copy"} else [])]
        faults.extend(
            _fault(index, "invalid_pointer", "Give a JSON Pointer (RFC 6901).", f"/{member}")
            for member in wanted
            if not _is_pointer(operation.get(member))
        )
        if name in {"add", "replace", "test"} and "value" not in operation:
            faults.append(_fault(index, "missing", "Give the value.", "/value"))
    if faults:
        raise _malformed(faults[:100])
    return operations


def _is_pointer(text: Any) -> bool:
    if not isinstance(text, str) or len(text) > MAX_PATH_LENGTH or (text and not text.startswith("/")):
        return False
    return text.replace("~0", "").replace("~1", "").count("~") == 0


def _at(document: Any, pointer: str) -> Any:
    try:
        return jsonpointer.resolve_pointer(document, pointer)
    except _CANNOT_APPLY:
        return None  # the operation itself will say so


def _fault(index: int, code: str, detail: str, below: str = "") -> Fault:
    return Fault(code, detail, f"/{index}{below}")


def _malformed(faults: list[Fault]) -> BadRequest:
    return BadRequest("The patch is malformed.", code="malformed_patch", faults=faults)


def _misfit(index: int, code: str, detail: str) -> Conflict:
    return Conflict("The patch does not fit the document.", code=code, faults=[_fault(index, code, detail)])
