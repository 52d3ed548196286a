"""Which fields a revision has changed: told once, as it is written, so that no reader of history compares documents."""

from typing import Any, Final

import orjson

from app.database import tables
from app.database.lookup import StoredRecord
from app.records.base import SERVER_FIELDS

_NOT_COMPARED: Final = SERVER_FIELDS | {"id"}


def changed_fields(replaced: StoredRecord | None, document: str) -> str | None:
    """Return the fields in which a document differs from the record that it replaces: a JSON array, ordered by name.

    None where there is nothing to compare (a new record, or one that was deleted or merged away), or no difference.
    """
    if replaced is None or replaced.state != tables.LIVE:
        return None
    before, after = _members(replaced.document), _members(document)
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return orjson.dumps(names).decode() if names else None


def _members(document: str) -> dict[str, Any]:
    return {name: value for name, value in orjson.loads(document).items() if name not in _NOT_COMPARED}
