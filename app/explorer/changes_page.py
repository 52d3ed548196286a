"""`/explore/changes`: the latest changes, with who made them, when and why, and what they changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import Field

from app.changes.schemas import Change, ChangesParameters, ChangesSort
from app.changes.service import ChangeDetails, details_of_changes, list_changes
from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.database.lookup import split_ref
from app.explorer.page_query import PageQuery
from app.explorer.pages import Site
from app.records.kinds import RECORD_KINDS
from app.web.typed_responses import TypedResponse

_ACTIONS: Final = {
    "create": "created",
    "update": "changed",
    "delete": "deleted",
    "restore": "restored",
    "revert": "taken back to an earlier revision",
    "merge": "changed by a merge",
    "unmerge": "changed by undoing a merge",
    "rename": "renamed",
}
"""What is said of each action."""


class ChangesPageQuery(ChangesParameters):
    """Which changes are shown: the latest first, unless something else is asked for."""

    sort: ChangesSort = Field("-seq", description="The order.")


@dataclass(frozen=True, slots=True)
class Found:
    """Changes, what is to be known of each by its number, and the query string of the next page."""

    changes: Sequence[Change]
    details: Mapping[int, ChangeDetails]
    next: str | None


async def render_changes_page(db: Database, site: Site, raw: bytes) -> TypedResponse[str]:
    """Show changes; of the parts of an address that are wrong, what is wrong with them."""
    asked = PageQuery(ChangesPageQuery, raw)
    found = await asked.answer(db, lambda reading: _find(reading, asked))
    return site.page(
        "changes.html",
        status=400 if asked.faults else 200,
        asked=asked,
        kinds=RECORD_KINDS,
        kind_of=lambda ref: split_ref(ref)[0].kind,
        actions=_ACTIONS,
        found=found,
    )


async def _find(reading: ReadConnection, asked: PageQuery[ChangesPageQuery]) -> Found:
    changes, more = await list_changes(reading, asked.query)
    details = await details_of_changes(reading, changes)
    following = None
    if more:
        passed = "before" if asked.query.sort == "-seq" else "after"
        following = asked.with_values(**{passed: changes[-1]["seq"]})
    return Found(changes, details, following)
