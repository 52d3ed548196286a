"""What a question names, found: the keys of its references, and its vocabulary's terms."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from app.errors import BadRequest, Fault, nearest
from app.queries.condition import Condition, Named
from app.store import tables
from app.store.reading import Reading
from app.store.statement import Statement
from app.verbs.finding import (
    COLLECTIONS,
    NEIGHBOURS,
    finding_heads,
    ids_by_collection,
    neighbour_ranges,
    rank_neighbours,
    split_ref,
)
from app.verbs.vocabulary import current_vocabulary

_record = tables.record.c
NEXT_MERGE = Statement(select(_record.merged_into).where(_record.pk == bindparam("pk")))


async def refuse_unknown_terms(db: Reading, named: Iterable[Named]) -> None:
    """Refuse terms that their vocabularies do not have.

    A term once seen needs no second look: one that was removed since is simply borne by no record.

    Raises:
        BadRequest: naming the nearest terms.
    """
    seen = db.database.seen_terms
    unseen = [one for one in named if not any((scheme, one.term) in seen for scheme in one.schemes)]
    if not unseen:
        return
    vocabulary = (await current_vocabulary(db)).vocabulary
    faults = []
    for one in unseen:
        found = [scheme for scheme in one.schemes if vocabulary.has(scheme, one.term)]
        if found:
            seen.update((scheme, one.term) for scheme in found)
            continue
        near = [term for term in (vocabulary.nearest(scheme, one.term) for scheme in one.schemes) if term]
        listed = f"/v1/vocabularies/{one.schemes[0]}" if len(one.schemes) == 1 else "/v1/vocabularies"
        faults.append(
            Fault(
                "unknown_term",
                f"There is no such term; {listed} lists those there are.",
                parameter=one.parameter,
                suggestion=nearest(one.term, near),
            )
        )
    if faults:
        raise BadRequest("The query names unknown terms.", code="invalid_query", faults=faults)


async def find_keys(db: Reading, refs: Mapping[str, str]) -> dict[str, int]:
    """Find the keys of records by references, given by the parameter that names them.

    A merged record stands for the one it was merged into.

    Raises:
        BadRequest: every reference that leads to nothing, with near ones.
        NotFound: a reference is into a collection that there is not.
    """
    if not refs:
        return {}
    for ref in refs.values():
        split_ref(ref)
    ids = ids_by_collection(dict.fromkeys(refs.values()))
    found: dict[str, int] = {}
    heads = await db.fetch(finding_heads(tuple(sorted(ids))), ids)
    for pk, kind_name, record_id, state, merged_into in heads:
        if state == tables.LIVE:
            found[f"{COLLECTIONS[kind_name]}/{record_id}"] = pk
        elif state == tables.MERGED:
            found[f"{COLLECTIONS[kind_name]}/{record_id}"] = await _end(db, merged_into)
    faults = [await _unknown(db, parameter, ref) for parameter, ref in refs.items() if ref not in found]
    if faults:
        raise BadRequest(
            "The query refers to records that do not exist.", code="invalid_query", faults=faults
        )
    return {parameter: found[ref] for parameter, ref in refs.items()}


async def key_of_source(db: Reading, source: str | None) -> int | None:
    """Find the key of the source whose reading `policy` asks for; None where none is asked for.

    Raises:
        BadRequest: there is no such source.
    """
    return None if source is None else (await find_keys(db, {"policy": source}))["policy"]


async def _end(db: Reading, pk: int) -> int:
    while True:
        merged_into = (await db.fetch(NEXT_MERGE, {"pk": pk}))[0][0]
        if merged_into is None:
            return pk
        pk = merged_into


async def _unknown(db: Reading, parameter: str, ref: str) -> Fault:
    kind, record_id = split_ref(ref)
    near: set[str] = set()
    for parameters in neighbour_ranges(kind, record_id):
        near.update(row[0] for row in await db.fetch(NEIGHBOURS, parameters))
    refs = rank_neighbours(kind, record_id, near, 1)
    return Fault(
        "unknown_reference",
        "There is no such record.",
        parameter=parameter.partition("_")[0],
        suggestion=refs[0] if refs else None,
    )


async def fill(db: Reading, conditions: Sequence[Condition]) -> dict[str, Any]:
    """Give the values of every parameter of the conditions, looked up where need be."""
    parameters: dict[str, Any] = {}
    references: dict[str, str] = {}
    for condition in conditions:
        parameters.update(condition.parameters)
        references.update(condition.references)
    if references:
        parameters.update(await find_keys(db, references))
    for condition in conditions:
        if condition.prepare is not None:
            parameters.update(await condition.prepare(db, parameters))
    return parameters
