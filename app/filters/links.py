"""Filters by links: participant, party, place, target, source."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
from app.schemas.parameter_types import ParsedBy, invalid_value, split_words
from app.schemas.parameters import COLLECTIONS, check_reference
from app.schemas.patterns import reference_pattern, unanchored, with_commas
from app.values.slug import ID_PATTERN

MAX_REFERENCES = 20
"""How many references one filter takes: each is a join."""

link = tables.link.c


class Reference(NamedTuple):
    """A reference of a query, with the roles that may follow it: any of them."""

    ref: str
    roles: tuple[str, ...] = ()

    @property
    def in_role(self) -> str:
        """Its roles in words, to follow the reference in a sentence."""
        return f" as {' or '.join(self.roles)}" if self.roles else ""

    def named_roles(self, parameter: str) -> dict[str, str]:
        """Return its roles by the names that they have as parameters of a statement."""
        return {f"{parameter}_role_{n}": role for n, role in enumerate(self.roles)}


def _split(values: Collection[str]) -> tuple[str, ...]:
    """Split values at their commas; a word without a slash is a further role of the reference before it."""
    found: list[str] = []
    for value in values:
        words = split_words([value])
        for at, word in enumerate(words):
            if at and "/" not in word and ":" in found[-1]:
                found[-1] += f",{word}"
            else:
                found.append(word)
    if sum(1 + word.count(",") for word in found) > MAX_REFERENCES:
        raise invalid_value("too_many", f"Give at most {MAX_REFERENCES} references and roles at once.")
    return tuple(dict.fromkeys(found))


def _reference_to(*collections: str) -> ParsedBy:
    return ParsedBy(
        lambda text: Reference(check_reference(text, collections)),
        pattern=with_commas(reference_pattern(*collections)),
    )


def _reference_with_role_to(*collections: str) -> ParsedBy:
    def parse(text: str) -> Reference:
        ref, colon, words = text.partition(":")
        check_reference(ref, collections)
        roles = tuple(dict.fromkeys(words.split(","))) if colon else ()
        if not all(re.fullmatch(ID_PATTERN, role) for role in roles):
            raise invalid_value(
                "invalid_role", "Write a role as a term, as in actors/fidel-castro:host; several with commas."
            )
        return Reference(ref, roles)

    role = unanchored(ID_PATTERN)
    # What follows a comma is a further role, or a further reference.
    with_roles = rf"{unanchored(reference_pattern(*collections))}(?::{role}(?:\s*,\s*{role})*)?"
    return ParsedBy(parse, pattern=with_commas(with_roles))


_AT_MOST: Final = Field(json_schema_extra={"maxItems": MAX_REFERENCES})

Actors = Annotated[
    tuple[Annotated[Reference, _reference_with_role_to("actors")], ...], BeforeValidator(_split), _AT_MOST
]
_Places = Annotated[
    tuple[Annotated[Reference, _reference_with_role_to("places")], ...], BeforeValidator(_split), _AT_MOST
]
_Sources = Annotated[
    tuple[Annotated[Reference, _reference_to("sources")], ...], BeforeValidator(_split), _AT_MOST
]
_Records = Annotated[
    tuple[Annotated[Reference, _reference_with_role_to(*COLLECTIONS)], ...], BeforeValidator(_split), _AT_MOST
]


@dataclass(frozen=True, slots=True)
class _LinkConditions:
    """How the filters by links make their conditions; all of the references are required.

    `keys(parameter, roles)` selects the records that match one reference, in a role of which a parameter is named where
    there are any. `roles` is the vocabulary of the roles that may follow a reference; `more_roles` are known besides its
    terms.
    """

    name: str
    sentence: str
    keys: Callable[[str, Collection[str]], Select[Any]]
    roles: str | None = None
    more_roles: Collection[str] = ()
    with_parts: bool = False

    def __call__(self, given: Iterable[Reference]) -> Sequence[Condition]:
        return [self._condition(f"{self.name}_{n}", one) for n, one in enumerate(given)]

    def _condition(self, parameter: str, given: Reference) -> Condition:
        roles = given.named_roles(parameter)
        keys = partial(self.keys, parameter, roles)

        async def with_parts(db: ReadConnection, resolved: Mapping[str, Any]) -> Mapping[str, Any]:
            return {f"{parameter}_within": await places_within(db, resolved[parameter])}

        return Condition(
            shape=(parameter, len(roles)),
            clause=lambda: among(keys()),
            keys=keys,
            parameters=roles,
            references={parameter: given.ref},
            prepare=with_parts if self.with_parts else None,
            terms=list(self._terms(given.roles)),
            sentence=self.sentence.format(ref=given.ref) + given.in_role,
        )

    def _terms(self, roles: Collection[str]) -> Iterator[NamedTerm]:
        if self.roles is not None:
            for role in roles:
                if role not in self.more_roles:
                    yield NamedTerm(self.name, role, (self.roles,))


def any_of(column: ColumnElement[str], names: Collection[str]) -> ColumnElement[bool]:
    """Compare a column with parameters, of which it must be one."""
    return or_(*(column == bindparam(name) for name in names))


def _in_role(roles: Collection[str]) -> list[ColumnElement[bool]]:
    return [any_of(link.role, roles)] if roles else []


def _one_relation(relation: str) -> Callable[[str, Collection[str]], Select[Any]]:
    def keys(parameter: str, roles: Collection[str]) -> Select[Any]:
        return select(link.record).where(
            link.view == bindparam("view"),
            link.target == bindparam(parameter),
            link.relation == literal_column(f"'{relation}'"),
            *_in_role(roles),
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


def _at_place(parameter: str, roles: Collection[str]) -> Select[Any]:
    return select(link.record).where(
        link.view == bindparam("view"),
        link.relation == literal_column("'place'"),
        AnyOf.keys(link.target, f"{parameter}_within"),
        *_in_role(roles),
    )


NO_RELATIONS = ("participant", "party", "place", "established-under", "obliges", "benefits")
"""Links that are fields of their own, not members of `relations`."""


def _related(parameter: str, roles: Collection[str]) -> Select[Any]:
    """Select by a relation to the record; a role stands for the relation's term."""
    return select(link.record).where(
        link.view == bindparam("view"),
        link.target == bindparam(parameter),
        any_of(link.relation, roles)
        if roles
        else link.relation.not_in([literal_column(f"'{name}'") for name in NO_RELATIONS]),
    )


def _supported(parameter: str, roles: Collection[str]) -> Select[Any]:
    del roles
    source = tables.evidence.c.source
    return select(tables.evidence.c.record).where(source == bindparam(parameter), evidence_seen())


class ParticipantFilter(Filter):
    """`participant`: actors that took part."""

    participant: Actors = Field(
        (),
        description="A reference to an actor that took part; repeated: all of them. `actors/x:host` fixes the role, "
        "`actors/x:host,guest` lets it be either.",
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

    party: Actors = Field(
        (),
        description="A reference to an actor that is a party; repeated: all of them. `actors/x:guarantor` fixes the role, "
        "`actors/x:guarantor,mediator` lets it be either.",
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
        description="A reference to a place, all that is part of it included; repeated: all of them. `places/x:origin` fixes the "
        "role, `places/x:origin,destination` lets it be either.",
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
        description="A reference to a record that a relation leads to; `events/x:part-of` fixes the relation, "
        "`events/x:part-of,leads-to` lets it be either.",
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
