"""Who is whose parent, child or partner in a file of families, kept on disk: a file may have a million persons."""

import sqlite3
from collections.abc import Iterator
from typing import Final

from app.imports.readers.loops import in_loops

HUSBAND: Final = "HUSB"
WIFE: Final = "WIFE"
CHILD: Final = "CHIL"
"""The roles in a family, as GEDCOM names them."""

PARTNERS_OF_NO_MARRIAGE: Final = "Partners in a family of which no marriage is told"
"""The note on the relation of partners who are not said to have married."""

_SCHEMA: Final = """
CREATE TABLE member (family TEXT, role TEXT, person TEXT, note TEXT, PRIMARY KEY (family, role, person)) WITHOUT ROWID;
CREATE INDEX member_person ON member (person, role);
CREATE TABLE descendant (number INTEGER PRIMARY KEY, person TEXT UNIQUE);
CREATE TABLE married (family TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class Families:
    """The members of families; families and persons go by what points to them."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Make the tables in a database of the reader."""
        self._database = database
        for statement in filter(str.strip, _SCHEMA.split(";")):
            database.execute(statement)

    def add_member(self, family: str, role: str, person: str, how: str = "") -> None:
        """Take in a member; `how` a child is one (`adopted`), empty for birth. Told twice, it is one."""
        self._database.execute(
            "INSERT INTO member VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET note = max(note, excluded.note)",
            (family, role, person, how),
        )

    def add_marriage(self, family: str) -> None:
        """Take in that the partners of a family married."""
        self._database.execute("INSERT OR IGNORE INTO married VALUES (?)", (family,))

    def parents(self, person: str) -> Iterator[tuple[str, str]]:
        """Yield a person's parents, each with how they are that (`adopted`); often empty."""
        yield from self._database.execute(
            "SELECT parent.person, child.note FROM member AS child JOIN member AS parent "
            "ON parent.family = child.family AND parent.role IN ('HUSB', 'WIFE') "
            "WHERE child.person = ? AND child.role = 'CHIL' ORDER BY child.family, parent.role, parent.person",
            (person,),
        ).fetchall()

    def partners(self, person: str) -> Iterator[tuple[str, bool]]:
        """Yield those with whom a person has a family, and whether they married.

        Of two partners only the first has the other, husbands before wives.
        """
        yield from self._database.execute(
            "SELECT other.person, max(married.family IS NOT NULL) FROM member AS own JOIN member AS other "
            "ON other.family = own.family AND other.role IN ('HUSB', 'WIFE') "
            "AND (other.role, other.person) > (own.role, own.person) LEFT JOIN married ON married.family = own.family "
            "WHERE own.person = ? AND own.role IN ('HUSB', 'WIFE') GROUP BY other.person ORDER BY other.person",
            (person,),
        ).fetchall()

    def own_ancestors(self) -> frozenset[str]:
        """Return those who stand in a loop of ancestors, as `in_loops` says."""
        self._database.execute(
            "INSERT INTO descendant SELECT row_number() OVER () - 1, person FROM (SELECT DISTINCT person FROM member)"
        )
        (persons,) = self._database.execute("SELECT count(*) FROM descendant").fetchone()
        descents = self._database.execute(
            "SELECT younger.number, elder.number FROM member AS child JOIN member AS parent "
            "ON parent.family = child.family AND parent.role IN ('HUSB', 'WIFE') "
            "JOIN descendant AS younger ON younger.person = child.person "
            "JOIN descendant AS elder ON elder.person = parent.person WHERE child.role = 'CHIL'"
        )
        found = self._database.cursor()
        return frozenset(
            found.execute("SELECT person FROM descendant WHERE number = ?", (number,)).fetchone()[0]
            for number in in_loops(persons, descents)
        )
