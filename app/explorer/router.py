"""Pages for people, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from app.explorer.changes_page import render_changes_page
from app.explorer.coverage_page import render_coverage_page, render_statements_page
from app.explorer.evidence_page import evidence_page_without_examples, render_evidence_page
from app.explorer.explore_page import render_explore_page
from app.explorer.kept_page import KeptPage
from app.explorer.page_route import PageRoute
from app.explorer.pages import Site
from app.explorer.problems_page import PROBLEMS_PAGE
from app.explorer.record_pages.page import render_record_page
from app.explorer.sign_in import sign_in, sign_in_page, sign_out
from app.explorer.start_page import render_start_page, start_page_without_contents
from app.explorer.static_files import static_file
from app.web.dependencies import Db, RawRequest, RequestScope, ServiceSettings
from app.web.problems import PAGE
from app.web.routes import FastRoute
from app.web.typed_responses import TypedResponse


class _KeptPages:
    """Pages that sum over the whole database, which takes long."""

    def __init__(self) -> None:
        self.start = KeptPage(render_start_page)
        self.evidence = KeptPage(render_evidence_page)


async def _kept_pages(request: Request) -> _KeptPages:
    state = request.app.state
    kept: _KeptPages | None = getattr(state, "kept_pages", None)
    if kept is None:
        kept = state.kept_pages = _KeptPages()
    return kept


KeptPages = Annotated[_KeptPages, Depends(_kept_pages)]

router = APIRouter(route_class=PageRoute, include_in_schema=False)
"""Pages that show records."""

open_to_all = APIRouter(route_class=FastRoute, include_in_schema=False)
"""What nobody needs a key for."""


@open_to_all.get("/")
async def get_start_page(db: Db, settings: ServiceSettings, kept: KeptPages) -> TypedResponse[str]:
    """What this service is, what is in it, and questions to begin with; nothing of it where reading needs a key."""
    return await kept.start.get(db) if settings.public_reads else start_page_without_contents()


@open_to_all.get(PAGE)
async def get_problems_page() -> TypedResponse[str]:
    """What each problem means."""
    return PROBLEMS_PAGE


@open_to_all.get("/docs/evidence")
async def get_evidence_page(db: Db, settings: ServiceSettings, kept: KeptPages) -> TypedResponse[str]:
    """What evidence is; where reading needs a key, without examples."""
    return await kept.evidence.get(db) if settings.public_reads else evidence_page_without_examples()


@router.get("/explore")
async def get_explore_page(request: RawRequest, db: Db) -> TypedResponse[str]:
    """One question, seen as a list, on a time line, on a map, as a network."""
    return await render_explore_page(db, Site.of(request.scope), request.scope["query_string"])


@router.get("/explore/changes")
async def get_changes_page(request: RawRequest, db: Db) -> TypedResponse[str]:
    """The latest changes."""
    return await render_changes_page(db, Site.of(request.scope), request.scope["query_string"])


@router.get("/explore/coverage")
async def get_coverage_page(request: RawRequest) -> TypedResponse[str]:
    """Where the evidence is thin."""
    return await render_coverage_page(request.app, Site.of(request.scope), request.scope["query_string"])


@router.get("/explore/coverage/statements")
async def get_statements_page(request: RawRequest, db: Db) -> TypedResponse[str]:
    """The records behind a number of that page."""
    return await render_statements_page(db, Site.of(request.scope), request.scope)


@open_to_all.get("/explore/sign-in")
async def get_sign_in_page(request: RawRequest) -> TypedResponse[str]:
    """A form that asks for a key, where reading needs one."""
    return await sign_in_page(request.app, request.scope)


@open_to_all.post("/explore/sign-in")
async def post_sign_in(request: RawRequest) -> TypedResponse[str]:
    """Keep a key for reading in a cookie."""
    return await sign_in(request.app, request.scope, request.receive)


@open_to_all.post("/explore/sign-out")
async def post_sign_out(request: RawRequest, settings: ServiceSettings) -> TypedResponse[str]:
    """Have the browser forget the key."""
    return sign_out(request.scope, settings)


@router.get("/explore/{collection}/{id}")
async def get_record_page(
    collection: str,
    id: str,  # noqa: A002 - the name of the path parameter
    scope: RequestScope,
    db: Db,
    settings: ServiceSettings,
) -> TypedResponse[str]:
    """One record, with what is known of it, on whose word, and what surrounds it."""
    return await render_record_page(db, settings, scope, collection, id)


@open_to_all.get("/explore/static/{digest}/{name}")
async def get_static_file(digest: str, name: str) -> TypedResponse[bytes]:
    """What the pages load."""
    return static_file(digest, name)


@open_to_all.get("/explore/static/{digest}/{folder}/{name}")
async def get_static_file_of_folder(digest: str, folder: str, name: str) -> TypedResponse[bytes]:
    """What the pages load, from a folder."""
    return static_file(digest, f"{folder}/{name}")
