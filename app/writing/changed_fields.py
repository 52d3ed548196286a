"""Which fields a revision has changed: told once, as it is written, so that no reader of history compares documents."""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, func, select

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement

SERVER_FIELDS: Final = frozenset({"kind", "id", "revision", "created_at", "updated_at", "href"})
"""The members of a document that the service sets."""

_revision, _other = tables.revision.c, tables.revision.alias("other").c

_LAST_OF = CompiledStatement(
    select(_revision.record, _revision.document).where(
        AnyOf.keys(_revision.record, "pks"),
        _revision.revision
        == select(func.max(_other.revision)).where(_other.record == _revision.record).scalar_subquery(),
    )
)


def changed_fields(tx: Connection, written: Sequence[tuple[int, str | None]]) -> list[str | None]:
    """Return for each record (its key, and the document of its next revision) the fields that the revision changes.

    They are a JSON array in the order of their names. None where nothing is compared: a first revision, one without a
    document (deleted, merged away), one that follows such a one, and one that says the same. Call it before the revisions
    are inserted.
    """
    compared = [pk for pk, document in written if document is not None]
    before = dict(_LAST_OF.rows(tx, {"pks": compared}) if compared else ())
    return [_difference(before.get(pk), document) for pk, document in written]


def _difference(old: str | None, new: str | None) -> str | None:
    if old is None or new is None:
        return None
    before, after = _members(old), _members(new)
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return orjson.dumps(names).decode() if names else None


def _members(document: str) -> dict[str, Any]:
    return {name: value for name, value in orjson.loads(document).items() if name not in SERVER_FIELDS}
