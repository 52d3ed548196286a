"""What a list that is empty tells of how its parameters may have been meant."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.database.engine.read_snapshot import ReadConnection
from app.errors import BadRequest
from app.filters.base import Condition, ConditionSet
from app.listing.bound_conditions import bind_conditions
from app.listing.bound_query import BoundQuery
from app.listing.page_sql import any_match


async def likely_mistakes(db: ReadConnection, question: BoundQuery) -> list[dict[str, str]]:
    """Return the warnings of an empty list: values that find nothing at all, where another reading of them would.

    Both are looked for whatever the other filters ask, so that it costs no more than two look-ups of a record.
    """
    warnings = []
    for condition in question.conditions:
        other = condition.other_reading() if condition.other_reading is not None else None
        if other is None or await _finds(db, question, other.asked, question.parameters):
            continue
        try:
            parameters, _ = await bind_conditions(db, other.meant)
        except BadRequest:
            # That area has too many shapes to test: the list as it was meant would be refused too.
            continue
        if await _finds(db, question, other.meant, parameters):
            warnings.append(
                {
                    "code": other.code,
                    "detail": other.detail,
                    "parameter": other.parameter,
                    "suggestion": other.value,
                }
            )
    return warnings


async def _finds(
    db: ReadConnection, question: BoundQuery, any_of: Sequence[Condition], parameters: Mapping[str, Any]
) -> bool:
    """Return whether some record of the kind, in the view, meets any of the conditions."""
    asked = {**parameters, "view": question.view, "kind": question.kind}
    for condition in any_of:
        statement = any_match(ConditionSet([condition]), kind=question.kind is not None)
        if await db.fetch_slow(statement, asked):
            return True
    return False
