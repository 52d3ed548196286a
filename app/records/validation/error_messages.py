"""pydantic's errors as faults: a code, a pointer, what to do, and what may have been meant.

No input is repeated: suggestions come from the vocabularies, from names of fields and from well-formed
references.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, ValidationError

from app.errors import Fault, nearest
from app.records import scalars
from app.records.other_names import nearest_field
from app.records.parts import Part
from app.records.scalars import CHOSEN_TITLE, COLLECTIONS, KINDS, MAX_FAULTS, split_reference
from app.records.validation.collect_errors import Located, value_at
from app.values.json_pointer import unescaped
from app.values.slug import ID_PATTERN, is_id, slugify

Explained = tuple[str, str, str | None]

_INVALID: Final[Explained] = (
    "invalid_value",
    "Give a value of the shape that the documentation shows.",
    None,
)

_CHOSEN_TITLE: Final = (
    "This was read with lang or when, by which its title was chosen: read it without them, or give the title that is "
    "in title_recorded as title, and leave this out."
)


def translate_errors(
    error: ValidationError, document: Mapping[str, Any], model: type[BaseModel]
) -> list[Located]:
    """Turn pydantic's errors into faults with their paths, in the order of the document's fields."""
    faults: list[Located] = []
    for item in error.errors(include_url=False)[:MAX_FAULTS]:
        path = _path(item["loc"])
        code, detail, suggestion = _explain(item, path, model)
        if code == "invalid_edtf" and isinstance(value_at(document, path), Mapping):
            path = (*path, "edtf")
        faults.append((path, Fault(code, detail, suggestion=suggestion)))
    return faults


def _path(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    # pydantic marks an invalid key of a mapping with a path step of its own.
    return tuple(step for step in loc if step != "[key]")


def _explain(item: ErrorDetails, path: tuple[int | str, ...], model: type[BaseModel]) -> Explained:
    context = item.get("ctx", {})
    kind = item["type"]
    if kind == "extra_forbidden":
        return _unknown_field(model, path)
    if kind in {"model_type", "model_attributes_type"}:
        return _no_object(_part_at(model, path), item.get("input"))
    if "detail" in context:
        suggest = context.get("suggest")
        return kind, context["detail"], context.get("suggestion") if suggest is None else suggest()
    if kind in _EXPLAINED:
        return _EXPLAINED[kind](context, item.get("input"))
    return _INVALID


def unknown_fields(model: type[BaseModel], pointers: Iterable[str]) -> Iterator[Fault]:
    """Return a fault for each member of a document that no field is named like, wherever it is."""
    for pointer in pointers:
        path = tuple(unescaped(step) for step in pointer.split("/")[1:])
        part = _part_at(model, path[:-1])
        if part is not None and path[-1] not in _fields_of(part):
            code, detail, near = _unknown_field(model, path)
            yield Fault(code, detail, pointer, suggestion=near)


def _unknown_field(model: type[BaseModel], path: tuple[int | str, ...]) -> Explained:
    part = _part_at(model, path[:-1])
    # The type of a value depends on its property, so any part's field may be meant.
    names = (
        list(_fields_of(part))
        if part is not None
        else sorted({name for part in Part.__subclasses__() for name in part.model_fields})
    )
    if len(path) == 1 and path[0] in CHOSEN_TITLE:
        return "unknown_field", _CHOSEN_TITLE, None
    return "unknown_field", "There is no such field here; leave it out.", nearest_field(str(path[-1]), names)


def _no_object(part: type[BaseModel] | None, given: object) -> Explained:
    """Show the object that is wanted by its required members, and what a reference alone was meant to be."""
    fields = {} if part is None else _fields_of(part)
    if part is None or not fields:
        return "wrong_type", "Give an object.", None
    required = [name for name, field in fields.items() if field.is_required()]
    names = required or [name for name in fields if name != "id"][:1]
    shown = ", ".join(f'"{name}": …' for name in names)
    meant = None
    if isinstance(given, str) and re.fullmatch(scalars.REFERENCE_PATTERN, given):
        takers = [name for name, values in _values_of(part).items() if _is_valid(given, values)]
        if len(takers) == 1 and {*required} <= {*takers}:
            meant = f'{{"{takers[0]}": "{given}"}}'
    return "wrong_type", f"Give an object, such as {{{shown}}}.", meant


@cache
def _values_of(part: type[BaseModel]) -> Mapping[str, TypeAdapter[Any]]:
    """Return what validates each member that holds a reference, by name."""
    return {
        name: TypeAdapter(field.rebuild_annotation())
        for name, field in _fields_of(part).items()
        if any("/" in str(getattr(one, "pattern", None) or "") for one in field.metadata)
    }


def _is_valid(value: object, values: TypeAdapter[Any]) -> bool:
    try:
        values.validate_python(value)
    except ValidationError:
        return False
    return True


def _part_at(model: type[BaseModel], path: tuple[int | str, ...]) -> type[BaseModel] | None:
    """Return the model of the part of a document at a path; None where it depends on other members."""
    at: type[BaseModel] | None = model
    for step in path:
        if at is not None and not str(step).isdecimal():
            field = _fields_of(at).get(str(step))
            at = None if field is None else next(_models(field.annotation), None)
    return at


def _fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a part by the names that documents use."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _missing(_context: Mapping[str, Any], _given: object) -> Explained:
    return "missing", "Give this field: nothing can stand for it.", None


def _wrong_type(expected: str) -> Callable[[Mapping[str, Any], object], Explained]:
    return lambda _context, _given: ("wrong_type", f"Give {expected}.", None)


def _too_long(unit: str, limit: str) -> Callable[[Mapping[str, Any], object], Explained]:
    return lambda context, _given: ("too_long", f"Give at most {context[limit]:,} {unit}.", None)


def _too_few(_context: Mapping[str, Any], _given: object) -> Explained:
    return "too_short", "Give at least one item.", None


def _too_short(_context: Mapping[str, Any], _given: object) -> Explained:
    return "too_short", "Give at least one character that can be seen, or leave the field out.", None


def _literal(context: Mapping[str, Any], given: object) -> Explained:
    expected = str(context["expected"])
    known = [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]
    return (
        "unknown_term",
        f"Use one of these: {', '.join(known)}.",
        nearest(given, known) if isinstance(given, str) else None,
    )


def _pattern(context: Mapping[str, Any], given: object) -> Explained:
    pattern = context["pattern"]
    if pattern == scalars.LINE_PATTERN:
        return _line(str(given))
    if pattern in _PATTERNS:
        return (*_PATTERNS[pattern], None)
    if pattern == ID_PATTERN:
        made = slugify(given) if isinstance(given, str) and len(given) <= scalars.MAX_TITLE else None
        return "invalid_id", "Write lower-case letters a to z and digits, joined by single hyphens.", made
    wanted = next((name for name in KINDS if pattern.startswith(f"^{name}/")), None)
    if wanted is None and pattern != scalars.REFERENCE_PATTERN:
        return _INVALID
    return _reference(wanted, str(given))


def _line(given: str) -> Explained:
    found = scalars.REFUSED_IN_LINE.search(given)
    if found is None:
        return "invalid_text", "Give at least one character that can be seen, or leave the field out.", None
    if found[0] in "\n\r\t" or unicodedata.category(found[0]) in ("Cc", "Zl", "Zp"):
        return "invalid_text", "Write it on one line, without control characters.", None
    name = unicodedata.name(found[0], "no character")
    detail = f"Leave out character {found.start() + 1}, U+{ord(found[0]):04X} {name}: it is not seen, or turns others round."
    return "invalid_text", detail, None


def _reference(wanted: str | None, given: str) -> Explained:
    collection, identifier = split_reference(given)
    if wanted is not None and collection in KINDS and collection != wanted:
        return "wrong_reference", f"Refer to a record of the collection {wanted} here.", None
    example = f"{wanted or 'events'}/some-id"
    if is_id(identifier):
        near = wanted or COLLECTIONS.get(collection) or nearest(collection, KINDS)
        made = None if near is None else f"{near}/{identifier}"
    else:
        made = (
            f"{wanted}/{collection}" if wanted is not None and not identifier and is_id(collection) else None
        )
    return "invalid_reference", f"Write a reference as its path below /v1/, such as {example}.", made


_PATTERNS: Final = {
    scalars.URL_PATTERN: ("invalid_url", "Give a full address that begins with http:// or https://."),
    scalars.CONCEPT_PATTERN: (
        "invalid_concept",
        "Give an address, or a prefix and a code such as plover:ACCUSE.",
    ),
    scalars.LANGUAGE_PATTERN: ("invalid_language", "Give a language tag of BCP 47, such as es or zh-Hant."),
    scalars.DIGEST_PATTERN: ("invalid_digest", "Give a SHA-256 digest as 64 lower-case hexadecimal digits."),
    scalars.QUOTE_PATTERN: ("invalid_text", "Leave out control characters."),
}

_EXPLAINED: Final[dict[str, Callable[[Mapping[str, Any], object], Explained]]] = {
    "missing": _missing,
    "string_type": _wrong_type("text"),
    "string_unicode": _wrong_type("text of whole Unicode characters"),
    "dict_type": _wrong_type("an object"),
    "tuple_type": _wrong_type("a list"),
    "string_too_long": _too_long("characters", "max_length"),
    "too_long": _too_long("items", "max_length"),
    "too_short": _too_few,
    "string_too_short": _too_short,
    "literal_error": _literal,
    "string_pattern_mismatch": _pattern,
}
