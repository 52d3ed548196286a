"""The entities of a file of OpenAtlas, kept on disk, so that each finds those that it is related to, wherever they stand."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, Self

import orjson

from app.imports.json_values import objects_of
from app.imports.readers.linked_places.openatlas_terms import COLLECTIONS, LOCATION

_SCHEMA: Final = """
CREATE TABLE feature (number INTEGER PRIMARY KEY, line INTEGER, text BLOB);
CREATE TABLE entity (address TEXT PRIMARY KEY, time BLOB) WITHOUT ROWID;
CREATE TABLE location (address TEXT PRIMARY KEY, place TEXT, title TEXT) WITHOUT ROWID;
CREATE INDEX location_place ON location (place);
CREATE TABLE stated (address TEXT, property TEXT, other TEXT, PRIMARY KEY (address, property, other)) WITHOUT ROWID;
CREATE TABLE wanted (ref TEXT PRIMARY KEY, title TEXT) WITHOUT ROWID;
CREATE TABLE given (ref TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_API: Final = re.compile(r"/api(?:/[0-9.]+)?/entity/")
_PROPERTY: Final = re.compile(r"(?:crm:)?(P[0-9]+|OA[0-9]+)(i?)(?:[ _](.*))?", re.DOTALL)
_HAS_LOCATION: Final = "P53"


class Tie(NamedTuple):
    """A relation of an entity.

    Attributes:
        property: its code, such as `P11`; empty where it is none.
        is_inverse: whether the entity is its range, the other its domain.
        words: what the property is called.
        address: of the other entity.
        system_class: of the other entity.
        label: the name of the other entity.
        type: what sort of the property it is; often empty.
        description: what else is said of it; often empty.
        when: as it is in the file.
    """

    property: str
    is_inverse: bool
    words: str
    address: str
    system_class: str
    label: str
    type: str
    description: str
    when: Any


def address_of_entity(address: str) -> str:
    """Return the address of an entity as its feature has it; that in relations is of the interface for programs."""
    return _API.sub("/entity/", address)


def ties_of(feature: Mapping[str, Any]) -> Iterator[Tie]:
    """Yield the relations of a feature."""
    for one in objects_of(feature.get("relations")):
        said = {name: value if isinstance(value, str) else "" for name, value in one.items()}
        kind = _PROPERTY.fullmatch(said.get("relationType", ""))
        yield Tie(
            kind[1] if kind else "",
            bool(kind and kind[2]),
            ((kind[3] if kind else said.get("relationType")) or "").replace("_", " "),
            address_of_entity(said.get("relationTo", "")),
            said.get("relationSystemClass", ""),
            " ".join(said.get("label", "").split()),
            said.get("type", "").strip(),
            said.get("relationDescription", "").strip(),
            one.get("when"),
        )


class Index:
    """The features of a file; entities go by their addresses."""

    def __init__(self) -> None:
        """Begin with none, in a file that is gone when this is."""
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it from the disk."""
        self._database.close()

    def add(self, number: int, line: int, feature: Mapping[str, Any]) -> None:
        """Take in a feature, the places whose location it tells, and what it states of others."""
        add = self._database.execute
        address = address_of_entity(str(feature.get("@id") or ""))
        if feature.get("systemClass") in COLLECTIONS:
            add("INSERT INTO feature VALUES (?, ?, ?)", (number, line, orjson.dumps(feature)))
            add("INSERT OR IGNORE INTO entity VALUES (?, ?)", (address, orjson.dumps(feature.get("when"))))
        for tie in ties_of(feature):
            if tie.property == _HAS_LOCATION:
                is_of_place = tie.system_class == LOCATION
                pair = (tie.address, address) if is_of_place else (address, tie.address)
                title = str(feature["properties"].get("title") or "") if is_of_place else tie.label
                add("INSERT OR IGNORE INTO location VALUES (?, ?, ?)", (*pair, title))
            else:
                side = f"{tie.property}{'i' if tie.is_inverse else ''}"
                add("INSERT OR IGNORE INTO stated VALUES (?, ?, ?)", (address, side, tie.address))

    def features(self) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """Yield number, line and text of each that is to be a record, in their order."""
        found = self._database.cursor()
        for number, line, text in found.execute("SELECT number, line, text FROM feature ORDER BY number"):
            yield number, line, orjson.loads(text)

    def place_at(self, location: str) -> tuple[str, str] | None:
        """Return the address and the title of the place that has a location; None where the file does not tell it."""
        found: tuple[str, str] | None = self._database.execute(
            "SELECT place, title FROM location WHERE address = ?", (location,)
        ).fetchone()
        return found

    def has(self, address: str) -> bool:
        """Return whether the file has an entity that is to be a record."""
        query = "SELECT 1 FROM entity WHERE address = ?"
        return self._database.execute(query, (address,)).fetchone() is not None

    def has_time(self, address: str, when: Any) -> bool:
        """Return whether an entity in the file has this very `when` itself."""
        query = "SELECT 1 FROM entity WHERE address = ? AND time = ?"
        return self._database.execute(query, (address, orjson.dumps(when))).fetchone() is not None

    def states(self, address: str, side: str, other: str) -> bool:
        """Return whether an entity in the file has a relation to another, or to the location of that.

        Args:
            address: of the entity.
            side: the property as the entity has it, `P11` or `P11i`.
            other: the address of the other.
        """
        return self.has(address) and (
            self._database.execute(
                "SELECT 1 FROM stated WHERE address = :address AND property = :side AND (other = :other "
                "OR other IN (SELECT address FROM location WHERE place = :other))",
                {"address": address, "side": side, "other": other},
            ).fetchone()
            is not None
        )

    def give(self, ref: str) -> None:
        """Take in that there is a record of a reference."""
        self._database.execute("INSERT OR IGNORE INTO given VALUES (?)", (ref,))

    def want(self, ref: str, title: str) -> None:
        """Take in that a record is referred to, which has a title."""
        self._database.execute("INSERT OR IGNORE INTO wanted VALUES (?, ?)", (ref, title))

    def missing(self) -> Iterator[tuple[str, str]]:
        """Yield reference and title of each that is referred to and is not there."""
        found = self._database.cursor()
        yield from found.execute(
            "SELECT ref, title FROM wanted WHERE ref NOT IN (SELECT ref FROM given) ORDER BY ref"
        )
