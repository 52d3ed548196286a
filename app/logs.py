"""Logging: one line an event on standard error, as JSON or for a terminal, for this service and uvicorn alike."""

import logging
import sys
from typing import Any, Final

import orjson
import structlog
from structlog.typing import Processor

from app.settings import Settings

_SHARED: Final[tuple[Processor, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure(settings: Settings) -> None:
    """Set the level and the format, for `log` and for the standard library's loggers."""
    level = getattr(logging, settings.log_level.upper())
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    rendering: tuple[Processor, ...] = (
        (structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_dumps))
        if as_json
        else (_console(),)
    )
    structlog.configure(
        processors=[*_SHARED, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # uvicorn would log every request; `RequestMiddleware` does that, where it is wanted.
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
    # Alembic logs each of its plugins at info.
    logging.getLogger("alembic").setLevel(max(level, logging.WARNING))


def _console() -> Processor:
    # The richer tracebacks show local variables, and with them keys and passwords.
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _dumps(event: Any, **_: Any) -> str:
    # Values that JSON cannot hold are logged by their repr: logging must not fail.
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def log() -> structlog.typing.FilteringBoundLogger:
    """The logger of this service; takes an event and its fields: `log().info("seeded", records=12)`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
