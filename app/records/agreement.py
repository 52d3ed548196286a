"""Agreements: who bound themselves to what, towards whom, and while it was in force."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from app.records.base import EvidenceList, PlaceLinks, Record
from app.records.historical_date import Date, Interval
from app.records.list_rules import fill_in_ids, unique_items
from app.records.parts import Part
from app.records.scalars import MAX_ITEMS, ActorReference, Id, Line, Note, Text
from app.records.term_fields import AgreementType, PartyActionName, PartyRole, ProvisionType


class PartyAction(Part):
    """What a party did about the agreement, and when."""

    action: PartyActionName = Field(description="What the party did.", examples=["signed"])
    date: Date | None = Field(default=None, description="When it did so.", examples=["2000-10-30"])
    note: Note | None = Field(default=None, description="The editor's words.")


class Party(Part):
    """Who is bound by the agreement, or was to be."""

    actor: ActorReference = Field(description="Reference to an actor.", examples=["actors/cuba"])
    role: PartyRole | None = Field(default=None, description="As what it takes part.", examples=["party"])
    actions: Annotated[tuple[PartyAction, ...], AfterValidator(unique_items())] = Field(
        default=(), max_length=100, description="What it did about the agreement."
    )


class Provision(Part):
    """One thing that was agreed."""

    id: Id | None = Field(
        default=None,
        description="Unique in the agreement; given by the server if left out.",
        examples=["energy-supply"],
    )
    label: Line | None = Field(
        default=None, description="Its name, in a few words.", examples=["Supply of oil"]
    )
    text: Text | None = Field(default=None, description="What was agreed, in plain text.")
    type: ProvisionType | None = Field(
        default=None, description="What sort of provision.", examples=["obligation"]
    )
    obliges: Annotated[tuple[ActorReference, ...], AfterValidator(unique_items())] = Field(
        default=(),
        max_length=MAX_ITEMS,
        description="Who owes it: references to actors.",
        examples=[["actors/venezuela"]],
    )
    benefits: Annotated[tuple[ActorReference, ...], AfterValidator(unique_items())] = Field(
        default=(),
        max_length=MAX_ITEMS,
        description="To whom: references to actors.",
        examples=[["actors/cuba"]],
    )


def _provision_stem(provision: Provision) -> str | None:
    return provision.label or provision.type


class Agreement(Record):
    """A treaty, contract or understanding between parties."""

    kind: Literal["agreement"] = Field(
        description="Always `agreement`. Set by the server.", json_schema_extra={"readOnly": True}
    )
    type: AgreementType | None = Field(
        default=None, description="What sort of agreement.", examples=["cooperation"]
    )
    in_force: Interval | None = Field(
        default=None, description="While it was in force, an interval.", examples=["2000-10-30/.."]
    )
    places: PlaceLinks = ()
    parties: Annotated[tuple[Party, ...], AfterValidator(unique_items("actor", "role"))] = Field(
        default=(), max_length=MAX_ITEMS, description="Who concluded it."
    )
    provisions: Annotated[tuple[Provision, ...], AfterValidator(fill_in_ids(_provision_stem, "p"))] = Field(
        default=(), max_length=MAX_ITEMS, description="What was agreed."
    )
    evidence: EvidenceList = ()
