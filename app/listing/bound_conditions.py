"""Binding the conditions of a query: what they name in the database is looked up, and all that is wrong with it is told at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from app.database.engine.read_snapshot import ReadConnection
from app.database.lookup import find_references
from app.database.vocabulary import current_vocabulary
from app.errors import BadRequest, Fault, nearest
from app.filters.base import Condition, NamedTerm
from app.schemas.query_model import invalid_query


class Named(NamedTuple):
    """What a query names.

    Attributes:
        keys: of the records that it refers to, by the parameter that does.
        faults: what is wrong with terms and references that there are not.
    """

    keys: Mapping[str, int]
    faults: Sequence[Fault]


async def look_up(db: ReadConnection, conditions: Iterable[Condition], policy: str | None) -> Named:
    """Look up the terms and the records that conditions name, and the source that the records are read as."""
    terms: list[NamedTerm] = []
    references: dict[str, str] = {}
    for condition in conditions:
        terms.extend(condition.terms)
        references.update(condition.references)
    if policy is not None:
        references["policy"] = policy
    unknown = await _unknown_terms(db, terms) if terms else ()
    keys, faults = await find_references(db, references)
    return Named(keys, [*unknown, *faults])


async def _unknown_terms(db: ReadConnection, named: Iterable[NamedTerm]) -> Sequence[Fault]:
    """Give a fault for each term that its vocabularies do not have, with the nearest one.

    A term that was checked once is not checked again: if it was removed since, no record has it.
    """
    seen = db.database.seen_terms
    unseen = [one for one in named if not any((scheme, one.term) in seen for scheme in one.schemes)]
    if not unseen:
        return ()
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
    return faults


async def bind_conditions(
    db: ReadConnection, conditions: Sequence[Condition], policy: str | None = None
) -> tuple[dict[str, Any], int | None]:
    """Return the values of all parameters of the conditions, and the key of the source that the records are read as.

    Raises:
        BadRequest: with everything that is wrong with what they name.
    """
    keys, told = await look_up(db, conditions, policy)
    faults = list(told)
    parameters: dict[str, Any] = {}
    for condition in conditions:
        parameters.update(condition.parameters)
        parameters.update((name, keys[name]) for name in condition.references if name in keys)
    for condition in conditions:
        if condition.prepare is None or not condition.references.keys() <= keys.keys():
            continue
        try:
            parameters.update(await condition.prepare(db, parameters))
        except BadRequest as error:
            faults.extend(error.faults or [Fault(error.code, error.detail)])
    if faults:
        raise invalid_query(faults)
    return parameters, keys.get("policy")
