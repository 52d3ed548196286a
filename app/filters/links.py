"""Filters by links: participant, party, place, target, source."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BeforeValidator, Field
from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, literal_column, or_, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement
from app.filters.base import Condition, Filter, NamedTerm, among
from app.records.kinds import RecordKind
from app.records.vocabulary import RELATIONS
from app.schemas.parameters import COLLECTIONS, check_reference
from app.schemas.query_model import ParsedBy, invalid_value, split_words
from app.values.slug import ID_PATTERN

MAX_REFERENCES = 20
"""How many references one filter takes: each is a join."""

link = tables.link.c


class Reference(NamedTuple):
    """A reference of a query, with the role that may follow it."""

    ref: str
    role: str = ""


def _split(values: Collection[str]) -> tuple[str, ...]:
    words = split_words(values)
    if len(words) > MAX_REFERENCES:
        raise invalid_value("too_many", f"Give at most {MAX_REFERENCES} references at once.")
    return words


def _reference_to(*collections: str) -> ParsedBy:
    return ParsedBy(lambda text: Reference(check_reference(text, collections)))


def _reference_with_role_to(*collections: str) -> ParsedBy:
    def parse(text: str) -> Reference:
        ref, colon, role = text.partition(":")
        check_reference(ref, collections)
        if colon and not re.fullmatch(ID_PATTERN, role):
            raise invalid_value("invalid_role", "Write a role as a term, as in actors/fidel-castro:host.")
        return Reference(ref, role)

    return ParsedBy(parse)


_Actors = Annotated[
    tuple[Annotated[Reference, _reference_with_role_to("actors")], ...], BeforeValidator(_split)
]
_Places = Annotated[
    tuple[Annotated[Reference, _reference_with_role_to("places")], ...], BeforeValidator(_split)
]
_Sources = Annotated[tuple[Annotated[Reference, _reference_to("sources")], ...], BeforeValidator(_split)]
_Records = Annotated[
    tuple[Annotated[Reference, _reference_with_role_to(*COLLECTIONS)], ...], BeforeValidator(_split)
]


@dataclass(frozen=True, slots=True)
class _LinkConditions:
    """How the filters by links make their conditions; all of the references are required.

    `keys(parameter, has_role)` selects the records that match one reference. `roles` is the vocabulary of the role that
    may follow a reference; `more_roles` are known besides its terms.
    """

    name: str
    sentence: str
    keys: Callable[[str, bool], Select[Any]]
    roles: str | None = None
    more_roles: Collection[str] = ()
    with_parts: bool = False

    def __call__(self, given: Iterable[Reference]) -> Sequence[Condition]:
        return [self._condition(n, *one) for n, one in enumerate(given)]

    def _condition(self, n: int, ref: str, role: str) -> Condition:
        parameter = f"{self.name}_{n}"
        has_role = bool(role)
        keys = partial(self.keys, parameter, has_role)

        async def with_parts(db: ReadConnection, resolved: Mapping[str, Any]) -> Mapping[str, Any]:
            return {f"{parameter}_within": await places_within(db, resolved[parameter])}

        return Condition(
            shape=(parameter, has_role),
            clause=lambda: among(keys()),
            keys=keys,
            parameters={f"{parameter}_role": role} if role else {},
            references={parameter: ref},
            prepare=with_parts if self.with_parts else None,
            terms=self._terms(role),
            sentence=self.sentence.format(ref=ref) + (f" as {role}" if role else ""),
        )

    def _terms(self, role: str) -> Sequence[NamedTerm]:
        if not role or self.roles is None or role in self.more_roles:
            return ()
        return (NamedTerm(self.name, role, (self.roles,)),)


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


class ParticipantFilter(Filter):
    """`participant`: actors that took part."""

    participant: _Actors = Field(
        (),
        description="A reference to an actor that took part; repeated: all of them. `actors/x:host` fixes the role.",
        examples=[["actors/fidel-castro"]],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for links to all of them."""
        del kind
        return _PARTICIPANT(self.participant)


_PARTICIPANT: Final = _LinkConditions(
    "participant", "in which {ref} took part", _one_relation("participant"), roles="participant-role"
)


class PartyFilter(Filter):
    """`party`: actors that are parties."""

    party: _Actors = Field(
        (),
        description="A reference to an actor that is a party; repeated: all of them. `actors/x:guarantor` fixes the role.",
        examples=[["actors/cuba"]],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for links to all of them."""
        del kind
        return _PARTY(self.party)


_PARTY: Final = _LinkConditions(
    "party", "to which {ref} is a party", _one_relation("party"), roles="party-role"
)


class PlaceFilter(Filter):
    """`place`: places, with all that is part of them."""

    place: _Places = Field(
        (),
        description="A reference to a place, all that is part of it included; repeated: all of them.",
        examples=[["places/havana"]],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for links to all of them."""
        del kind
        return _PLACE(self.place)


_PLACE: Final = _LinkConditions(
    "place", "at {ref} or a part of it", _at_place, roles="place-role", with_parts=True
)


class TargetFilter(Filter):
    """`target`: records that relations lead to."""

    target: _Records = Field(
        (),
        description="A reference to a record that a relation leads to; `events/x:part-of` fixes the relation.",
        examples=[["events/cuban-revolution"]],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for links to all of them."""
        del kind
        return _TARGET(self.target)


_TARGET: Final = _LinkConditions(
    "target", "related to {ref}", _related, roles=RELATIONS, more_roles=NO_RELATIONS
)


class SourceFilter(Filter):
    """`source`: sources that evidence is from."""

    source: _Sources = Field(
        (),
        description="A reference to a source that the record has evidence from; repeated: all of them.",
        examples=[["sources/cuba-venezuela-cooperation"]],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for links to all of them."""
        del kind
        return _SOURCE(self.source)


_SOURCE: Final = _LinkConditions("source", "with evidence from {ref}", _supported)
