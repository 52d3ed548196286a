"""The JSON Schemas of records: of each kind one of what is written, one of what is returned, and one of a merge patch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from app.records.geometry import GEOMETRY_SCHEMA
from app.records.kinds import RecordKind
from app.records.scalars import CHOSEN_TITLE
from app.records.vocabulary import Term
from app.schemas.geometries import GEOMETRY_SCHEMAS
from app.schemas.json_schema import (
    REF_TEMPLATE,
    Schema,
    reference,
    renamed,
    schemas_of,
    tidied,
    without_null,
)
from app.schemas.patches import PATCH_SCHEMAS, merge_patch_schemas, patch_schemas
from app.schemas.responses import Card, Moved, Referrer

_SIDECARS: Final[Mapping[str, Schema]] = {
    "linked": {
        "type": "object",
        "description": "What each reference leads to, by reference.",
        "additionalProperties": reference("Card"),
        "readOnly": True,
    },
    "incoming": {
        "type": "array",
        "description": "Who refers to it, with `include=incoming`.",
        "items": reference("Referrer"),
        "readOnly": True,
    },
    "incoming_truncated": {
        "type": "boolean",
        "description": "There: more refer to it than are listed.",
        "readOnly": True,
    },
}

_ALWAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "HistoricalDate": ("edtf", "start", "end", "qualified", "label"),
    "Evidence": ("id",),
    "Figure": ("id", "measure"),
    "Provision": ("id",),
}
"""Members that parts have whenever they are returned, though who writes them may leave them out."""

_HOLDS: Final[Schema] = {
    "description": "What the source holds the property to be: its own value, or the record's where it supports that."
}


def record_schemas(kinds: Iterable[RecordKind]) -> dict[str, Schema]:
    """Return the JSON Schemas of the kinds' documents and of all their parts, by name.

    Each kind has three: `Event` is what is written, `EventRecord` what is returned, `EventMergePatch` what changes it.
    Parts have two, `FigureInput` and `Figure`: what may be null or empty when it is written is left out when it is
    returned, a date may be written as text and is returned as an object, and what the server sets is returned alone.
    """
    known = tuple(kinds)
    names = [kind.model.__name__ for kind in known]
    written = _written(known, names)
    returned = _returned(known)
    return {
        # With the parts that these refer to, which `returned` has as they are returned.
        **schemas_of({"Card": Card, "Referrer": Referrer, "Moved": Moved}),
        **written,
        **{name: _saying_its_kind(written[name]) for name in names},
        **merge_patch_schemas(written, names),
        **patch_schemas([*names, "Term"]),
        **returned,
        **_terms(),
        **PATCH_SCHEMAS,
        **GEOMETRY_SCHEMAS,
        # No member tells these apart for sure: nobody who writes one needs to say its kind.
        "AnyDocument": {
            "title": "AnyDocument",
            "description": "A record of any kind as it is written.",
            "anyOf": [reference(name) for name in names],
        },
        "DocumentMembers": _titled(
            {"type": "object", "description": "Members of a record of any kind as it is written."},
            "DocumentMembers",
            {key: member for name in names for key, member in written[name]["properties"].items()}
            | {"kind": {"type": "string", "enum": [kind.kind for kind in known]}},
            (),
        ),
    }


def record_name(kind: RecordKind) -> str:
    """Return the name of the schema of a kind's record as it is returned."""
    return f"{kind.model.__name__}Record"


def _definitions(kinds: Iterable[RecordKind], mode: Any) -> dict[str, Schema]:
    _, found = models_json_schema([(kind.model, mode) for kind in kinds], ref_template=REF_TEMPLATE)
    definitions: dict[str, Schema] = tidied(_with_component_of_geometries(found["$defs"]))
    return definitions


def _with_component_of_geometries(part: Any) -> Any:
    """Refer to the component of geometries instead of describing them by themselves."""
    if isinstance(part, list):
        return [_with_component_of_geometries(item) for item in part]
    if not isinstance(part, dict):
        return part
    if GEOMETRY_SCHEMA.items() <= part.items():
        beside = {name: value for name, value in part.items() if name not in GEOMETRY_SCHEMA}
        return {"allOf": [reference("Geometry")], **beside}
    return {name: _with_component_of_geometries(member) for name, member in part.items()}


