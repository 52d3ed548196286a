"""What operations are described with in the OpenAPI document: parameters, headers, answers, problems."""

from typing import Annotated, Any, Final

from fastapi import Path

from app import errors
from app.errors import AnnalsError
from app.records.kinds import EXAMPLES, RecordKind
from app.values.one_line import MAX_COMMENT_LENGTH
from app.values.slug import ID_PATTERN, MAX_LENGTH

IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "Entity tags that the client has; 304 where one is still right.",
    "schema": {"type": "string"},
}

ETAG = {"ETag": {"description": "A strong entity tag of these very bytes.", "schema": {"type": "string"}}}
VERSION_READ: Final = {
    "Annals-Version": {
        "description": "The state of the database that this was read from, or one that has what was written: for `Annals-Min-Version`.",
        "schema": {"type": "string"},
    }
}
"""The header of what was read from the database, or written to it."""

MIN_VERSION: Final = {
    "name": "Annals-Min-Version",
    "in": "header",
    "description": (
        "What an answer had in `Annals-Version`: this one is made from that state or a later one. 503 where the database "
        "has none."
    ),
    "schema": {"type": "string", "pattern": r"^[0-9]{1,16}(?:\.[0-9]{1,16})?-[0-9a-f]{1,64}$"},
}

NOT_MODIFIED = {"description": "The client has it already.", "headers": ETAG}
PAGE_LINKS: Final = {"Link": {"description": "`next` and `prev` (RFC 8288).", "schema": {"type": "string"}}}
"""The header of a page."""

MERGED: Final[dict[int | str, Any]] = {
    308: {
        "description": "The record was merged into another, or renamed: `Location` says where it is, `Link` which merge.",
        "headers": {
            "Location": {"description": "Where it is.", "schema": {"type": "string"}},
            "Link": {"description": "The merge, as `rel=describedby`.", "schema": {"type": "string"}},
        },
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Moved"}}},
    }
}
"""The response for a record that was merged away, or renamed."""

WRITE_PROBLEMS: Final = (
    errors.BadRequest,
    errors.Unauthorized,
    errors.Forbidden,
    errors.NotAcceptable,
    errors.RequestTimeout,
    errors.Conflict,
    errors.TooLarge,
    errors.UnsupportedMediaType,
    errors.InvalidDocument,
    errors.TooManyRequests,
    errors.HeadTooLarge,
    errors.InternalError,
    errors.Unavailable,
    errors.DiskFull,
)

REPLAYED: Final = {
    "description": "`true` where this was answered before to the same `Idempotency-Key`.",
    "schema": {"type": "string", "enum": ["true"]},
}

WRITE_ETAG: Final = {
    "ETag": {"description": "A strong entity tag, as `GET` would give it.", "schema": {"type": "string"}}
}

