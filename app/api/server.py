"""How uvicorn is run: the protocol it speaks, and its limits on what comes before a body."""

import sys
from typing import Any, Final

from httptools import HttpParserInvalidMethodError
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.api.problems import new_request_id, render
from app.errors import AnnalsError, BadRequest, HeadTooLarge, MethodUnknown
from app.settings import Settings

MAX_HEAD_BYTES: Final = 64 * 1024
"""Request line and headers together. httptools itself has no limit."""

_GRACE_SECONDS: Final = 10
_KEEP_ALIVE_SECONDS: Final = 15


class HeadLimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which hangs up on a request line and headers that will not end.

    Whatever it refuses before there is a request for the application is a problem document too.
    """

    _head: int | None = 0

    def data_received(self, data: bytes) -> None:
        """Take what has arrived, unless it is still the head, and too much of it."""
        if self._head is not None:
            if self._head + len(data) > MAX_HEAD_BYTES:
                end = data.find(b"\r\n\r\n")
                if end < 0 or self._head + end > MAX_HEAD_BYTES:
                    detail = f"The request line and headers take more than {MAX_HEAD_BYTES} bytes."
                    self._refuse(HeadTooLarge(detail))
                    return
            self._head += len(data)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Stop counting: what follows is body."""
        self._head = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Count anew: what follows is the next request."""
        self._head = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own words
        """Refuse what is no HTTP; uvicorn calls this from where it handles the parser's error."""
        if isinstance(sys.exception(), HttpParserInvalidMethodError):
            detail = (
                "The request begins with no method that is known here; OPTIONS tells which an address takes."
            )
            self._refuse(MethodUnknown(detail))
        else:
            detail = (
                "The request is no HTTP/1.1; mend its request line, its headers or the framing of its body."
            )
            self._refuse(BadRequest(detail, code="malformed_request"))

    def _refuse(self, error: AnnalsError) -> None:
        identity = new_request_id()
        # What was asked for cannot be told, or not yet.
        problem = render(error, "/", identity)
        headers = [
            *self.server_state.default_headers,
            *problem.headers,
            (b"x-request-id", identity.encode()),
            (b"connection", b"close"),
        ]
        head = STATUS_LINE[problem.status] + b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(head + b"\r\n" + problem.body)
        self.transport.close()


def uvicorn_options(settings: Settings, *, host: str, port: int, workers: int) -> dict[str, Any]:
    """Return what `uvicorn.run` is given beside the application."""
    return {
        "host": host,
        "port": port,
        "workers": workers,
        "http": HeadLimitedProtocol,
        "loop": "uvloop",
        "ws": "none",
        "lifespan": "on",
        "proxy_headers": bool(settings.forwarded_allow_ips),
        "forwarded_allow_ips": list(settings.forwarded_allow_ips),
        "server_header": False,
        "access_log": False,
        "log_config": None,
        "log_level": settings.log_level,
        "timeout_graceful_shutdown": _GRACE_SECONDS,
        "timeout_keep_alive": _KEEP_ALIVE_SECONDS,
    }
