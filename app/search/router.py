"""Search over all kinds, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.filters.attributes import select_kinds
from app.formats import FORMATS, MISSING, formats_for
from app.formats.format import Use
from app.formats.responses import other_formats, refuse_mark_elsewhere
from app.listing.router import formatted_page, json_page
from app.listing.service import is_single_statement
from app.search.schemas import MatchPage, SearchQuery, SuggestionList, SuggestQuery
from app.search.service import search
from app.search.suggest import Suggesting, suggest
from app.web.cached_routes import CachedRoute
from app.web.dependencies import Db, Negotiated, RequestScope, ServiceSettings, Snapshot, read_access
from app.web.headers import JSON_FORMAT
from app.web.openapi import PAGE_LINKS
from app.web.typed_responses import TypedResponse

FormatName = Annotated[str, Depends(Negotiated(formats_for(Use.SEARCH), MISSING))]

router = APIRouter(route_class=CachedRoute, tags=["across"], dependencies=[Depends(read_access)])


@router.get(
    "/v1/search",
    operation_id="search",
    summary="Search all kinds of record",
    response_description="What was found.",
    responses={200: {"content": other_formats(Use.SEARCH), "headers": PAGE_LINKS}},
)
async def get_matches(
    query: Annotated[SearchQuery, Query()],
    form: FormatName,
    db: Db,
    settings: ServiceSettings,
    scope: RequestScope,
) -> TypedResponse[MatchPage]:
    """Full text over names, summaries, ISBN, DOI, tags, provisions and notes of evidence, beside every filter of lists.

    `q` is needed, and is never wrong: words, all required; `"a phrase"`; `prefix*`; `-not`. Signs other than these
    separate words; Chinese, Japanese, Thai and the like are found by their characters. `q` of exclusions alone finds
    what has none of them, `q` without a word nothing.

    In other formats than JSON come the records that were found.
    """
    asked = query.question
    refuse_mark_elsewhere(form, bom=query.bom)
    if form != JSON_FORMAT:
        return await formatted_page(db, FORMATS[form], query, asked, "search", scope, settings)
    page = await db.answer(lambda reading: search(reading, asked), single=is_single_statement(asked))
    return json_page(page, scope)


@router.get(
    "/v1/suggest",
    operation_id="suggest",
    summary="Complete a name",
    response_description="What was found.",
)
async def get_suggestions(
    query: Annotated[SuggestQuery, Query()], snapshot: Snapshot
) -> TypedResponse[SuggestionList]:
    """Records whose title, label or alias has the words of `q`, the last of them as the beginning of a word.

    In words of four letters or more one typo is forgiven, in words of eight or more two; matches without
    a typo come first, then names that begin with `q`, then the shorter name.
    """
    kind, kinds = select_kinds(query.kind)
    found = await suggest(snapshot, Suggesting(query.q, kind, kinds, query.limit, query.names))
    return TypedResponse.json(SuggestionList(items=found))
