"""What else a writing request says in its headers: preferences, a comment, a key that makes it safe to repeat."""

import hashlib
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from app.api.conditions import header_values
from app.api.requests import query_values
from app.errors import BadRequest, Fault
from app.queries.listquery import refuse_unknown
from app.values.normal import nfc
from app.verbs.idempotency import Request

LONGEST_COMMENT: Final = 1000
_KEY: Final = re.compile(rb"[\x21-\x7e]{1,255}")
_MINIMAL: Final = re.compile(rb'(?:^|[,;\s])return\s*=\s*"?minimal"?(?:$|[,;\s])', re.IGNORECASE)


def wants_minimal(scope: Scope) -> bool:
    """Say whether `Prefer: return=minimal` is asked for (RFC 7240 §4.2)."""
    return any(_MINIMAL.search(value) for value in header_values(scope, "Prefer"))


def edit_comment(scope: Scope) -> str | None:
    """Read `X-Edit-Comment`: UTF-8, percent-encoded or as it is, 1,000 characters at most.

    Raises:
        BadRequest: it is longer, or no text on one line.
    """
    values = header_values(scope, "X-Edit-Comment")
    if not values:
        return None
    try:
        text = nfc(unquote_to_bytes(b", ".join(values)).decode()).strip()
    except UnicodeDecodeError:
        raise _malformed("X-Edit-Comment", "Send UTF-8, percent-encoded where it is not ASCII.") from None
    if len(text) > LONGEST_COMMENT:
        raise _malformed("X-Edit-Comment", f"Send at most {LONGEST_COMMENT} characters.")
    if not all(character.isprintable() for character in text):
        raise _malformed("X-Edit-Comment", "Send text on one line, without control characters.")
    return text or None


def repeatable(scope: Scope, api_key: int, body: bytes) -> Request | None:
    """Read `Idempotency-Key`, and what the request is that it stands for.

    Raises:
        BadRequest: it is not one word of 1 to 255 visible ASCII characters.
    """
    values = header_values(scope, "Idempotency-Key")
    if not values:
        return None
    if len(values) > 1 or not _KEY.fullmatch(values[0]):
        raise _malformed("Idempotency-Key", "Send one word of 1 to 255 visible ASCII characters.")
    digest = hashlib.sha256()
    content_type = b"".join(header_values(scope, "Content-Type"))
    for part in (scope["method"].encode(), scope["path"].encode(), scope["query_string"], content_type, body):
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return Request(api_key, values[0].decode("ascii"), digest.digest())


def refuse_query(scope: Scope) -> None:
    """Refuse query parameters where there are none.

    Raises:
        BadRequest: naming every one.
    """
    values = query_values(scope)
    refuse_unknown(values, ())
    if values.faults:
        raise BadRequest(
            "There are no query parameters here.", code="unknown_parameter", faults=values.faults
        )


def _malformed(header: str, detail: str) -> BadRequest:
    return BadRequest(f"{header} is malformed.", faults=[Fault("malformed_header", detail, header=header)])
