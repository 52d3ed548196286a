"""`RequestMiddleware`: what every request passes through, once.

Request ids, metrics, the access log, limits, problem documents and a few security headers, in one plain
ASGI callable: each layer of middleware would cost more than all of these together.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Container
from time import perf_counter
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from app.database.engine.request_reads import READS
from app.errors import AnnalsError, BadRequest, Fault
from app.logs import log
from app.web import metrics
from app.web.accept_encoding import VARY
from app.web.body_memory import BodyMemory, BodyReservation
from app.web.consistency import Consistency
from app.web.encoded_answers import encoded_answer
from app.web.encoded_bodies import decoded_body
from app.web.long_reads import LongReads
from app.web.problems import new_request_id, render_problem, to_problem
from app.web.rate_limit import PROBES, RateLimiter
from app.web.read_classification import may_be_long
from app.web.read_task import Read
from app.web.request_body import LimitedBody, too_large
from app.web.response_state import EXCHANGE_KEY, ResponseState
from app.web.responses import Headers

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._~:-]{0,127}")
_HOST: Final = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?")
_REQUEST_ID_KEY: Final = "annals.request_id"

_SECURITY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)

_ASKING_FOR_STATE: Final = frozenset((b"annals-min-version", b"prefer"))
_LINGER_SECONDS: Final = 0.5
_CLIENT_WENT: Final = 499


def request_id(scope: Scope) -> str:
    """The id of a request: the client's own `X-Request-ID` where that is a plain word, else a new one."""
    return str(scope.get(_REQUEST_ID_KEY, ""))


