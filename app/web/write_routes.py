"""Routes that write: the course of a write stands here, once; what is written is up to the endpoint."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar, get_origin

from fastapi import Request
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from app import errors
from app.errors import AnnalsError, InvalidDocument
from app.records.validation.document import model_faults
from app.values.text_selectors import SelectorMatches
from app.web.auth import KeyScope
from app.web.dependencies import get_preconditions
from app.web.idempotency import StoredResponse
from app.web.openapi import (
    COMMON_HEADERS,
    REPLAYED,
    SECURITY,
    WRITE_PROBLEMS,
    problem_responses,
)
from app.web.signatures import Endpoint, Signature, StrictBody
from app.web.typed_routes import Call, FastRoute
from app.web.write_requests import WriteFunction, Writer, WriteRequest, send_answer, writer_of

T = TypeVar("T")
_CONDITIONAL: Final = (errors.PreconditionFailed, errors.PreconditionRequired)


@dataclass(frozen=True, slots=True)
class Transaction(Generic[T]):
    """What an endpoint of a `WriteRoute` returns: what is to be done in one transaction.

    Attributes:
        work: does it, and gives the response, which is kept with its idempotency key before the transaction ends.
        findings: passages that were looked for before, so that the transaction need not.
        afterwards: is called once it is committed.
    """

    work: WriteFunction
    findings: SelectorMatches | None = None
    afterwards: Callable[[], None] | None = None


class WriteRoute(FastRoute):
    """Has what its endpoint returns done in one transaction.

    A request is taken in this order: its key, its query (there is none), `Accept`, the media type and the size of its
    body, its idempotency key (an earlier response is sent again), the body, the endpoint, the transaction.
    """

    returns: ClassVar[type] = Transaction
    required: ClassVar[KeyScope] = "write"
    """The scope of the key that is needed."""

    def __init__(
        self, path: str, endpoint: Endpoint, *, openapi_extra: dict[str, Any] | None = None, **options: Any
    ) -> None:
        """Make a route.

        Raises:
            TypeError: the signature is one that this class cannot provide.
        """
        extra = openapi_extra or {}
        parameters = [*extra.get("parameters", ()), *COMMON_HEADERS]
        extra = {**extra, "parameters": parameters, "security": SECURITY}
        body = Signature.of(endpoint, path, self.returns).body
        if body is not None and body[2].example is not None:
            content = {body[2].media_types[0]: {"example": body[2].example}}
            extra["requestBody"] = {"content": content | extra.get("requestBody", {}).get("content", {})}
        super().__init__(path, endpoint, **options | {"openapi_extra": extra})

    def _check_signature(self, endpoint: Endpoint) -> None:
        if self.signature.others or self.signature.query or self.guards:
            raise TypeError(f"A write takes what {endpoint} does not: a path, a body, what is provided.")

    def _success(self) -> dict[str, Any]:
        return {"headers": {"Idempotency-Replayed": REPLAYED}}

    def _problems(self, endpoint: Endpoint) -> dict[int | str, dict[str, Any]]:
        conditional = get_preconditions in self.signature.provided.values()
        found: list[type[AnnalsError]] = [*WRITE_PROBLEMS, *(_CONDITIONAL if conditional else ())]
        return super()._problems(endpoint) | problem_responses(*found)

    async def _answer(self, request: Request, _call: Call) -> ASGIApp:
        scope, body = request.scope, self.signature.body
        writer = writer_of(request.app, request.app.state.settings)
        asked = await writer.ask(
            scope,
            request.receive,
            body[2].media_types if body else (),
            needed=self.required,
            most_bytes=body[2].most_bytes if body else None,
        )
        response = await writer.earlier(scope, asked)
        if response is None:
            arguments = self._arguments(scope) | await self._provided(request)
            if body is not None:
                arguments[body[0]] = await _received(writer, asked, *body[1:])
            transaction: Transaction[Any] = await self._endpoint(**arguments)
            response = await writer.run(scope, asked, transaction.work, transaction.findings)
            if transaction.afterwards is not None:
                transaction.afterwards()
        return _sending(response)


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


def _sending(response: StoredResponse) -> ASGIApp:
    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send_answer(send, response)

    return answer
