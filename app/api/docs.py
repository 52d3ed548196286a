"""The description of the API, and pages to read it with, none of which asks any other host for anything."""

import html
import inspect
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import orjson
from fastapi.openapi.utils import get_openapi
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

import app
from app.api.problems import MEDIA_TYPE, PAGE, PROBLEMS
from app.api.routing import Headers, RawRoute, send_bytes
from app.api.service import Service
from app.errors import AnnalsError, NotFound

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

DESCRIPTION: Final = f"""\
Historical events, the people, states and organisations that took part, what they agreed, where it happened,
and what the sources say about it.

* **A record is one document.** What `GET` returns is what lists hold and what `PUT` takes back.
* **A reference** is a record's path below `/v1/`, such as `actors/hugo-chavez`.
* **Dates** are EDTF (ISO 8601-2): `1967`, `1967-03~`, `[1960..1965]`, `-0043-03-15`. Filters ask for what is
  possible, or with `certainty=certain` for what is certain.
* **Errors** are problem documents (RFC 9457); [each is explained]({PAGE.removeprefix("/")}).
* **Parameters** that an operation does not know are refused. Lists, records and questions across them pass
  them over for whoever sends `Prefer: handling=lenient` (RFC 7240), and say so in `Preference-Applied`.
* **Writes** need a key, and answer what `GET` would; with `Prefer: return=minimal` they have no body.
* **Limits** hold up nobody else: requests of one address or key (429), connections of one address (429) and in all (503,
  `too_many_connections`), headers (431) and bodies (413), the time that a request may take to come (408) and an answer to be
  read, after which the connection closes. Imports, exports, large bodies, pages of more than 200 records and reads that
  take long wait for their turn (503, `busy`); try again after `Retry-After`. A read that takes too much work is 503
  (`too_much_work`), and says what to ask instead. What each limit is set to, the operator knows.
* Every answer has an `X-Request-ID`; your own is kept where it is a plain word.
"""

TAGS: Final[tuple[dict[str, str], ...]] = (
    {"name": "events", "description": "What happened."},
    {"name": "actors", "description": "People, states, organisations and groups that took part."},
    {"name": "agreements", "description": "What was agreed, by whom, and when it was in force."},
    {"name": "missions", "description": "What was carried out under agreements."},
    {"name": "places", "description": "Where it happened."},
    {"name": "sources", "description": "What is known, and from where."},
    {"name": "across", "description": "Questions to all kinds of record at once."},
    {"name": "vocabularies", "description": "The terms that records use."},
    {"name": "service", "description": "The service itself."},
)

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "The page that explains it."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "One sentence on this very occurrence."},
        "instance": {"type": "string", "format": "uri-reference", "description": "The path asked for."},
        "code": {"type": "string", "pattern": "^[a-z0-9_]+$"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Every single fault; of very many, the first.",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "Where in the document (RFC 6901)."},
                    "parameter": {"type": "string"},
                    "header": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "suggestion": {"type": "string"},
                },
            },
        },
        "errors_left_out": {"type": "integer", "description": "How many faults are not listed, if any."},
    },
}


def problem_responses(*problems: type[AnnalsError]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of an operation that may answer with these errors."""
    return {problem.status: {"$ref": f"#/components/responses/{problem.__name__}"} for problem in problems}


def describe(service: Service, components: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of a service, with the shape of every error in its components.

    `components` are further ones (schemas, security schemes) that the operations refer to.
    """
    document = get_openapi(
        title="Annals",
        version=app.__version__,
        summary="A database of historical events with its evidence",
        description=DESCRIPTION,
        routes=service.router.routes,
        tags=[dict(tag) for tag in TAGS],
        servers=[{"url": "/"}],
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    # Reads are open, unless the service is set otherwise; what writes says so itself.
    document["security"] = [{}, {"key": []}]
    all_components = document.setdefault("components", {})
    all_components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    all_components["responses"] = {problem.__name__: _response(problem) for problem in PROBLEMS}
    for sort, members in components.items():
        all_components.setdefault(sort, {}).update(members)
    _drop_default_validation(document)
    return document


def _drop_default_validation(document: dict[str, Any]) -> None:
    # FastAPI adds an answer of its own to each operation with parameters; the edge never gives it.
    name = "#/components/schemas/HTTPValidationError"
    for operations in document["paths"].values():
        for operation in operations.values():
            content = operation["responses"].get("422", {}).get("content", {})
            if content.get("application/json", {}).get("schema", {}).get("$ref") == name:
                del operation["responses"]["422"]
    for schema in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(schema, None)


def _response(problem: type[AnnalsError]) -> dict[str, Any]:
    example = {
        "type": f"{PAGE}#{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": f"{problem.title}.",
        "instance": "/v1/events/x",
        "code": problem.code,
        "request_id": "0f5a4e8c1b7d42d39c6a",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": inspect.getdoc(problem),
        "content": {MEDIA_TYPE: {"schema": schema, "example": example}},
    }


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
    service: Service, components: Callable[[], Mapping[str, Mapping[str, Any]]] = dict
) -> tuple[RawRoute, ...]:
    """Return the pages; the description is made when it is first asked for, from all routes there are then."""
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


def _hidden(path: str, handler: Any, name: str) -> RawRoute:
    return RawRoute(path, handler, operation_id=name, summary=name, include_in_schema=False)


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


def _problems_page() -> str:
    sections = "\n".join(
        f'<section id="{problem.code}"><h2><code>{problem.code}</code> <small>{problem.status}</small></h2>'
        f"<p>{html.escape(inspect.getdoc(problem) or '').replace('`', '')}</p></section>"
        for problem in PROBLEMS
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Annals: problems</title>
<link rel="icon" href="static/favicon.png">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }}
h2 {{ font-size: 1.1rem; margin: 1.6rem 0 .2rem }} p {{ margin: .2rem 0 }} small {{ font-weight: normal }}
section:target {{ outline: 2px solid; outline-offset: .5rem }}
</style>
</head>
<body>
<main>
<h1>Problems</h1>
<p>Every error of this API is a problem document (<code>{MEDIA_TYPE}</code>, RFC 9457). Its <code>type</code>
points to a section of this page; its <code>code</code> may be narrower; its <code>errors</code> name every
fault with a JSON Pointer, a parameter or a header. Give the <code>request_id</code> when you report one.</p>
{sections}
</main>
</body>
</html>
"""


_PROBLEMS: Final = _problems_page().encode()
