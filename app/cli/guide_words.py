"""What `annals import --guide` says of the members of a mapping that it asks about."""

from types import MappingProxyType
from typing import Final

EXPLAINED: Final = MappingProxyType(
    {
        "kind": "What it is: an event (something happened), an actor (a person, a state, a group), an agreement, a mission, "
        "a place or a source.",
        "id": "What tells one record from every other, and knows it again when the table is imported once more.",
        "title": "Its name, as people will see it.",
        "date": "When it happened, was in being, or was concluded.",
        "start": "When it began.",
        "end": "When it ended. Where the cell is empty: same (on the day on which it began), unknown, or open (it goes on).",
        "precision": "How well the date is known: to the day, month, year, decade or century, or within the two days given.",
        "ranges": "What two dots before or after a day mean.",
        "unknown": "What an empty cell means: unknown, or open (always so, or still so).",
        "open": "What an empty cell means: open (it goes on), or unknown.",
        "same": "What an empty cell means: same (on the day on which it began), unknown, or open (it goes on).",
        "places": "Where it was.",
        "geometry": "Where the place is on the map.",
        "participants": "Who took part.",
        "figures": "What was counted.",
        "measure": "What was counted: deaths, injured, personnel or another term of figure-measure.",
        "group": "Of whom or of what that was counted.",
        "low": "The least number that there may have been.",
        "best": "The most likely number.",
        "high": "The greatest number that there may have been.",
        "tags": "Words to find it by.",
        "summary": "What it is, in plain text.",
        "evidence": "Which source says so; here the table itself, with what a column says about it.",
        "empty": "Words in cells that stand for nothing.",
        "encoding": "How the letters of the file are encoded.",
        "when": "On which rows a record is made at all.",
    }
)
