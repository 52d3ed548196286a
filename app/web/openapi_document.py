"""The OpenAPI document: what it says of the service as a whole, and the problems that operations refer to."""

import inspect
from collections.abc import Mapping
from typing import Any, Final

from fastapi.openapi.utils import get_openapi

import app
from app.errors import AnnalsError
from app.schemas.json_schema import reference, tidied
from app.schemas.patterns import NOT_EMPTY_PATTERN
from app.schemas.query_model import parameters_of
from app.web.application import AnnalsApp
from app.web.openapi_problem import PROBLEM_SCHEMAS
from app.web.problems import MEDIA_TYPE, PAGE, PROBLEMS
from app.web.routes import Route

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
* **Versions**: `Annals-Version` on an answer names the state of the database that it was read from, or one that has what
  it wrote. Sent as `Annals-Min-Version`, a read is answered from that state or a later one; with
  `Prefer: consistency=latest` from the newest one.
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


def describe(service: AnnalsApp, components: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
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
    all_components.setdefault("schemas", {}).update(PROBLEM_SCHEMAS)
    all_components["responses"] = {problem.__name__: _response(problem) for problem in PROBLEMS}
    for sort, members in components.items():
        all_components.setdefault(sort, {}).update(members)
    _drop_default_validation(document)
    _tidy_parameters(document)
    _describe_parameters(document, service)
    described: dict[str, Any] = tidied(document)
    # Generators of clients name their classes after titles.
    for name, schema in described["components"]["schemas"].items():
        schema["title"] = name
    return described


def _describe_parameters(document: dict[str, Any], service: AnnalsApp) -> None:
    """Say of each parameter `format` which formats its operation has, and of texts that they may not be empty."""
    for route in service.router.routes:
        if not isinstance(route, Route) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            operation = document["paths"].get(route.path_format, {}).get(method.lower(), {})
            known = parameters_of(route.signature.query[1]) if route.signature.query else {}
            for parameter in operation.get("parameters", ()):
                if parameter["in"] != "query" or parameter["name"] not in known:
                    continue
                if parameter["name"] == "format":
                    parameter["schema"] = {"type": "string", "enum": list(route.formats)}
                elif not known[parameter["name"]].empty:
                    _say_not_empty(parameter["schema"])


def _say_not_empty(schema: dict[str, Any]) -> None:
    value = schema.get("items", schema)
    if value.get("type") == "string" and not {"pattern", "enum", "const", "format"} & value.keys():
        value["pattern"] = NOT_EMPTY_PATTERN


def _tidy_parameters(document: dict[str, Any]) -> None:
    # Models have descriptions in their schemas, too; generators look beside the parameter. Titles made of names, and the
    # default of what need not be there, say nothing. What stands as `example` is what the page asks with unless
    # it is told otherwise: that is for what has to be given, or the schema's own `example`, and never for a filter.
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                schema = parameter.get("schema", {})
                schema.pop("title", None)
                if schema.get("default") == []:
                    del schema["default"]
                if schema.get("description") == parameter.get("description"):
                    schema.pop("description", None)
                if "example" in schema:
                    parameter["example"] = schema.pop("example")
                elif parameter.get("required") and (examples := schema.pop("examples", None)):
                    parameter["example"] = examples[0]


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
    schema = reference("Problem")
    return {
        "description": inspect.getdoc(problem),
        "content": {MEDIA_TYPE: {"schema": schema, "example": example}},
    }
