"""The current vocabulary: read from the database, cached by each process as long as it has not changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import Connection, Engine, select

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.errors import NotFound, nearest
from app.records.vocabulary import SCHEMES, Term, Vocabulary

_VERSION = CompiledStatement(select(tables.database.c.vocabulary))

_TERMS = CompiledStatement(
    select(
        select(tables.database.c.vocabulary).scalar_subquery(),
        tables.term.c.scheme,
        tables.term.c.document,
    ).order_by(tables.term.c.scheme, tables.term.c.position, tables.term.c.id)
)

_term = tables.term.c


class VocabularyVersion(NamedTuple):
    """A vocabulary, and its version in the database."""

    version: int
    vocabulary: Vocabulary


# By engine, since a copy of a file has the same secret and the same version.
_known: WeakKeyDictionary[Engine, VocabularyVersion] = WeakKeyDictionary()


def vocabulary_of(tx: Connection) -> Vocabulary:
    """Return the vocabulary as this transaction sees it."""
    return known_vocabulary(tx).vocabulary


def known_vocabulary(tx: Connection) -> VocabularyVersion:
    """Return the vocabulary as this transaction sees it, and its version."""
    version = _VERSION.values(tx, {})[0]
    known = _known.get(tx.engine)
    if known is None or known.version != version:
        known = _known[tx.engine] = _made(version, _TERMS.rows(tx, {}))
    return known


async def current_vocabulary(db: ReadConnection) -> VocabularyVersion:
    """Return the vocabulary as a read sees it, and its version."""
    version = (await db.fetch(_VERSION, {}))[0][0]
    known = _known.get(db.engine)
    if known is None or known.version != version:
        known = _known[db.engine] = _made(version, await db.fetch(_TERMS, {}))
    return known


def kept_vocabulary(db: Database) -> VocabularyVersion | None:
    """Return the cached vocabulary without a query; None before it was first read."""
    return _known.get(db.engine)


def read_terms(tx: Connection) -> Vocabulary:
    """Read the vocabulary without the cache, for a transaction that is changing it."""
    return _made(0, _TERMS.rows(tx, {})).vocabulary


def _made(version: int, rows: Iterable[Any]) -> VocabularyVersion:
    schemes: dict[str, list[Term]] = {scheme: [] for scheme in SCHEMES}
    for seen, scheme, document in rows:
        version = seen
        schemes.setdefault(scheme, []).append(_term_of(document))
    return VocabularyVersion(version, Vocabulary(schemes))


@lru_cache(maxsize=4096)
def _term_of(document: str) -> Term:
    # When a vocabulary changes, nearly all of its terms are as they were.
    return Term.model_validate(orjson.loads(document))


@dataclass(frozen=True, slots=True)
class StoredTerm:
    """A term's row."""

    scheme: str
    term: Term
    revision: int
    added: bool


def term_json(term: Term) -> bytes:
    """Serialize a term as the API shows it; empty members are left out."""
    return orjson.dumps(term.model_dump(mode="json", by_alias=True, exclude_defaults=True))


def require_scheme(scheme: str) -> None:
    """Raise `NotFound` for a scheme that does not exist."""
    if scheme not in SCHEMES:
        near = nearest(scheme, SCHEMES)
        raise NotFound(
            "There is no such vocabulary; /v1/vocabularies lists those there are.",
            extra={"nearest": near} if near else None,
        )


def find_term(tx: Connection, scheme: str, term_id: str) -> StoredTerm | None:
    """Find a term."""
    require_scheme(scheme)
    row = tx.execute(
        select(_term.document, _term.revision, _term.added).where(_term.scheme == scheme, _term.id == term_id)
    ).first()
    if row is None:
        return None
    return StoredTerm(scheme, _term_of(row.document), row.revision, row.added)