class RequestMiddleware:
    """An ASGI application around another that answers HTTP.

    Args:
        inner: the application; it may raise any exception before its response has begun.
        max_body_bytes: the largest body that is read.
        streams: the paths, as sent, whose bodies may be longer.
        limiter: the rate limits, if any.
        check_credential: refuses a request that has `Authorization`, where that is no good, and gives headers for the
            response; probes are not asked for it.
        wrap: what goes between this middleware and the problem documents, such as CORS.
        access_log: whether to log every request.
        long_reads: the limits on long reads, if any.
        room: the memory for bodies.
        encodes: whether answers are encoded as `Accept-Encoding` asks for it.
        consistency: decides which states of the database requests are answered from, and tells them.
    """

    def __init__(
        self,
        inner: ASGIApp,
        *,
        max_body_bytes: int,
        streams: Container[str] = frozenset(),
        limiter: RateLimiter | None = None,
        check_credential: Callable[[Scope], Awaitable[Headers]] | None = None,
        wrap: Callable[[ASGIApp], ASGIApp] | None = None,
        access_log: bool = False,
        long_reads: LongReads | None = None,
        room: BodyMemory | None = None,
        encodes: bool = True,
        consistency: Consistency | None = None,
    ) -> None:
        """Wrap an application."""
        self._inner = inner
        self._max_body_bytes = max_body_bytes
        self._streams = streams
        self._limiter = limiter
        self._check_credential = check_credential
        self._guarded: ASGIApp = wrap(self._guard) if wrap else self._guard
        self._access_log = access_log
        self._long_reads = long_reads
        self._room = room or BodyMemory(0, 0.0)
        self._encodes = encodes
        self._consistency = consistency
        self._headers = (*_SECURITY, VARY) if encodes else _SECURITY
        self._good_host = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        began = perf_counter()
        hosts, host, identity, length, codings, asks_for_state = _read_head(scope["headers"])
        if not identity or not _REQUEST_ID.fullmatch(identity):
            identity = new_request_id().encode()
        scope[_REQUEST_ID_KEY] = identity.decode("ascii")
        headers = [(b"x-request-id", identity), *self._headers]
        exchange = ResponseState(scope, receive, send, headers, self._long_reads, self._consistency)
        exchange.asks_for_state = asks_for_state
        scope[EXCHANGE_KEY] = exchange
        room: BodyReservation | None = None
        if length is not None and length != b"0":
            room = self._room.for_body(scope)
            receive = self._body(scope, receive, length)
        send = exchange.answer
        try:
            if hosts != 1 or host != self._good_host:
                self._check_host(scope, hosts, host)
            if codings is not None and self._encodes:
                send = encoded_answer(scope, send, codings)
            await self._guarded(scope, receive, send)
        except AnnalsError as error:
            # From here, or from what wraps the application: the request must not get that far.
            await send_problem(scope, send, error)
        finally:
            exchange.message = None
            if room is not None:
                room.give_back()
            seconds = perf_counter() - began
            route = scope.get("route")
            metrics.observe(scope["method"], "" if route is None else route.path, exchange.status, seconds)
            if self._access_log:
                _log_access(scope, exchange.status, seconds)

    def _body(self, scope: Scope, receive: Receive, length: bytes) -> Receive:
        """Return what gives the body, decoded and within its limit."""
        decoded = decoded_body(scope, receive)
        if scope["path"] in self._streams:
            return decoded
        body = LimitedBody(decoded, self._max_body_bytes)
        if decoded is receive:
            body.exceeded = length.isdigit() and (len(length) > 18 or int(length) > self._max_body_bytes)
        return body.take

    def _check_host(self, scope: Scope, hosts: int, host: bytes) -> None:
        """Refuse a request without exactly one valid `Host` (RFC 9112 §3.2).

        Raises:
            BadRequest: it has none; the connection is closed, as others may have parsed the request
                otherwise.
        """
        if hosts > 1:
            code, detail = "repeated_header", "Send this once."
        elif not hosts and scope["http_version"] != "1.0":
            code, detail = "missing_header", "Say which host the request is for."
        elif not _HOST.fullmatch(host):
            code, detail = "malformed_header", "Give a host, and a port after a colon where there is one."
        else:
            self._good_host = host
            return
        raise BadRequest(
            "A request names one host.",
            code="bad_host",
            faults=[Fault(code, detail, header="Host")],
            headers={"Connection": "close"},
        )

    async def _guard(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, and send a problem document for an exception."""
        exchange: ResponseState = scope[EXCHANGE_KEY]
        limited = _limited(receive)
        if limited is not None and limited.exceeded:
            await _refuse_body(scope, too_large(limited.limit), exchange.receive, send)
            return
        token = READS.set(exchange.reads)
        try:
            if self._limiter is not None:
                exchange.headers += await self._limiter.admit(scope)
            if self._check_credential is not None and scope["path"] not in PROBES:
                exchange.headers += await self._check_credential(scope)
            if self._consistency is not None and (exchange.asks_for_state or self._consistency.has_replicas):
                await self._consistency.begin(scope, exchange.reads)
            await self._answer(scope, receive, send)
        except ClientDisconnect:
            exchange.status = _CLIENT_WENT
        except Exception as exc:  # noqa: BLE001 - whatever it is, it becomes a problem document
            try:
                await self._send_problem(exc, scope, receive, send)
            finally:
                _forget_frames(exc)
        finally:
            READS.reset(token)
            if self._consistency is not None and self._consistency.has_replicas:
                # A stream may have gone on with a later state than it began with.
                self._consistency.note(exchange.reads)

    async def _send_problem(self, exc: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the problem document of an exception, where no response has begun."""
        exchange: ResponseState = scope[EXCHANGE_KEY]
        limited = _limited(receive)
        # Whatever the error has become on its way, a body past its limit is its cause.
        past_limit = limited is not None and limited.exceeded
        error = too_large(self._max_body_bytes) if past_limit else to_problem(exc)
        if error.status == 500 or exchange.started:
            log().error("request failed", request_id=request_id(scope), method=scope["method"], exc_info=exc)
        if exchange.started:
            return
        if error.status == 413:
            await _refuse_body(scope, error, exchange.receive, send)
        else:
            await send_problem(scope, send, error)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._long_reads is None or not may_be_long(scope):
            await self._inner(scope, receive, send)
            return
        exchange: ResponseState = scope[EXCHANGE_KEY]

        async def work(read: Read) -> None:
            exchange.read = read
            await self._inner(scope, receive, send)

        try:
            await self._long_reads.run(scope, receive, work)
        finally:
            exchange.read = None


def _read_head(headers: Headers) -> tuple[int, bytes, bytes, bytes | None, bytes | None, bool]:
    """Return how many `Host` there are, the last, `X-Request-ID`, the length of the body and `Accept-Encoding`.

    The length of a body that comes in chunks is `?`. The last value says whether a state of the database may be asked for.
    """
    hosts, host, identity, asks_for_state = 0, b"", b"", False
    length: bytes | None = None
    codings: bytes | None = None
    for name, value in headers:
        if name == b"host":
            hosts += 1
            host = value
        elif name == b"accept-encoding":
            codings = value if codings is None else b"%b,%b" % (codings, value)
        elif name == b"x-request-id":
            identity = value
        elif name == b"content-length":
            length = value
        elif name == b"transfer-encoding":
            length = b"?"
        elif name in _ASKING_FOR_STATE:
            asks_for_state = True
    return hosts, host, identity, length, codings, asks_for_state


def _forget_frames(exc: BaseException | None) -> None:
    """Clear the frames of an exception that was handled.

    A frame whose local variables refer to the exception makes a reference cycle, which keeps the request
    body and all that was made of it until the next garbage collection.
    """
    while exc is not None:
        exc.__traceback__ = None
        exc = exc.__context__


def _limited(receive: Receive) -> LimitedBody | None:
    body = getattr(receive, "__self__", None)
    return body if isinstance(body, LimitedBody) else None


async def send_problem(scope: Scope, send: Send, error: AnnalsError) -> None:
    """Send the problem document of an error."""
    problem = render_problem(error, scope["path"], request_id(scope))
    await send({"type": "http.response.start", "status": problem.status, "headers": problem.headers})
    await send({"type": "http.response.body", "body": problem.body})


async def _refuse_body(scope: Scope, error: AnnalsError, receive: Receive, send: Send) -> None:
    """Answer 413 at once, and close.

    What the client still sends is discarded for a moment first: closing with unread bytes resets the
    connection, and the client would lose the response that it was about to read.
    """
    problem = render_problem(error, scope["path"], request_id(scope))
    await send({"type": "http.response.start", "status": problem.status, "headers": problem.headers})
    await send({"type": "http.response.body", "body": problem.body, "more_body": True})
    try:
        async with asyncio.timeout(_LINGER_SECONDS):
            while (await receive()).get("more_body", False):
                pass
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b""})


def _log_access(scope: Scope, status: int, seconds: float) -> None:
    client: tuple[str, int] | None = scope.get("client")
    fields: dict[str, Any] = {
        "request_id": request_id(scope),
        "method": scope["method"],
        "path": quote(scope["path"], errors="replace"),
        "status": status,
        "ms": round(seconds * 1000, 2),
        "client": client[0] if client else None,
    }
    log().info("request", **fields)
