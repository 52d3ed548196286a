"""Filters by links: participant, party, place, target, source."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, literal_column, or_, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement
from app.filters.base import Condition, NamedTerm, among
from app.records.kinds import RecordKind
from app.records.vocabulary import RELATIONS
from app.schemas.query import COLLECTIONS, Parameter, Values, is_reference
from app.values.slug import ID_PATTERN

MOST_REFERENCES = 20
"""How many references one filter takes: each is a join."""

link = tables.link.c


class LinkFilter:
    """A filter by a link to a record: `participant`, `party`, `place`, `target`."""

    def __init__(
        self,
        name: str,
        description: str,
        example: str,
        collections: Sequence[str],
        sentence: str,
        keys: Callable[[str, bool], Select[Any]],
        *,
        roles: str | None,
        more_roles: Collection[str] = (),
        with_parts: bool = False,
    ) -> None:
        """Declare the filter; `keys(parameter, has_role)` selects the records that match one reference.

        `roles` is the vocabulary of the role that may follow a reference, if one may; `more_roles` are
        known besides its terms.
        """
        self.parameters = (Parameter(name, description, example=example, repeatable=True),)
        self._name = name
        self._collections = collections
        self._sentence = sentence
        self._keys = keys
        self._roles = roles
        self._more_roles = more_roles
        self._with_parts = with_parts

    def read(self, values: Values, kind: RecordKind | None) -> Sequence[Condition]:
        """Parse references, each with its role where it has one; all of them are required."""
        del kind
        given = values.words(self._name)
        if len(given) > MOST_REFERENCES:
            values.refuse(self._name, "too_many", f"Give at most {MOST_REFERENCES} references at once.")
            return ()
        return [
            self._condition(n, ref, role)
            for n, text in enumerate(given)
            for ref, role in [self._split(values, text)]
            if ref
        ]

    def _split(self, values: Values, text: str) -> tuple[str, str]:
        ref, _, role = text.partition(":") if self._roles is not None else (text, "", "")
        if not is_reference(values, self._name, ref, self._collections):
            return "", ""
        if ":" in text and not re.fullmatch(ID_PATTERN, role):
            values.refuse(
                self._name, "invalid_role", "Write a role as a term, as in actors/fidel-castro:host."
            )
            return "", ""
        return ref, role

    def _condition(self, n: int, ref: str, role: str) -> Condition:
        parameter = f"{self._name}_{n}"
        has_role = bool(role)
        keys = partial(self._keys, parameter, has_role)

        async def with_parts(db: ReadConnection, resolved: Mapping[str, Any]) -> Mapping[str, Any]:
            return {f"{parameter}_within": await places_within(db, resolved[parameter])}

        return Condition(
            shape=(parameter, has_role),
            clause=lambda: among(keys()),
            keys=keys,
            parameters={f"{parameter}_role": role} if role else {},
            references={parameter: ref},
            prepare=with_parts if self._with_parts else None,
            terms=self._terms(role),
            sentence=self._sentence.format(ref=ref) + (f" as {role}" if role else ""),
        )

    def _terms(self, role: str) -> Sequence[NamedTerm]:
        if not role or self._roles is None or role in self._more_roles:
            return ()
        return (NamedTerm(self._name, role, (self._roles,)),)


def _with_role(parameter: str, *, has_role: bool) -> list[ColumnElement[bool]]:
    return [link.role == bindparam(f"{parameter}_role")] if has_role else []


def _one_relation(relation: str) -> Callable[[str, bool], Select[Any]]:
    def keys(parameter: str, has_role: bool) -> Select[Any]:  # noqa: FBT001 - called by position
        return select(link.record).where(
            link.view == bindparam("view"),
            link.target == bindparam(parameter),
            link.relation == literal_column(f"'{relation}'"),
            *_with_role(parameter, has_role=has_role),
        )

    return keys


def evidence_seen() -> ColumnElement[bool]:
    """Return the condition for evidence in the view: any in the canonical view, in a source's view only its own."""
    view = bindparam("view", type_=BigInteger())
    return or_(view == literal_column(str(tables.CANONICAL_VIEW)), tables.evidence.c.source == view)


_inside = tables.link.alias("inside")

PARTS_OF = CompiledStatement(
    select(_inside.c.record)
    .where(
        _inside.c.view == literal_column("0"),
        AnyOf.keys(_inside.c.target, "places"),
        _inside.c.relation == literal_column("'part-of'"),
    )
    .union(
        select(_inside.c.target).where(
            _inside.c.view == literal_column("0"),
            AnyOf.keys(_inside.c.record, "places"),
            _inside.c.relation == literal_column("'has-part'"),
        )
    )
)


async def places_within(db: ReadConnection, place: int) -> list[int]:
    """Return the keys of a place and of everything that is part of it, directly or indirectly (a recursive CTE)."""
    found = {place}
    newest = [place]
    while newest:
        rows = await db.fetch(PARTS_OF, {"places": newest})
        newest = [row[0] for row in rows if row[0] not in found]
        found.update(newest)
    return sorted(found)


def _at_place(parameter: str, has_role: bool) -> Select[Any]:  # noqa: FBT001 - called by position
    return select(link.record).where(
        link.view == bindparam("view"),
        link.relation == literal_column("'place'"),
        AnyOf.keys(link.target, f"{parameter}_within"),
        *_with_role(parameter, has_role=has_role),
    )


NO_RELATIONS = ("participant", "party", "place", "established-under", "obliges", "benefits")
"""Links that are fields of their own, not members of `relations`."""


def _related(parameter: str, has_role: bool) -> Select[Any]:  # noqa: FBT001 - called by position
    """Select by a relation to the record; a role stands for the relation's term."""
    return select(link.record).where(
        link.view == bindparam("view"),
        link.target == bindparam(parameter),
        link.relation == bindparam(f"{parameter}_role")
        if has_role
        else link.relation.not_in([literal_column(f"'{name}'") for name in NO_RELATIONS]),
    )


def _supported(parameter: str, has_role: bool) -> Select[Any]:  # noqa: FBT001 - called by position
    del has_role
    source = tables.evidence.c.source
    return select(tables.evidence.c.record).where(source == bindparam(parameter), evidence_seen())


PARTICIPANT = LinkFilter(
    "participant",
    "A reference to an actor that took part; repeated: all of them. `actors/x:host` fixes the role.",
    "actors/fidel-castro",
    ["actors"],
    "in which {ref} took part",
    _one_relation("participant"),
    roles="participant-role",
)

PARTY = LinkFilter(
    "party",
    "A reference to an actor that is a party; repeated: all of them. `actors/x:guarantor` fixes the role.",
    "actors/cuba",
    ["actors"],
    "to which {ref} is a party",
    _one_relation("party"),
    roles="party-role",
)

PLACE = LinkFilter(
    "place",
    "A reference to a place, all that is part of it included; repeated: all of them.",
    "places/havana",
    ["places"],
    "at {ref} or a part of it",
    _at_place,
    roles="place-role",
    with_parts=True,
)

TARGET = LinkFilter(
    "target",
    "A reference to a record that a relation leads to; `events/x:part-of` fixes the relation.",
    "events/cuban-revolution",
    COLLECTIONS,
    "related to {ref}",
    _related,
    roles=RELATIONS,
    more_roles=NO_RELATIONS,
)

SOURCE = LinkFilter(
    "source",
    "A reference to a source that the record has evidence from; repeated: all of them.",
    "sources/cuba-venezuela-cooperation",
    ["sources"],
    "with evidence from {ref}",
    _supported,
    roles=None,
)
