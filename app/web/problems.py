"""Problem documents (RFC 9457): the one form of every error response."""

import errno
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import getrandbits
from typing import Any, Final
from urllib.parse import quote

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app import errors
from app.errors import AnnalsError, Fault

MEDIA_TYPE: Final = "application/problem+json"
PAGE: Final = "/docs/problems"

PROBLEMS: Final[tuple[type[AnnalsError], ...]] = (
    errors.BadRequest,
    errors.Unauthorized,
    errors.Forbidden,
    errors.NotFound,
    errors.MethodNotAllowed,
    errors.NotAcceptable,
    errors.RequestTimeout,
    errors.Conflict,
    errors.Gone,
    errors.PreconditionFailed,
    errors.TooLarge,
    errors.UnsupportedMediaType,
    errors.InvalidDocument,
    errors.PreconditionRequired,
    errors.TooManyRequests,
    errors.HeadTooLarge,
    errors.InternalError,
    errors.MethodUnknown,
    errors.Unavailable,
    errors.DiskFull,
)

_BY_STATUS: Final = {problem.status: problem for problem in PROBLEMS}
_MAX_INSTANCE_LENGTH: Final = 2000
_MAX_ERRORS: Final = 100

_SAFE_MESSAGES: Final = {
    "missing": "This is required.",
    "extra_forbidden": "There is no such field.",
    "bool_parsing": "Use true or false.",
    "float_parsing": "Use a number.",
    "int_parsing": "Use a whole number.",
}


@dataclass(frozen=True, slots=True)
class RenderedProblem:
    """A problem document ready to be sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def to_problem(exc: Exception) -> AnnalsError:
    """Return the problem that a client is shown for an exception; an unforeseen one reveals nothing."""
    if isinstance(exc, AnnalsError):
        return exc
    if isinstance(exc, HTTPException):
        return _from_starlette(exc)
    if isinstance(exc, RequestValidationError):
        return _from_validation(exc.errors())
    if isinstance(exc, OSError) and exc.errno == errno.ENOSPC:
        return errors.DiskFull(
            "The service's disk is full. Whoever runs it has to free space; then try again."
        )
    return errors.InternalError("The service failed. Its log has more under this request_id.")


def _from_starlette(exc: HTTPException) -> AnnalsError:
    known = _BY_STATUS.get(exc.status_code)
    if known is None:
        known = errors.BadRequest if exc.status_code < 500 else errors.InternalError
    return known(headers=exc.headers)


def _from_validation(found: Iterable[Mapping[str, Any]]) -> AnnalsError:
    faults = [_fault(item) for item in found]
    if any(fault.pointer is None for fault in faults):
        return errors.BadRequest("The query or a header is malformed.", faults=faults)
    return errors.InvalidDocument(faults=faults)


def _fault(item: Mapping[str, Any]) -> Fault:
    kind = str(item["type"])
    detail = _SAFE_MESSAGES.get(kind)
    if detail is None:
        custom = kind in ("value_error", "assertion_error")
        detail = "This value is not taken here." if custom else f"{str(item['msg']).rstrip('.')}."
    where, *path = (str(part) for part in item["loc"])
    if where == "body":
        pointer = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)
        return Fault(kind, detail, pointer=pointer)
    name = path[0] if path else where
    if where == "header":
        return Fault(kind, detail, header=name)
    return Fault(kind, detail, parameter=name)


def new_request_id() -> str:
    """Make an id for a request that came without one."""
    return f"{getrandbits(128):032x}"


def _cut(reference: str) -> str:
    """Cut a long path, never within a percent-encoded octet (RFC 3986, 2.1)."""
    kept = reference[:_MAX_INSTANCE_LENGTH]
    escape = kept.rfind("%", -2)
    return kept if escape < 0 or len(reference) == len(kept) else kept[:escape]


def render_problem(error: AnnalsError, path: str, request_id: str) -> RenderedProblem:
    """Render the problem document for an error that a request to `path` met.

    `type` names the class of error and `code` this very one; both come from this program, and `instance` is
    the path alone, percent-encoded. Names of parameters and fields, which clients make up, have `<` escaped
    as in JSON. So no markup that a client sent comes back. Of very many errors the first are listed, and
    how many were left out.
    """
    document: dict[str, Any] = {
        "type": f"{PAGE}#{type(error).code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": _cut(quote(path, safe="/:@!$&'()*+,;=~", errors="replace")),
        "code": error.code,
        "request_id": request_id,
    }
    if error.faults:
        document["errors"] = [_member(fault) for fault in error.faults[:_MAX_ERRORS]]
        if len(error.faults) > _MAX_ERRORS:
            document["errors_left_out"] = len(error.faults) - _MAX_ERRORS
    for name, value in error.extra.items():
        document.setdefault(name, value)
    body = orjson.dumps(document).replace(b"<", rb"\u003c")
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    headers += [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in error.headers.items()
    ]
    return RenderedProblem(error.status, headers, body)


def _member(fault: Fault) -> dict[str, str]:
    member = {
        "pointer": fault.pointer,
        "parameter": fault.parameter,
        "header": fault.header,
        "code": fault.code,
        "detail": fault.detail,
        "suggestion": fault.suggestion,
    }
    return {name: value for name, value in member.items() if value is not None}