def _written(kinds: Iterable[RecordKind], names: Sequence[str]) -> dict[str, Schema]:
    found = _definitions(kinds, "validation")
    other_names = {name: f"{name}Input" for name in found if name not in names and name != "DayRange"}
    schemas: dict[str, Schema] = {}
    for name, schema in found.items():
        members = {key: _as_written(member) for key, member in schema["properties"].items()}
        required = [key for key in schema.get("required", ()) if not members[key].get("readOnly")]
        if name in names:
            members |= {key: one for key, one in _SIDECARS.items() if key != "incoming_truncated"}
        title = other_names.get(name, name)
        described = renamed(_titled(schema, title, members, required), lambda one: other_names.get(one, one))
        schemas[title] = described
    return schemas


def _saying_its_kind(schema: Schema) -> Schema:
    """Return the schema of a record that may say its kind, as one that is imported has to: generators drop what is read-only."""
    kind = {name: value for name, value in schema["properties"]["kind"].items() if name != "readOnly"}
    told = kind | {"description": f"Always `{kind['const']}`. Only what is imported needs to say it."}
    return schema | {"properties": schema["properties"] | {"kind": told}}


def _returned(kinds: Iterable[RecordKind]) -> dict[str, Schema]:
    records = {kind.model.__name__: record_name(kind) for kind in kinds}
    chosen = schemas_of({"Card": Card})["Card"]["properties"]
    beside = {**_SIDECARS, **{name: chosen[name] | {"readOnly": True} for name in CHOSEN_TITLE}}
    schemas: dict[str, Schema] = {}
    for name, schema in _definitions(kinds, "serialization").items():
        required = [*schema.get("required", ()), *_ALWAYS.get(name, ())]
        members = {
            key: member if key in required and name == "DayRange" else _as_returned(member)
            for key, member in schema["properties"].items()
        }
        if name in records:
            # `fields` may leave any other out.
            members, required = members | beside, ["kind", "id", "href"]
        schemas[records.get(name, name)] = _titled(
            schema, records.get(name, name), members, list(dict.fromkeys(required))
        )
    evidence = schemas["Evidence"]
    return schemas | {
        "Passage": _titled(
            evidence, "Passage", evidence["properties"] | {"holds": _HOLDS}, evidence["required"]
        )
    }


def _terms() -> dict[str, Schema]:
    """Return the schemas of a term as it is written and returned, and of a merge patch of one."""
    term = tidied(Term.model_json_schema(ref_template=REF_TEMPLATE))
    joins = term.pop("$defs")
    # Of a term, null is left out, and an empty text refused.
    written = {key: _without_default(member) for key, member in term["properties"].items()}
    returned = {key: _as_returned(member) for key, member in term["properties"].items()}
    schemas = {
        **joins,
        "Term": _titled(term, "Term", returned, term["required"]),
        "TermInput": _titled(term, "TermInput", written, term["required"]),
    }
    return schemas | merge_patch_schemas({"Term": schemas["TermInput"]}, ["Term"])


def _titled(schema: Schema, title: str, members: Mapping[str, Schema], required: Iterable[str]) -> Schema:
    # Generators of clients name their classes after titles; those of members say nothing.
    plain = {
        key: {name: value for name, value in one.items() if name != "title"} for key, one in members.items()
    }
    return schema | {"title": title, "properties": plain, "required": list(required)}


def _as_written(member: Schema) -> Schema:
    """Return the schema of a member that is written: texts that may be null may be empty, too; both are left out."""
    member = _without_default(member)
    options = member.get("anyOf", [])
    if {"type": "null"} not in options:
        return member
    return member | {"anyOf": [_may_be_empty(option) for option in options]}


def _may_be_empty(option: Schema) -> Schema:
    if option.get("type") != "string" or not {"minLength", "pattern"} & option.keys():
        return option
    kept = {name: value for name, value in option.items() if name != "minLength"}
    return kept | ({"pattern": f"^$|{kept['pattern']}"} if "pattern" in kept else {})


def _as_returned(member: Schema) -> Schema:
    return without_null(_without_default(member))


def _without_default(member: Schema) -> Schema:
    """Return the schema of a member without the default of what is left out, which says nothing."""
    return {name: value for name, value in member.items() if name != "default" or value not in (None, [], {})}
