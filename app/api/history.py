"""History over HTTP: revisions, old documents and what changed between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app import errors
from app.api.across import Across, Made
from app.api.auth import admit
from app.api.describing import (
    ETAG,
    EXAMPLES,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    READ_PROBLEMS,
    article,
    id_parameter,
    parameter_of,
    record_schema,
)
from app.api.docs import problem_responses
from app.api.negotiation import negotiate
from app.api.requests import header, matches, query_values
from app.api.routing import Headers, RawRoute, send_bytes, send_empty
from app.errors import BadRequest, Fault, NotFound, nearest
from app.queries.condition import Parameter
from app.queries.listquery import FORMAT
from app.records import RECORDS, RecordKind
from app.settings import Settings
from app.store.engine import Database
from app.store.reading import Reading
from app.values.moments import parse_rfc3339
from app.verbs.history import NEVER, difference, list_revisions, read_revision, record_known_at
from app.verbs.reading import entity_tag

JSON: Final = {"json": "application/json"}
PATCH: Final = {"json": "application/json-patch+json"}
JSON_HEADERS: Final[Headers] = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-cache"),
    (b"vary", b"Accept"),
]

KNOWN_AT: Final = Parameter(
    "known_at",
    "The record as this service had it at that moment (RFC 3339): 404 before it was born, 410 while it was "
    "deleted, itself before it was merged. The document alone, and no other parameter.",
    {"type": "string", "format": "date-time"},
)


@dataclass(frozen=True, slots=True)
class History:
    """The history of one kind of record."""

    kind: RecordKind
    across: Across

    @property
    def app(self) -> FastAPI:
        """The application that answers."""
        return self.across.app

    @property
    def db(self) -> Database:
        """The database, open while the application runs."""
        return self.across.db

    async def revisions(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/{collection}/{id}/revisions`."""
        await admit(self.app, scope, "read")
        await self.across.reply(scope, send, partial(self._revisions, scope))

    async def _revisions(self, scope: Scope, reading: Reading) -> Made:
        numbers = read_numbers(scope, {"limit": (1, 1000), "before": (1, NEVER), "after": (0, NEVER)})
        record_id, limit = scope["path_params"]["id"], numbers.get("limit", 50)
        found, older, newer = await list_revisions(
            reading,
            self.kind,
            record_id,
            limit,
            before=numbers.get("before"),
            after=numbers.get("after"),
        )
        path = f"/v1/{self.kind.collection}/{record_id}/revisions?limit={limit}"
        document = {
            "items": [one.told() for one in found],
            "next": f"{path}&before={found[-1].revision}" if found and older else None,
            "prev": f"{path}&after={found[0].revision}" if found and newer else None,
        }
        return orjson.dumps(document), []

    async def revision(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/{collection}/{id}/revisions/{revision}`."""
        await admit(self.app, scope, "read")
        negotiate(scope, JSON)
        read_numbers(scope, {})
        given: str = scope["path_params"]["revision"]
        if not given.isdecimal() or not given.isascii() or len(given) > 10:
            raise NotFound("Revisions are numbered from 1.", code="unknown_revision")
        record_id = scope["path_params"]["id"]
        body = await self.db.answer(
            lambda reading: read_revision(reading, self.kind, record_id, int(given)), single=True
        )
        await send_body(scope, send, body, JSON_HEADERS)

    async def diff(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/{collection}/{id}/diff`."""
        await admit(self.app, scope, "read")
        negotiate(scope, {"json-patch": PATCH["json"], **JSON})
        numbers = read_numbers(scope, {"from": (1, NEVER), "to": (1, NEVER)}, required=("from", "to"))
        record_id = scope["path_params"]["id"]
        body = await self.db.answer(
            lambda reading: difference(reading, self.kind, record_id, numbers["from"], numbers["to"])
        )
        headers = [(b"content-type", PATCH["json"].encode()), *JSON_HEADERS[1:]]
        await send_body(scope, send, body, headers)


async def answer_known_at(db: Database, kind: RecordKind, scope: Scope, send: Send) -> None:
    """Answer `GET /v1/{collection}/{id}?known_at=`: the document alone, as it stood at that moment.

    Raises:
        BadRequest: the moment is malformed, or there is another parameter beside it.
        NotFound, Gone, MergedAway: as `record_known_at`.
    """
    negotiate(scope, JSON)
    values = query_values(scope)
    given = values.one(KNOWN_AT.name)
    for name in values.names():
        if name not in (KNOWN_AT.name, "format"):
            values.refuse(name, "conflicting_parameter", "Leave this out where known_at is given.")
    at = 0
    try:
        at = parse_rfc3339(given or "")
    except ValueError:
        detail = "Give a moment with its offset (RFC 3339), such as 2026-01-03T12:00:00Z; write + as %2B."
        values.refuse(KNOWN_AT.name, "invalid_moment", detail)
    if values.faults:
        raise BadRequest(
            "The query cannot be answered as it stands.", code="invalid_query", faults=values.faults
        )
    record_id = scope["path_params"]["id"]
    body, revision = await db.answer(
        lambda reading: record_known_at(reading, kind, record_id, at), single=True
    )
    etag = entity_tag(revision, body).encode()
    wanted = header(scope, b"if-none-match")
    if wanted and matches(wanted, etag):
        return await send_empty(send, 304, [(b"etag", etag), *JSON_HEADERS[1:]])
    return await send_body(scope, send, body, [(b"etag", etag), *JSON_HEADERS])


def read_numbers(
    scope: Scope, known: Mapping[str, tuple[int, int]], required: tuple[str, ...] = ()
) -> dict[str, int]:
    """Read query parameters that are all whole numbers, each within its bounds; refuse any other.

    Raises:
        BadRequest: with every fault.
    """
    faults: list[Fault] = []
    numbers: dict[str, int] = {}
    values = query_values(scope)
    for name, value in [(one, value) for one in values.names() for value in values.all(one)]:
        if name == "format" and value == "json":
            continue
        if name not in known:
            detail = f"There is no such parameter here; known: {', '.join(known) or 'none'}."
            shown = name if name.isidentifier() and len(name) < 50 else None
            faults.append(
                Fault("unknown_parameter", detail, parameter=shown, suggestion=nearest(name, known))
            )
            continue
        low, high = known[name]
        plain = value.isascii() and value.isdecimal() and len(value) <= 20
        if not plain or not low <= int(value) <= high:
            faults.append(Fault("out_of_range", f"Give a whole number from {low} to {high}.", parameter=name))
        elif name in numbers:
            faults.append(Fault("repeated_parameter", "Give this once.", parameter=name))
        else:
            numbers[name] = int(value)
    told = {fault.parameter for fault in faults}
    faults.extend(
        Fault("missing", "Give this.", parameter=name)
        for name in required
        if name not in numbers and name not in told
    )
    if faults:
        raise BadRequest("The query cannot be answered as it stands.", code="invalid_query", faults=faults)
    return numbers


async def send_json(scope: Scope, send: Send, document: Any, *headers: tuple[bytes, bytes]) -> None:
    """Send a document as JSON."""
    await send_body(scope, send, orjson.dumps(document), [*JSON_HEADERS, *headers])


async def send_body(scope: Scope, send: Send, body: bytes, headers: Headers) -> None:
    """Send a body, or to a HEAD request its length alone."""
    if scope["method"] != "HEAD":
        return await send_bytes(send, 200, headers, body)
    told = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": told})
    return await send({"type": "http.response.body", "body": b""})


def number_parameter(name: str, description: str, low: int, high: int, **more: Any) -> dict[str, Any]:
    """Give the OpenAPI parameter object of a whole number."""
    schema = {"type": "integer", "minimum": low, "maximum": high} | (
        {"default": more.pop("default")} if "default" in more else {}
    )
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


REVISION_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["revision", "at", "by", "action"],
    "properties": {
        "revision": {"type": "integer", "minimum": 1},
        "at": {"type": "string", "format": "date-time"},
        "by": {"type": "string", "description": "The label of the key it was written with."},
        "action": {"enum": ["create", "update", "delete", "restore", "revert", "merge", "unmerge"]},
        "comment": {"type": "string"},
    },
}
_PATH: Final = {"type": ["string", "null"]}
_LIST: Final = {
    "type": "object",
    "required": ["items", "next", "prev"],
    "properties": {"items": {"type": "array", "items": REVISION_SCHEMA}, "next": _PATH, "prev": _PATH},
}
_DIFF: Final = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["op", "path"],
        "properties": {
            "op": {"type": "string"},
            "path": {"type": "string"},
            "from": {"type": "string"},
            "value": {},
        },
    },
}


def routes(app: FastAPI, settings: Settings) -> list[RawRoute]:
    """Give the operations on the history of all six kinds."""
    found: list[RawRoute] = []
    across = Across.of(app, settings)
    for kind in RECORDS:
        of, one = History(kind, across), f"/v1/{kind.collection}/{{id}}"
        known = id_parameter(EXAMPLES[kind.kind])
        noun = article(kind.kind)
        found += [
            _route(
                f"{one}/revisions",
                of.revisions,
                f"list_{kind.kind}_revisions",
                f"List the revisions of {noun}",
                "Who wrote it, when and why, the newest first. History outlives deletion and merging.",
                kind,
                [
                    known,
                    number_parameter("limit", "How many at most.", 1, 1000, default=50),
                    number_parameter("before", "Only revisions before this one.", 1, NEVER),
                    number_parameter("after", "Only revisions after this one.", 0, NEVER),
                ],
                {"application/json": {"schema": _LIST}},
            ),
            _route(
                f"{one}/revisions/{{revision}}",
                of.revision,
                f"get_{kind.kind}_revision",
                f"Read {noun} as it was",
                "The document of a revision; 410 for one in which it was deleted or merged away.",
                kind,
                [known, _REVISION],
                {"application/json": {"schema": record_schema(kind)}},
            ),
            _route(
                f"{one}/diff",
                of.diff,
                f"diff_{kind.kind}",
                f"Compare two revisions of {noun}",
                "A JSON Patch (RFC 6902) that turns the document of `from` into that of `to`.",
                kind,
                [
                    known,
                    number_parameter("from", "The one revision.", 1, NEVER, required=True, example=1),
                    number_parameter("to", "The other.", 1, NEVER, required=True, example=1),
                ],
                {"application/json-patch+json": {"schema": _DIFF}},
            ),
        ]
    return found


_REVISION: Final = {
    "name": "revision",
    "in": "path",
    "required": True,
    "description": "The number of the revision.",
    "schema": {"type": "integer", "minimum": 1},
    "example": 1,
}


def _route(
    path: str,
    handler: Any,
    operation_id: str,
    summary: str,
    description: str,
    kind: RecordKind,
    parameters: list[dict[str, Any]],
    content: dict[str, Any],
) -> RawRoute:
    is_list = operation_id.endswith("revisions")
    return RawRoute(
        path,
        handler,
        operation_id=operation_id,
        summary=summary,
        description=description,
        tags=[kind.collection],
        responses={
            200: {"description": "Yes.", "content": content} | ({"headers": ETAG} if is_list else {}),
            **({304: NOT_MODIFIED} if is_list else {}),
            **problem_responses(*READ_PROBLEMS, *(() if is_list else (errors.Gone,))),
        },
        openapi_extra={
            "parameters": [*parameters, parameter_of(FORMAT), *([IF_NONE_MATCH] if is_list else ())]
        },
    )
