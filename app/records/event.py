"""Events: what happened, to whom, where and when."""

from typing import Literal

from pydantic import Field

from app.records.base import EvidenceList, Participants, PlaceLinks, Record
from app.records.term_fields import EventType


class Event(Record):
    """Something that happened."""

    kind: Literal["event"] = Field(
        description="Always `event`. Set by the server.", json_schema_extra={"readOnly": True}
    )
    type: EventType | None = Field(default=None, description="What sort of event.", examples=["battle"])
    places: PlaceLinks = ()
    participants: Participants = ()
    evidence: EvidenceList = ()
