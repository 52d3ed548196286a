"""What records are made of: names, places, participants, relations and figures."""

import math
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from app.records.historical_date import Date
from app.records.scalars import (
    ActorReference,
    Id,
    Language,
    Line,
    LongLine,
    Magnitude,
    Note,
    Number,
    PlaceReference,
    Reference,
    kind_of_reference,
    rule_error,
)
from app.records.term_fields import FigureMeasure, ParticipantRole, PlaceRole, RelationType, ValidationContext


class Part(BaseModel):
    """The base of every part of a record: frozen, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DatedName(Part):
    """A name that something had, and when it had it."""

    name: Line = Field(description="The name.", examples=["Constantinople"])
    language: Language | None = Field(
        default=None, description="The language of the name, a BCP 47 tag.", examples=["en"]
    )
    date: Date | None = Field(default=None, description="When it was the name.", examples=["0330/1930"])
    note: Note | None = Field(default=None, description="The editor's words.")


class PlaceLink(Part):
    """Where something was."""

    place: PlaceReference = Field(description="Reference to a place.", examples=["places/havana"])
    role: PlaceRole | None = Field(default=None, description="What the place was to it.", examples=["site"])
    precision_m: Magnitude | None = Field(
        default=None, description="How far off the place may be, in metres.", examples=[500]
    )
    note: Note | None = Field(default=None, description="The editor's words.")


class Participant(Part):
    """Who took part."""

    actor: ActorReference = Field(description="Reference to an actor.", examples=["actors/hugo-chavez"])
    role: ParticipantRole | None = Field(
        default=None, description="As what they took part.", examples=["guest"]
    )
    note: Note | None = Field(default=None, description="The editor's words.")


class Relation(Part):
    """A tie to another record."""

    type: RelationType = Field(description="How this record stands to the other.", examples=["part-of"])
    target: Reference = Field(
        description="Reference to the other record.", examples=["events/cuban-revolution"]
    )
    date: Date | None = Field(default=None, description="When the tie held.", examples=["1999/2013"])
    note: Note | None = Field(default=None, description="The editor's words.")

    @field_validator("target", mode="after")
    @classmethod
    def _joins(cls, target: str, info: ValidationInfo) -> str:
        around: ValidationContext | None = info.context
        if around is None or "type" not in info.data:
            return target
        term = around.vocabulary.term("relation-type", info.data["type"])
        kind = kind_of_reference(target)
        if term is None or term.may_join(around.kind, kind):
            return target
        inverse = None if term.inverse is None else around.vocabulary.term("relation-type", term.inverse)
        fits = inverse is not None and inverse.may_join(around.kind, kind)
        known = sorted({end for join in term.joins if around.kind in join.from_ for end in join.to})
        targets = (
            f"to one of these kinds: {', '.join(known)}" if known else "to nothing: use another relation"
        )
        detail = f"From a record of kind {around.kind}, {term.id} may run {targets}."
        raise rule_error("wrong_relation", detail, inverse.id if fits and inverse is not None else None)


class Figure(Part):
    """What was counted: a number, bounds, or words where the source gives no more."""

    id: Id | None = Field(
        default=None,
        description="Unique in the record; given by the server if left out.",
        examples=["deaths"],
    )
    measure: FigureMeasure = Field(description="What was counted.", examples=["deaths"])
    low: Number | None = Field(
        default=None, description="The least it can have been; left out: 0.", examples=[1000]
    )
    best: Number | None = Field(
        default=None, description="The best estimate. Alone it means exactly so many.", examples=[1500]
    )
    high: Number | None = Field(
        default=None, description="The most it can have been; left out: open.", examples=[2000]
    )
    unit: Line | None = Field(
        default=None, description="The unit, where it is no plain count.", examples=["barrels a day"]
    )
    group: Line | None = Field(default=None, description="Of whom or of what.", examples=["civilians"])
    text: LongLine | None = Field(
        default=None, description="The figure in words.", examples=["hundreds of thousands"]
    )

    def bounds(self) -> tuple[float, float]:
        """Return the lowest and highest value the figure can have.

        A lone `best` is both; a bound left out is open: 0 below, infinity above. Below a
        negative number the open bound is negative infinity, as a debt or a loss has no floor at zero.
        """
        if self.best is not None and self.low is None and self.high is None:
            return float(self.best), float(self.best)
        ceiling = next((float(bound) for bound in (self.best, self.high) if bound is not None), 0.0)
        floor = 0.0 if ceiling >= 0 else -math.inf
        low = floor if self.low is None else float(self.low)
        high = math.inf if self.high is None else float(self.high)
        return low, high

    @model_validator(mode="after")
    def _ordered(self, info: ValidationInfo) -> Self:
        given = [bound for bound in (self.low, self.best, self.high) if bound is not None]
        if info.context is None:
            return self
        if not given and self.text is None:
            raise rule_error("missing", "Give low, best or high, or the figure in words as text.")
        if given != sorted(given):
            raise rule_error("wrong_order", "Give numbers that rise: low, best, high.")
        return self
