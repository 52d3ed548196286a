"""`GET /v1/changes`: every write in commit order, for mirrors."""

from functools import partial
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.changes.service import list_changes
from app.database.engine.read_snapshot import ReadConnection
from app.schemas.query import FORMAT
from app.schemas.responses import REVISION_SCHEMA
from app.settings import Settings
from app.web.auth import authenticate
from app.web.openapi import ETAG, IF_NONE_MATCH, NOT_MODIFIED, PLAIN_PROBLEMS, parameter_of, problem_responses
from app.web.responses import body_of
from app.web.routes import AsgiRoute, CachedEndpoint, Computed, number_parameter, read_numbers

_LAST: Final = 2**63 - 1


_DESCRIPTION: Final = """\
Every write in the order of commits. Begin with `after=0`, remember the last `seq` you have seen, and go on from
there: nothing is lost, and no number is shown before every smaller one can be. `next` is null once all is read;
ask again later with `after` set to the last `seq`. Numbers may be left out: not every one is a write.

A mirror reads each `ref` it is told of: 200 is the document to keep, 410 or 404 says to drop it, 308 to drop it
for the record it was merged into.
"""


async def _changes(across: CachedEndpoint, scope: Scope, _receive: Receive, send: Send) -> None:
    await authenticate(across.app, scope, "read")
    await across.reply(scope, send, partial(_made, scope))


async def _made(scope: Scope, reading: ReadConnection) -> Computed:
    numbers = read_numbers(scope, {"after": (0, _LAST), "limit": (1, 1000)})
    limit = numbers.get("limit", 50)
    items, more = await list_changes(reading, numbers.get("after", 0), limit)
    path = f"/v1/changes?after={items[-1]['seq']}&limit={limit}" if more else None
    links = [(b"link", f'<{path}>; rel="next"'.encode())] if path else []
    return body_of(items, next=path), links


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Give the operation declared here."""
    properties = REVISION_SCHEMA["properties"]
    change = {
        "type": "object",
        "required": ["seq", "at", "by", "action", "ref", "revision"],
        "properties": {
            "seq": {"type": "integer", "minimum": 1},
            **{name: properties[name] for name in ("at", "by", "action", "revision")},
            "ref": {"type": "string", "description": "The record that was written."},
        },
    }
    page = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": change},
            "next": {"type": ["string", "null"]},
        },
    }
    return [
        AsgiRoute(
            "/v1/changes",
            partial(_changes, CachedEndpoint.of(app, settings)),
            operation_id="list_changes",
            summary="Follow every write",
            description=_DESCRIPTION,
            tags=["across"],
            responses={
                200: {
                    "description": "Changes in order.",
                    "headers": ETAG,
                    "content": {"application/json": {"schema": page}},
                },
                304: NOT_MODIFIED,
                **problem_responses(*PLAIN_PROBLEMS),
            },
            openapi_extra={
                "parameters": [
                    number_parameter("after", "Only changes past this number.", 0, _LAST, default=0),
                    number_parameter("limit", "How many at most.", 1, 1000, default=50),
                    parameter_of(FORMAT),
                    IF_NONE_MATCH,
                ]
            },
        )
    ]
