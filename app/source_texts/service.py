"""The texts of sources: attached by somebody who has them, checked by their digest, never part of a record."""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, func, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.index.database_version import bump_version
from app.database.index.insert_rows import insert_rows
from app.database.lookup import StoredRecord, lock_live_record
from app.errors import Fault, InvalidDocument, NotFound
from app.reading.service import find_live
from app.records.kinds import kind_by_name
from app.records.source import Source
from app.records.validation.document import load_stored
from app.source_texts.schemas import AttachedText

SOURCE = kind_by_name("source")
_text = tables.source_text.c
TEXT = CompiledStatement(select(_text.text).where(_text.source == bindparam("source")))
_SIZE = CompiledStatement(select(func.octet_length(_text.text)).where(_text.source == bindparam("source")))

# Characters are counted from 1 in SQL.
_PART = CompiledStatement(
    select(
        func.substr(
            _text.text, bindparam("first", type_=Integer()), bindparam("characters", type_=Integer())
        ),
        func.length(_text.text),
    ).where(_text.source == bindparam("source"))
)


@dataclass(frozen=True, slots=True)
class Attached:
    """An attached text's properties, and whether there was none before."""

    sha256: str
    characters: int
    new: bool

    def to_dict(self, source_id: str) -> AttachedText:
        """Return it as the API shows it."""
        return {"source": f"sources/{source_id}", "sha256": self.sha256, "characters": self.characters}


def attach(tx: Connection, source_id: str, text: str) -> Attached:
    """Attach a text to a source, exactly as it is given; where it is attached already, nothing is written.

    Raises:
        InvalidDocument: the record names no text, another digest or another length, or the text has a NUL.
        NotFound, Gone, Conflict: as `lock_live_record`.
    """
    current = lock_live_record(tx, SOURCE, source_id)
    digest = hashlib.sha256(text.encode()).hexdigest()
    faults = list(_differences(current, digest, len(text)))
    if "\0" in text:
        faults.append(Fault("control_character", "A text must not have NUL in it.", ""))
    if faults:
        raise InvalidDocument(
            "This is not the text that the source's record names.", code="wrong_text", faults=faults
        )
    # A record always has the digest of the text that is attached to it.
    is_new = tx.execute(select(_text.source).where(_text.source == current.pk)).first() is None
    if is_new:
        insert_rows(tx, tables.source_text, [(current.pk, text)])
        bump_version(tx, 1)
    return Attached(digest, len(text), is_new)


def _differences(current: StoredRecord, digest: str, characters: int) -> Any:
    record = load_stored(SOURCE, current.document)
    named = record.text if isinstance(record, Source) else None
    if named is None:
        detail = "The record says nothing of its text: give it text.sha256 first, and text.characters."
        yield Fault("missing", detail, "/text/sha256", suggestion=digest)
        return
    if named.sha256 != digest:
        detail = "The record names another digest. Send the very file, with nothing changed, or correct the record."
        yield Fault("wrong_digest", detail, "/text/sha256", suggestion=digest)
    if named.characters is not None and named.characters != characters:
        detail = "The record names another length, in Unicode code points."
        yield Fault("wrong_length", detail, "/text/characters", suggestion=str(characters))


def remove(tx: Connection, source_id: str) -> None:
    """Remove the text of a source.

    Raises:
        NotFound: there is no such source, or no text is attached to it.
        Gone, Conflict: as `lock_live_record`.
    """
    current = lock_live_record(tx, SOURCE, source_id)
    if not tx.execute(delete(tables.source_text).where(_text.source == current.pk)).rowcount:
        raise no_text()
    bump_version(tx, 1)


async def read_text(db: ReadConnection, source_id: str) -> str:
    """Read the attached text of a source.

    Raises:
        NotFound: there is no such source, or no text is attached to it.
        Gone, MergedInto: as reading the record.
    """
    first = (await find_live(db, SOURCE, source_id))[0]
    found = await db.fetch_slow(TEXT, {"source": first[6]})
    if not found:
        raise no_text()
    text: str = found[0][0]
    return text


async def read_part(db: ReadConnection, source: int, start: int, characters: int) -> tuple[str, int] | None:
    """Read a part of the text that is attached to a source, given by its key, and the length of the whole.

    Both are counted in Unicode code points from 0; None where no text is attached.
    """
    found = await db.fetch_slow(_PART, {"source": source, "first": start + 1, "characters": characters})
    return (found[0][0], found[0][1]) if found else None


async def attached_size(db: ReadConnection, source: int) -> int:
    """Return the size in bytes of the text that is attached to a source, given by its key; 0 where none is."""
    found = await db.fetch(_SIZE, {"source": source})
    return int(found[0][0]) if found else 0


def no_text() -> NotFound:
    """Make the error for a source without a text."""
    return NotFound("No text is attached to this source; PUT attaches one.", code="no_text")
