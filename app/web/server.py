"""How uvicorn is run."""

from functools import partial
from typing import Any

from app.open_files import open_file_limit
from app.settings import Settings
from app.web.connections import ConnectionLimits, Connections
from app.web.http_protocol import BoundedProtocol


def uvicorn_options(settings: Settings, *, host: str, port: int, workers: int) -> dict[str, Any]:
    """Return the options of `uvicorn.run`."""
    limits = ConnectionLimits.of(settings, open_file_limit())
    return {
        "host": host,
        "port": port,
        "workers": workers,
        # Each worker unpickles its own.
        "http": partial(BoundedProtocol, Connections(limits)),
        "loop": "uvloop",
        "ws": "none",
        "lifespan": "on",
        "proxy_headers": bool(settings.forwarded_allow_ips),
        "forwarded_allow_ips": list(settings.forwarded_allow_ips),
        "server_header": False,
        "access_log": False,
        "log_config": None,
        "log_level": settings.log_level,
        "timeout_graceful_shutdown": settings.shutdown_seconds,
        "timeout_keep_alive": settings.keep_alive_seconds,
    }
