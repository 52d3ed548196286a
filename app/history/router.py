"""History over HTTP: revisions, their documents and the differences between them."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app import errors
from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.database.revisions import MAX_REVISION
from app.errors import NotFound
from app.history.service import difference, list_revisions, read_revision
from app.records.kinds import EXAMPLES, RECORD_KINDS, RecordKind
from app.schemas.query import FORMAT
from app.schemas.responses import REVISION_SCHEMA, record_schema
from app.settings import Settings
from app.web.auth import authenticate
from app.web.headers import JSON_ONLY, negotiate
from app.web.openapi import (
    ETAG,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    READ_PROBLEMS,
    article,
    id_parameter,
    parameter_of,
    problem_responses,
)
from app.web.responses import JSON_HEADERS, send_body
from app.web.routes import AsgiRoute, CachedEndpoint, Computed, number_parameter, read_numbers

PATCH: Final = {"json": "application/json-patch+json"}


@dataclass(frozen=True, slots=True)
class History:
    """The history of one kind of record."""

    kind: RecordKind
    across: CachedEndpoint

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
        await authenticate(self.app, scope, "read")
        await self.across.reply(scope, send, partial(self._revisions, scope))

    async def _revisions(self, scope: Scope, reading: ReadConnection) -> Computed:
        numbers = read_numbers(
            scope, {"limit": (1, 1000), "before": (1, MAX_REVISION), "after": (0, MAX_REVISION)}
        )
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
            "items": [one.to_dict() for one in found],
            "next": f"{path}&before={found[-1].revision}" if found and older else None,
            "prev": f"{path}&after={found[0].revision}" if found and newer else None,
        }
        return orjson.dumps(document), []

    async def revision(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/{collection}/{id}/revisions/{revision}`."""
        await authenticate(self.app, scope, "read")
        negotiate(scope, JSON_ONLY)
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
        await authenticate(self.app, scope, "read")
        negotiate(scope, {"json-patch": PATCH["json"], **JSON_ONLY})
        numbers = read_numbers(
            scope, {"from": (1, MAX_REVISION), "to": (1, MAX_REVISION)}, required=("from", "to")
        )
        record_id = scope["path_params"]["id"]
        body = await self.db.answer(
            lambda reading: difference(reading, self.kind, record_id, numbers["from"], numbers["to"])
        )
        headers = [(b"content-type", PATCH["json"].encode()), *JSON_HEADERS[1:]]
        await send_body(scope, send, body, headers)


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


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the operations on the history of all six kinds."""
    found: list[AsgiRoute] = []
    across = CachedEndpoint.of(app, settings)
    for kind in RECORD_KINDS:
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
                    number_parameter("before", "Only revisions before this one.", 1, MAX_REVISION),
                    number_parameter("after", "Only revisions after this one.", 0, MAX_REVISION),
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
                    number_parameter("from", "The one revision.", 1, MAX_REVISION, required=True, example=1),
                    number_parameter("to", "The other.", 1, MAX_REVISION, required=True, example=1),
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
) -> AsgiRoute:
    is_list = operation_id.endswith("revisions")
    return AsgiRoute(
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
