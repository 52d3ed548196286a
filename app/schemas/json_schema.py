"""JSON Schemas as data: references to components, other names for these, members that may be left out."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import TypeAdapter, WithJsonSchema

Schema = dict[str, Any]

_COMPONENTS: Final = "#/components/schemas/"

REF_TEMPLATE: Final = f"{_COMPONENTS}{{model}}"
"""Where pydantic finds components of the OpenAPI document."""

# What bounds the size of arrays and objects; pydantic writes that of texts where it cannot see what a validator gives.
_BOUNDS: Final[Mapping[str, Mapping[str, str]]] = {
    "array": {"maxLength": "maxItems", "minLength": "minItems"},
    "object": {"maxLength": "maxProperties", "minLength": "minProperties"},
}


def described_by(name: str) -> WithJsonSchema:
    """Say of a type that a component of the OpenAPI document describes its values."""
    # pydantic looks up a reference that stands alone, and knows none of these; `tidied` has it stand alone.
    return WithJsonSchema({"allOf": [reference(name)]})


def reference(name: str) -> Schema:
    """Return the schema that refers to a component."""
    return {"$ref": _COMPONENTS + name}


def renamed(part: Any, name_of: Callable[[str], str]) -> Any:
    """Return a part of a schema whose references lead to components under other names."""
    if isinstance(part, list):
        return [renamed(item, name_of) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _COMPONENTS + name_of(member.removeprefix(_COMPONENTS))
        if name == "$ref"
        else renamed(member, name_of)
        for name, member in part.items()
    }


def tidied(part: Any) -> Any:
    """Return a part of a schema as generators of clients read it best.

    Arrays and objects are bounded by the words that JSON Schema has for them. Members of objects with names of one pattern
    are `additionalProperties`. What is a component and nothing else refers to it.
    """
    if isinstance(part, list):
        return [tidied(item) for item in part]
    if not isinstance(part, dict):
        return part
    words = _BOUNDS.get(part["type"], {}) if isinstance(part.get("type"), str) else {}
    schema = {words.get(name, name): tidied(member) for name, member in part.items()}
    patterns = schema.get("patternProperties")
    if isinstance(patterns, dict) and len(patterns) == 1 and "properties" not in schema:
        ((pattern, member),) = schema.pop("patternProperties").items()
        names = schema.get("propertyNames", {})
        schema |= {"propertyNames": {"pattern": pattern} | names, "additionalProperties": member}
    if isinstance(schema.get("propertyNames"), dict):
        schema["propertyNames"] = {"type": "string"} | schema["propertyNames"]
    if isinstance(schema.get("$ref"), str):
        schema.pop("title", None)
    whole = schema.get("allOf")
    if isinstance(whole, list) and len(whole) == 1 and isinstance(whole[0], dict) and "$ref" in whole[0]:
        told = {name: schema[name] for name in ("description", "readOnly") if name in schema}
        return whole[0] | told
    return schema


def without_null(member: Schema) -> Schema:
    """Return the schema of a member that is left out where it would be null."""
    options = [option for option in member.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == len(member.get("anyOf", ())):
        return member
    beside = {name: value for name, value in member.items() if name != "anyOf"}
    return {**options[0], **beside} if len(options) == 1 else {"anyOf": options, **beside}


def or_null(member: Schema) -> Schema:
    """Return the schema of a member that may be null as well."""
    options = member.get("anyOf", [])
    if {"type": "null"} in options:
        return member
    if options:
        return member | {"anyOf": [*options, {"type": "null"}]}
    beside: Schema = {name: member[name] for name in ("title", "description", "examples") if name in member}
    option = {name: value for name, value in member.items() if name not in beside}
    return {"anyOf": [option, {"type": "null"}]} | beside


def schemas_of(types: Mapping[str, Any]) -> dict[str, Schema]:
    """Return the JSON Schemas of types of answers, by the names given, with those that they refer to."""
    inputs = [(name, "serialization", TypeAdapter(sort)) for name, sort in types.items()]
    found, rest = TypeAdapter.json_schemas(inputs, ref_template=REF_TEMPLATE)  # type: ignore[arg-type] # a Literal
    named = {name: schema for (name, _), schema in found.items() if schema != reference(name)}
    schemas: dict[str, Schema] = tidied(rest.get("$defs", {}) | named)
    return schemas


def union(title: str, description: str, by_value: Mapping[str, str], member: str) -> Schema:
    """Return the schema of what is one of several components, which one member tells apart; each of them requires it.

    Args:
        title: the name of the component.
        description: what it is.
        by_value: the name of each component, by the value of the member.
        member: its name.
    """
    return {
        "title": title,
        "description": description,
        "oneOf": [reference(name) for name in dict.fromkeys(by_value.values())],
        "discriminator": {
            "propertyName": member,
            "mapping": {value: reference(name)["$ref"] for value, name in by_value.items()},
        },
    }
