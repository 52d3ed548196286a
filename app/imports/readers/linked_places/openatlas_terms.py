"""What classes and properties of OpenAtlas are here: its system classes, and properties of CIDOC CRM and its own."""

from collections.abc import Mapping
from typing import Final, NamedTuple

COLLECTIONS: Final[Mapping[str, str]] = {
    "person": "actors",
    "group": "actors",
    "activity": "events",
    "acquisition": "events",
    "creation": "events",
    "event": "events",
    "modification": "events",
    "move": "events",
    "production": "events",
    "administrative_unit": "places",
    "feature": "places",
    "place": "places",
    "stratigraphic_unit": "places",
    "artifact": "sources",
    "bibliography": "sources",
    "edition": "sources",
    "external_reference": "sources",
    "human_remains": "sources",
    "source": "sources",
    "source_translation": "sources",
}
"""The collection of the records of a system class."""

LOCATION: Final = "object_location"
"""The system class of where places are; events and actors are related to it, not to the place."""

LEFT_OUT: Final = frozenset(
    {LOCATION, "appellation", "file", "reference_system", "type", "type_anthropology", "type_tools"}
)
"""The system classes that are no records: others have what is needed of them."""

TYPES: Final[Mapping[str, str]] = {
    "person": "person",
    "group": "group",
    "artifact": "object",
    "human_remains": "object",
    "external_reference": "website",
}
"""The type of a record whose types say none that is known here, by its system class."""

TAGS: Final = frozenset(
    {"acquisition", "creation", "human_remains", "modification", "move", "production", "stratigraphic_unit"}
)
"""The system classes that a record has as a tag, since nothing else would say that it is of them."""

SAID_ELSEWHERE: Final = frozenset({"P1", "P2", "P53"})
"""The properties whose relations repeat what a feature has in its names, types and geometry."""

PLACE_ROLES: Final[Mapping[str, str]] = {
    "P7": "site",
    "P26": "destination",
    "P27": "origin",
    "P74": "residence",
    "OA8": "birthplace",
    "OA9": "deathplace",
}
"""What a place is to an event or a person with the property; of groups, what begins and ends has no such role."""

OF_PERSONS_ALONE: Final = frozenset({"OA8", "OA9"})
"""The properties that have those roles for persons alone."""

PARTICIPANT_ROLES: Final[Mapping[str, str]] = {
    "P11": "participant",
    "P14": "implementer",
    "P22": "recipient",
    "P23": "provider",
    "P25": "subject",
}
"""What an actor is to an event with the property, where its type does not say more."""

ACTOR_TO_ACTOR: Final = "OA7"
"""Has a relationship to: in both directions alike, so that only symmetrical types of it can be read."""

REFERS_TO: Final = "P67"
"""What a source has of a record."""

SYMMETRICAL: Final[Mapping[str, str]] = {
    "ally-of": "ally-of",
    "colleague-of": "colleague-of",
    "enemy-of": "opponent-of",
    "friend-of": "friend-of",
    "rival-of": "rival-of",
    "sibling-of": "sibling-of",
    "spouse-of": "spouse-of",
}
"""The relation for a type of `ACTOR_TO_ACTOR` that is the same from both sides."""


class Property(NamedTuple):
    """A property that is a relation here.

    Attributes:
        relation: from the domain of the property to its range.
        inverse: from the range to the domain.
        is_of_range: whether the record of the range has it, rather than that of the domain.
    """

    relation: str
    inverse: str
    is_of_range: bool = False


PROPERTIES: Final[Mapping[str, Property]] = {
    "P9": Property("has-part", "part-of", is_of_range=True),
    "P24": Property("concerns", "concern-of"),
    "P25": Property("concerns", "concern-of"),
    "P31": Property("concerns", "concern-of"),
    "P46": Property("has-part", "part-of", is_of_range=True),
    "P51": Property("owned-by", "owns"),
    "P52": Property("owned-by", "owns"),
    "P67": Property("concerns", "concern-of"),
    "P73": Property("has-translation", "translation-of", is_of_range=True),
    "P89": Property("part-of", "has-part"),
    "P94": Property("concerns", "concern-of"),
    "P107": Property("has-member", "member-of", is_of_range=True),
    "P108": Property("concerns", "concern-of"),
    "P117": Property("part-of", "has-part"),
    "P134": Property("follows", "precedes"),
}
"""Properties with a relation of their own; any other is `OTHER`."""

OTHER: Final = Property("related-to", "related-to")
"""Any other property: its words are kept in the note."""
