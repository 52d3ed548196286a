"""Errors, described once for HTTP, the command line and the importer.

Every error that a client may be shown is an `AnnalsError`. It carries the status and code of its problem
document (RFC 9457) and, where a request or document has several faults, all of them. Texts are written here
and where errors are raised; they repeat nothing that a client sent.
"""

import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from rapidfuzz import fuzz, process

_MAX_WORD_LENGTH: Final = 200
_CUTOFF: Final = 66.0

MAX_QUOTED_LENGTH: Final = 60
"""A value in a fault is cut at this many characters."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where.

    Attributes:
        code: a fixed snake_case word for programs.
        detail: one sentence for people that says what to do.
        pointer: where in a document, as a JSON Pointer (RFC 6901); the empty string is the document.
        parameter: the query or path parameter at fault.
        header: the request header at fault.
        suggestion: what may have been meant.
        value: what was found there, as `quoted` returns it; only for reports of imports, as problem
            documents repeat nothing that a client sent.
        record: the reference of the record that was to be made from a document of an import.
    """

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None
    suggestion: str | None = None
    value: str | None = None
    record: str | None = None


class AnnalsError(Exception):
    """What the service answers with a problem document; the subclass decides the status.

    Attributes:
        status: HTTP status code.
        code: a fixed snake_case word for programs; an instance may narrow it.
        title: the short summary of the class of error.
        detail: one sentence on this occurrence.
        faults: every single fault, in the order found.
        headers: response headers that belong to the answer, such as `Allow` or `Retry-After`.
        extra: further members of the problem document.
    """

    status: ClassVar[int] = 500
    code: str = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Describe this occurrence; without a detail, the number of its faults serves, else the title."""
        self.faults: tuple[Fault, ...] = tuple(faults)
        self.detail = detail or self._number_of_faults() or f"{self.title}."
        super().__init__(self.detail)
        if code is not None:
            self.code = code
        self.headers: dict[str, str] = dict(headers or {})
        self.extra: dict[str, Any] = dict(extra or {})

    def _number_of_faults(self) -> str:
        match len(self.faults):
            case 0:
                return ""
            case 1:
                return "There is a fault; `errors` says how to mend it."
            case count:
                return f"There are {count:,} faults; `errors` says how to mend each."


class BadRequest(AnnalsError):
    """The query, a header or the syntax of the body is malformed."""

    status = 400
    code = "bad_request"
    title = "Bad request"


class Unauthorized(AnnalsError):
    """No key was given, or one that is not known."""

    status = 401
    code = "unauthorized"
    title = "Key required"


class Forbidden(AnnalsError):
    """The key lacks the scope."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class NotFound(AnnalsError):
    """There is nothing at this address, and never was."""

    status = 404
    code = "not_found"
    title = "Not found"


class MethodNotAllowed(AnnalsError):
    """The address exists, the method does not; `Allow` names those that do."""

    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"


class NotAcceptable(AnnalsError):
    """None of the formats, or content codings, asked for exists here."""

    status = 406
    code = "not_acceptable"
    title = "Not acceptable"


class RequestTimeout(AnnalsError):
    """The request took too long to come: its headers, or its body (RFC 9110, section 15.5.9). Nothing was changed."""

    status = 408
    code = "request_timeout"
    title = "Request timeout"


class Conflict(AnnalsError):
    """The state of the database stands against the request."""

    status = 409
    code = "conflict"
    title = "Conflict"


class Gone(AnnalsError):
    """There was a record at this address; it has been deleted.

    Or a number of `GET /v1/changes` was lost (`another_history`), as the database was set back to an earlier state:
    `last_common` is the last that still holds.
    """

    status = 410
    code = "gone"
    title = "Gone"


class PreconditionFailed(AnnalsError):
    """`If-Match` or `If-None-Match` does not hold."""

    status = 412
    code = "precondition_failed"
    title = "Precondition failed"


class TooLarge(AnnalsError):
    """The body is larger than is taken."""

    status = 413
    code = "too_large"
    title = "Too large"


class UnsupportedMediaType(AnnalsError):
    """The body is in a format, or a content coding, that is not taken here."""

    status = 415
    code = "unsupported_media_type"
    title = "Unsupported media type"


class InvalidDocument(AnnalsError):
    """The document can be read, and breaks one or more rules."""

    status = 422
    code = "invalid_document"
    title = "Invalid document"


class PreconditionRequired(AnnalsError):
    """The write needs `If-Match` or `If-None-Match`."""

    status = 428
    code = "precondition_required"
    title = "Precondition required"


class TooManyRequests(AnnalsError):
    """A rate limit was reached; `Retry-After` says for how long."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests"


class HeadTooLarge(AnnalsError):
    """The request line and headers are larger than is taken (RFC 6585, section 5)."""

    status = 431
    code = "head_too_large"
    title = "Headers too large"


class InternalError(AnnalsError):
    """A fault of the service itself; its log says more."""

    status = 500
    code = "internal_error"
    title = "Internal error"


class MethodUnknown(AnnalsError):
    """The request begins with no method of HTTP that is known here (RFC 9110, section 15.6.2)."""

    status = 501
    code = "method_unknown"
    title = "Method unknown"


class Unavailable(AnnalsError):
    """The database cannot be reached for now; `Retry-After` says when to try again.

    So it is with a read that waits among too many long ones (`busy`). One that takes too much work (`too_much_work`)
    is not answered later either: ask for less. Nothing was changed, unless the `code` is `outcome_unknown`: the database was lost in the middle of a
    commit, so that only reading again, or the same request with its `Idempotency-Key`, tells what became of it.
    `busy` is said where others kept a write waiting for too long, `read_only` where the server takes no writes,
    `database_replaced` where the file of the database is no longer the one that the service has open, and
    `version_not_reached` where the database is not in the state that `Annals-Min-Version` asks for.
    """

    status = 503
    code = "unavailable"
    title = "Unavailable"


class DiskFull(AnnalsError):
    """There is no room left to write to."""

    status = 507
    code = "disk_full"
    title = "No room left"


def quoted(value: Any) -> str:
    """Return the content of a cell or a member for a report: on one line, at most 60 characters of it."""
    # Only the part that can be shown: the value may be large.
    text = value[: MAX_QUOTED_LENGTH + 1] if isinstance(value, str) else reprlib.repr(value)
    shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    return shown if len(shown) <= MAX_QUOTED_LENGTH else f"{shown[: MAX_QUOTED_LENGTH - 1]}…"


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most similar to the word, or None where none is similar enough."""
    if not word or len(word) > _MAX_WORD_LENGTH:
        return None
    # difflib would search a mapping by its values; its keys are meant.
    match = process.extractOne(word.casefold(), tuple(candidates), scorer=fuzz.ratio, score_cutoff=_CUTOFF)
    return None if match is None else match[0]


class MergedInto(Exception):
    """The record was merged into another, or renamed; reads are redirected there.

    Attributes:
        target: the reference of the record as it is now.
        merge: the number of the merge, where it was merged.
    """

    def __init__(self, target: str, merge: int | None = None) -> None:
        """Name the record it was merged into, and the merge."""
        super().__init__(target)
        self.target = target
        self.merge = merge
