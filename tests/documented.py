"""The OpenAPI document as something to hold answers against: every JSON answer of a test client must be as it says.

`python tests/documented.py` writes the snapshot that `test_contract` holds the document against, a line each operation
and component.
"""

import sys
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import orjson

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SNAPSHOT = Path(__file__).with_name("openapi.json")
COMPONENTS = "urn:annals:openapi"


@cache
def openapi() -> dict[str, Any]:
    """Give the document that the service serves; no setting changes it."""
    from app.main import components, create_app
    from app.settings import Settings
    from app.web.openapi_document import describe

    return describe(create_app(Settings()), components())


def example_of(parameter: dict[str, Any]) -> Any:
    """Give the example of a parameter, None where it has none."""
    return parameter.get("example", next(iter(parameter["schema"].get("examples", ())), None))


def prefilled(parameter: dict[str, Any]) -> Any:
    """Give what Swagger UI fills in for a parameter, None where that is nothing."""
    schema = parameter["schema"]
    value = parameter.get("example", schema.get("example", schema.get("default")))
    return schema["enum"][0] if value is None and parameter.get("required") and "enum" in schema else value


def as_sent(value: Any) -> str:
    """Give the value of a parameter as a client sends it."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@lru_cache(maxsize=4096)
def template_of(path: str) -> str | None:
    """Give the path template of an address, such as `/v1/events/{id}`; words stand before placeholders."""
    words = path.split("/")
    fitting = [
        template
        for template in openapi()["paths"]
        if len(parts := template.split("/")) == len(words)
        and all(part == word or part.startswith("{") for part, word in zip(parts, words, strict=True))
    ]
    return min(
        fitting, key=lambda template: [part.startswith("{") for part in template.split("/")], default=None
    )


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Follow the reference that stands for a part of the document."""
    while "$ref" in part:
        reference: str = part["$ref"]
        part = openapi()
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]
    return part


@cache
def validator(template: str, method: str, status: str, media_type: str) -> Any:
    """Give what validates an answer against its documented schema."""
    responses = openapi()["paths"][template][method]["responses"]
    assert status in responses, f"{method} {template} answers {status}, which is not documented"
    content = resolved(responses[status]).get("content", {})
    assert media_type in content, f"{method} {template} answers {media_type}, which is not documented"
    return validator_of(orjson.dumps(content[media_type].get("schema", {}), option=orjson.OPT_SORT_KEYS))


@cache
def validator_of(schema: bytes) -> Any:
    """Give what validates against a schema of the document; many answers have the same one.

    The components are held once, in the registry: a copy of them for each schema is three mebibytes.
    """
    own = schema.replace(b'"#/components/', b'"%b#/components/' % COMPONENTS.encode())
    return jsonschema_rs.Draft202012Validator(orjson.loads(own), registry=registry())


@cache
def registry() -> jsonschema_rs.Registry:
    """Give the components of the document under an address, for schemas to refer to."""
    held = {"components": openapi()["components"]}
    return jsonschema_rs.Registry([(COMPONENTS, held)], draft=jsonschema_rs.Draft202012)


def decoded(body: bytes, coding: str) -> bytes:
    """Give a body out of its content coding."""
    if coding == "zstd" and body:  # which httpx knows only with another library
        return zstd.decompress(body)
    return httpx.Response(200, headers={"content-encoding": coding}, content=body).content


def check_answer(request: httpx.Request, response: httpx.Response, body: bytes) -> None:
    """Hold an answer against the document, if it is a successful one in JSON."""
    content_type = response.headers.get("content-type", "")
    media_type = content_type.partition(";")[0]
    is_json = media_type == "application/json" or media_type.endswith("+json")
    if not response.is_success or not is_json or request.method in ("HEAD", "OPTIONS"):
        return
    template = template_of(request.url.path)
    if template is None:
        return
    # A profile is a part of what is documented.
    media_type = content_type if ";profile=" in content_type else media_type
    validator(template, request.method.lower(), str(response.status_code), media_type).validate(
        orjson.loads(body)
    )


class Documented(httpx.AsyncBaseTransport):
    """A transport whose answers are held against the document."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        body = b"".join([piece async for piece in response.stream])
        check_answer(request, response, decoded(body, response.headers.get("content-encoding", "")))
        return response


def lines(part: Any, depth: int) -> Iterator[str]:
    """Give JSON with a line for each member down to a depth."""
    if not depth or not isinstance(part, dict):
        yield orjson.dumps(part, option=orjson.OPT_SORT_KEYS).decode()
        return
    yield "{"
    for number, name in enumerate(sorted(part)):
        first, *rest = lines(part[name], depth - 1)
        comma = "," if number + 1 < len(part) else ""
        inner = [f"{orjson.dumps(name).decode()}: {first}", *rest]
        yield from (*inner[:-1], inner[-1] + comma)
    yield "}"


if __name__ == "__main__":
    SNAPSHOT.write_text("\n".join(lines(openapi(), 3)) + "\n")
