"""The six kinds of record, in the order in which they are loaded: what is referred to comes first."""

from dataclasses import dataclass
from typing import Final, Literal

from app.records.actor import Actor
from app.records.agreement import Agreement
from app.records.base import Record
from app.records.event import Event
from app.records.mission import Mission
from app.records.place import Place
from app.records.source import Source

EXAMPLES = {
    "event": "castro-chavez-meeting-1994",
    "actor": "hugo-chavez",
    "agreement": "comprehensive-cooperation-agreement",
    "mission": "barrio-adentro",
    "place": "havana",
    "source": "cuba-venezuela-cooperation",
}
"""A record of each kind that the seeds hold."""


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of record.

    Attributes:
        kind: its name, as documents say it.
        collection: the name of its collection in addresses and references.
        model: the document's model.
        type_scheme: the vocabulary of its `type`.
        default_sort: how a list is sorted where nobody says.
    """

    kind: str
    collection: str
    model: type[Record]
    type_scheme: str
    default_sort: Literal["date", "title"]


RECORD_KINDS: Final = (
    RecordKind("source", "sources", Source, "source-type", "title"),
    RecordKind("place", "places", Place, "place-type", "title"),
    RecordKind("actor", "actors", Actor, "actor-type", "title"),
    RecordKind("agreement", "agreements", Agreement, "agreement-type", "date"),
    RecordKind("mission", "missions", Mission, "mission-type", "date"),
    RecordKind("event", "events", Event, "event-type", "date"),
)
"""Every kind of record, in load order."""

_BY_COLLECTION: Final = {kind.collection: kind for kind in RECORD_KINDS}
_BY_NAME: Final = {kind.kind: kind for kind in RECORD_KINDS}


def kind_by_collection(name: str) -> RecordKind | None:
    """Return the kind that a collection holds, or None where there is no such collection."""
    return _BY_COLLECTION.get(name)


def kind_by_name(name: str) -> RecordKind:
    """Return the kind of that name; raises KeyError where there is none."""
    return _BY_NAME[name]
