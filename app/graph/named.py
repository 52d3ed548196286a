"""What a question to the graph names: sorts of link, and records."""

from collections.abc import Iterable, Mapping, Sequence

from app.database.engine.read_snapshot import ReadConnection
from app.database.lookup import find_references
from app.database.vocabulary import current_vocabulary
from app.errors import Fault, nearest
from app.filters.links import NO_RELATIONS
from app.records.vocabulary import RELATIONS


async def find_named(
    db: ReadConnection, links: Iterable[str], refs: Mapping[str, str]
) -> tuple[Mapping[str, int], Sequence[Fault]]:
    """Find the keys of records by the parameter that refers to them, and what is wrong with these and with sorts of link."""
    unknown = await _unknown_links(db, links) if links else ()
    keys, faults = await find_references(db, refs)
    return keys, [*unknown, *faults]


async def _unknown_links(db: ReadConnection, links: Iterable[str]) -> Sequence[Fault]:
    terms = (await current_vocabulary(db)).vocabulary.terms(RELATIONS)
    known = [*NO_RELATIONS, *(term.id for term in terms)]
    return [
        Fault(
            "unknown_term",
            f"There is no such sort of link; there are {', '.join(known)}.",
            parameter="link",
            suggestion=nearest(word, known),
        )
        for word in links
        if word not in known
    ]
