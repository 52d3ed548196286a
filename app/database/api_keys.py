"""API keys: who may read, write and administer.

A key is `annals_`, 32 random characters of base 62 (190 bits) and their CRC-32 in six more, so that a
mistyped key is recognised without a query. Only its SHA-256 is stored. A key is found by that digest in an
index: the duration of the search depends on the digest alone, and so tells an attacker nothing about the
key.
"""

import hashlib
import secrets
import string
from binascii import crc32
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.index.database_version import bump_version
from app.errors import Conflict, Fault, InvalidDocument, NotFound
from app.values.timestamps import now

SCOPES: Final = ("read", "write", "admin")
"""The scopes of a key, each including those before it."""

PREFIX: Final = "annals_"
_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECK = 32, 6
_USED_EVERY: Final = 60_000_000
_KEPT: Final = 1000
MAX_LABEL: Final = 100
_key = tables.api_key.c

_COLUMNS = (
    _key.pk,
    _key.hint,
    _key.label,
    _key.scopes,
    _key.created_at,
    _key.expires_at,
    _key.revoked_at,
    _key.used_at,
)

_BY_DIGEST = CompiledStatement(select(*_COLUMNS).where(_key.digest == bindparam("digest")))

_WITH_VERSION = CompiledStatement(
    select(tables.database.c.version_tag, *_COLUMNS).select_from(
        tables.database.outerjoin(tables.api_key, _key.digest == bindparam("digest"))
    )
)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as it is stored; moments in microseconds since 1970."""

    pk: int
    hint: str
    label: str
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    used_at: int | None

    def allows(self, scope: str) -> bool:
        """Return whether the key has the scope, or one that includes it."""
        needed = SCOPES.index(scope)
        return any(SCOPES.index(own) >= needed for own in self.scopes)

    def is_good(self, at: int) -> bool:
        """Return whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


