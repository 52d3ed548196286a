"""What is offered for fields of the form whose values are no records: types and tags that there are."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.vocabulary import current_vocabulary
from app.records.kinds import kind_by_name

_MOST: Final = 300
"""Values that are offered for one field: a browser shows those with what has been typed."""

_tag = tables.tag.c
_OF_ALL: Final = _tag.view == literal_column(str(tables.CANONICAL_VIEW))


class Offer(NamedTuple):
    """A value, and how people read it."""

    value: str
    label: str


async def read_offers(reading: ReadConnection, kinds: Sequence[str]) -> Mapping[str, Sequence[Offer]]:
    """Return what is offered where records of some kinds are looked for, by parameter: each in the order of its labels."""
    vocabulary = (await current_vocabulary(reading)).vocabulary
    schemes = [kind_by_name(kind).type_scheme for kind in kinds]
    types = {term.id: term.label for scheme in schemes for term in vocabulary.terms(scheme)}
    tags = [row[0] for row in await reading.fetch(_TAGS, {"most": _MOST})]
    by_label = sorted(map(Offer._make, types.items()), key=lambda one: (one.label.casefold(), one.value))
    return {"type": by_label[:_MOST], "tag": [Offer(tag, tag) for tag in tags]}


def _first_tags() -> CompiledStatement:
    """Select tags in their order, each by one look at the index, however many records have it."""
    first: Any = select(func.min(_tag.tag).label("tag"), literal_column("1").label("n")).where(_OF_ALL)
    known = first.cte("known", recursive=True)
    following: Any = select(func.min(_tag.tag)).where(_OF_ALL, _tag.tag > known.c.tag).scalar_subquery()
    more = select(following, known.c.n + literal_column("1")).where(
        known.c.tag.is_not(None), known.c.n < bindparam("most")
    )
    all_of_them = known.union_all(more)
    return CompiledStatement(select(all_of_them.c.tag).where(all_of_them.c.tag.is_not(None)))


_TAGS: Final = _first_tags()