PRECONDITION_FAILED: Final = {
    "description": "The record is no longer as it was meant. `ETag` is the current one, `Link` leads to what changed.",
    "headers": {
        "ETag": {"description": "The current entity tag.", "schema": {"type": "string"}},
        "Link": {"description": "The difference, as `rel=related`.", "schema": {"type": "string"}},
    },
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
"""The response to a write of a record that has been written since."""

NO_CONTENT: Final = {"description": "Done; `Prefer: return=minimal` was asked for."}
SECURITY: Final[list[dict[str, list[str]]]] = [{"key": []}]


def path_id(kind: RecordKind, example: str | None = None) -> Any:
    """Describe the path parameter that holds the id of a record of some kind; the example is one of the seeds."""
    return Path(
        description="The record's id.",
        pattern=ID_PATTERN,
        max_length=MAX_LENGTH,
        examples=[example or EXAMPLES[kind.kind]],
    )


def record_id(kind: RecordKind, example: str | None = None) -> Any:
    """Give the type of the path parameter that holds the id of a record of some kind."""
    return Annotated[str, path_id(kind, example)]


def location_of(noun: str, header: str = "Location") -> dict[str, Any]:
    """Describe the header that says where something is."""
    return {header: {"description": f"Where the {noun} is.", "schema": {"type": "string"}}}


def article(noun: str) -> str:
    """Put the article before a noun."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _header(name: str, description: str, pattern: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", "pattern": pattern},
    }


# One character of UTF-8 that is percent-encoded (RFC 3629 §4), without what `app.values.one_line` refuses; or one of
# ASCII as it is, with percent signs that encode nothing.
_LATER: Final = "%[89ABab][0-9A-Fa-f]"
_FROM_U2000: Final = (
    rf"%[Ee]2(?:%80%(?:8[0-9ACac-fD-F]|9[0-9A-Fa-f]|[Aa][0-7Ff]|[Bb][0-9A-Fa-f])|%81%[89Bb][0-9A-Fa-f]"
    rf"|%(?:8[2-9A-Fa-f]|[9ABab][0-9A-Fa-f]){_LATER})"
)
_FROM_UF000: Final = rf"%[Ee][Ff](?:%[Bb][Bb]%(?:[89Aa][0-9A-Fa-f]|[Bb][0-9A-Ea-e])|%(?:[89Aa][0-9A-Fa-f]|[Bb][0-9AC-Fac-f]){_LATER})"
_CHARACTER: Final = (
    rf"(?:[\x20-\x24\x26-\x7e]|%(?![0-9A-Fa-f]{{2}})|%[2-6][0-9A-Fa-f]|%7[0-9A-Ea-e]|%[Cc]2%[ABab][0-9A-Fa-f]"
    rf"|%(?:[Cc][3-9A-Fa-f]|[Dd][0-9A-Fa-f]){_LATER}"
    rf"|%(?:[Ee]0%[ABab]|[Ee][Dd]%[89]|[Ee][13-9A-CEa-ce]%[89ABab])[0-9A-Fa-f]{_LATER}"
    rf"|{_FROM_U2000}|{_FROM_UF000}"
    rf"|%(?:[Ff]0%[9ABab]|[Ff]4%8|[Ff][1-3]%[89ABab])[0-9A-Fa-f](?:{_LATER}){{2}})"
)
_ENTITY_TAG: Final = r"(?:W/)?\x22[\x21\x23-\x7e]*\x22"

EDIT_COMMENT: Final = _header(
    "X-Edit-Comment",
    "Why, kept with the revision: up to 1,000 characters of UTF-8, percent-encoded where not ASCII.",
    f"^{_CHARACTER}{{0,{MAX_COMMENT_LENGTH}}}$",
)

COMMON_HEADERS: Final = (
    _header(
        "Idempotency-Key",
        "One word of up to 255 characters. Repeated with the same key within 24 hours, the request is not done "
        "again: its answer is given once more. Another request under the same key is 422, one whose first is "
        "still being answered 409. A request that failed kept nothing, and is tried anew.",
        r"^[\x21-\x7e]{1,255}$",
    ),
    EDIT_COMMENT,
)


def if_match(*, required: bool) -> dict[str, Any]:
    """Describe `If-Match`, which is required where nothing else tells what a write means to change."""
    return _header(
        "If-Match",
        "The entity tag of what is to be changed, or `*` for whatever is there. What it says of the revision is compared; "
        'weak tags never match. 428 without it; the number in quotes is enough, `"3"`, but where the database was set back to '
        "an earlier state before that revision was written: there the whole tag is needed.",
        rf"^(?:\*|{_ENTITY_TAG}(?:[ \t]*,[ \t]*{_ENTITY_TAG})*)$",
        required=required,
    )


IF_NONE_MATCH_OF_WRITES: Final = _header(
    "If-None-Match", "`*`: create, where there is no such record.", r"^\*$"
)


def problem_responses(*problems: type[AnnalsError]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of an operation that may answer with these errors."""
    return {problem.status: {"$ref": f"#/components/responses/{problem.__name__}"} for problem in problems}
