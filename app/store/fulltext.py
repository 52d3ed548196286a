"""The text index: the one place where SQLite's FTS5 and Postgres' tsvector differ.

Both are given the same tokens, folded and cut by `app.values.folding`, so that both answer alike.
Each entry has four parts, in falling weight: its title, its other names, its summary, and the rest
(tags, provisions, the notes of evidence).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from app.records.agreement import Agreement
from app.records.base import Record
from app.values.folding import tokens

LONGEST_TOKEN = 100
"""Characters of a token that are indexed; Postgres refuses lexemes past 2 kB."""

MOST_TOKENS = 40_000
"""Tokens of one part that are indexed, so that a vector stays under Postgres' 1 MiB."""

LAST_POSITION = 16_383
"""The highest position a tsvector can hold."""


@dataclass(frozen=True, slots=True)
class TextParts:
    """The tokens of one entry, part by part."""

    title: list[str]
    names: list[str]
    summary: list[str]
    rest: list[str]

    def columns(self) -> tuple[str, str, str, str]:
        """Give the parts as FTS5 takes them: tokens with spaces between."""
        return (
            " ".join(self.title),
            " ".join(self.names),
            " ".join(self.summary),
            " ".join(self.rest),
        )

    def vector(self) -> str:
        """Give the parts as one tsvector literal, each part with its weight."""
        positions: dict[str, list[str]] = {}
        at = 0
        for weight, part in (
            ("A", self.title),
            ("B", self.names),
            ("C", self.summary),
            ("D", self.rest),
        ):
            for token in part:
                at += 1
                places = positions.setdefault(token, [])
                if len(places) < 255:  # a lexeme holds no more
                    places.append(f"{min(at, LAST_POSITION)}{weight}")
            at += 1  # a gap, so that no phrase reaches from one part into the next
        return " ".join(f"'{token}':{','.join(places)}" for token, places in positions.items())


def _tokens(texts: Iterable[str | None]) -> list[str]:
    found: list[str] = []
    for one in texts:
        if one:
            found.extend(token[:LONGEST_TOKEN] for token in tokens(one))
    return found[:MOST_TOKENS]


def _rest(record: Record) -> Iterator[str | None]:
    yield from record.tags or ()
    if isinstance(record, Agreement):
        for provision in record.provisions or ():
            yield provision.label
            yield provision.text
    for item in record.evidence_items():
        yield item.note


def text_parts(record: Record) -> TextParts:
    """Cut what is findable of a record into tokens."""
    return TextParts(
        title=_tokens([record.title]),
        names=_tokens([*(record.labels or {}).values(), *(record.aliases or ())]),
        summary=_tokens([record.summary]),
        rest=_tokens(_rest(record)),
    )


SQLITE_TABLES = (
    "CREATE VIRTUAL TABLE text_index USING fts5("
    "title, names, summary, rest, tokenize = 'ascii', prefix = '2 3')",
)
POSTGRES_TABLES = (
    "CREATE TABLE text_index (entry bigint PRIMARY KEY, vector tsvector NOT NULL)",
    "CREATE INDEX ix_text_index_vector ON text_index USING gin (vector)",
)


def insert_texts(connection: Connection, rows: Iterable[tuple[int, TextParts]]) -> None:
    """Index the texts of entries, given by the entry's key."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT INTO text_index (rowid, title, names, summary, rest) VALUES (?, ?, ?, ?, ?)",
            [(entry, *parts.columns()) for entry, parts in rows],
        )
    else:
        connection.execute(
            text("INSERT INTO text_index (entry, vector) VALUES (:entry, CAST(:vector AS tsvector))"),
            [{"entry": entry, "vector": parts.vector()} for entry, parts in rows],
        )


def delete_texts(connection: Connection, entries: list[int]) -> None:
    """Take entries out of the text index."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "DELETE FROM text_index WHERE rowid = ?", [(entry,) for entry in entries]
        )
    else:
        connection.execute(
            text("DELETE FROM text_index WHERE entry = ANY(:entries)"), {"entries": entries}
        )
