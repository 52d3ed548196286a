"""Where a text that is JSON breaks the further rules of this service, each fault with its JSON Pointer (RFC 6901)."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from math import isinf
from typing import Any, Final

import orjson

from app.errors import Fault
from app.values.json_limits import MAX_DEPTH

MAX_FAULTS: Final = 100
_MAX_TOKENS: Final = 100_000
_MAX_POINTER_LENGTH: Final = 1000
TWICE: Final = "Say this once: the key is here twice."
NUL_INSIDE: Final = "Leave NUL characters out."
TOO_LONG: Final = "Use an integer of at most 64 bits."
_TOO_LARGE: Final = "Use a number within the range of a double, which ends at about 1.8e308."
TOO_DEEP: Final = f"Nest at most {MAX_DEPTH} levels."
_INT64: Final = range(-(2**63), 2**63)
_QUOTE: Final = ord('"')
_COMMA: Final = ord(",")
_BRACE: Final = ord("{")

# Colons, literals and numbers too short to be out of range are passed over.
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],]|-?[0-9][0-9.eE+-]{18,}')


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


def find_faults(body: bytes) -> list[Fault]:
    """Walk the tokens of a text that is known to be JSON: so many of them, as a look at each takes its time."""
    faults: list[Fault] = []
    inside: list[_Object | _Array] = []
    for match in islice(_TOKEN.finditer(body), _MAX_TOKENS):
        token = match.group()
        first = token[0]
        frame = inside[-1] if inside else None
        if first == _QUOTE:
            if isinstance(frame, _Object) and frame.at_key:
                frame.at_key = False
                frame.here = key = orjson.loads(token)
                if key in frame.keys:
                    faults.append(Fault("duplicate_key", TWICE, pointer=_pointer(inside)))
                frame.keys.add(key)
            if rb"\u0000" in token and "\0" in orjson.loads(token):
                faults.append(Fault("nul_character", NUL_INSIDE, pointer=_pointer(inside)))
        elif first == _COMMA:
            if isinstance(frame, _Object):
                frame.at_key = True
            elif frame is not None:
                frame.here += 1
        elif first in b"{[":
            if len(inside) == MAX_DEPTH:
                faults.append(Fault("too_deep", TOO_DEEP, pointer=_pointer(inside)))
                return faults
            inside.append(_Object() if first == _BRACE else _Array())
        elif first in b"}]":
            inside.pop()
        elif not fits_in_64_bits(token):
            faults.append(Fault("number_out_of_range", TOO_LONG, pointer=_pointer(inside)))
        if len(faults) == MAX_FAULTS:
            return faults
    return faults


def fits_in_64_bits(number: bytes) -> bool:
    """Say whether a number is no integer, or one of at most 64 bits."""
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
    return pointer if len(longer) > _MAX_POINTER_LENGTH else longer


def find_infinities(value: Any) -> Iterator[Fault]:
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