def _checksum(text: str) -> str:
    number, digits = crc32(text.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def new_token() -> str:
    """Make a new key."""
    body = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return body + _checksum(body)


def is_token(text: str) -> bool:
    """Return whether a text has the form of a key and the right checksum."""
    return (
        len(text) == len(PREFIX) + _RANDOM + _CHECK
        and text.isascii()
        and text.startswith(PREFIX)
        and _checksum(text[:-_CHECK]) == text[-_CHECK:]
    )


def digest_of(token: str) -> bytes:
    """Return the digest of a key, which is what is stored."""
    return hashlib.sha256(token.encode()).digest()


def create_key(
    tx: Connection, label: str, scopes: Iterable[str], expires_at: int | None = None
) -> tuple[str, ApiKey]:
    """Create a key and return it, this once.

    Raises:
        InvalidDocument: a label that is empty or too long, scopes that do not exist, a past moment.
        Conflict: a good key has this label already; revisions are signed with it.
    """
    chosen = tuple(scope for scope in SCOPES if scope in set(scopes))
    created = now()
    faults = []
    if not label.strip() or len(label) > MAX_LABEL or not label.isprintable():
        faults.append(Fault("invalid_text", f"Give 1 to {MAX_LABEL} characters on one line.", "/label"))
    if not chosen or set(scopes) - set(SCOPES):
        faults.append(Fault("unknown_scope", f"Give some of: {', '.join(SCOPES)}.", "/scopes"))
    if expires_at is not None and expires_at <= created:
        faults.append(Fault("in_the_past", "Give a moment that is still to come.", "/expires"))
    if faults:
        raise InvalidDocument("No such key can be made.", faults=faults)
    if any(key.label == label and key.is_good(created) for key in list_keys(tx)):
        raise Conflict(
            "There is a key of this label; revoke it first, or choose another.", code="label_in_use"
        )
    token = new_token()
    pk = tx.execute(
        insert(tables.api_key)
        .values(
            digest=digest_of(token),
            hint=token[: len(PREFIX) + 4],
            label=label,
            scopes=",".join(chosen),
            created_at=created,
            expires_at=expires_at,
        )
        .returning(_key.pk)
    ).scalar_one()
    hint = token[: len(PREFIX) + 4]
    return token, ApiKey(pk, hint, label, chosen, created, expires_at, None, None)


def list_keys(tx: Connection) -> list[ApiKey]:
    """Return every key, revoked and expired ones included, the oldest first."""
    return [_made(row) for row in tx.execute(select(*_COLUMNS).order_by(_key.pk))]


def revoke_key(tx: Connection, which: str) -> ApiKey:
    """Revoke a key, given by its label, its number, its first characters or as a whole.

    Every worker refuses it from the next request on.

    Raises:
        NotFound: no good key is meant.
        Conflict: several are.
    """
    at = now()
    wanted = [
        key
        for key in list_keys(tx)
        if key.revoked_at is None and (key.label == which or str(key.pk) == which or key.hint == which)
    ]
    if is_token(which):
        known = map(_made, _BY_DIGEST.rows(tx, {"digest": digest_of(which)}))
        wanted = [key for key in known if key.revoked_at is None]
    if not wanted:
        raise NotFound("There is no such key, or it is revoked already; `annals keys list` shows them.")
    if len(wanted) > 1:
        raise Conflict("Several keys are meant; give the number that `annals keys list` shows.")
    tx.execute(update(tables.api_key).where(_key.pk == wanted[0].pk).values(revoked_at=at))
    bump_version(tx, 1)
    return wanted[0]


def note_uses(tx: Connection, used: Sequence[tuple[int, int]]) -> None:
    """Store when keys were last used: (key, moment)."""
    for pk, at in used:
        tx.execute(
            update(tables.api_key)
            .where(_key.pk == pk, or_(_key.used_at.is_(None), _key.used_at < at))
            .values(used_at=at)
        )


class KeyCache:
    """A cache of the keys that one process has seen, valid while the database version stays the same."""

    def __init__(self, db: Database) -> None:
        """Look keys up in `db`."""
        self.db = db
        self._seen: OrderedDict[bytes, tuple[str, ApiKey | None]] = OrderedDict()
        self._uses: dict[int, int] = {}
        self._noted: dict[int, int] = {}

    async def find(self, token: str) -> ApiKey | None:
        """Return the key that a token is, if it is known and valid at this moment."""
        if not is_token(token):
            return None
        digest = digest_of(token)
        seen = self._seen.get(digest)
        if seen is None or seen[0] != await self.db.newest_version():
            seen = self._seen[digest] = await self.db.decide(partial(_look_up, digest), single=True)
            self._seen.move_to_end(digest)
            if len(self._seen) > _KEPT:
                self._seen.popitem(last=False)
        key, at = seen[1], now()
        if key is None or not key.is_good(at):
            return None
        if at - self._noted.get(key.pk, key.used_at or 0) >= _USED_EVERY:
            self._uses[key.pk] = self._noted[key.pk] = at
        return key

    def last_used(self, key: ApiKey) -> int | None:
        """Return when a key was last used; of the uses within a minute, the first."""
        return self._noted.get(key.pk, key.used_at)

    def take_uses(self) -> list[tuple[int, int]]:
        """Return the uses that are to be stored, each once; at most one a minute for each key."""
        uses, self._uses = list(self._uses.items()), {}
        return uses


async def _look_up(digest: bytes, db: ReadConnection) -> tuple[str, ApiKey | None]:
    """Return the version of the database, and the key of a digest in it."""
    [(version, *row)] = await db.fetch(_WITH_VERSION, {"digest": digest})
    return version, None if row[0] is None else _made(row)


def _made(row: Sequence[object]) -> ApiKey:
    pk, hint, label, scopes, *moments = row
    return ApiKey(pk, hint, label, tuple(str(scopes).split(",")), *moments)  # type: ignore[arg-type]
