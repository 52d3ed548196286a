"""The ids of new records: given from a title, or refused where one is or was in use."""

import secrets
from collections.abc import Iterable
from hashlib import blake2b

from sqlalchemy import Connection, text

from app.database import tables
from app.database.lookup import StoredRecord, find
from app.errors import Conflict, Fault
from app.records.kinds import RecordKind
from app.values.slug import fallback, slugify, with_suffix


def free_id(tx: Connection, kind: RecordKind, title: str, taken: Iterable[str] = ()) -> str:
    """Give an id that no record of the kind has or had, from its title (api.md §1)."""
    held = set(taken)

    def is_free(candidate: str) -> bool:
        return candidate not in held and find(tx, kind, candidate) is None

    base = slugify(title) or fallback(kind.kind, secrets.token_hex(4))
    if tx.dialect.name == "postgresql":
        # Whoever else names a record the same waits here, instead of taking the same number and losing it.
        number = blake2b(f"{kind.kind}/{base}".encode(), digest_size=8).digest()
        tx.execute(
            text("SELECT pg_advisory_xact_lock(:number)"),
            {"number": int.from_bytes(number, "big", signed=True)},
        )
    if is_free(base):
        return base
    low, high = 1, 2
    while not is_free(with_suffix(base, high)):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_free(with_suffix(base, middle)) else (middle, high)
    return with_suffix(base, high)


def why_taken(existing: StoredRecord) -> str:
    """Return why an id cannot be given to another record than the one that has or had it."""
    return {
        tables.LIVE: "This id is in use; send the document with PUT and If-Match to replace it.",
        tables.DELETED: "This id belonged to a record that was deleted; restore it, or choose another id.",
        tables.MERGED: "This id belonged to a record that was merged into another; choose another id.",
        tables.RENAMED: "This id belonged to a record that was renamed, and leads there; choose another id.",
    }[existing.state]


def refuse_taken(existing: StoredRecord | None) -> None:
    """Raise `Conflict` where an id cannot be given to a new record."""
    if existing is None:
        return
    reason = why_taken(existing)
    raise Conflict(reason, code="id_in_use", faults=[Fault("id_in_use", reason, pointer="/id")])
