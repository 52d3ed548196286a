"""Filters by a record's own attributes: id, kind, type, tag, contested, last update."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import ColumnElement, Select, bindparam, false, or_, select, true

from app.database import tables
from app.database.engine.statement import AnyOf
from app.errors import nearest
from app.filters.base import Condition, Filter, NamedTerm, among
from app.records.kinds import RECORD_KINDS, RecordKind, kind_by_name
from app.schemas.parameter_types import CommaList, ParsedBy, TrueOrFalse, invalid_value, split_words
from app.schemas.patterns import with_commas
from app.schemas.query_model import DependsOn
from app.values.slug import ID_PATTERN
from app.values.timestamps import parse_rfc3339

MAX_IDS = 200
entry = tables.entry.c
KIND_NAMES = tuple(kind.kind for kind in RECORD_KINDS)


def _check_ids(ids: tuple[str, ...]) -> tuple[str, ...]:
    if len(ids) > MAX_IDS:
        raise invalid_value("too_many", f"Give at most {MAX_IDS} ids at once.")
    if any(not re.fullmatch(ID_PATTERN, one) for one in ids):
        raise invalid_value("invalid_id", "An id has small letters, digits and single hyphens.")
    return ids


class IdsFilter(Filter):
    """`ids`: some records by id; one that does not exist matches nothing."""

    ids: Annotated[CommaList, AfterValidator(_check_ids)] = Field(
        (),
        json_schema_extra={
            "items": {"type": "string", "pattern": with_commas(ID_PATTERN)},
            "maxItems": MAX_IDS,
        },
        description=f"Any of these ids, at most {MAX_IDS}, with commas.",
        examples=[["hugo-chavez"]],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for the ids."""
        if not self.ids:
            return ()
        return (
            Condition(
                shape=("ids",),
                clause=lambda: AnyOf.texts(entry.id, "ids"),
                keys=None if kind is None else _named,
                parameters={"ids": list(self.ids)},
                sentence=f"whose id is {'one of ' if len(self.ids) > 1 else ''}{', '.join(self.ids)}",
            ),
        )


def _named() -> Select[Any]:
    record = tables.record.c
    return select(record.pk.label("record")).where(
        record.kind == bindparam("kind"), AnyOf.texts(record.id, "ids")
    )


_DECIDE_ON_KINDS = ("kind", "q", "action", "in_force_on")
"""Parameters that may say of which kinds the records are, whose vocabularies terms of `type` are of."""


class TypeFilter(Filter):
    """`type`: any of some terms."""

    type: Annotated[CommaList, DependsOn(*_DECIDE_ON_KINDS)] = Field(
        (),
        json_schema_extra={"items": {"type": "string", "pattern": with_commas(ID_PATTERN)}},
        description="Any of these terms of the kind's vocabulary, with commas.",
        examples=[["meeting"]],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for the terms, which the vocabularies of the kinds must have."""
        types = sorted(self.type)
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


class TagFilter(Filter):
    """`tag`: any of some keywords."""

    tag: tuple[str, ...] = Field(
        (),
        description="Any of these tags, with commas. What has commas in it is taken as one tag too.",
        examples=[["cold-war"]],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for the tags: a value with commas stands for its parts, and for a tag of that whole name."""
        del kind
        given = [value.strip() for value in self.tag]
        words = [word.strip() for value in given for word in value.split(",")]
        parts = list(dict.fromkeys(word for word in words if word))
        whole = list(dict.fromkeys(value for value in given if "," in value))
        if not given:
            return ()
        return (
            Condition(
                shape=("tag",),
                clause=lambda: among(_tagged()),
                keys=_tagged,
                parameters={"tags": [*parts, *whole]},
                sentence=f"tagged {' or '.join([*parts, *(f'“{tag}”' for tag in whole)])}",
            ),
        )


def _tagged() -> Select[Any]:
    tag = tables.tag.c
    return select(tag.record).where(tag.view == bindparam("view"), AnyOf.texts(tag.tag, "tags"))


class ContestedFilter(Filter):
    """`contested`: records on which sources disagree."""

    contested: TrueOrFalse | SkipJsonSchema[None] = Field(
        None,
        description="`true`: some property has evidence against it, or competing values; `false`: none has.",
        examples=[True],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for what is contested, or for what is not."""
        del kind
        wanted = self.contested
        if wanted is None:
            return ()
        return (
            Condition(
                shape=("contested", wanted),
                # A literal, since the partial index of contested records is not used for a parameter.
                clause=lambda: entry.contested == (true() if wanted else false()),
                sentence="that are contested" if wanted else "that are not contested",
                indexed=wanted,
            ),
        )


class Moment(NamedTuple):
    """A moment as it was written, and as it is stored."""

    text: str
    at: int


def _moment(text: str) -> Moment:
    try:
        return Moment(text, parse_rfc3339(text))
    except ValueError:
        raise invalid_value(
            "invalid_moment",
            "Give a moment such as 2026-01-03T12:00:00Z; the + of an offset is written %2B in an address.",
        ) from None


GivenMoment = Annotated[Moment | None, ParsedBy(_moment)]
"""A moment, if one is given."""


class UpdatedSinceFilter(Filter):
    """`updated_since`: records written since a moment."""

    updated_since: GivenMoment = Field(
        None,
        description="A moment (RFC 3339); records written at it or later.",
        json_schema_extra={"format": "date-time"},
        examples=["2026-01-01T00:00:00Z"],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for what was written since."""
        del kind
        if self.updated_since is None:
            return ()
        text, at = self.updated_since
        return (
            Condition(
                shape=("updated_since",),
                clause=lambda: entry.updated_at >= bindparam("updated_since"),
                indexed=True,
                parameters={"updated_since": at},
                sentence=f"updated since {text.upper()}",
            ),
        )


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


def _check_kind(name: str) -> str:
    if name not in KIND_NAMES:
        raise invalid_value(
            "unknown_value", f"Choose among {', '.join(KIND_NAMES)}.", nearest(name, KIND_NAMES)
        )
    return name


_KindName = Annotated[
    str, AfterValidator(_check_kind), WithJsonSchema({"type": "string", "enum": list(KIND_NAMES)})
]


def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names))


KindNames = Annotated[tuple[_KindName, ...], BeforeValidator(split_words), AfterValidator(_in_order)]
"""Names of kinds of record, with commas."""
