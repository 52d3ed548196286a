"""The full-text index, the same for SQLite's FTS5 and Postgres' tsvector.

Both get the same tokens, folded and cut by `app.values.text_folding`, each prefixed with a letter for the
part of the record that it is in: `tcuba` in the title, `ncuba` in another name, `scuba` in the summary,
`rcuba` in the rest (identifiers, tags, provisions, notes of evidence). So a search of one part reads the postings of
that part alone, however common the word is elsewhere, and no phrase matches across parts. Within a part, a
gap in positions separates texts: no phrase matches across two aliases either. After the texts of a part come
the second forms of their words (`boehme` of Böhme: `app.values.digraphs`), each between gaps.

An entry's rowid begins with the number of words of its title. Both databases read matches in the order of
rowids, so that of equal matches the one with the shorter title comes first, without sorting.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import TSVECTOR

from app.database.engine import raw_sql as direct
from app.records.agreement import Agreement
from app.records.base import Record
from app.records.source import Source
from app.values.digraphs import second_forms
from app.values.identifiers import searchable_identifiers
from app.values.text_folding import tokens

TITLE, NAMES, SUMMARY, REST = PARTS = "tnsr"
"""The letters that prefix the tokens of each part, from the highest rank to the lowest."""

BREAK = "¶"
"""Between texts of one part; no token holds it, since tokens are letters, digits and marks."""

MAX_TITLE_WORDS = 99
"""Titles with more words than this get the rowid of one with this many."""

PLACE_BITS = 40
"""How far the number of title words is shifted in a rowid; the bits below hold the entry's key."""

ENTRY_MASK = (1 << PLACE_BITS) - 1

LAST_POSITION = 16_383
"""The highest position that a tsvector holds."""

LAST_IN_PHRASES = 16_000
"""Tokens of one part past this many are found as words, but in no phrase."""

MAX_POSITIONS = 255
"""Positions of one lexeme that a tsvector holds; tokens past them are in no phrase."""

MAX_BYTES = 900_000
"""The size that the tsvector of one entry may have, about; Postgres refuses more than 1 MiB."""

_FEW, _SHORT = 250, 4000
"""A part with at most this many tokens, of this many characters, meets none of the limits."""


@dataclass(frozen=True, slots=True)
class PositionedText:
    """The text of one entry for one dialect, positioned ahead of time."""

    marks: tuple[str, str]
    title_words: int
    tokens: str

    def line(self) -> str:
        """Return it as FTS5 takes it; it must have been made for that."""
        return f"{self.marks[0]} {self.marks[1]}{self.tokens}"

    def vector(self) -> str:
        """Return it as one tsvector literal; it must have been made for that."""
        return f"'{self.marks[0]}' '{self.marks[1]}'{self.tokens}"

    def laid(self, _dialect: str) -> Self:
        """Return itself: it is ready."""
        return self

    def in_view(self, view: int, kind: str) -> Self:
        """Return the same with the scope tokens of another view."""
        return replace(self, marks=scope_tokens_of(view, kind))


def scope_token_of_view(view: int, kind: str = "") -> str:
    """Return the token that every entry of a view has, or every entry of a kind in it."""
    return f"{BREAK}{view}{kind}"


def scope_tokens_of(view: int, kind: str) -> tuple[str, str]:
    """Return both tokens of an entry of that kind in a view."""
    return scope_token_of_view(view), scope_token_of_view(view, kind)


@dataclass(frozen=True, slots=True)
class TextParts:
    """The tokens of one entry, part by part, text by text; `marks` are its scope tokens."""

    marks: tuple[str, str]
    parts: tuple[tuple[str, list[list[str]], int], ...]
    """For each part its letter, the tokens of its texts, and how many characters those had."""

    @property
    def title_words(self) -> int:
        """The number of words of the title, up to the most that a rowid can hold."""
        return min(len(self.parts[0][1][0]) if self.parts[0][1] else 0, MAX_TITLE_WORDS)

    def name_words(self) -> set[str]:
        """Return the words of its names."""
        return {token for _, texts, _ in self.parts[:2] for one in texts for token in one}

    def laid_out(self) -> Iterator[list[str]]:
        """Yield each part's tokens in order, with gaps where no phrase may match."""
        left = MAX_BYTES
        for letter, texts, size in self.parts:
            if size <= _SHORT and sum(map(len, texts)) <= _FEW:
                tagged: list[str] = []
                for one in texts:
                    if tagged:
                        tagged.append(BREAK)
                    tagged.extend([letter + token for token in one])
                left -= 8 * len(tagged) + 4 * size
            else:
                tagged, left = _cut(letter, texts, left)
            yield tagged

    def in_view(self, view: int, kind: str) -> Self:
        """Return the same parts with the scope tokens of another view."""
        return replace(self, marks=scope_tokens_of(view, kind))

    def line(self) -> str:
        """Return the parts as FTS5 takes them: tokens separated by spaces."""
        return self.laid("sqlite").line()

    def vector(self) -> str:
        """Return the parts as one tsvector literal."""
        return self.laid("postgresql").vector()

    def laid(self, dialect: str) -> PositionedText:
        """Position the parts for a dialect."""
        if dialect == "postgresql":
            tokens = "".join([f" {lexeme}" for lexeme in self._lexemes()])
        elif all(size <= _SHORT and sum(map(len, texts)) <= _FEW for _, texts, size in self.parts):
            tokens = "".join([_short_line(f" {letter}", texts) for letter, texts, _ in self.parts])
        else:
            tokens = "".join([f" {token}" for part in self.laid_out() for token in part])
        return PositionedText(self.marks, self.title_words, tokens)

    def _lexemes(self) -> Iterator[str]:
        for part in self.laid_out():
            positions: dict[str, list[int]] = {}
            for at, token in enumerate(part, 1):
                if token != BREAK:
                    places = positions.setdefault(token, [])
                    if at <= LAST_IN_PHRASES:
                        places.append(at)
                    elif not places:
                        places.append(LAST_POSITION)
            for token, places in positions.items():
                if len(places) == 1:
                    yield f"'{token}':{places[0]}"
                else:
                    yield f"'{token}':{','.join(map(str, places[:MAX_POSITIONS]))}"


