"""The two sorts of patch that documents are changed by, as the OpenAPI document shows them."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from app.schemas.json_schema import Schema, described_by, or_null, reference, renamed, union
from app.values.json_patch import JSON_PATCH, MAX_OPERATIONS, MAX_PATH_LENGTH, MERGE_PATCH

Difference = Annotated[list[dict[str, Any]], described_by("Difference")]
"""A JSON Patch that turns one document into another."""

_POINTER: Final[Schema] = {
    "type": "string",
    "pattern": "^(?:/(?:[^~/]|~[01])*)*$",
    "maxLength": MAX_PATH_LENGTH,
}

_MEMBERS: Final[Mapping[str, Schema]] = {
    "path": _POINTER | {"description": "Where, as a JSON Pointer (RFC 6901)."},
    "from": _POINTER | {"description": "Where from, as a JSON Pointer (RFC 6901)."},
    "value": {"description": "Any JSON."},
}

_OPERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("from", "path"),
    "copy": ("from", "path"),
    "test": ("path", "value"),
}
"""What each operation needs (RFC 6902 §4); whatever else stands in it is passed over."""


def _name(operation: str) -> str:
    return f"{operation.capitalize()}Operation"


def _operation(operation: str, members: Iterable[str]) -> Schema:
    return {
        "type": "object",
        "title": _name(operation),
        "description": f"`{operation}` (RFC 6902 §4).",
        "properties": {
            "op": {"type": "string", "const": operation},
            **{name: _MEMBERS[name] for name in members},
        },
        "required": ["op", *members],
    }


PATCH_SCHEMAS: Final[Mapping[str, Schema]] = {
    **{_name(operation): _operation(operation, members) for operation, members in _OPERATIONS.items()},
    "PatchOperation": union(
        "PatchOperation",
        "An operation of a JSON Patch (RFC 6902 §4).",
        {operation: _name(operation) for operation in _OPERATIONS},
        "op",
    ),
    "JsonPatch": {
        "type": "array",
        "title": "JsonPatch",
        "description": "A JSON Patch (RFC 6902): operations, of which all are applied or none.",
        "maxItems": MAX_OPERATIONS,
        "items": reference("PatchOperation"),
    },
    "DifferenceOperation": {
        "type": "object",
        "title": "DifferenceOperation",
        "description": "An operation of a JSON Patch (RFC 6902 §4), which may tell what was there.",
        "properties": {
            "op": {"type": "string", "enum": ["add", "remove", "replace", "move"]},
            **_MEMBERS,
            "old": {"description": "Any JSON: with `values=both`, what is replaced or removed."},
        },
        "required": ["op", "path"],
    },
    "Difference": {
        "type": "array",
        "title": "Difference",
        "description": "A JSON Patch (RFC 6902) that turns one document into another.",
        "items": reference("DifferenceOperation"),
    },
}
"""Components of the document."""


def merge_patch_name(name: str) -> str:
    """Return the name of the schema of a merge patch of what a component describes."""
    return f"{name.removesuffix('Input')}MergePatch"


def patch_name(name: str) -> str:
    """Return the name of the schema of a patch of either sort of what a component describes."""
    return f"{name.removesuffix('Input')}Patch"


def patch_of(name: str) -> Any:
    """Give the type of a patch of either sort of what a component describes."""
    return Annotated[dict[str, Any] | list[dict[str, Any]], described_by(patch_name(name))]


def patch_schemas(names: Iterable[str]) -> dict[str, Schema]:
    """Return the schemas of the patches of either sort of some components."""
    return {
        patch_name(name): {
            "title": patch_name(name),
            "description": "A merge patch (RFC 7396), which is an object, or a JSON Patch (RFC 6902), which is a list.",
            "oneOf": [reference(merge_patch_name(name)), reference("JsonPatch")],
        }
        for name in names
    }


def merge_patch_schemas(written: Mapping[str, Schema], names: Iterable[str]) -> dict[str, Schema]:
    """Return the schemas of the merge patches of some components, and of the objects in them, which are merged too.

    Args:
        written: the schemas of what is written, by name.
        names: those of them that are patched.
    """
    found: dict[str, Schema] = {}
    left = list(names)
    while left:
        name = left.pop()
        title = merge_patch_name(name)
        if title in found:
            continue
        members = written[name]["properties"].items()
        found[title] = {
            "type": "object",
            "title": title,
            "description": "What changes (RFC 7396); null takes a member away.",
            "properties": {
                key: _patched(member, written) for key, member in members if not member.get("readOnly")
            },
            "additionalProperties": False,
        }
        left += [
            part
            for _, member in members
            if not member.get("readOnly")
            for part in _objects(member)
            if part in written
        ]
    return found


def _objects(member: Schema) -> list[str]:
    options = member.get("anyOf", [member])
    return [option["$ref"].rpartition("/")[2] for option in options if "$ref" in option]


def _patched(member: Schema, written: Mapping[str, Schema]) -> Schema:
    """Return the schema of a member of a patch: objects are merged, and null takes away what there is."""
    nullable = or_null(member)
    return nullable | {"anyOf": [_merged(option, written) for option in nullable["anyOf"]]}


def _merged(option: Schema, written: Mapping[str, Schema]) -> Schema:
    if "$ref" in option:
        merged: Schema = renamed(option, lambda name: merge_patch_name(name) if name in written else name)
        return merged
    values = option.get("additionalProperties")
    return option | {"additionalProperties": or_null(values)} if isinstance(values, dict) else option


def patch_contents(name: str, merge_example: dict[str, Any], *operations: dict[str, Any]) -> dict[str, Any]:
    """Give the contents of a body in the media types of the two sorts of patch of what a component describes.

    Args:
        name: the name of the component.
        merge_example: a merge patch.
        operations: a JSON Patch.
    """
    return {
        MERGE_PATCH: {"schema": reference(merge_patch_name(name)), "example": merge_example},
        JSON_PATCH: {"schema": reference("JsonPatch"), "example": list(operations)},
    }
