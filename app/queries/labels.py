"""Filters by how a record is named and classed: ids, type, tag."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, or_, select

from app.queries.condition import Condition, Named, Parameter, Values, among
from app.records import RECORDS, RecordKind
from app.store import tables
from app.store.statement import AnyOf
from app.values.slug import ID_PATTERN

MOST_IDS = 200

entry = tables.entry.c


class Ids:
    """`ids`: some records by name."""

    parameters = (
        Parameter(
            "ids",
            f"Any of these ids, at most {MOST_IDS}, with commas.",
            example="hugo-chavez",
            repeatable=True,
        ),
    )

    def read(self, values: Values, kind: RecordKind | None) -> Sequence[Condition]:
        """Read the ids; one that does not exist matches nothing."""
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


class Types:
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
        """Read the terms."""
        types = sorted(values.words("type"))
        if not types:
            return ()
        named: dict[str, Any] = {f"type_{n}": term for n, term in enumerate(types)}
        if len(types) > 4:
            named = {"types": types}
        schemes = [one.type_scheme for one in ([kind] if kind is not None else RECORDS)]
        return (
            Condition(
                shape=("type", *named),
                clause=lambda: _type_clause(named),
                parameters=named,
                sentence=f"of type {' or '.join(types)}",
                terms=[Named("type", term, schemes) for term in types],
                quick=True,
                indexed=True,
            ),
        )


def _type_clause(named: dict[str, Any]) -> ColumnElement[bool]:
    if "types" in named:
        return AnyOf.texts(entry.type, "types")
    return or_(*(entry.type == bindparam(name) for name in named))


class Tags:
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
        """Read the tags: a value with commas stands for its parts, and for the tag that has them itself."""
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
