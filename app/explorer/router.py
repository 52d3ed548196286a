"""Pages for people, over HTTP."""

from fastapi import APIRouter

from app.explorer.evidence_page import render_evidence_page
from app.explorer.explore_page import render_explore_page
from app.explorer.pages import Site
from app.explorer.problems_page import PROBLEMS_PAGE
from app.explorer.start_page import START_PAGE
from app.explorer.static_files import static_file
from app.web.dependencies import Db, RawRequest, ServiceSettings
from app.web.problems import PAGE
from app.web.routes import FastRoute
from app.web.typed_responses import FixedResponse, TypedResponse

router = APIRouter(route_class=FastRoute, include_in_schema=False)


@router.get("/")
async def get_start_page() -> TypedResponse[str]:
    """What this service is, and examples to click."""
    return START_PAGE


@router.get(PAGE)
async def get_problems_page() -> TypedResponse[str]:
    """What each problem means."""
    return PROBLEMS_PAGE


@router.get("/docs/evidence")
async def get_evidence_page(request: RawRequest, db: Db, settings: ServiceSettings) -> TypedResponse[str]:
    """What evidence is; where reading needs a key, without examples."""
    # Summing over the whole database is slow: the page is kept until something is written, whatever the query.
    state = request.app.state
    kept: tuple[str, FixedResponse[str]] | None = getattr(state, "evidence_page", None)
    if kept is None or kept[0] != await db.version():
        kept = state.evidence_page = await render_evidence_page(db, with_examples=settings.public_reads)
    return kept[1]


@router.get("/explore")
async def get_explore_page(request: RawRequest, db: Db) -> TypedResponse[str]:
    """One question, seen as a list, on a time line, on a map, as a network."""
    return await render_explore_page(db, Site.of(request.scope), request.scope["query_string"])


@router.get("/explore/static/{digest}/{name}")
async def get_static_file(digest: str, name: str) -> TypedResponse[bytes]:
    """What the pages load."""
    return static_file(digest, name)


@router.get("/explore/static/{digest}/{folder}/{name}")
async def get_static_file_of_folder(digest: str, folder: str, name: str) -> TypedResponse[bytes]:
    """What the pages load, from a folder."""
    return static_file(digest, f"{folder}/{name}")
