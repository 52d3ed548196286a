"""Request headers: content negotiation by `format`, else `Accept` (RFC 9110 §12.5.1), and preferences."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qs

from starlette.types import Scope

from app.errors import Fault, NotAcceptable, nearest
from app.settings import Settings

JSON_FORMAT: Final = "json"
JSON_MEDIA_TYPE: Final = "application/json"

JSON_ONLY: Final = {JSON_FORMAT: JSON_MEDIA_TYPE}
"""The formats of what is answered in JSON alone."""

_QUALITY: Final = re.compile(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_ANYTHING: Final = frozenset({b"", b"*/*"})
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED: Final = rb'"(?:[^"\\]|\\.)*"'
_BETWEEN_COMMAS: Final = re.compile(rb'(?:[^,"]|%b|".*)+' % _QUOTED, re.DOTALL)

_PREFERENCE: Final = re.compile(
    rb"\s*(%b)\s*(?:=\s*(?:(%b)|(%b))\s*)?(?:;.*)?" % (_TOKEN, _TOKEN, _QUOTED), re.DOTALL
)


def negotiate(
    scope: Scope,
    formats: Mapping[str, str],
    missing: Mapping[str, str] = MappingProxyType({}),
    default: str = JSON_FORMAT,
) -> str:
    """Choose among formats, given by name with their media types; `default` where the client has no preference.

    `missing` names what must be installed for further formats.

    Raises:
        NotAcceptable: `format` names none of them, or `Accept` takes none of them; the answer names them.
    """
    if b"format" in scope["query_string"]:
        query: str = scope["query_string"].decode("latin-1")
        asked = parse_qs(query, keep_blank_values=True).get("format")
        if asked:
            return _by_name(asked, formats, missing)
    accept = header(scope, b"accept")
    if accept in _ANYTHING and default in formats:
        return default
    if accept == b"application/json" and JSON_FORMAT in formats:
        return JSON_FORMAT
    return _by_accept(accept, formats)


def _by_name(asked: Sequence[str], formats: Mapping[str, str], missing: Mapping[str, str]) -> str:
    if len(asked) == 1 and asked[0] in formats:
        return asked[0]
    raise _none_of(
        formats,
        [
            Fault(
                "unknown_format",
                missing.get(asked[0]) or f"Choose one of {', '.join(formats)}.",
                parameter="format",
                suggestion=nearest(asked[0], formats),
            )
        ],
    )


def _none_of(formats: Mapping[str, str], faults: Sequence[Fault] = ()) -> NotAcceptable:
    known = ", ".join(f"{media_type} ({name})" for name, media_type in formats.items())
    return NotAcceptable(
        f"None of these formats exists here. There is: {known}.",
        faults=faults,
        headers={"Vary": "Accept"},
        extra={"formats": dict(formats)},
    )


def _by_accept(accept: bytes, formats: Mapping[str, str]) -> str:
    ranges = [_range(part) for part in accept.decode("latin-1").split(",") if part.strip()]
    best, best_quality = "", (0.0, False)
    for name, media_type in formats.items():
        quality = _quality(media_type, ranges)
        if quality[0] and quality > best_quality:
            best, best_quality = name, quality
    if not best:
        raise _none_of(formats)
    return best


def _range(part: str) -> tuple[str, str, float]:
    """Return a media range, its profile (RFC 6906) or nothing, and its quality."""
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    profile = ""
    for parameter in parameters:
        found = _QUALITY.fullmatch(parameter)
        if found:
            return media_range, profile, float(found[1])
        name, _, value = parameter.partition("=")
        if name == "profile":
            profile = value.strip('"')
    return media_range, profile, 1.0


def _quality(media_type: str, ranges: list[tuple[str, str, float]]) -> tuple[float, bool]:
    """Return the quality of the most specific range that takes the media type, and whether it names its profile.

    A media type without a profile is taken whatever profile the range has, as profiles are hints.
    """
    plain, own, _ = _range(media_type)
    if own:
        for media_range, profile, quality in ranges:
            if (media_range, profile) == (plain, own):
                return quality, True
        ranges = [one for one in ranges if not one[1]]
    for wanted in (plain, plain.partition("/")[0] + "/*", "*/*"):
        for media_range, _, quality in ranges:
            if media_range == wanted:
                return quality, False
    return 0.0, False


def address_of(scope: Scope, settings: Settings, form: str) -> str:
    """Return the URL at which what is asked for can be had in a format, whatever `Accept` says."""
    query: str = scope["query_string"].decode("latin-1")
    asked = [one for one in query.split("&") if one and not one.startswith("format=")]
    path: str = scope["path"]
    return f"{base_of(scope, settings)}{path}?{'&'.join([*asked, f'format={form}'])}"


def header_values(scope: Scope, name: str) -> list[bytes]:
    """Return every value of a header, in order."""
    wanted = name.lower().encode()
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return [value for key, value in headers if key == wanted]


def base_of(scope: Scope, settings: Settings) -> str:
    """Return the base URL of the service, without a slash at its end.

    That is `ANNALS_PUBLIC_URL`, else from the request; an invalid `Host` is ignored.
    """
    if settings.public_url:
        return settings.public_url
    host = header(scope, b"host")
    if not _HOST.fullmatch(host):
        name, port = scope.get("server") or ("localhost", None)
        host = f"{name}:{port}".encode() if port else str(name).encode()
    return f"{scope.get('scheme', 'http')}://{host.decode('ascii', 'replace')}"


def header(scope: Scope, name: bytes) -> bytes:
    """Return a header's value; several lines are joined to one list (RFC 9110 §5.3)."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0] if len(found) == 1 else b", ".join(found)


def prefers(scope: Scope, name: bytes, value: bytes) -> bool:
    """Return whether `Prefer` has this value of this preference, both in lower case (RFC 7240 §2).

    The first mention of a preference counts; parameters and malformed preferences are ignored.
    """
    given = header(scope, b"prefer")
    return bool(given) and next((one for known, one in _preferences(given) if known == name), None) == value


def _preferences(given: bytes) -> Iterator[tuple[bytes, bytes]]:
    for piece in _BETWEEN_COMMAS.findall(given):
        found = _PREFERENCE.fullmatch(piece)
        if found is not None:
            quoted = re.sub(rb"\\(.)", rb"\1", (found[3] or b"")[1:-1], flags=re.DOTALL)
            yield found[1].lower(), (found[2] or quoted).lower()
