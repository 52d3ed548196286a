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
from app.web.typed_responses import AN_HOUR, FixedResponse, TypedResponse

_STATIC: Final = Path(str(files("fastapi_offline") / "static"))

_FILES: Final = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon.png": "image/png",
}

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_SWAGGER: Final = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Annals: the API</title>
<link rel="icon" href="docs/static/favicon.png">
<link rel="stylesheet" href="docs/static/swagger-ui.css">
<style>
.swagger-ui .info li { line-height: 1.6 }
.swagger-ui .markdown code, .swagger-ui .renderedMarkdown code { padding: 0 4px }
.swagger-ui .response-col_links { display: none }
.swagger-ui .responses-table td { overflow-wrap: anywhere }
</style>
</head>
<body>
<div id="swagger-ui"><noscript>This page needs JavaScript; <a href="openapi.json">the description</a> does not.</noscript></div>
<script src="docs/static/swagger-ui-bundle.js"></script>
<script src="docs/static/start.js"></script>
</body>
</html>
"""

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
    if name == "start.js":
        return _START_SCRIPT
    if name not in _FILES:
        raise NotFound("There is no such file.")
    return _packaged_file(name)


_PAGE: Final = FixedResponse[str].html(_SWAGGER, _POLICY)
_START_SCRIPT: Final = FixedResponse[bytes](
    files("app.system").joinpath("start.js").read_bytes(),
    media_type="text/javascript; charset=utf-8",
    cache_control=None,
)


@cache
def _packaged_file(name: str) -> FixedResponse[bytes]:
    """Give a file that a package has brought."""
    return FixedResponse((_STATIC / name).read_bytes(), media_type=_FILES[name], cache_control=AN_HOUR)
