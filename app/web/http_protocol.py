"""uvicorn's HTTP/1.1 protocol with limits on the size and the time of all that a client may send."""

import asyncio
import sys
from typing import Any, Final

from httptools import HttpParserInvalidMethodError, HttpParserInvalidURLError
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.errors import AnnalsError, BadRequest, HeadTooLarge, MethodUnknown, RequestTimeout, TooManyRequests
from app.web import metrics
from app.web.connections import Connections
from app.web.problems import new_request_id, render_problem
from app.web.response_state import bytes_written_last

MAX_HEAD_BYTES: Final = 64 * 1024
"""Request line and headers together. httptools itself has no limit."""

MAX_FIELDS: Final = 200
"""Header fields of one request."""

MAX_FRAMING_BYTES: Final = 16 * 1024
"""The overhead of a chunked body: trailers, which are not read here, and chunk extensions.

Chunks need some of it, so 16 bytes for each, and two for each byte of data, are free, as in Go's net/http.
"""

MAX_PIPELINED: Final = 64
"""Requests that may be sent ahead of their responses (pipelining)."""

_LINGER_SECONDS: Final = 5.0
"""How long the rest of a body is read and discarded once the response is sent.

A client that sends its whole request first would otherwise find the connection reset, and lose the response.
"""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol for one connection, which closes connections that exceed a limit.

    Requests that it refuses before the application is called are answered with problem documents too.
    """

    # These describe the request that is being received, which may not be the one that is being answered.
    counted_as: str | None = None
    stalled: float = 0.0
    _answer_bytes: int = 0
    """The size of what was written when the client did not keep up: it is buffered until all of it is read."""
    _head: int = 0
    """Bytes of an incomplete head."""
    _in_body: bool = False
    _data: int = 0
    _chunks: int = 0
    _framing: int = 0
    _received: int = 0
    _waited: float = 0.0
    _state: tuple[Any, bool, bool] = (None, False, False)
    """The request received last, whether its body was arriving, and whether a head was, as of the last check."""
    _write_waited: float = 0.0
    _unsent: int = 0
    _unsent_before: int = 0
    _ahead: RequestResponseCycle | None = None
    """The request being answered, where others wait behind it."""
    _refusal: bytes | None = None
    """What is still to be sent before closing, once all requests before it are answered."""
    _refused: bool = False

    def __init__(self, bounds: Connections, **uvicorn: Any) -> None:
        """Serve one client, whose connection is one of those in `bounds`."""
        super().__init__(**uvicorn)
        self._bounds = bounds

    # Called by asyncio.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Add the connection, or refuse it with an error."""
        super().connection_made(transport)
        self.counted_as = self._bounds.limits.counted_as(self.client[0]) if self.client else None
        error = self._bounds.enter(self, self.loop)
        if error is not None:
            self._refuse(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the connection, and notify every request that is in progress on it."""
        self._bounds.leave(self)
        # uvicorn notifies the last request alone, which may wait behind the one that is being answered.
        self._disconnect(self._ahead)
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Receive data, and refuse it where there is too much."""
        if self._refused:
            return
        if self._in_body:
            self._take_body(data)
            return
        self._head += len(data)
        super().data_received(data)
        if self._head > MAX_HEAD_BYTES and not self._in_body:
            self._refuse(_head_too_large())

    def _take_body(self, data: bytes) -> None:
        cycle = self.cycle
        self._received += len(data)
        self._data = self._chunks = 0
        super().data_received(data)
        if self._in_body and self.cycle is cycle:
            self._framing = max(0, self._framing + len(data) - 3 * self._data - 16 * self._chunks)
            if self._framing > MAX_FRAMING_BYTES:
                detail = "The body has too much beside its data: leave out trailers and extensions of chunks."
                self._refuse(BadRequest(detail, code="malformed_request"))

    def pause_writing(self) -> None:
        """Note that the client reads more slowly than it is written to."""
        super().pause_writing()
        answered = self._answered()
        self._answer_bytes = 0 if answered is None else bytes_written_last(answered.scope)
        self._bounds.note_unsent(self, max(self._answer_bytes, self.transport.get_write_buffer_size()))

    def resume_writing(self) -> None:
        """Note that the client has read what was buffered."""
        super().resume_writing()
        self._bounds.note_sent(self)

    # Called by the parser. An error raised here comes back in `send_400_response`.

    def on_headers_complete(self) -> None:
        """Start the request, unless its head is too large."""
        if len(self.headers) > MAX_FIELDS:
            raise HeadTooLarge(f"There are more than {MAX_FIELDS} headers.")
        if self._head > MAX_HEAD_BYTES and self._head_size() > MAX_HEAD_BYTES:
            raise _head_too_large()
        if not self.pipeline:
            self._ahead = self.cycle
        elif len(self.pipeline) >= MAX_PIPELINED:
            raise TooManyRequests(f"At most {MAX_PIPELINED} requests may be sent ahead of their answers.")
        super().on_headers_complete()
        if self.pipeline:
            for cycle in (self._ahead, self.cycle):
                self._call_when_answered(cycle)
        self._in_body = True
        self._framing = 0
        # Trailers are no part of the request: its headers may have been acted upon.
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """Pass on a chunk of a body."""
        self._data += len(body)
        super().on_body(body)

    def on_chunk_header(self) -> None:
        """Count a chunk."""
        self._chunks += 1

    def on_message_complete(self) -> None:
        """Reset the counters: what follows is the next request."""
        self._in_body = False
        self._head = 0
        super().on_message_complete()

    # Called by uvicorn.

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own words
        """Refuse what is not HTTP; uvicorn calls this from its handler of parser errors."""
        found = sys.exception()
        raised = None if found is None else found.__context__
        if isinstance(raised, AnnalsError):
            self._refuse(raised)
        elif isinstance(found, HttpParserInvalidMethodError):
            detail = (
                "The request begins with no method that is known here; OPTIONS tells which an address takes."
            )
            self._refuse(MethodUnknown(detail))
        elif isinstance(found, HttpParserInvalidURLError):
            detail = (
                "The address has characters that cannot stand in a request line: percent-encode, as UTF-8, all that "
                "are not ASCII, and spaces; á is %C3%A1. curl does so with -G --data-urlencode 'q=…'."
            )
            self._refuse(BadRequest(detail, code="unencoded_address"))
        else:
            detail = (
                "The request is no HTTP/1.1; mend its request line (a space in an address is %20), its headers or "
                "the framing of its body."
            )
            self._refuse(BadRequest(detail, code="malformed_request"))

    # Called by `Connections`.

    @property
    def awaits_request(self) -> bool:
        """Whether no request on it is being answered, and none has come whole."""
        cycle: RequestResponseCycle | None = self._last_request()
        return not self._in_body and (cycle is None or cycle.response_complete)

    @property
    def is_read(self) -> bool:
        """Whether its client has read all that was written."""
        return not self.transport.get_write_buffer_size()

    @property
    def waited(self) -> float:
        """For how many seconds it has been in its present state, as of the last check."""
        return self._waited

    def look(self, seconds: float) -> None:
        """Count the seconds since the last check, and close the connection where the client has timed out."""
        state = (self.cycle, self._in_body, self._head > 0)
        if state != self._state:
            self._state = state
            self._waited = 0.0
            self._received = 0
        self._look_at_writing(seconds)
        if self.transport.is_closing():
            return
        if self._in_body:
            self._look_at_body(seconds)
        elif self.awaits_request:
            self._look_at_head(seconds)

    def hang_up(self, reason: str) -> None:
        """Close it at once, whatever is in progress on it."""
        metrics.count_closed(reason)
        self._refused = True
        self.transport.abort()

    def _look_at_head(self, seconds: float) -> None:
        self._waited += seconds
        most = self._bounds.limits.head_seconds
        # Between two requests uvicorn has a timeout of its own.
        if most and self._waited > most and (self._head or self._last_request() is None):
            if self._head:
                metrics.count_closed("head_timeout")
                self._refuse(RequestTimeout(f"The headers were not whole within {most:g} seconds."))
            else:
                self.hang_up("head_timeout")

    def _look_at_body(self, seconds: float) -> None:
        if self.cycle.response_complete:
            self._waited += seconds
            if self._waited > _LINGER_SECONDS:
                self.hang_up("body_after_answer")
            return
        if self.flow.read_paused or self.cycle.waiting_for_100_continue:
            return  # no wait for the client
        self._waited += seconds
        limits = self._bounds.limits
        if not limits.body_seconds or self._waited < limits.body_seconds:
            return
        if self._received < limits.bytes_per_second * self._waited:
            metrics.count_closed("body_timeout")
            detail = f"The body came at less than {limits.bytes_per_second} bytes a second."
            self._refuse(RequestTimeout(detail))
        self._waited = 0.0
        self._received = 0

    def _look_at_writing(self, seconds: float) -> None:
        size, last = self.transport.get_write_buffer_size(), self._unsent
        self._unsent = size
        if not size:
            self.stalled = self._write_waited = 0.0
            return
        if self.flow.write_paused:
            self._bounds.note_unsent(self, max(self._answer_bytes, size))
        self.stalled = self.stalled + seconds if size == last else 0.0
        if not last or size > last:  # more was written, since enough of what there was had been read
            self._unsent_before = size
            self._write_waited = 0.0
            return
        self._write_waited += seconds
        limits = self._bounds.limits
        if not limits.write_seconds or self._write_waited < limits.write_seconds:
            return
        if self._unsent_before - size < limits.bytes_per_second * self._write_waited:
            self.hang_up("write_timeout")
        self._unsent_before = size
        self._write_waited = 0.0

    def _call_when_answered(self, cycle: RequestResponseCycle | None) -> None:
        """Have a method called when a request is answered; only where another request waits for it."""
        if cycle is not None:
            cycle.on_response = self._go_on

    def _go_on(self) -> None:
        """Go on with the next pipelined request, or close the connection where there is no more to be answered."""
        if self.pipeline:
            self._ahead = self.pipeline[-1][0]
        elif self._refusal is not None:
            self._write_last(self._refusal)
        self.on_response_complete()

    def _answered(self) -> RequestResponseCycle | None:
        """The request that is being answered, or was answered last."""
        return self._ahead if self.pipeline else self._last_request()

    def _last_request(self) -> RequestResponseCycle | None:
        return self.cycle

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse(self, error: AnnalsError) -> None:
        """Answer the request received last with a problem document, after the responses before it, and close."""
        if self._refused:
            return
        self._refused = True
        self._refusal = self._problem(error)
        answered = self._answered()
        if self._in_body and self.pipeline:
            self.pipeline.popleft()  # its own request, which is incomplete
        elif self._in_body and answered is not None and not answered.response_complete:
            begun = answered.response_started
            self._disconnect(answered)
            if begun:
                self.transport.abort()
                return
            answered = None
        if answered is None or answered.response_complete:
            self._write_last(self._refusal)
        else:
            self._call_when_answered(answered)
            self.flow.pause_reading()

    def _write_last(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()

    def _problem(self, error: AnnalsError) -> bytes:
        identity = new_request_id()
        # The method and path are not known, or not yet.
        problem = render_problem(error, "/", identity)
        headers = [
            *self.server_state.default_headers,
            *problem.headers,
            (b"x-request-id", identity.encode()),
            (b"connection", b"close"),
        ]
        head = STATUS_LINE[problem.status] + b"".join(b"%s: %s\r\n" % header for header in headers)
        return head + b"\r\n" + problem.body

    @staticmethod
    def _disconnect(cycle: RequestResponseCycle | None) -> None:
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()


def _head_too_large() -> HeadTooLarge:
    return HeadTooLarge(f"The request line and headers take more than {MAX_HEAD_BYTES} bytes.")
