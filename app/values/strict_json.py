"""Strict JSON (RFC 8259, narrowed as by I-JSON, RFC 7493).

The usual parsers silently keep the last of two equal keys, turn long integers into floats and accept NUL.
Here each of these is a fault with a JSON Pointer. Parsing takes time linear in the length of the text.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, NoReturn

import orjson

from app.errors import BadRequest, Fault, InvalidDocument
from app.values.json_faults import (
    MAX_FAULTS,
    NUL_INSIDE,
    TOO_DEEP,
    TOO_LONG,
    TWICE,
    find_faults,
    find_infinities,
    fits_in_64_bits,
)
from app.values.json_limits import (
    MAX_DEPTH,
    OF_ONE_TEXT,
    JsonLimits,
    count_containers,
    has_too_many_values,
    is_too_deep,
    is_too_wide,
)

_LONG_DIGITS: Final = re.compile(rb"[0-9]{19}")
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_KEY_ENDS: Final = re.compile(rb'"[ \t\r\n]*:')


class Parsed(NamedTuple):
    """A parsed JSON text, and the rules that it breaks.

    Attributes:
        value: as the usual parsers have it: of equal keys the last.
        faults: duplicate keys, NUL characters, numbers out of range, each with its JSON Pointer.
    """

    value: Any
    faults: tuple[Fault, ...] = ()


def parse_json(body: bytes) -> Any:
    """Parse a JSON text.

    Raises:
        BadRequest: it is not UTF-8 or not JSON, with the line and column (`invalid_utf8`, `invalid_json`).
        InvalidDocument: it is JSON with duplicate keys, NUL characters, integers past 64 bits, numbers past
            a double, or arrays and objects more than 64 deep, each with its JSON Pointer; or with more
            than the usual number of values, or of arrays and objects (`too_many_values`); it is not read then.
    """
    value, faults = parse_with_faults(body)
    if faults:
        raise _refused(faults)
    return value


def parse_with_faults(body: bytes, limits: JsonLimits = OF_ONE_TEXT) -> Parsed:
    """Parse a JSON text and return its faults with it, for a caller who reports them together with others.

    Raises:
        BadRequest, InvalidDocument: as `parse_json`, where there is no value to look at: it is no JSON, too
            deep, or too much, which it is also where it is long and has characters past U+FFFF (`too_large`).
    """
    if has_too_many_values(body, limits):
        raise InvalidDocument(
            f"The JSON has more than {limits.values:,} values, counted by commas and brackets, or more than "
            f"{limits.containers:,} arrays and objects. Send less at a time, and leave out what this service adds.",
            code="too_many_values",
        )
    if is_too_wide(body, limits):
        raise InvalidDocument(
            f"JSON with characters past U+FFFF, such as emoji, may have {limits.wide_bytes:,} bytes. Send less at a time, and "
            "leave out what this service adds.",
            code="too_large",
        )
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        value = _with_infinities(body, error)
        infinite = tuple(find_infinities(value))
    else:
        infinite = ()
    if count_containers(body) > MAX_DEPTH and is_too_deep(value):
        raise _refused(find_faults(body) or [_anywhere("too_deep", TOO_DEEP)])
    known = _broken_rule(body, value)
    if known is not None:
        return Parsed(value, (*(find_faults(body) or [known]), *infinite)[:MAX_FAULTS])
    return Parsed(value, infinite)


def _refused(faults: Sequence[Fault]) -> InvalidDocument:
    return InvalidDocument("The body is JSON, and breaks rules that this service sets.", faults=faults)


def _anywhere(code: str, detail: str) -> Fault:
    """Make the fault for what is beyond the part that is searched."""
    return Fault(code, detail, pointer="")


def _with_infinities(body: bytes, error: orjson.JSONDecodeError) -> Any:
    """Parse a text again that has numbers past a double, if that is why parsing failed.

    Raises:
        BadRequest, InvalidDocument: it is not.
    """
    if "infinity" not in error.msg:
        raise _malformed(body, error) from None
    try:
        value = json.loads(body.decode(), parse_constant=_no_json, parse_int=_integer)
        # The standard library accepts lone surrogates, which must not be stored.
        orjson.dumps(value)
    except (ValueError, TypeError, RecursionError):
        # Something after the number is wrong as well, at a place that orjson did not get to.
        raise _malformed(body, error) from None
    return value


def _integer(digits: str) -> int | float:
    """Parse an integer as orjson does: past 64 bits as a double."""
    return int(digits) if len(digits) < 19 else float(digits)


def _no_json(_name: str) -> NoReturn:
    """Refuse `NaN` and `Infinity`, which the standard library accepts as numbers."""
    raise ValueError


def _malformed(body: bytes, error: orjson.JSONDecodeError) -> BadRequest | InvalidDocument:
    try:
        body.decode()
    except UnicodeDecodeError as invalid:
        return BadRequest(f"The body is not UTF-8: see byte {invalid.start + 1}.", code="invalid_utf8")
    if not body:
        return BadRequest("The body is empty where JSON is needed.", code="invalid_json")
    where = f"line {error.lineno}, column {error.colno}"
    if "infinity" in error.msg:
        return InvalidDocument(f"A number is out of range at {where}.", code="number_out_of_range")
    if "depth" in error.msg:
        return InvalidDocument(f"The JSON is nested deeper than {MAX_DEPTH} levels.", code="too_deep")
    return BadRequest(f"The body is not JSON: see {where}.", code="invalid_json")


def _broken_rule(body: bytes, value: Any) -> Fault | None:
    """Return which rule is broken, if any; the slower search then finds the place."""
    if b"\\u0000" in body and _NUL.search(body):
        return _anywhere("nul_character", NUL_INSIDE)
    long_digits = _LONG_DIGITS.search(body) is not None
    if not long_digits and (b"{" not in body or _kept_all(body, orjson.dumps(value))):
        return None
    try:
        json.loads(
            body.decode(), object_pairs_hook=_unique, parse_int=_in_range if long_digits else _uncounted
        )
    except _DuplicateKeyError:
        return _anywhere("duplicate_key", TWICE)
    except _LongIntegerError:
        return _anywhere("number_out_of_range", TOO_LONG)
    return None


def _kept_all(body: bytes, written: bytes) -> bool:
    """Return whether no key was lost, by serializing the result again. May wrongly return False, never wrongly True.

    A key ends with a quotation mark and a colon; inside of strings these are the same in both texts, except
    for ASCII characters that were escaped.
    """
    if written == body:
        return True
    return b"\\u00" not in body and len(_KEY_ENDS.findall(body)) == len(_KEY_ENDS.findall(written))


class _DuplicateKeyError(Exception):
    """An object has a key twice."""


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) > 1 and len(dict(pairs)) != len(pairs):
        raise _DuplicateKeyError


class _LongIntegerError(Exception):
    """An integer does not fit in 64 bits."""


def _in_range(digits: str) -> None:
    if len(digits) > 18 and not fits_in_64_bits(digits.encode()):
        raise _LongIntegerError


def _uncounted(_digits: str) -> None:
    """Make nothing of a number that nobody will read."""
