"""Cursors of paged lists: opened from the query, and sealed in the links to the pages beside a page."""

from starlette.types import Scope

from app.database.engine.database import cursor_secret
from app.database.engine.read_snapshot import ReadConnection
from app.errors import Fault
from app.schemas.query_model import invalid_query
from app.values.cursor import Cursor, InvalidCursor, open_cursor
from app.web.responses import PageLinks, page_links


async def cursor_of_query(db: ReadConnection, text: str | None, purpose: bytes) -> Cursor | None:
    """Open the cursor of a query, if it has one; `purpose` is what the cursors of the list are bound to.

    Raises:
        BadRequest: it is not one of this list.
    """
    if text is None:
        return None
    try:
        return open_cursor(text, await cursor_secret(db), purpose)
    except InvalidCursor:
        detail = "Take cursors from next or prev of the same list."
        raise invalid_query([Fault("invalid_cursor", detail, parameter="cursor")]) from None


async def links_to_pages(
    scope: Scope,
    db: ReadConnection,
    purpose: bytes,
    following: Cursor | None,
    preceding: Cursor | None = None,
) -> PageLinks:
    """Return the paths of the pages after and before one, where there are any."""
    secret = await cursor_secret(db)
    sealed = [None if one is None else one.seal(secret, purpose) for one in (following, preceding)]
    return page_links(scope, *sealed)
