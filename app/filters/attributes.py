"""Filters by a record's own attributes: id, type, tag, contested, last update."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError
from sqlalchemy import ColumnElement, Select, bindparam, false, or_, select, true

from app.database import tables
from app.database.engine.statement import AnyOf
from app.errors import nearest
from app.filters.base import Condition, NamedTerm, among
from app.records.kinds import RECORD_KINDS, RecordKind, kind_by_name
from app.schemas.query import Parameter, Values
from app.schemas.query_model import CommaList
from app.values.slug import ID_PATTERN
from app.values.timestamps import parse_rfc3339

MOST_IDS = 200
entry = tables.entry.c
KIND_NAMES = tuple(kind.kind for kind in RECORD_KINDS)

KIND = Parameter(
    "kind",
    "Any of these kinds of record, with commas.",
    {"type": "string", "enum": list(KIND_NAMES)},
    "event",
    repeatable=True,
)


class IdsFilter:
    """`ids`: some records by id."""

    parameters = (
        Parameter(
            "ids",
            f"Any of these ids, at most {MOST_IDS}, with commas.",
            example="hugo-chavez",
            repeatable=True,
        ),
    )

    def read(self, values: Values, kind: RecordKind | None) -> Sequence[Condition]:
        """Parse the ids; one that does not exist matches nothing."""
        ids = values.words("ids")
        if len(ids) > MOST_IDS:
            values.refuse("ids", "too_many", f"Give at most {MOST_IDS} ids at once.")
        if any(not re.fullmatch(ID_PATTERN, one) for one in ids):
            values.refuse("ids", "invalid_id", "An id has small letters, digits and single hyphens.")
        if not ids:
            return ()
        said = f"whose id is {'one of ' if len(ids) > 1 else ''}{', '.join(ids)}"
        return (
            Condition(
                shape=("ids",),
                clause=lambda: AnyOf.texts(entry.id, "ids"),
                keys=None if kind is None else _named,
                parameters={"ids": ids},
                sentence=said,
            ),
        )


class TypeFilter:
    """`type`: any of some terms."""

    parameters = (
        Parameter(
            "type",
            "Any of these terms of the kind's vocabulary, with commas.",
            example="meeting",
            repeatable=True,
        ),
    )

    def read(self, values: Values, kind: RecordKind | None) -> Sequence[Condition]:
        """Parse the terms."""
        types = sorted(values.words("type"))
        if not types:
            return ()
        named: dict[str, Any] = {f"type_{n}": term for n, term in enumerate(types)}
        if len(types) > 4:
            named = {"types": types}
        schemes = [one.type_scheme for one in ([kind] if kind is not None else RECORD_KINDS)]
        return (
            Condition(
                shape=("type", *named),
                clause=lambda: _type_clause(named),
                parameters=named,
                sentence=f"of type {' or '.join(types)}",
                terms=[NamedTerm("type", term, schemes) for term in types],
                quick=True,
                indexed=True,
            ),
        )


def _type_clause(named: dict[str, Any]) -> ColumnElement[bool]:
    if "types" in named:
        return AnyOf.texts(entry.type, "types")
    return or_(*(entry.type == bindparam(name) for name in named))


class TagFilter:
    """`tag`: any of some keywords."""

    parameters = (
        Parameter(
            "tag",
            "Any of these tags, with commas. What has commas in it is taken as one tag too.",
            example="cold-war",
            repeatable=True,
        ),
    )

    def read(self, values: Values, kind: RecordKind | None) -> Sequence[Condition]:
        """Parse the tags: a value with commas stands for its parts, and for a tag of that whole name."""
        del kind
        parts, whole = values.words_or_whole("tag")
        tags = [*parts, *whole]
        if not tags:
            return ()
        return (
            Condition(
                shape=("tag",),
                clause=lambda: among(_tagged()),
                keys=_tagged,
                parameters={"tags": tags},
                sentence=f"tagged {' or '.join([*parts, *(f'“{tag}”' for tag in whole)])}",
            ),
        )


def _tagged() -> Select[Any]:
    tag = tables.tag.c
    return select(tag.record).where(tag.view == bindparam("view"), AnyOf.texts(tag.tag, "tags"))


def _named() -> Select[Any]:
    record = tables.record.c
    return select(record.pk.label("record")).where(
        record.kind == bindparam("kind"), AnyOf.texts(record.id, "ids")
    )


class ContestedFilter:
    """`contested`: records on which sources disagree."""

    parameters = (
        Parameter(
            "contested",
            "`true`: some property has evidence against it, or competing values; `false`: none has.",
            {"type": "boolean"},
            example=True,
        ),
    )

    def read(self, values: Values, kind: RecordKind | None) -> Sequence[Condition]:
        """Parse a boolean."""
        del kind
        if values.one("contested") is None:
            return ()
        wanted = values.choice("contested", ("true", "false"), "true") == "true"
        return (
            Condition(
                shape=("contested", wanted),
                # A literal, since the partial index of contested records is not used for a parameter.
                clause=lambda: entry.contested == (true() if wanted else false()),
                sentence="that are contested" if wanted else "that are not contested",
                indexed=wanted,
            ),
        )


class UpdatedSinceFilter:
    """`updated_since`: records written since a moment."""

    parameters = (
        Parameter(
            "updated_since",
            "A moment (RFC 3339); records written at it or later.",
            {"type": "string", "format": "date-time"},
            "2026-01-01T00:00:00Z",
        ),
    )

    def read(self, values: Values, kind: RecordKind | None) -> Sequence[Condition]:
        """Parse the moment."""
        del kind
        text = values.one("updated_since")
        if text is None:
            return ()
        try:
            since = parse_rfc3339(text)
        except ValueError:
            values.refuse(
                "updated_since",
                "invalid_moment",
                "Give a moment such as 2026-01-03T12:00:00Z; the + of an offset is written %2B in an address.",
            )
            return ()
        return (
            Condition(
                shape=("updated_since",),
                clause=lambda: entry.updated_at >= bindparam("updated_since"),
                indexed=True,
                parameters={"updated_since": since},
                sentence=f"updated since {text.upper()}",
            ),
        )


def read_kinds(values: Values, default: Sequence[str] = ()) -> tuple[RecordKind | None, list[Condition]]:
    """Parse `kind`: returns the kind where it is one, a condition where there are several, neither where it is all."""
    names = sorted(values.words("kind")) or list(default)
    for name in names:
        if name not in KIND_NAMES:
            values.refuse(
                "kind", "unknown_value", f"Choose among {', '.join(KIND_NAMES)}.", nearest(name, KIND_NAMES)
            )
    return select_kinds([name for name in names if name in KIND_NAMES])


def select_kinds(names: Sequence[str]) -> tuple[RecordKind | None, list[Condition]]:
    """Give the kind where one is named, a condition where several are, neither where all are or none is."""
    if len(names) == 1:
        return kind_by_name(names[0]), []
    if not names or len(names) == len(KIND_NAMES):
        return None, []
    return None, [
        Condition(
            shape=("kind",),
            clause=lambda: AnyOf.texts(tables.entry.c.kind, "kinds"),
            parameters={"kinds": list(names)},
            sentence=f"that are {' or '.join(f'{kind_by_name(name).collection}' for name in names)}",
            quick=True,
        )
    ]


def _check_kinds(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in KIND_NAMES:
            raise PydanticCustomError(
                "unknown_value",
                "Choose among {names}.",
                {"names": ", ".join(KIND_NAMES), "suggestion": nearest(name, KIND_NAMES)},
            )
    return tuple(sorted(names))


KindNames = Annotated[
    CommaList,
    AfterValidator(_check_kinds),
    WithJsonSchema({"type": "array", "items": {"type": "string", "enum": list(KIND_NAMES)}}),
]
"""Names of kinds of record, with commas."""
