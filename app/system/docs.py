"""The OpenAPI document, and pages to read it with, which load nothing from any other host."""

import inspect
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import orjson
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from app.errors import NotFound
from app.web.application import AnnalsApp
from app.web.openapi_document import describe
from app.web.problems import MEDIA_TYPE, PAGE, PROBLEMS
from app.web.responses import Headers, send_bytes
from app.web.routes import AsgiRoute
from app.web.templates import page_templates

_STATIC: Final = Path(str(files("fastapi_offline") / "static"))

_FILES: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}

_CACHED: Final = {"cache-control": "public, max-age=3600"}

_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_PAGE_HEADERS: Final[Headers] = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _POLICY),
]

_SWAGGER: Final = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Annals: the API</title>
<link rel="icon" href="docs/static/favicon.png">
<link rel="stylesheet" href="docs/static/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"><noscript>This page needs JavaScript; <a href="openapi.json">the description</a> does not.</noscript></div>
<script src="docs/static/swagger-ui-bundle.js"></script>
<script src="docs/static/start.js"></script>
</body>
</html>
"""

# Without validatorUrl: null the page would send the description to a validator on another host.
_START: Final = b"""SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
"""


def routes(
    service: AnnalsApp, components: Callable[[], Mapping[str, Mapping[str, Any]]] = dict
) -> tuple[AsgiRoute, ...]:
    """Return the pages; the document is made when it is first asked for, from all routes there are then."""
    made: list[bytes] = []

    async def openapi(_scope: Scope, _receive: Receive, send: Send) -> None:
        if not made:
            made.append(orjson.dumps(describe(service, components())))
        await send_bytes(send, 200, [(b"content-type", b"application/json")], made[0])

    return (
        _hidden("/openapi.json", openapi, "openapi"),
        _hidden("/docs", _swagger, "docs"),
        _hidden(PAGE, _problems, "problems"),
        _hidden("/docs/static/{name}", _static, "docs-static"),
    )


def _hidden(path: str, handler: Any, name: str) -> AsgiRoute:
    return AsgiRoute(path, handler, operation_id=name, summary=name, include_in_schema=False)


async def _swagger(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send_bytes(send, 200, _PAGE_HEADERS, _SWAGGER)


async def _problems(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send_bytes(send, 200, _PAGE_HEADERS, _PROBLEMS)


async def _static(scope: Scope, receive: Receive, send: Send) -> None:
    name = scope["path_params"]["name"]
    if name == "start.js":
        await send_bytes(send, 200, [(b"content-type", b"text/javascript; charset=utf-8")], _START)
    elif name in _FILES:
        response = FileResponse(_STATIC / name, media_type=_FILES[name], headers=_CACHED)
        await response(scope, receive, send)
    else:
        raise NotFound("There is no such file.")


_PROBLEMS: Final = (
    page_templates("app.system")
    .get_template("problems.html")
    .render(
        media_type=MEDIA_TYPE,
        problems=[
            {
                "code": problem.code,
                "status": problem.status,
                "meaning": (inspect.getdoc(problem) or "").replace("`", ""),
            }
            for problem in PROBLEMS
        ],
    )
    .encode()
)
