"""How well a record is supported: its statements, and how many independent sources stand behind each.

A statement is one thing that a record says of its subject: that it existed or happened, its date, summary,
geometry, time in force and what it was established under; and each of its dated geometries, places, participants, parties,
provisions, relations and figures. How the database names, classes and links a record (title, labels,
aliases, names, type, tags, addresses elsewhere) is no statement.

A source supports a statement where a passage of it supports the statement as the record has it: deprecated
passages, mentions, disputes and competing values do not. Evidence for a field counts for each of its
members; evidence for a whole record counts for its summary. Evidence for anything in a record also supports
that its subject existed. Two different sources count as independent.
"""

from collections.abc import Iterator
from itertools import repeat
from typing import Final, NamedTuple

from app.records.base import Record
from app.records.evidence import Evidence
from app.records.property_paths import PropertyPath, member_paths, parse_property

WHOLE_RECORD: Final = "record"
"""The name of the statement that the subject of a record existed or happened."""

SINGLE: Final = ("date", "in_force", "summary", "geometry", "established_under")
"""Fields that are one statement each."""

MULTI_VALUED: Final = (
    "geometries",
    "places",
    "participants",
    "parties",
    "provisions",
    "relations",
    "figures",
)
"""Fields whose every member is a statement."""

STATEMENT_PROPERTIES: Final = (WHOLE_RECORD, *SINGLE, *MULTI_VALUED)
"""What statements can be about, in the order in which they are listed."""

_NOBODY: Final[frozenset[str]] = frozenset()


class Statement(NamedTuple):
    """One thing that a record says.

    Attributes:
        field: what it is about, one of `STATEMENT_PROPERTIES`.
        sources: references to the sources that stand behind it.
    """

    field: str
    sources: frozenset[str]


def supports(item: Evidence) -> bool:
    """Return whether a passage supports what the record says."""
    return (
        item.source is not None
        and item.value is None
        and (item.stance or "supports") == "supports"
        and item.rank != "deprecated"
    )


def stated(record: Record) -> dict[str, int]:
    """Count the statements of a record by what they are about, supported or not."""
    if record.kind == "source":
        return {}
    members = record.__dict__
    counts = {WHOLE_RECORD: 1}
    for field in SINGLE:
        if members.get(field) is not None:
            counts[field] = 1
    for field in MULTI_VALUED:
        if held := members.get(field):
            counts[field] = len(held)
    return counts


def statements(record: Record) -> Iterator[Statement]:
    """Yield every statement of a record; none of a source, which is evidence itself."""
    if record.kind == "source":
        return
    behind: dict[PropertyPath, set[str]] = {}
    everyone: set[str] = set()
    for item in record.evidence_items():
        if item.source is None or not supports(item):
            continue
        everyone.add(item.source)
        prop = PropertyPath("summary") if item.property is None else parse_property(item.property)
        if prop is not None:
            behind.setdefault(prop, set()).add(item.source)
    yield Statement(WHOLE_RECORD, frozenset(everyone))
    # Read from `__dict__`, since asking a model for a field that its kind lacks is slow.
    members = record.__dict__
    for field in SINGLE:
        if members.get(field) is not None:
            yield Statement(
                field, frozenset(behind[PropertyPath(field)]) if PropertyPath(field) in behind else _NOBODY
            )
    for field in MULTI_VALUED:
        held = members.get(field) or ()
        if not behind:
            yield from repeat(Statement(field, _NOBODY), len(held))
            continue
        of_all = behind.get(PropertyPath(field), _NOBODY)
        for member in held:
            named = (behind.get(prop, _NOBODY) for prop in member_paths(field, member))
            yield Statement(field, frozenset(of_all).union(*named))
