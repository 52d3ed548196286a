"""`Accept-Encoding` (RFC 9110 §12.5.3): which content coding an answer is sent in, and what that makes of its entity tag."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from starlette.types import Scope

from app.errors import Fault, NotAcceptable
from app.web.content_codings import ALIASES, CODINGS, IDENTITY
from app.web.headers import header

VARY: Final = (b"vary", b"Accept-Encoding")

_ACCEPTED_CODINGS: Final = "annals.accepted_codings"
"""Where the scope of a request has what its client accepts, if it says so and answers are encoded at all."""

_MIN_BYTES: Final = 1024
"""A body of at most so many bytes fits into one packet as it is."""

_ELEMENT: Final = re.compile(
    r"([!#$%&'*+.^_`|~0-9a-z-]+)(?:[ \t]*;[ \t]*q[ \t]*=[ \t]*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)

_COMPRESSED_TYPES: Final = (
    b"application/gzip",
    b"application/octet-stream",
    b"application/vnd.apache.parquet",
    b"application/vnd.openxmlformats-officedocument.",
    b"application/zip",
    b"audio/",
    b"font/",
    b"image/",
    b"video/",
)
_SVG: Final = b"image/svg+xml"


@dataclass(frozen=True, slots=True)
class AcceptedCodings:
    """What a client accepts.

    Attributes:
        preferred: the coding that it likes best; `IDENTITY` where that is none, or there is no such coding here.
        acceptable: all that it accepts, `IDENTITY` among them unless it is ruled out.
    """

    preferred: str
    acceptable: frozenset[str]

    def coding_for(self, media_type: bytes, length: int | None) -> str:
        """Return the coding of an answer, by its Content-Type and its length, if that is known.

        What is short, or compressed by its format, is only encoded for a client that does not accept it as it is.
        """
        if self.preferred and (
            IDENTITY not in self.acceptable
            or (
                (length is None or length > _MIN_BYTES)
                and (not media_type.startswith(_COMPRESSED_TYPES) or media_type.startswith(_SVG))
            )
        ):
            return self.preferred
        return IDENTITY


ANY_CODING: Final = AcceptedCodings(IDENTITY, frozenset((IDENTITY, *CODINGS)))
"""What a client accepts that does not say."""


def keep_accepted_codings(scope: Scope, value: bytes) -> AcceptedCodings:
    """Parse the value of `Accept-Encoding`, and keep it in the scope of its request.

    Raises:
        NotAcceptable: it rules out every coding that there is, and none at all.
    """
    found = scope[_ACCEPTED_CODINGS] = _parse(value)
    if not found.acceptable:
        known = ", ".join(CODINGS)
        raise NotAcceptable(
            f"Accept-Encoding rules out all that there is: {known}, and no coding at all.",
            faults=[
                Fault("unknown_coding", f"Name one of {known}, or leave this out.", header="Accept-Encoding")
            ],
        )
    return found


def accepted_codings(scope: Scope) -> AcceptedCodings:
    """Return what the client accepts, where it says so and answers are encoded at all."""
    found: AcceptedCodings = scope.get(_ACCEPTED_CODINGS, ANY_CODING)
    return found


@lru_cache(64)
def _parse(value: bytes) -> AcceptedCodings:
    qualities: dict[str, float] = {}
    for element in value.decode("latin-1").lower().split(","):
        found = _ELEMENT.fullmatch(element.strip())
        if found is not None:
            qualities[ALIASES.get(found[1], found[1])] = float(found[2] or 1)
    others = qualities.get("*", 0.0)
    by_coding = {coding: qualities.get(coding, others) for coding in CODINGS}
    # Acceptable unless it is ruled out, but where it is not named every coding is preferred.
    ruled_out = qualities.get("identity", qualities.get("*", 1.0)) == 0
    as_it_is = qualities.get("identity", 0.0)
    best = max(by_coding, key=by_coding.__getitem__)
    acceptable = {coding for coding, quality in by_coding.items() if quality}
    return AcceptedCodings(
        best if by_coding[best] and by_coding[best] >= as_it_is else IDENTITY,
        frozenset(acceptable if ruled_out else {IDENTITY, *acceptable}),
    )


def encoded_tag(etag: bytes, coding: str) -> bytes:
    """Return the entity tag of an answer in a coding: `"3"` is `"3-gzip"` in gzip (RFC 9110 §8.8.3.3)."""
    return b'%b-%b"' % (etag[:-1], coding.encode()) if coding else etag


def held_tag(scope: Scope, etag: bytes, coding: str = IDENTITY, *, star: bool = True) -> bytes | None:
    """Return the entity tag by which `If-None-Match` names a state of a resource; None where it does not.

    Tags are compared weakly (RFC 9110 §13.1.2). A tag of the same state in another coding names it as well, if the client
    accepts that coding: a cache between must not answer with what it has for others.

    Args:
        scope: the request.
        etag: the tag of the state, in no coding.
        coding: the coding that the answer would be in.
        star: whether `*` names it. It does not prove that the request is valid, as a tag does that was given once.
    """
    wanted = header(scope, b"if-none-match")
    if not wanted:
        return None
    sent = encoded_tag(etag, coding)
    if wanted == sent:
        return sent
    if b"*" in wanted and not star:
        return None
    tags = {tag.strip().removeprefix(b"W/") for tag in wanted.split(b",")}
    if b"*" in tags or sent in tags:
        return sent
    acceptable = accepted_codings(scope).acceptable
    others = (encoded_tag(etag, one) for one in (IDENTITY, *CODINGS) if one in acceptable)
    return next((tag for tag in others if tag in tags), None)
