"""Logs: one line an event on standard error, as JSON or for a terminal, of this service and of its server alike."""

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
    """Set the level and the format, for `log` and for whatever logs through the standard library."""
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
    # uvicorn logs every request as long as this one has somewhere to log to; the edge does it, if anyone.
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
    # Alembic tells of each of its plugins at the level at which others tell what matters.
    logging.getLogger("alembic").setLevel(max(level, logging.WARNING))


def _console() -> Processor:
    # The richer tracebacks show local variables, and with them keys and passwords.
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _dumps(event: Any, **_: Any) -> str:
    # Whatever cannot be JSON is shown by its repr: a log line must not fail for what it says.
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def log() -> structlog.typing.FilteringBoundLogger:
    """The logger of this service; takes an event and its fields: `log().info("seeded", records=12)`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
