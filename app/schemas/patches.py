"""The two sorts of patch that documents are changed by, as the OpenAPI document shows them."""

from typing import Annotated, Any, Final

from pydantic import WithJsonSchema

from app.values.json_patch import MAX_OPERATIONS

MergePatch = Annotated[dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/MergePatch"})]
"""A merge patch (RFC 7396)."""

PATCH_SCHEMAS: Final[dict[str, Any]] = {
    "MergePatch": {
        "type": "object",
        "title": "MergePatch",
        "description": "What changes; null takes a member away.",
    },
    "JsonPatch": {
        "type": "array",
        "title": "JsonPatch",
        "maxItems": MAX_OPERATIONS,
        "items": {
            "type": "object",
            "required": ["op", "path"],
            "properties": {
                "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
                "path": {"type": "string"},
                "from": {"description": "Where from, to move or copy; passed over otherwise."},
                "value": {},
            },
        },
    },
}
"""Components of the document."""


def json_patch_content(*example: dict[str, Any]) -> dict[str, Any]:
    """Give the content of a body that is a JSON Patch (RFC 6902)."""
    return {"schema": {"$ref": "#/components/schemas/JsonPatch"}, "example": list(example)}
