"""JSON read strictly (RFC 8259 and the narrower I-JSON of RFC 7493).

The usual parsers keep the last of two equal keys, turn long integers into floats and let NUL through, in
silence. Here each of these is a fault with a place. Reading is linear in the length of the text.
"""

import json
import re
from typing import Any, Final

import orjson

from app.errors import BadRequest, Fault, InvalidDocument

MAX_DEPTH: Final = 64
"""How many arrays and objects may lie within each other."""

_MOST_FAULTS: Final = 100
_LONGEST_POINTER: Final = 1000
_INT64: Final = range(-(2**63), 2**63)
_QUOTE: Final = ord('"')
_COMMA: Final = ord(",")
_BRACE: Final = ord("{")
_CONTAINERS: Final = frozenset((dict, list))
_LONG_DIGITS: Final = re.compile(rb"[0-9]{19}")
# Colons, literals and numbers too short to be out of range are passed over.
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],]|-?[0-9][0-9.eE+-]{18,}')


def parse_json(body: bytes) -> Any:
    """Return the value that a JSON text stands for.

    Raises:
        BadRequest: it is not UTF-8 or not JSON, with the line and column (`invalid_utf8`, `invalid_json`).
        InvalidDocument: it is JSON with duplicate keys, NUL characters, integers past 64 bits, numbers past
            a double, or arrays and objects more than 64 deep, each with its JSON Pointer.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _malformed(body, error) from None
    if _is_suspicious(body, value):
        faults = _find_faults(body)
        if faults:
            raise InvalidDocument("The body is JSON, and breaks rules that this service sets.", faults=faults)
    return value


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


def _is_suspicious(body: bytes, value: Any) -> bool:
    """Whether the slow search is due. May be wrong in saying yes, never in saying no."""
    if b"\\u0000" in body or _LONG_DIGITS.search(body):
        return True
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _is_deeper(value):
        return True
    # What is written anew as the same bytes has lost no key: so it is with most that other programs write.
    return b"{" in body and orjson.dumps(value) != body and _has_duplicates(body)


def _is_deeper(value: Any) -> bool:
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _CONTAINERS
        ]
        if not level:
            return False
    return True


class _DuplicateKeyError(Exception):
    """Some object has a key twice."""


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) > 1 and len(dict(pairs)) != len(pairs):
        raise _DuplicateKeyError


def _has_duplicates(body: bytes) -> bool:
    try:
        json.loads(body.decode(), object_pairs_hook=_unique)
    except _DuplicateKeyError:
        return True
    return False


class _Object:
    """An object that the search is in: the keys so far, and whether a key comes next."""

    __slots__ = ("at_key", "here", "keys")

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.here = ""
        self.at_key = True


class _Array:
    """An array that the search is in, and the index it has come to."""

    __slots__ = ("here",)

    def __init__(self) -> None:
        self.here = 0


def _find_faults(body: bytes) -> list[Fault]:
    """Walk the tokens of a text that is known to be JSON."""
    faults: list[Fault] = []
    inside: list[_Object | _Array] = []
    for match in _TOKEN.finditer(body):
        token = match.group()
        first = token[0]
        frame = inside[-1] if inside else None
        if first == _QUOTE:
            if isinstance(frame, _Object) and frame.at_key:
                frame.at_key = False
                frame.here = key = orjson.loads(token)
                if key in frame.keys:
                    detail = "Say this once: the key is here twice."
                    faults.append(Fault("duplicate_key", detail, pointer=_pointer(inside)))
                frame.keys.add(key)
            if rb"\u0000" in token and "\0" in orjson.loads(token):
                faults.append(Fault("nul_character", "Leave NUL characters out.", pointer=_pointer(inside)))
        elif first == _COMMA:
            if isinstance(frame, _Object):
                frame.at_key = True
            elif frame is not None:
                frame.here += 1
        elif first in b"{[":
            if len(inside) == MAX_DEPTH:
                faults.append(
                    Fault("too_deep", f"Nest at most {MAX_DEPTH} levels.", pointer=_pointer(inside))
                )
                return faults
            inside.append(_Object() if first == _BRACE else _Array())
        elif first in b"}]":
            inside.pop()
        elif not _fits(token):
            detail = "Use an integer of at most 64 bits."
            faults.append(Fault("number_out_of_range", detail, pointer=_pointer(inside)))
        if len(faults) == _MOST_FAULTS:
            return faults
    return faults


def _fits(number: bytes) -> bool:
    if not number.lstrip(b"-").isdigit():
        return True
    return len(number) <= 20 and int(number) in _INT64


def _pointer(inside: list[_Object | _Array]) -> str:
    """RFC 6901; of the nearest container above where a client's own keys make it very long."""
    pointer = ""
    for frame in inside:
        longer = f"{pointer}/{str(frame.here).replace('~', '~0').replace('/', '~1')}"
        if len(longer) > _LONGEST_POINTER:
            break
        pointer = longer
    return pointer