def _short_line(lead: str, texts: Iterable[list[str]]) -> str:
    """Position a short part at once, each token with its prefix: the same as `laid_out`, many times faster."""
    said = [lead + lead.join(one) if one else "" for one in texts]
    # As there: no gap before the first token of all.
    first = next((number for number, one in enumerate(said) if one), len(said))
    return f" {BREAK}".join(said[first:])


def _cut(letter: str, texts: Iterable[list[str]], left: int) -> tuple[list[str], int]:
    """Position a long part: a token past a limit is between gaps, so that it is in no phrase."""
    laid: list[str] = []
    seen: dict[str, int] = {}
    for one in texts:
        if laid:
            laid.append(BREAK)
        for token in one:
            count = seen.get(token, 0)
            left -= 2 if count else 8 + len(token.encode())
            if left < 0:
                return laid, left
            seen[token] = count + 1
            if count >= MAX_POSITIONS or len(laid) >= LAST_IN_PHRASES:
                if not count or len(laid) < LAST_IN_PHRASES:
                    laid += (BREAK, letter + token, BREAK)
            else:
                laid.append(letter + token)
    return laid, left


def _rest(record: Record) -> Iterator[str | None]:
    if isinstance(record, Source):
        yield from searchable_identifiers(record.isbn, record.doi)
    yield from record.tags or ()
    if isinstance(record, Agreement):
        for provision in record.provisions or ():
            yield provision.label
            yield provision.text
    for item in record.evidence_items():
        yield item.note


def _other_names(record: Record) -> Iterator[str]:
    yield from (record.labels or {}).values()
    yield from record.aliases or ()
    for name in record.names or ():
        yield name.name


def texts_of(record: Record) -> tuple[tuple[str, list[str]], ...]:
    """Return what is searchable of a record: the letter of each part, and its texts in order."""
    return (
        (TITLE, [record.title]),
        (NAMES, list(_other_names(record))),
        (SUMMARY, [record.summary] if record.summary else []),
        (REST, [text for text in _rest(record) if text]),
    )


def text_parts(record: Record, view: int) -> TextParts:
    """Cut what is searchable of a record into tokens."""
    return TextParts(
        marks=scope_tokens_of(view, record.kind),
        parts=tuple(_part(letter, texts) for letter, texts in texts_of(record)),
    )


def _part(letter: str, texts: list[str]) -> tuple[str, list[list[str]], int]:
    """Cut a part into tokens; each second form counts as a text, so that it is in no phrase."""
    others = dict.fromkeys([form for one in texts for form in second_forms(one)])
    cut = [tokens(one) for one in texts]
    return letter, [*cut, *([form] for form in others)], sum(map(len, texts)) + sum(map(len, others))


def text_rowid(entry: int, title_words: int) -> int:
    """Return the rowid of an entry in the index."""
    return title_words << PLACE_BITS | entry


TEXT_INDEX = Table(
    "text_index",
    MetaData(),
    Column("place", BigInteger),
    Column("mark", Text),
    Column("vector", TSVECTOR),
)
"""The index on Postgres, as far as rows are inserted into it; migrations make it, on SQLite as a virtual table."""

_COPY_FROM = 100
"""From this many texts on they are inserted by COPY on Postgres, as rows are in `rows`."""


def _placed(
    rows: Iterable[tuple[int, TextParts | PositionedText]],
) -> list[tuple[int, TextParts | PositionedText]]:
    """Return texts in the order of their rowids, with these in place of their entries' keys."""
    return sorted(
        ((text_rowid(entry, parts.title_words), parts) for entry, parts in rows), key=lambda row: row[0]
    )


def vector_rows(rows: Iterable[tuple[int, TextParts | PositionedText]]) -> list[tuple[int, str, str]]:
    """Return the rows of `TEXT_INDEX` for the texts of entries, given by the entry's key."""
    return [(at, parts.marks[1], parts.vector()) for at, parts in _placed(rows)]


def insert_texts(connection: Connection, rows: Iterable[tuple[int, TextParts | PositionedText]]) -> None:
    """Index the texts of entries, given by the entry's key."""
    placed = _placed(rows)
    if not placed:
        return
    if connection.dialect.name == "sqlite":
        # FTS5 buffers rows in memory as long as rowids ascend.
        direct.executemany(
            connection,
            "INSERT INTO text_index (rowid, line) VALUES (?, ?)",
            [(at, parts.line()) for at, parts in placed],
        )
    elif len(placed) >= _COPY_FROM:
        driver: Any = connection.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy("COPY text_index (place, mark, vector) FROM STDIN") as copy,
        ):
            for at, parts in placed:
                copy.write_row((at, parts.marks[1], parts.vector()))
    else:
        direct.executemany(
            connection,
            "INSERT INTO text_index (place, mark, vector) VALUES (%s, %s, %s::tsvector)",
            vector_rows(rows),
        )


def delete_texts(connection: Connection, places: list[int]) -> None:
    """Delete entries from the text index, given by their rowids."""
    if connection.dialect.name == "sqlite":
        direct.executemany(connection, "DELETE FROM text_index WHERE rowid = ?", [(at,) for at in places])
    else:
        direct.execute(connection, "DELETE FROM text_index WHERE place = ANY(%s)", (places,))
