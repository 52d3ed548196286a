"""A record as the bytes that are stored and sent: canonical JSON.

Members stand in the order of their declaration, what is empty is left out, and the same record gives
the same bytes on every machine.
"""

from typing import Any, Final

from pydantic import BaseModel

from app.records.base import Record
from app.records.historical_date import DERIVED, HistoricalDate

SCHEMA_VERSION: Final = 1
"""The version of the shape of documents, kept with each revision."""

CARD: Final = frozenset({"kind", "id", "title", "type", "date"})
"""The members of a card."""

_TITLE: Final = ',"title":'
"""What the first field after the server's begins with; inside of a string its quotation marks would be escaped."""

_CARD: Final = set(CARD)
Excluded = dict[Any, Any]
_DERIVED: Final[Excluded] = dict.fromkeys(DERIVED, True)

# The fields through which a date can be reached.
_DATED: Final = (
    "date",
    "names",
    "geometries",
    "in_force",
    "relations",
    "parties",
    "actions",
    "evidence",
    "value",
)

RENDERING = 1
"""The version of derived members in stored documents; `reindex` renders older ones anew."""


def to_canonical_json(record: Record) -> bytes:
    """Serialize the document as it is stored and sent: server fields and derived members of dates included."""
    return record.__pydantic_serializer__.to_json(record, exclude_defaults=True)


def to_revision_json(record: Record) -> bytes:
    """Serialize the document as a revision keeps it: what was written, without the derived members of dates."""
    excluded = _excluded(record)
    return record.__pydantic_serializer__.to_json(record, exclude_defaults=True, exclude=excluded or None)


def content_without_server_fields(record: Record) -> bytes:
    """Serialize what a document says without what the server sets or derives: equal for documents that say the same."""
    return to_revision_json(record.changed(revision=None, created_at=None, updated_at=None, href=None))


def to_card_json(record: Record) -> bytes:
    """Serialize the card of a record, which references to it are shown with: kind, id, title, type and date."""
    return record.__pydantic_serializer__.to_json(record, exclude_defaults=True, include=_CARD)


def server_fields_json(ref: str, kind: str, revision: int, created_at: str, updated_at: str) -> str:
    """Serialize the beginning of a document: its kind and id, and the fields that the server sets."""
    return (
        f'{{"kind":"{kind}","id":"{ref.partition("/")[2]}","revision":{revision},'
        f'"created_at":"{created_at}","updated_at":"{updated_at}","href":"/v1/{ref}"'
    )


def splice_server_fields(document: str, beginning: str) -> str:
    """Replace the beginning of a document with what `server_fields_json` returned."""
    return beginning + document[document.index(_TITLE) :]


def has_same_content(document: str, other: str) -> bool:
    """Return whether two documents of a record, in canonical JSON, differ in nothing but what the server sets."""
    return document[document.index(_TITLE) :] == other[other.index(_TITLE) :]


def has_server_fields(document: str, ref: str, kind: str) -> bool:
    """Return whether a document has any fields that the server sets, besides its kind and id."""
    return not document.startswith(f'{{"kind":"{kind}","id":"{ref.partition("/")[2]}"{_TITLE}')


def _excluded(part: BaseModel) -> Excluded:
    """Find the dates of a part, wherever they may be, and name their derived members."""
    if isinstance(part, HistoricalDate):
        return _DERIVED
    found: Excluded = {}
    members = part.__dict__
    for name in _DATED:
        member = members.get(name)
        # Most parts have none of these.
        if member and (within := _excluded_of(member)):
            found[name] = within
    return found


def _excluded_of(value: object) -> Excluded:
    if type(value) is HistoricalDate:
        return _DERIVED
    if isinstance(value, BaseModel):
        return _excluded(value)
    if isinstance(value, tuple):
        return {index: within for index, item in enumerate(value) if (within := _excluded_of(item))}
    return {}
