"""The records that items refer to, for formats that show them, in bounded memory.

Of a place the geometry is needed and of a source whom to credit, which are parsed out of whole documents;
of others a card is enough. Records come in portions whose related items fit into memory together.

No database is used here: a generator yields queries and is sent their rows, so that a transaction and an
asynchronous reader run the same steps.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, ColumnElement, bindparam, case, func, null, or_, select

from app.database import tables
from app.database.engine.read_snapshot import Rows
from app.database.engine.statement import AnyOf, CompiledStatement
from app.errors import BadRequest
from app.reading.cards import can_have_name, signs_of
from app.reading.chosen_names import AS_WRITTEN, NameChoice
from app.reading.documents import DOCUMENTS, PORTION_BYTES
from app.records.base import Record
from app.records.kinds import kind_by_name
from app.records.scalars import COLLECTIONS
from app.records.validation.document import load_stored
from app.values.portions import portions

MAX_BESIDE: Final = 4_000
"""Related items of a portion of several records."""

MAX_BYTES: Final = 16 * 2**20
"""How much one record may refer to, in bytes of what is kept."""

_SMALL: Final = 2**12
"""Documents up to this many bytes come with the others at once."""

_WHOLE: Final = ("place", "source")
_ALL: Final = 2**62

_KEPT: Final = frozenset(
    {
        "kind",
        "id",
        "href",
        "title",
        "type",
        "date",
        "geometry",
        "geometries",
        "same_as",
        "authors",
        "url",
        "licence",
        "attribution",
    }
)

_target = tables.record.alias("target")
_size = func.octet_length(_target.c.document)

_IS_WHOLE: Final = AnyOf.texts(_target.c.kind, "whole")


def _related(is_whole: ColumnElement[bool]) -> CompiledStatement:
    """Select what records refer to, and of those that are wanted whole the documents, or their size alone."""
    is_small = _size <= bindparam("small", type_=BigInteger())
    return CompiledStatement(
        select(
            _target.c.pk,
            _target.c.kind,
            _target.c.id,
            _target.c.card,
            case((is_whole, _size), else_=null()),
            case((is_whole & is_small, _target.c.document), else_=null()),
        )
        .where(
            _target.c.pk.in_(
                select(tables.reference.c.target).where(AnyOf.keys(tables.reference.c.record, "records"))
            ),
            AnyOf.texts(_target.c.kind, "kinds"),
        )
        .limit(bindparam("most", type_=BigInteger()))
    )


RELATED: Final = _related(_IS_WHOLE)
RELATED_WITH_NAMES: Final = _related(or_(_IS_WHOLE, can_have_name(_target.c.document)))


@dataclass(frozen=True, slots=True)
class RelatedQuery:
    """A query to be run; its rows are sent to the generator that yielded it."""

    statement: CompiledStatement
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows in order, and the targets of their references, by reference; there may be more of them."""

    rows: Rows
    linked: Mapping[str, Record]


Steps = Generator[RelatedQuery | Portion, Rows | None, None]


def next_step(steps: Steps, answer: Rows | None) -> RelatedQuery | Portion | None:
    """Continue with the rows of the last query; None at the end."""
    try:
        return steps.send(answer)
    except StopIteration:
        return None


def related_items(rows: Rows, kinds: Sequence[str], names: NameChoice = AS_WRITTEN) -> Steps:
    """Divide rows (document, …, key of the record, …) into portions with the related items of each.

    `names` chooses what these are shown with, sources aside: they are cited, with their titles as they were written.

    Raises:
        BadRequest: one record refers to more than fits into memory.
    """
    if not kinds:
        yield Portion(rows, {})
        return
    waiting = [rows] if rows else []
    while waiting:
        some = waiting.pop()
        alone = len(some) == 1
        most = _ALL if alone else MAX_BESIDE
        parameters = {
            "records": [row[2] for row in some],
            "kinds": list(kinds),
            "whole": list(_WHOLE),
            "small": _SMALL,
            "most": most + 1,
        }
        if names:
            parameters |= signs_of(names)
        found = (yield RelatedQuery(RELATED_WITH_NAMES if names else RELATED, parameters)) or ()
        large = [(row[0], row[4]) for row in found if row[4] is not None and row[5] is None]
        if not alone and (len(found) > most or sum(size for _, size in large) > PORTION_BYTES):
            middle = len(some) // 2
            waiting += [some[middle:], some[:middle]]
            continue
        kept = {row[0]: (row[1], row[2], _reduced(row[5], names) if row[5] else row[3]) for row in found}
        held = sum(len(text) for _, _, text in kept.values())
        for portion in portions(large, lambda one: one[1], most_size=PORTION_BYTES):
            for key, document in (yield RelatedQuery(DOCUMENTS, {"keys": [key for key, _ in portion]})) or ():
                kept[key] = (*kept[key][:2], _reduced(document, names))
                held += len(kept[key][2])
            if held > MAX_BYTES:
                raise _too_much()
        yield Portion(some, {_ref(kind, name): _read(kind, text) for kind, name, text in kept.values()})


def _reduced(document: str, names: NameChoice) -> str:
    members = orjson.loads(document)
    if names and members["kind"] != "source":
        members = names.shown(members)
    return orjson.dumps({name: value for name, value in members.items() if name in _KEPT}).decode()


def _read(kind: str, text: str) -> Record:
    return load_stored(kind_by_name(kind), text)


def _ref(kind: str, record_id: str) -> str:
    return f"{COLLECTIONS[kind]}/{record_id}"


def _too_much() -> BadRequest:
    return BadRequest(
        f"What one record refers to takes more than {MAX_BYTES // 2**20} MiB in this format; ask for json or ndjson.",
        code="too_much_beside",
    )
