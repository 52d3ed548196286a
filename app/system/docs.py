"""The OpenAPI document, and pages to read it with, which load nothing from any other host."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Request

from app.errors import NotFound
from app.web.application import AnnalsApp
from app.web.openapi_document import describe
from app.web.routes import FastRoute
from app.web.templates import page_templates
from app.web.typed_responses import AN_HOUR, FixedResponse, TypedResponse

_PACKAGED: Final = Path(str(files("fastapi_offline") / "static"))
_OWN: Final = Path(str(files("app.system") / "static"))

_FILES: Final = {
    "swagger-ui-bundle.js": (_PACKAGED, "text/javascript; charset=utf-8", AN_HOUR),
    "swagger-ui.css": (_PACKAGED, "text/css; charset=utf-8", AN_HOUR),
    "favicon.png": (_PACKAGED, "image/png", AN_HOUR),
    "start.js": (_OWN, "text/javascript; charset=utf-8", None),
    "docs.css": (_OWN, "text/css; charset=utf-8", None),
}
"""What the page loads: where it is, its media type and its `Cache-Control`."""

# Swagger UI sets styles inline.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(route_class=FastRoute, include_in_schema=False)


_Document = FixedResponse[dict[str, Any]]


async def _described(request: Request) -> _Document:
    """Give the document, which is made when it is first asked for, of all routes that there are then."""
    app: AnnalsApp = request.app
    made: _Document | None = getattr(app.state, "openapi", None)
    if made is None:
        made = app.state.openapi = _Document(orjson.dumps(describe(app, app.components())))
    return made


@router.get("/openapi.json")
async def get_openapi(document: Annotated[_Document, Depends(_described)]) -> TypedResponse[dict[str, Any]]:
    """The description of the service."""
    return document


@router.get("/docs")
async def get_docs() -> TypedResponse[str]:
    """The page to read it with."""
    return _PAGE


@router.get("/docs/static/{name}")
async def get_static_file(name: str) -> TypedResponse[bytes]:
    """What the page loads."""
    if name not in _FILES:
        raise NotFound("There is no such file.")
    return _file(name)


_PAGE: Final = FixedResponse[str].html(
    page_templates("app.system").get_template("docs.html").render().encode(), _POLICY
)


@cache
def _file(name: str) -> FixedResponse[bytes]:
    folder, media_type, cache_control = _FILES[name]
    return FixedResponse((folder / name).read_bytes(), media_type=media_type, cache_control=cache_control)
