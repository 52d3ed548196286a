"""Merges over HTTP: merge two records of the same thing, and undo it."""

from typing import Any

from fastapi import FastAPI
from sqlalchemy import Connection
from starlette.types import Receive, Scope, Send

from app import errors
from app.database.engine.read_snapshot import ReadConnection
from app.database.revisions import Attribution
from app.errors import Fault, InvalidDocument, NotFound
from app.merges.schemas import MERGE_EXAMPLE, MERGE_ID, MERGE_SCHEMA, MergeRequest
from app.merges.service import Merge, merge_faults, merge_records, read_merge
from app.merges.undo import check_undo, list_not_restored, undo_merge
from app.records.validation.document import model_faults
from app.schemas.query import FORMAT
from app.settings import Settings
from app.web.application import wake_background
from app.web.auth import authenticate
from app.web.headers import JSON_MEDIA_TYPE, JSON_ONLY, negotiate
from app.web.idempotency import StoredResponse
from app.web.openapi import (
    COMMON_HEADERS,
    WRITE_PROBLEMS,
    json_content,
    operation,
    parameter_of,
    problem_responses,
)
from app.web.responses import send_json
from app.web.routes import AsgiRoute, read_numbers
from app.web.write_requests import FEW_BYTES, Writer, json_answer, send_answer, writer_of


class _Merges:
    """The operations on merges."""

    def __init__(self, app: FastAPI, writer: Writer) -> None:
        self.app = app
        self.writer = writer

    async def merge(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST /v1/merges`."""
        asked = await self.writer.ask(scope, receive, (JSON_MEDIA_TYPE,), most_bytes=FEW_BYTES)
        earlier = await self.writer.earlier(scope, asked)
        if earlier is not None:
            return await send_answer(send, earlier)
        source, target = await self._two_references(await self.writer.parsed(asked))

        def work(tx: Connection, edit: Attribution) -> StoredResponse:
            return _answer(merge_records(tx, source, target, edit), 201)

        await self.writer.commit(scope, send, asked, work)
        return wake_background(self.app)

    async def _two_references(self, document: Any) -> tuple[str, str]:
        """Parse `{"from": ref, "into": ref}`.

        Raises:
            InvalidDocument: it is anything else, with every fault: references to nothing too.
        """
        faults = model_faults(document, MergeRequest)
        if not faults:
            return document["from"], document["into"]
        wrong = {fault.pointer for fault in faults}
        given = document if isinstance(document, dict) else {}
        source, target = (None if f"/{name}" in wrong else given.get(name) for name in ("from", "into"))

        def look() -> list[Fault]:
            with self.writer.db.snapshot() as connection:
                return merge_faults(connection, source, target)

        raise InvalidDocument(faults=[*faults, *await self.writer.db.in_thread(look)])

    async def read(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/merges/{id}`."""
        await authenticate(self.app, scope, "read")
        negotiate(scope, JSON_ONLY)
        read_numbers(scope, {})
        number = _number(scope)

        async def read(db: ReadConnection) -> Merge:
            merge = await read_merge(db, number)
            if merge.state == "undone":
                raise _undone(merge, *await list_not_restored(db, number))
            return merge

        await send_json(scope, send, (await self.writer.db.answer(read, single=True)).to_dict())

    async def undo(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `DELETE /v1/merges/{id}`."""
        asked = await self.writer.ask(scope, receive)
        number = _number(scope)

        def look() -> dict[int, int]:
            with self.writer.db.snapshot() as connection:
                return check_undo(connection, number)

        checked = await self.writer.db.in_thread(look)

        def work(tx: Connection, edit: Attribution) -> StoredResponse:
            return _answer(undo_merge(tx, number, edit, checked), 200)

        await self.writer.commit(scope, send, asked, work)
        return wake_background(self.app)


def _answer(merge: Merge, done: int) -> StoredResponse:
    location = ("location", f"/v1/merges/{merge.pk}")
    if merge.pending:
        return json_answer(merge.to_dict(), 202, location, ("retry-after", "1"))
    return json_answer(merge.to_dict(), done, *([location] if done == 201 else []))


def _undone(merge: Merge, left: list[str], count: int) -> errors.Gone:
    detail = f"This merge was undone; {merge.source} is at its own address again."
    if not left:
        return errors.Gone(detail, code="undone", extra={"merge": merge.to_dict()})
    detail += (
        " Records that were written while it was being undone are as they were written; change them by hand."
    )
    return errors.Gone(
        detail, code="undone", extra={"merge": merge.to_dict(), "conflicts": left, "count": count}
    )


def _number(scope: Scope) -> int:
    given: str = scope["path_params"]["id"]
    if not (given.isascii() and given.isdecimal()) or len(given) > 18:
        raise NotFound("There is no such merge.")
    return int(given)


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the operations on merges."""
    on = _Merges(app, writer_of(app, settings))
    merge_response = {"description": "The merge.", "content": json_content(MERGE_SCHEMA)}
    location = {"Location": {"description": "Where the merge is.", "schema": {"type": "string"}}}
    return [
        AsgiRoute(
            "/v1/merges",
            on.merge,
            methods=["POST"],
            **operation(
                "merge_records",
                "Merge a record into another",
                "Both must be of one kind; sources whose texts differ are refused. Every reference moves, in the "
                "property paths of evidence too; participants that become the same collapse, links of a record to "
                "itself drop; both histories stay, and the old address redirects. Where more than 1,000 records "
                "refer to it, the answer is 202: the redirect is there, the rest follows.",
                "across",
                {
                    201: merge_response | {"headers": location},
                    202: {
                        **merge_response,
                        "description": "Begun; `GET` the merge to see it done.",
                        "headers": location,
                    },
                    **problem_responses(*WRITE_PROBLEMS, errors.Gone),
                },
                status_code=201,
                parameters=COMMON_HEADERS,
                body=json_content(MergeRequest.model_json_schema(), MERGE_EXAMPLE),
            ),
        ),
        AsgiRoute(
            "/v1/merges/{id}",
            on.read,
            operation_id="get_merge",
            summary="Read how a merge stands",
            tags=["across"],
            responses={
                200: merge_response,
                **problem_responses(
                    errors.BadRequest,
                    errors.Unauthorized,
                    errors.Forbidden,
                    errors.NotFound,
                    errors.Gone,
                    errors.NotAcceptable,
                    errors.TooManyRequests,
                    errors.InternalError,
                    errors.Unavailable,
                ),
            },
            openapi_extra={"parameters": [MERGE_ID, parameter_of(FORMAT)]},
        ),
        AsgiRoute(
            "/v1/merges/{id}",
            on.undo,
            methods=["DELETE"],
            **operation(
                "undo_merge",
                "Undo a merge",
                "The record is back, and what was moved is as it was; what was written since the merge and says "
                "something else stands against it: 409, with the records in `conflicts`. Where the references of "
                "more than 1,000 records were moved, the answer is 202: the record is back, the rest follows. What "
                "others write before its turn comes stays as they wrote it; the 410 of `GET` names it in `conflicts`.",
                "across",
                {
                    200: merge_response,
                    202: {
                        **merge_response,
                        "description": "Begun; `GET` the merge to see it undone, which 410 says.",
                        "headers": location,
                    },
                    **problem_responses(*WRITE_PROBLEMS, errors.NotFound),
                },
                parameters=(MERGE_ID, *COMMON_HEADERS),
            ),
        ),
    ]
