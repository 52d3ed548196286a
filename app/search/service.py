"""Search over all kinds: matches with a score and a snippet."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from app.database.engine.read_snapshot import ReadConnection
from app.database.index.full_text import text_rowid
from app.database.index.text_query import TextQuery
from app.listing.query import ListQuery
from app.listing.relevance.ranking import score, text_of
from app.listing.service import LONG, Page, list_page
from app.reading.chosen_names import NameChoice
from app.records.scalars import COLLECTIONS
from app.search.snippets import level_of, snippet
from app.values.text_folding import tokens

NOTHING = TextQuery(())


async def search(db: ReadConnection, query: ListQuery) -> Page:
    """Return one page of a search; its documents are the matches.

    Raises:
        BadRequest: the query refers to nothing, or its cursor is of another search.
    """
    page, rows = await list_page(db, query)
    text = text_of(query.conditions) or NOTHING
    relevant = query.sort.name == "relevance"

    def matches() -> bytes:
        return b",".join(
            [_match(row[0], text, (row[3], row[4]) if relevant else None, query.names) for row in rows]
        )

    long = sum(len(row[0]) for row in rows) > LONG
    return replace(page, documents=await db.in_thread(matches) if long else matches())


def _match(document: str, text: TextQuery, found: Sequence[Any] | None, names: NameChoice) -> bytes:
    record = orjson.loads(document)
    if found is None:
        found = level_of(record, text), text_rowid(0, len(tokens(record["title"])))
    match = {
        "ref": f"{COLLECTIONS[record['kind']]}/{record['id']}",
        "kind": record["kind"],
        "id": record["id"],
        "title": record["title"],
    }
    for name in ("type", "date"):
        if name in record:
            match[name] = record[name]
    match["score"] = score(*found)
    match["snippet"] = snippet(record, text)
    chosen = names.name_of(record)
    return orjson.dumps(match if chosen is None else chosen.shown_in(match))
