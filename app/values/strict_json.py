"""JSON read strictly (RFC 8259 and the narrower I-JSON of RFC 7493).

The usual parsers keep the last of two equal keys, turn long integers into floats and let NUL through, in
silence. Here each of these is a fault with a place. Reading is linear in the length of the text.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import isinf
from typing import Any, Final, NamedTuple, NoReturn

import orjson

from app.errors import BadRequest, Fault, InvalidDocument

MAX_DEPTH: Final = 64
"""How many arrays and objects may lie within each other."""


MAX_VALUES: Final = 200_000
"""How many values one text may hold, by its commas and brackets: each costs more than its bytes say."""


MAX_CONTAINERS: Final = MAX_VALUES // 2
"""How many of them may be arrays and objects, which cost the most."""


MAX_WIDE_BYTES: Final = 4 * 2**20
"""How many bytes a text may have that holds characters past U+FFFF: each may make four of every letter beside it."""


_MOST_FAULTS: Final = 100


_MOST_TOKENS: Final = 100_000


_LONGEST_POINTER: Final = 1000


_TWICE: Final = "Say this once: the key is here twice."


_NUL_INSIDE: Final = "Leave NUL characters out."


_TOO_LONG: Final = "Use an integer of at most 64 bits."


_TOO_LARGE: Final = "Use a number within the range of a double, which ends at about 1.8e308."


_TOO_DEEP: Final = f"Nest at most {MAX_DEPTH} levels."


_INT64: Final = range(-(2**63), 2**63)


_QUOTE: Final = ord('"')


_COMMA: Final = ord(",")


_BRACE: Final = ord("{")


_CONTAINERS: Final = frozenset((dict, list))


# Lead bytes of UTF-8, and escaped halves of surrogate pairs.
_WIDE: Final = (
    *(bytes([lead]) for lead in range(0xF0, 0xF5)),
    *(rb"\u" + d + digit for d in (b"d", b"D") for digit in (b"8", b"9", b"a", b"A", b"b", b"B")),
)


_LONG_DIGITS: Final = re.compile(rb"[0-9]{19}")


_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


_KEY_ENDS: Final = re.compile(rb'"[ \t\r\n]*:')


# Colons, literals and numbers too short to be out of range are passed over.
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],]|-?[0-9][0-9.eE+-]{18,}')


class Parsed(NamedTuple):
    """What a JSON text says, and the rules that it breaks in saying so.

    Attributes:
        value: as the usual parsers have it: of equal keys the last.
        faults: duplicate keys, NUL characters, numbers out of range, each with its JSON Pointer.
    """

    value: Any
    faults: tuple[Fault, ...] = ()


def parse_json(body: bytes) -> Any:
    """Return the value that a JSON text stands for.

    Raises:
        BadRequest: it is not UTF-8 or not JSON, with the line and column (`invalid_utf8`, `invalid_json`).
        InvalidDocument: it is JSON with duplicate keys, NUL characters, integers past 64 bits, numbers past
            a double, or arrays and objects more than 64 deep, each with its JSON Pointer; or with more
            than MAX_VALUES values or MAX_CONTAINERS arrays and objects (`too_many_values`); it is not read then.
    """
    value, faults = parse_with_faults(body)
    if faults:
        raise _refused(faults)
    return value


def parse_with_faults(body: bytes) -> Parsed:
    """Return what a JSON text says with its faults, for whoever tells them together with others.

    Raises:
        BadRequest, InvalidDocument: as `parse_json`, where there is no value to look at: it is no JSON, too
            deep, or too much, which it is also where it is long and has characters past U+FFFF (`too_large`).
    """
    containers = _count_containers(body)
    if has_too_many_values(body):
        raise InvalidDocument(
            f"The JSON has more than {MAX_VALUES:,} values, counted by commas and brackets, or more than "
            f"{MAX_CONTAINERS:,} arrays and objects. Send less at a time, and leave out what this service adds.",
            code="too_many_values",
        )
    if len(body) > MAX_WIDE_BYTES and any(sign in body for sign in _WIDE):
        raise InvalidDocument(
            f"JSON with characters past U+FFFF, such as emoji, may have {MAX_WIDE_BYTES:,} bytes. Send less at a time, and "
            "leave out what this service adds.",
            code="too_large",
        )
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        value = _with_infinities(body, error)
        infinite = tuple(_infinities(value))
    else:
        infinite = ()
    if containers > MAX_DEPTH and _is_deeper(value):
        raise _refused(_find_faults(body) or [_anywhere("too_deep", _TOO_DEEP)])
    known = _broken_rule(body, value)
    if known is not None:
        return Parsed(value, (*(_find_faults(body) or [known]), *infinite)[:_MOST_FAULTS])
    return Parsed(value, infinite)


def has_too_many_values(text: bytes) -> bool:
    """Say whether a JSON text has more values than may be read at a time, before any is made."""
    containers = _count_containers(text)
    return containers > MAX_CONTAINERS or containers + text.count(b",") > MAX_VALUES


def _count_containers(text: bytes) -> int:
    return text.count(b"[") + text.count(b"{")


def _refused(faults: Sequence[Fault]) -> InvalidDocument:
    return InvalidDocument("The body is JSON, and breaks rules that this service sets.", faults=faults)


def _anywhere(code: str, detail: str) -> Fault:
    """Make the fault for what lies further on than is searched."""
    return Fault(code, detail, pointer="")


def _with_infinities(body: bytes, error: orjson.JSONDecodeError) -> Any:
    """Read a text again that has numbers past a double, if that is why it could not be read.

    Raises:
        BadRequest, InvalidDocument: it is not.
    """
    if "infinity" not in error.msg:
        raise _malformed(body, error) from None
    try:
        value = json.loads(body.decode(), parse_constant=_no_json, parse_int=_integer)
        # The standard library takes halves of surrogate pairs for text; nothing that is written may have them.
        orjson.dumps(value)
    except (ValueError, TypeError, RecursionError):
        # What follows the number is wrong as well, and has no place that orjson would know.
        raise _malformed(body, error) from None
    return value


def _integer(digits: str) -> int | float:
    """Read an integer as orjson does: past 64 bits as a double."""
    return int(digits) if len(digits) < 19 else float(digits)


def _no_json(_name: str) -> NoReturn:
    """Refuse `NaN` and `Infinity`, which the standard library takes for numbers."""
    raise ValueError


def _infinities(value: Any) -> Iterator[Fault]:
    """Find the numbers that are past a double."""
    waiting = [("", value)]
    while waiting:
        pointer, one = waiting.pop()
        members: Iterable[tuple[Any, Any]] = ()
        if type(one) is dict:
            members = one.items()
        elif type(one) is list:
            members = enumerate(one)
        elif type(one) is float and isinf(one):
            yield Fault("number_out_of_range", _TOO_LARGE, pointer=pointer)
        waiting += [(joined(pointer, name), member) for name, member in members]


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
    """Say which rule is broken, if any; where, the slower search finds out."""
    if b"\\u0000" in body and _NUL.search(body):
        return _anywhere("nul_character", _NUL_INSIDE)
    long_digits = _LONG_DIGITS.search(body) is not None
    if not long_digits and (b"{" not in body or _kept_all(body, orjson.dumps(value))):
        return None
    try:
        json.loads(
            body.decode(), object_pairs_hook=_unique, parse_int=_in_range if long_digits else _uncounted
        )
    except _DuplicateKeyError:
        return _anywhere("duplicate_key", _TWICE)
    except _LongIntegerError:
        return _anywhere("number_out_of_range", _TOO_LONG)
    return None


def _kept_all(body: bytes, written: bytes) -> bool:
    """Say whether no key was lost, by what was read written anew. May be wrong in saying no, never in saying yes.

    Where a key ends, there is a quotation mark and a colon; within texts these read the same in both, but
    for characters of ASCII that were escaped.
    """
    if written == body:
        return True
    return b"\\u00" not in body and len(_KEY_ENDS.findall(body)) == len(_KEY_ENDS.findall(written))


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


class _LongIntegerError(Exception):
    """Some integer does not fit in 64 bits."""


def _in_range(digits: str) -> None:
    if len(digits) > 18 and not _fits(digits.encode()):
        raise _LongIntegerError


def _uncounted(_digits: str) -> None:
    """Make nothing of a number that nobody will read."""


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
    """Walk the tokens of a text that is known to be JSON: so many of them, as a look at each takes its time."""
    faults: list[Fault] = []
    inside: list[_Object | _Array] = []
    for match in islice(_TOKEN.finditer(body), _MOST_TOKENS):
        token = match.group()
        first = token[0]
        frame = inside[-1] if inside else None
        if first == _QUOTE:
            if isinstance(frame, _Object) and frame.at_key:
                frame.at_key = False
                frame.here = key = orjson.loads(token)
                if key in frame.keys:
                    faults.append(Fault("duplicate_key", _TWICE, pointer=_pointer(inside)))
                frame.keys.add(key)
            if rb"\u0000" in token and "\0" in orjson.loads(token):
                faults.append(Fault("nul_character", _NUL_INSIDE, pointer=_pointer(inside)))
        elif first == _COMMA:
            if isinstance(frame, _Object):
                frame.at_key = True
            elif frame is not None:
                frame.here += 1
        elif first in b"{[":
            if len(inside) == MAX_DEPTH:
                faults.append(Fault("too_deep", _TOO_DEEP, pointer=_pointer(inside)))
                return faults
            inside.append(_Object() if first == _BRACE else _Array())
        elif first in b"}]":
            inside.pop()
        elif not _fits(token):
            faults.append(Fault("number_out_of_range", _TOO_LONG, pointer=_pointer(inside)))
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
        longer = joined(pointer, frame.here)
        if longer == pointer:
            break
        pointer = longer
    return pointer


def joined(pointer: str, step: str | int) -> str:
    """Add a step to a JSON Pointer (RFC 6901); one that grows very long stays with the container."""
    longer = f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"
    return pointer if len(longer) > _LONGEST_POINTER else longer


def count_values(value: Any, most: int) -> int:
    """Count the values in a value, up to just past `most`."""
    count, waiting = 0, [value]
    while waiting and count <= most:
        one = waiting.pop()
        count += 1
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return count
