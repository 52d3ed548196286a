"""The filter by what parties did about an agreement: `action`, with `party`."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from sqlalchemy import Select, bindparam, select

from app.database import tables
from app.filters.base import Condition, among
from app.filters.links import PartyFilter, Reference, any_of
from app.records.kinds import RecordKind
from app.records.term_fields import PartyActionName
from app.schemas.parameter_types import split_words
from app.schemas.query_model import Requires

done = tables.party_action.c


class ActionFilter(PartyFilter):
    """`action`: what each party that `party` names did; lists of other kinds than agreements do not have it."""

    action: Annotated[tuple[PartyActionName, ...], BeforeValidator(split_words), Requires("party")] = Field(
        (),
        description="What the party named by `party` did about the agreement: any of these, with commas. Of several parties "
        "each must have done one of them.",
        examples=[["signed"]],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for actions of all of the parties."""
        del kind
        if not self.action:
            return ()
        actions = {f"action_{n}": action for n, action in enumerate(sorted(self.action))}
        return [_condition(f"party_{n}", party, actions) for n, party in enumerate(self.party)]


def _condition(parameter: str, party: Reference, actions: Mapping[str, str]) -> Condition:
    roles = party.named_roles(parameter)
    keys = partial(_did, parameter, tuple(actions), tuple(roles))
    return Condition(
        shape=("action", parameter, len(actions), len(roles)),
        clause=lambda: among(keys()),
        keys=keys,
        parameters={**actions, **roles},
        references={parameter: party.ref},
        sentence=f"with {' or '.join(actions.values())} among the actions of {party.ref}{party.in_role}",
    )


def _did(parameter: str, actions: Sequence[str], roles: Sequence[str]) -> Select[Any]:
    return select(done.record).where(
        done.view == bindparam("view"),
        done.target == bindparam(parameter),
        any_of(done.action, actions),
        *([any_of(done.role, roles)] if roles else []),
    )
