"""The properties that evidence can bear on: their names, what they name and the type of their values.

A property is a field (`date`) or one member of a field (`figures/deaths`,
`participants/actors/hugo-chavez:guest`, `names/Constantinople`).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, TypeAdapter
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from app.errors import nearest
from app.records.evidence import Evidence
from app.records.list_rules import ErrorLocation, nested_errors, raise_errors
from app.records.scalars import MAX_FAULTS, is_reference, rule_error
from app.records.term_fields import ValidationContext

_NO_PROPERTY: Final = frozenset({"kind", "id", "revision", "created_at", "updated_at", "href", "evidence"})

_MEMBERS: Final = {
    "names": ("name",),
    "figures": ("id", "measure", "unit", "group"),
    "provisions": ("id",),
    "participants": ("actor", "role"),
    "parties": ("actor", "role"),
    "places": ("place", "role"),
    "relations": ("type", "target"),
}

_MAX_NEAR: Final = 50


class PropertyPath(NamedTuple):
    """A parsed property path.

    Attributes:
        field: the field it is, or lies in.
        member: the id, reference or name of the member of that field; None for the field as a whole.
        qualifier: the role that a participant is narrowed to, or the type of a relation.
    """

    field: str
    member: str | None = None
    qualifier: str | None = None

    @property
    def text(self) -> str:
        """The property as documents write it."""
        if self.member is None:
            return self.field
        if self.field == "relations":
            return f"relations/{self.qualifier}/{self.member}"
        role = f":{self.qualifier}" if self.qualifier is not None else ""
        return f"{self.field}/{self.member}{role}"


@lru_cache(maxsize=4096)
def parse_property(text: str) -> PropertyPath | None:
    """Parse a property path, or return None where no record can have such a property."""
    field, slash, rest = text.partition("/")
    if not slash:
        return PropertyPath(field)
    if field not in _MEMBERS:
        return None
    if field in {"figures", "provisions"}:
        return PropertyPath(field, rest) if rest and "/" not in rest else None
    if field == "names":
        return PropertyPath(field, rest) if rest else None
    qualifier: str | None = None
    if field == "participants":
        rest, colon, role = rest.partition(":")
        qualifier = role if colon else None
    elif field == "relations":
        qualifier, _, rest = rest.partition("/")
    return PropertyPath(field, rest, qualifier) if is_reference(rest) and qualifier != "" else None


@lru_cache(maxsize=16)
def fields_of(model: type[BaseModel]) -> tuple[str, ...]:
    """List the fields of a kind of record that evidence can bear on."""
    return tuple(name for name in model.model_fields if name not in _NO_PROPERTY)


def check_evidence(
    model: type[BaseModel],
    items: tuple[Evidence, ...],
    data: Mapping[str, Any],
    around: ValidationContext | None,
) -> tuple[Evidence, ...]:
    """Check which property each piece of evidence bears on, and validate its value as that of the property.

    `data` holds the fields of the record that are valid; whether members of invalid ones exist is not
    checked.
    """
    faults: list[tuple[ErrorLocation, PydanticCustomError] | InitErrorDetails] = []
    checked: list[Evidence] = []
    members = _Members(data)
    for index, item in enumerate(items):
        if len(faults) >= MAX_FAULTS:
            break
        prop = None if item.property is None else parse_property(item.property)
        if item.property is not None and around is not None:
            error = _property_error(model, item.property, prop, members)
            if error is not None:
                faults.append(((index, "property"), error))
                checked.append(item)
                continue
        if item.value is None or prop is None:
            checked.append(item)
            continue
        try:
            value = _shaped(model, prop, item.value, members, around)
        except ValidationError as error_of_value:
            faults.extend(nested_errors(error_of_value, (index, "value")))
            value = None
        checked.append(item.model_copy(update={"value": value}))
    if faults:
        raise_errors(faults)
    return tuple(checked)


def member_paths(field: str, item: Any) -> tuple[PropertyPath, ...]:
    """Return the properties that name a member of a field, the narrowest first; a geometry has no name."""
    match field:
        case "figures" | "provisions":
            return (PropertyPath(field, item.id),)
        case "geometries":
            return ()
        case "names":
            return (PropertyPath(field, item.name),)
        case "places":
            return (PropertyPath(field, item.place),)
        case "parties":
            return (PropertyPath(field, item.actor),)
        case "relations":
            return (PropertyPath(field, item.target, item.type),)
        case _ if item.role is None:
            return (PropertyPath(field, item.actor),)
        case _:
            return (PropertyPath(field, item.actor, item.role), PropertyPath(field, item.actor))


def _near(text: str, data: Mapping[str, Any]) -> str | None:
    # Of a very long list not every member is suggested: finding the nearest name is slow.
    members = (
        member_paths(field, item)[0].text
        for field in _MEMBERS
        for item in (data.get(field) or ())[:_MAX_NEAR]
    )
    return nearest(text, members)


class _Members:
    """Finds the members of a record's fields by the properties that name them."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self._known: dict[str, dict[PropertyPath, Any]] = {}

    def find(self, prop: PropertyPath) -> Any:
        """Return the first member that the property names, or None."""
        if prop.field not in self._known:
            known: dict[PropertyPath, Any] = {}
            for item in self.data.get(prop.field) or ():
                for name in member_paths(prop.field, item):
                    known.setdefault(name, item)
            self._known[prop.field] = known
        return self._known[prop.field].get(prop)


def _property_error(
    model: type[BaseModel], text: str, prop: PropertyPath | None, members: _Members
) -> PydanticCustomError | None:
    known = fields_of(model)
    field = text.partition("/")[0]
    if field not in known:
        detail = "Name a field of this kind of record, or a member of one."
        return rule_error(
            "unknown_property", detail, suggest=lambda: nearest(field, known) or _near(text, members.data)
        )
    if prop is None:
        detail = (
            "Write a field, or figures/ID, provisions/ID, participants/REF:role, parties/REF, places/REF "
            "relations/TYPE/REF or names/NAME, where REF is a whole reference such as actors/hugo-chavez."
        )
        return rule_error("invalid_property", detail, suggest=lambda: _near(text, members.data))
    if prop.member is None or field not in members.data or members.find(prop) is not None:
        return None
    detail = "Name something that is in this record."
    return rule_error("unknown_member", detail, suggest=lambda: _near(text, members.data))


def _shaped(
    model: type[BaseModel],
    prop: PropertyPath,
    value: Any,
    members: _Members,
    around: ValidationContext | None,
) -> Any:
    if prop.member is None:
        return _field_adapter(model, prop.field).validate_python(value, context=around)
    own = members.find(prop)
    if own is not None and isinstance(value, Mapping):
        # What identifies the member may be left out of the value; a value is kept whole.
        same = {name: getattr(own, name) for name in _MEMBERS[prop.field] if getattr(own, name) is not None}
        value = {**same, **value}
    return _member_adapter(model, prop.field).validate_python(value, context=around)


@lru_cache(maxsize=256)
def _field_adapter(model: type[BaseModel], field: str) -> TypeAdapter[Any]:
    declared = model.model_fields[field]
    shape: Any = declared.annotation
    if declared.metadata:
        shape = Annotated[shape, *declared.metadata]
    return TypeAdapter(shape)


@lru_cache(maxsize=64)
def _member_adapter(model: type[BaseModel], field: str) -> TypeAdapter[Any]:
    # Every field with members is a tuple[Part, ...].
    annotation: Any = model.model_fields[field].annotation
    return TypeAdapter(annotation.__args__[0])
