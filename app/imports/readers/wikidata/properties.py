"""Numbers of Wikidata: the classes whose instances are records, and the properties that are members."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple

from app.imports.readers.shipped_terms import may_join
from app.records.scalars import COLLECTIONS


class RecordClass(NamedTuple):
    """What the instances of a class are here."""

    kind: str
    type: str | None = None


INSTANCE_OF: Final = "P31"

CLASSES: Final = MappingProxyType(
    {
        "Q5": RecordClass("actor", "person"),
        "Q6256": RecordClass("actor", "state"),
        "Q3624078": RecordClass("actor", "state"),
        "Q3024240": RecordClass("actor", "state"),
        "Q7278": RecordClass("actor", "political-party"),
        "Q43229": RecordClass("actor", "organisation"),
        "Q484652": RecordClass("actor", "intergovernmental-organisation"),
        "Q79913": RecordClass("actor", "non-governmental-organisation"),
        "Q4830453": RecordClass("actor", "company"),
        "Q783794": RecordClass("actor", "company"),
        "Q3918": RecordClass("actor", "educational-institution"),
        "Q176799": RecordClass("actor", "military-unit"),
        "Q772547": RecordClass("actor", "armed-force"),
        "Q41710": RecordClass("actor", "people"),
        "Q164950": RecordClass("actor", "dynasty"),
        "Q48349": RecordClass("actor", "empire"),
        "Q1190554": RecordClass("event"),
        "Q1656682": RecordClass("event"),
        "Q198": RecordClass("event", "war"),
        "Q8465": RecordClass("event", "war"),
        "Q178561": RecordClass("event", "battle"),
        "Q188055": RecordClass("event", "siege"),
        "Q645883": RecordClass("event", "military-operation"),
        "Q831663": RecordClass("event", "campaign"),
        "Q10931": RecordClass("event", "revolution"),
        "Q124734": RecordClass("event", "rebellion"),
        "Q45382": RecordClass("event", "coup"),
        "Q3882219": RecordClass("event", "assassination"),
        "Q3199915": RecordClass("event", "massacre"),
        "Q40231": RecordClass("event", "election"),
        "Q2761147": RecordClass("event", "meeting"),
        "Q2020153": RecordClass("event", "conference"),
        "Q131569": RecordClass("agreement", "treaty"),
        "Q625298": RecordClass("agreement", "peace"),
        "Q107706": RecordClass("agreement", "armistice"),
        "Q515": RecordClass("place", "city"),
        "Q1549591": RecordClass("place", "city"),
        "Q5119": RecordClass("place", "capital"),
        "Q3957": RecordClass("place", "town"),
        "Q532": RecordClass("place", "village"),
        "Q486972": RecordClass("place", "settlement"),
        "Q23442": RecordClass("place", "island"),
        "Q4022": RecordClass("place", "river"),
        "Q8502": RecordClass("place", "mountain"),
        "Q23397": RecordClass("place", "lake"),
        "Q165": RecordClass("place", "sea"),
        "Q5107": RecordClass("place", "continent"),
        "Q4895508": RecordClass("place", "battlefield"),
        "Q839954": RecordClass("place", "archaeological-site"),
        "Q57821": RecordClass("place", "fort"),
        "Q571": RecordClass("source", "book"),
        "Q3331189": RecordClass("source", "book"),
        "Q13442814": RecordClass("source", "journal-article"),
        "Q5707594": RecordClass("source", "news-article"),
        "Q11032": RecordClass("source", "newspaper"),
        "Q87167": RecordClass("source", "manuscript"),
        "Q4006": RecordClass("source", "map"),
    }
)
"""The record that an instance of a class is; a class that is not here leaves the kind to be said."""

POINTS: Final = ("P585", "P577", "P575", "P1191")
"""Properties with the one time of something."""

STARTS: Final = ("P569", "P571", "P580", "P1619")
ENDS: Final = ("P570", "P576", "P582")
EARLIEST: Final = "P1319"
LATEST: Final = "P1326"
CIRCUMSTANCES: Final = "P1480"
CIRCA: Final = "Q5727902"
COORDINATES: Final = "P625"

PLACES: Final = MappingProxyType(
    {
        "P276": "site",
        "P19": "birthplace",
        "P20": "deathplace",
        "P119": "burial-place",
        "P159": "headquarters",
        "P551": "residence",
        "P291": "publication-place",
    }
)
"""The role of the place that a property names."""

PARTICIPANTS: Final = MappingProxyType({"P710": "participant", "P664": "organiser", "P1346": "victor"})
"""The role of the actor that a property of an event names."""

PARTIES: Final = MappingProxyType({"P1891": "signatory", "P710": "party"})
"""The role of the actor that a property of an agreement names."""

RELATIONS: Final = MappingProxyType(
    {
        "P361": "part-of",
        "P26": "spouse-of",
        "P40": "parent-of",
        "P22": "child-of",
        "P25": "child-of",
        "P3373": "sibling-of",
        "P463": "member-of",
        "P102": "member-of",
        "P1365": "successor-of",
        "P1366": "predecessor-of",
        "P155": "follows",
        "P156": "precedes",
    }
)
"""The relation that a property is, to a record of the same kind."""


@cache
def relations_of(kind: str) -> Mapping[str, str]:
    """Return those of `RELATIONS` that records of a kind may have to each other."""
    collection = COLLECTIONS[kind]
    return {name: one for name, one in RELATIONS.items() if may_join(one, collection, collection)}


SOURCE_TEXTS: Final = MappingProxyType(
    {
        "P478": "volume",
        "P433": "issue",
        "P304": "pages",
        "P212": "isbn",
        "P957": "isbn",
        "P356": "doi",
        "P217": "shelfmark",
    }
)
"""The member of a source that a property with a text is."""

AUTHOR_NAMES: Final = "P2093"
ADDRESSES: Final = ("P953", "P856")
