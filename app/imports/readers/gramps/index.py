"""The objects of a file of Gramps, kept on disk, so that each can be found by its handle."""

import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final, NamedTuple, Self

import orjson

from app.imports.readers.families import CHILD, HUSBAND, WIFE, Families
from app.imports.readers.gramps.names import title_of
from app.imports.readers.gramps.xml import Element, Malformed
from app.imports.readers.lines import MAX_LINE
from app.records.scalars import MAX_ITEMS
from app.values.slug import slugify

_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16000;
CREATE TABLE object (handle TEXT PRIMARY KEY, tag TEXT, title TEXT, content BLOB) WITHOUT ROWID;
CREATE INDEX object_tag ON object (tag);
CREATE TABLE participation (number INTEGER PRIMARY KEY, event TEXT, owner TEXT, tag TEXT, role TEXT);
CREATE INDEX participation_event ON participation (event);
CREATE TABLE held (event TEXT PRIMARY KEY) WITHOUT ROWID;
"""

MAX_FOUND: Final = 4 * MAX_ITEMS
"""How many objects are looked up for one: a citation takes two, and two lists may be full of them."""

_MAX_STEM: Final = 50
_HOW: Final = {"frel": "father", "mrel": "mother"}
_NO_HANDLE: Final = "Give this object a handle, by which others can point to it."


class Known(NamedTuple):
    """An object of the file: the name of its element, the id of its record, and what it is called."""

    tag: str
    id: str
    title: str


class Participation(NamedTuple):
    """Who points to an event: the handle, `person` or `family`, and the role."""

    owner: str
    tag: str
    role: str


class Index:
    """The objects of a file by their handles.

    Attributes:
        families: who is whose parent, child or partner.
        left_out: the names of elements of shared objects of which nothing was made, until they are told.
    """

    def __init__(self) -> None:
        """Begin with nothing. A generator that reads may be resumed by another thread."""
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")
        self._lent = self._found = 0
        self.families = Families(self._database)
        self.left_out: set[str] = set()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it from the disk."""
        self._database.close()

    def add(self, element: Element) -> None:
        """Take an object in.

        Raises:
            Malformed: it has no handle, or that of another one, or is a family of several fathers or mothers.
        """
        handle = element.get("handle")
        if not handle:
            raise Malformed(element.line, _NO_HANDLE)
        for tag in ("father", "mother"):
            if sum(one.tag == tag for one in element.below) > 1:
                raise Malformed(element.line, f"A family has one {tag}: write each couple as a family.")
        content = orjson.dumps(element.to_list())
        try:
            self._database.execute(
                "INSERT INTO object VALUES (?, ?, ?, ?)", (handle, element.tag, title_of(element), content)
            )
        except sqlite3.IntegrityError:
            message = f"Another object has the handle {handle} too: each has its own."
            raise Malformed(element.line, message) from None
        if element.tag == "family":
            self._add_family(element, handle)
        if element.tag in {"person", "family"}:
            for one in element.below:
                if one.tag == "eventref":
                    self._database.execute(
                        "INSERT INTO participation (event, owner, tag, role) VALUES (?, ?, ?, ?)",
                        (one.get("hlink"), handle, element.tag, one.get("role")),
                    )

    def _add_family(self, family: Element, handle: str) -> None:
        roles = {"father": HUSBAND, "mother": WIFE, "childref": CHILD}
        for one in family.below:
            if one.tag in roles and one.get("hlink"):
                self.families.add_member(handle, roles[one.tag], one.get("hlink"), _how(one))
            elif one.tag == "rel" and one.get("type") == "Married":
                self.families.add_marriage(handle)

    def known(self, handle: str) -> Known | None:
        """Return what a handle points to; None where there is no such object.

        The id of its record is made of its name and its handle, which Gramps makes once for an object and never again.
        """
        self._found += 1
        found = self._database.execute("SELECT tag, title FROM object WHERE handle = ?", (handle,)).fetchone()
        if found is None:
            return None
        return Known(found[0], record_id(found[1] or found[0], handle), found[1])

    def element(self, handle: str) -> Element:
        """Return the object that a handle points to, which must be there."""
        (content,) = self._database.execute(
            "SELECT content FROM object WHERE handle = ?", (handle,)
        ).fetchone()
        self._lent += len(content)
        return Element.of_list(orjson.loads(content))

    def objects(self, *tags: str) -> Iterator[Element]:
        """Yield the objects with one of these names, by name and handle."""
        for tag in tags:
            rows = self._database.cursor().execute(
                "SELECT content FROM object WHERE tag = ? ORDER BY handle", (tag,)
            )
            for (content,) in rows:
                yield Element.of_list(orjson.loads(content))

    def participations(self, event: str) -> list[Participation]:
        """Return who points to an event, in the order of the file."""
        rows = self._database.execute(
            "SELECT owner, tag, role FROM participation WHERE event = ? ORDER BY number", (event,)
        )
        return [Participation(*row) for row in rows]

    def hold(self, events: Iterable[str]) -> None:
        """Remember events of which the date of a life says all."""
        self._database.executemany("INSERT OR IGNORE INTO held VALUES (?)", ((event,) for event in events))

    def is_held(self, event: str) -> bool:
        """Return whether the date of a life says all of an event."""
        return self._database.execute("SELECT 1 FROM held WHERE event = ?", (event,)).fetchone() is not None

    def begin_object(self) -> None:
        """Begin to count anew how much is looked up for an object."""
        self._lent = self._found = 0

    def has_lent_too_much(self) -> bool:
        """Return whether what was looked up for an object is more than any record may be."""
        return self._lent > 4 * MAX_LINE or self._found > MAX_FOUND


def record_id(name: str, handle: str) -> str:
    """Return the id of the record of an object that is called so."""
    stem = (slugify(name[: 4 * _MAX_STEM]) or "unnamed")[:_MAX_STEM].strip("-")
    return f"{stem}-{blake2b(handle.encode(), digest_size=4).hexdigest()}"


def _how(child: Element) -> str:
    said = {
        whose: child.get(name).lower() for name, whose in _HOW.items() if child.get(name) not in {"", "Birth"}
    }
    if len(set(said.values())) == 1 and len(said) == len(_HOW):
        return next(iter(said.values()))
    return "; ".join(f"{how} (of the {whose})" for whose, how in said.items())
