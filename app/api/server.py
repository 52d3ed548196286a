"""How uvicorn is run: the protocol it speaks, and its limits on what comes before a body."""

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.api.problems import render
from app.errors import AnnalsError
from app.settings import Settings

MAX_HEAD_BYTES: Final = 64 * 1024
"""Request line and headers together. httptools itself has no limit."""

_GRACE_SECONDS: Final = 10
_KEEP_ALIVE_SECONDS: Final = 15


class HeadTooLargeError(AnnalsError):
    """The request line and headers are larger than is taken (RFC 6585, section 5)."""

    status = 431
    code = "head_too_large"
    title = "Headers too large"


class HeadLimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which hangs up on a request line and headers that will not end."""

    _head: int | None = 0

    def data_received(self, data: bytes) -> None:
        """Take what has arrived, unless it is still the head, and too much of it."""
        if self._head is not None:
            if self._head + len(data) > MAX_HEAD_BYTES:
                end = data.find(b"\r\n\r\n")
                if end < 0 or self._head + end > MAX_HEAD_BYTES:
                    self._refuse()
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

    def _refuse(self) -> None:
        error = HeadTooLargeError(f"The request line and headers take more than {MAX_HEAD_BYTES} bytes.")
        problem = render(error, "/", "")
        lines = [b"HTTP/1.1 431 Request Header Fields Too Large", b"connection: close"]
        lines += [b"%s: %s" % header for header in problem.headers]
        self.transport.write(b"\r\n".join([*lines, b"", problem.body]))
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
