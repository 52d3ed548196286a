"""Routes that write: the course of a write stands here, once; what is written is up to the endpoint."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, Self, TypeVar, get_origin

from fastapi import Request
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.types import ASGIApp

from app import errors
from app.database.revisions import Attribution
from app.errors import AnnalsError, InvalidDocument
from app.records.validation.document import model_faults
from app.schemas.query_model import QueryModel, parse_query
from app.settings import Settings
from app.values.text_selectors import SelectorMatches
from app.web import idempotency
from app.web.auth import KeyScope, authenticate_writer
from app.web.dependencies import get_preconditions, get_preconditions_of_put
from app.web.headers import JSON_ONLY, negotiate
from app.web.idempotency import IdempotentRequest, StoredResponse
from app.web.openapi import (
    COMMON_HEADERS,
    IF_NONE_MATCH_OF_WRITES,
    NO_CONTENT,
    REPLAYED,
    SECURITY,
    VERSION_READ,
    WRITE_PROBLEMS,
    if_match,
    problem_responses,
)
from app.web.request_body import check_media_type, read_body
from app.web.routes import Call, FastRoute
from app.web.signatures import Endpoint, StrictBody
from app.web.write_requests import (
    SMALL_BODY_BYTES,
    Writer,
    WriteRequest,
    edit_comment,
    idempotency_request,
    wants_minimal,
    writer_of,
)

T = TypeVar("T")
_CONDITIONAL: Final = (errors.PreconditionFailed, errors.PreconditionRequired)


@dataclass(frozen=True, slots=True)
class Transaction(Generic[T]):
    """What an endpoint of a `WriteRoute` returns: what is to be done in one transaction.

    Attributes:
        work: does it, and gives the response, which is kept with its idempotency key before the transaction ends.
        findings: passages that were looked for before, so that the transaction need not.
        afterwards: is called once it is committed.
        short: whether it writes one record, so that it can share a transaction of the database with others.
    """

    work: Callable[[Connection, Attribution], StoredResponse[T]]
    findings: SelectorMatches | None = None
    afterwards: Callable[[], None] | None = None
    short: bool = False

    @classmethod
    def of_record(
        cls,
        work: Callable[[Connection, Attribution], StoredResponse[T]],
        findings: SelectorMatches | None = None,
    ) -> Self:
        """Make one that writes one record."""
        return cls(work, findings, short=True)


class WriteRoute(FastRoute):
    """Has what its endpoint returns done in one transaction.

    A request is taken in this order: its key, its query (there is none), `Accept`, the media type and the size of its
    body, its idempotency key (an earlier response is sent again), what else its endpoint is given, the body, the
    endpoint, the transaction.
    """

    returns: ClassVar[type] = Transaction
    required: ClassVar[KeyScope] = "write"
    """The scope of the key that is needed."""

    def _openapi_extra(self, extra: dict[str, Any]) -> dict[str, Any]:
        conditions: list[Any] = []
        provided = self.signature.provided.values()
        if get_preconditions in provided:
            conditions = [if_match(required=True)]
        elif get_preconditions_of_put in provided:
            conditions = [if_match(required=False), IF_NONE_MATCH_OF_WRITES]
        parameters = [*extra.get("parameters", ()), *conditions, *COMMON_HEADERS]
        body = self.signature.body
        content = {"requestBody": {"required": True, "content": body[2].content}} if body is not None else {}
        return {**extra, **content, "parameters": parameters, "security": SECURITY}

    def _responses(
        self, status: int, given: dict[int | str, dict[str, Any]]
    ) -> dict[int | str, dict[str, Any]]:
        usual: dict[int | str, dict[str, Any]] = {status: {}}
        if status == 200:
            usual[204] = NO_CONTENT
        return _replayable(usual | given)

    def _check_signature(self, endpoint: Endpoint) -> None:
        if self.signature.others or self.signature.query or self.guards:
            raise TypeError(f"A write takes what {endpoint} does not: a path, a body, what is provided.")

    def _problems(self, endpoint: Endpoint) -> dict[int | str, dict[str, Any]]:
        conditional = not {get_preconditions, get_preconditions_of_put}.isdisjoint(
            self.signature.provided.values()
        )
        found: list[type[AnnalsError]] = [*WRITE_PROBLEMS, *(_CONDITIONAL if conditional else ())]
        return super()._problems(endpoint) | problem_responses(*found)

    async def _answer(self, request: Request, _call: Call) -> ASGIApp:
        writer = writer_of(request.scope)
        settings: Settings = request.app.state.settings
        asked = await self._asked(request, settings)
        keyed = idempotency_request(request.scope, asked.key.pk, asked.body)
        if keyed is not None:
            hours = settings.idempotency_hours
            earlier = await writer.db.decide(
                lambda reading: idempotency.replay(reading, keyed, hours), single=True
            )
            if earlier is not None:
                return earlier
        arguments = self._arguments(request.scope) | await self._provided(request)
        if self.signature.body is not None:
            name, sort, strict = self.signature.body
            arguments[name] = await _received(writer, asked, sort, strict)
        transaction: Transaction[Any] = await self.endpoint(**arguments)
        edit = Attribution(asked.key.label, edit_comment(request.scope), findings=transaction.findings)
        work = _idempotent_work(transaction, edit, keyed, settings, minimal=wants_minimal(request.scope))
        with _locked_key(writer.in_flight, keyed):
            response = await writer.db.write(
                work, together=transaction.short and len(asked.body) <= SMALL_BODY_BYTES
            )
        if transaction.afterwards is not None:
            transaction.afterwards()
        return response

    async def _asked(self, request: Request, settings: Settings) -> WriteRequest[Any]:
        """Check everything about a request that does not need its body parsed, and read that.

        Raises:
            Unauthorized, Forbidden, NotAcceptable, UnsupportedMediaType, TooLarge, BadRequest.
        """
        scope, body = request.scope, self.signature.body
        key = await authenticate_writer(request.app, scope, self.required)
        if scope["query_string"]:
            parse_query(QueryModel, scope["query_string"])
        negotiate(scope, JSON_ONLY)
        media_type = check_media_type(scope, body[2].media_types) if body else ""
        limit = settings.max_body_bytes
        if body is not None and body[2].most_bytes is not None:
            limit = min(limit, body[2].most_bytes)
        return WriteRequest(key, media_type, await read_body(scope, request.receive, limit, str(key.pk)))


def _replayable(responses: Mapping[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    header = {"Idempotency-Replayed": REPLAYED, **VERSION_READ}
    return {
        status: response | {"headers": response.get("headers", {}) | header}
        if str(status).startswith("2")
        else response
        for status, response in responses.items()
    }


async def _received(writer: Writer, asked: WriteRequest[Any], sort: Any, strict: StrictBody) -> Any:
    """Give the body of a request: as it came, or as a model.

    Raises:
        BadRequest: it is not JSON, or not strictly.
        InvalidDocument: it is no such model; with every fault.
    """
    if get_origin(sort) is WriteRequest:
        return asked
    model: type[BaseModel] = sort
    document = await writer.parsed(asked)
    faults = model_faults(document, model)
    if faults:
        raise InvalidDocument(strict.detail, faults=faults)
    return model.model_validate(document)


def _idempotent_work(
    transaction: Transaction[Any],
    edit: Attribution,
    keyed: IdempotentRequest | None,
    settings: Settings,
    *,
    minimal: bool,
) -> Callable[[Connection], StoredResponse[Any]]:
    """Give the work of a transaction, which keeps its response where it has an idempotency key."""

    def work(tx: Connection) -> StoredResponse[Any]:
        if keyed is not None:
            earlier = idempotency.begin(tx, keyed, settings.idempotency_hours)
            if earlier is not None:
                return earlier
        response = transaction.work(tx, edit)
        if minimal:
            response = response.without_body()
        if keyed is not None:
            idempotency.keep(tx, keyed, response)
        return response

    return work


@contextmanager
def _locked_key(held: set[tuple[int, str]], keyed: IdempotentRequest | None) -> Iterator[None]:
    """Lock an idempotency key while this process answers its request.

    Raises:
        Conflict: another request with this key is being answered.
    """
    if keyed is None:
        yield
        return
    name = (keyed.api_key, keyed.key)
    if name in held:
        raise idempotency.in_flight()
    held.add(name)
    try:
        yield
    finally:
        held.discard(name)
