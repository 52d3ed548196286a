"""What the records of a file are, so that others can refer to them before they are read.

It is kept in a temporary database that SQLite writes to disk as it grows: a file may have a million persons.
"""

import sqlite3
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, NamedTuple, Self

from app.imports.readers.families import CHILD, HUSBAND, WIFE, Families
from app.imports.readers.gedcom.lines import Malformed, Node
from app.imports.readers.gedcom.names import birth_year, name_of
from app.imports.readers.gedcom.places import NamedPlace, read_place
from app.imports.readers.lines import MAX_LINE
from app.records.scalars import MAX_NAMES
from app.values.slug import slugify

_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16000;
CREATE TABLE record (xref TEXT PRIMARY KEY, tag TEXT, id TEXT, title TEXT, line INTEGER) WITHOUT ROWID;
CREATE UNIQUE INDEX record_id ON record (tag, id);
CREATE TABLE place (id TEXT PRIMARY KEY, title TEXT, longitude REAL, latitude REAL, line INTEGER);
CREATE TABLE place_alias (id TEXT, title TEXT, PRIMARY KEY (id, title)) WITHOUT ROWID;
"""

_MAX_BASE: Final = 50
_MAX_TAIL: Final = 20
_MAX_NAMED: Final = 200
_POINTED_TO: Final = frozenset({"INDI", "FAM", "SOUR"})
NOTES: Final = ("NOTE", "SNOTE")
PARTNERS: Final = (HUSBAND, WIFE)

MAX_PARTNERS: Final = 10
"""The most HUSB and WIFE lines of one family; the standard has one of each."""


class Known(NamedTuple):
    """A record of the file: its tag, its id and what it is called."""

    tag: str
    id: str
    title: str


class Index:
    """The records of a file by what points to them, its families and its places.

    Attributes:
        families: who is whose parent, child or partner.
    """

    def __init__(self) -> None:
        """Begin with nothing. A generator that reads may be resumed by another thread."""
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")
        self.families = Families(self._database)
        self._submitter = ""
        self._lent = 0

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it from the disk."""
        self._database.close()

    def add(self, record: Node) -> None:
        """Take a record in.

        Raises:
            Malformed: another record has its cross-reference, or one of its places is none.
        """
        if record.xref is not None or record.tag in _POINTED_TO:
            self._add_record(record)
        if record.tag == "FAM":
            partners = [node for node in record.below if node.tag in PARTNERS]
            if len(partners) > MAX_PARTNERS:
                message = (
                    f"A family may have {MAX_PARTNERS} partners (HUSB, WIFE): write each couple as a family."
                )
                raise Malformed(partners[MAX_PARTNERS].line, message)
            if any(node.tag == "MARR" for node in record.below):
                self.families.add_marriage(record.reference)
            for node in record.below:
                if node.tag in {*PARTNERS, CHILD} and node.pointer is not None:
                    self._add_member(record.reference, node.tag, node.pointer, node)
        elif record.tag == "INDI":
            for node in record.below:
                if node.tag == "FAMC" and node.pointer is not None:
                    self._add_member(node.pointer, CHILD, record.reference, node)
        for node in _places_of(record):
            place = read_place(node)
            if place is not None:
                self._add_place(place, node.line)

    def _add_record(self, record: Node) -> None:
        title = name_of(record) or record.value
        if record.tag == "SUBM" and title and not self._submitter:
            self._submitter = f"-{_digest(title)[:4]}"
        named = slugify(f"{title[:_MAX_NAMED]} {birth_year(record)}")
        base = (named or f"unnamed-{_digest(record.content())}")[:_MAX_BASE].strip("-")
        reference = record.reference
        tail = slugify(record.xref or "") or ""
        if not tail or len(tail) > _MAX_TAIL:
            tail = _digest(record.xref or record.content())
        insert = "INSERT INTO record VALUES (?, ?, ?, ?, ?)"
        # Two cross-references may differ in signs alone, which ids do not have.
        for one in (f"{base}-{tail}", f"{base}-{tail}-{_digest(reference)}"):
            try:
                self._database.execute(insert, (reference, record.tag, one, title, record.line))
            except sqlite3.IntegrityError:
                found = self._database.execute(
                    "SELECT line FROM record WHERE xref = ?", (reference,)
                ).fetchone()
                if found is not None:
                    detail = f"The record on line {found[0]} has the cross-reference @{reference}@ too: each has its own."
                    raise Malformed(record.line, detail) from None
            else:
                return

    def _add_member(self, family: str, role: str, person: str, node: Node) -> None:
        kind = node.text("PEDI").lower()
        self.families.add_member(family, role, person, "" if kind == "birth" else kind)

    def _add_place(self, place: NamedPlace, line: int) -> None:
        longitude, latitude = place.position or (None, None)
        self._database.execute(
            "INSERT INTO place VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET longitude = "
            "coalesce(longitude, excluded.longitude), latitude = coalesce(latitude, excluded.latitude)",
            (place.id, place.title, longitude, latitude, line),
        )
        self._database.execute("INSERT OR IGNORE INTO place_alias VALUES (?, ?)", (place.id, place.title))

    def begin_record(self) -> None:
        """Begin to count anew how much text is taken from notes."""
        self._lent = 0

    def has_lent_too_much(self) -> bool:
        """Return whether the notes that were looked up for a record are longer than any record may be."""
        return self._lent > MAX_LINE

    def known(self, pointer: str) -> Known | None:
        """Return the record that a pointer points to; None where there is none.

        Its id is made of its name, the year of a birth, the pointer and the submitter of the file: it is the same when the
        file is imported again, and another for a namesake in another file, though both may be `@I1@` there.
        """
        found = self._database.execute(
            "SELECT tag, id, title FROM record WHERE xref = ?", (pointer,)
        ).fetchone()
        if found is not None and found[0] in NOTES:
            self._lent += len(found[2])
        return None if found is None else Known(found[0], f"{found[1]}{self._submitter}", found[2])

    def places(self) -> Iterator[tuple[int, NamedPlace, list[str]]]:
        """Yield each place with the line that names it first, and its other names."""
        rows = self._database.execute(
            "SELECT id, title, longitude, latitude, line FROM place ORDER BY line, id"
        )
        for one, title, longitude, latitude, line in rows:
            names = self._database.execute(
                "SELECT title FROM place_alias WHERE id = ? AND title != ? ORDER BY title LIMIT ?",
                (one, title, MAX_NAMES + 1),
            )
            position = None if longitude is None else (longitude, latitude)
            yield line, NamedPlace(one, title, position), [name for (name,) in names]


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _places_of(record: Node) -> Iterator[Node]:
    # Places stand below the facts of persons and families alone.
    if record.tag in {"INDI", "FAM"}:
        for fact in record.below:
            yield from (node for node in fact.below if node.tag == "PLAC")
