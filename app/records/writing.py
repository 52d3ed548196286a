"""A record as the bytes that are stored and sent: canonical JSON.

Members stand in the order of their declaration, what is empty is left out, and the same record gives
the same bytes on every machine.
"""

from typing import Any, Final

from pydantic import BaseModel

from app.records.base import Record
from app.records.dates import DERIVED, HistoricalDate

SCHEMA_VERSION: Final = 1
"""The version of the shape of documents, kept with each revision."""

CARD: Final = frozenset({"kind", "id", "title", "type", "date"})
"""What of a record a reference to it is shown with."""

Excluded = dict[Any, Any]

_DERIVED: Final[Excluded] = dict.fromkeys(DERIVED, True)


def to_json(record: Record) -> bytes:
    """Write the document as it is stored and sent: server fields and derived members of dates included."""
    return record.__pydantic_serializer__.to_json(record, exclude_defaults=True)


def to_revision_json(record: Record) -> bytes:
    """Write the document as a revision keeps it: what was written, without the derived members of dates."""
    excluded = _excluded(record)
    return record.__pydantic_serializer__.to_json(record, exclude_defaults=True, exclude=excluded or None)


def card(record: Record) -> bytes:
    """Write what a reference to the record is shown with: kind, id, title, type and date."""
    return record.__pydantic_serializer__.to_json(record, exclude_defaults=True, include=set(CARD))


def _excluded(part: BaseModel) -> Excluded:
    """Find the dates of a part, wherever they may be, and name their derived members."""
    if isinstance(part, HistoricalDate):
        return _DERIVED
    found: Excluded = {}
    for name in _DATED:
        within = _excluded_of(part.__dict__.get(name))
        if within:
            found[name] = within
    return found


def _excluded_of(value: object) -> Excluded:
    if isinstance(value, BaseModel):
        return _excluded(value)
    if isinstance(value, tuple):
        return {index: within for index, item in enumerate(value) if (within := _excluded_of(item))}
    return {}


# The fields through which a date is reached.
_DATED: Final = ("date", "in_force", "relations", "parties", "actions", "evidence", "value")
