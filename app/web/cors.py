"""Cross-origin requests (the Fetch standard), for the origins that are set."""

from collections.abc import Callable, Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from app.errors import BadRequest, Fault
from app.web.idempotency import HEADER as REPLAYED

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_SENT: Final = (
    "Annals-Min-Version",
    "Authorization",
    "Content-Encoding",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Prefer",
    "X-Edit-Comment",
    "X-Request-ID",
)

_READ: Final = (
    "Age",
    "Annals-Version",
    "Content-Disposition",
    "ETag",
    REPLAYED,
    "Link",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
)

_MAX_AGE_SECONDS: Final = 600


class _Cors(CORSMiddleware):
    """Starlette's middleware, but a refused preflight is a problem document like any other error."""

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code != 400:
            return response
        raise BadRequest(
            "This origin may not send that request.",
            code="cors_refused",
            faults=(
                Fault(
                    "cors_refused", "Ask for an origin to be added to ANNALS_CORS_ORIGINS.", header="Origin"
                ),
            ),
        )


def cors(origins: Sequence[str]) -> Callable[[ASGIApp], ASGIApp] | None:
    """Return what wraps an application with CORS; None where no origins are set."""
    if not origins:
        return None

    def wrap(app: ASGIApp) -> ASGIApp:
        return _Cors(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=_SENT,
            expose_headers=_READ,
            max_age=_MAX_AGE_SECONDS,
        )

    return wrap
