"""The grammar of what surrounds the documents of a JSON text, checked as it comes.

The documents themselves are parsed one by one; that the whole text is JSON (RFC 8259) then depends only on
what is between and after them. None of that is kept, except the names in the outermost object.
"""

import re
import string
from typing import Final, NamedTuple

import orjson

from app.errors import Fault
from app.imports.readers.lines import NOT_UTF8
from app.values.json_limits import MAX_DEPTH

_MAX_NAMES: Final = 10_000
_MAX_TOKENS: Final = 1_000_000
_MAX_NUMBER_LENGTH: Final = 10_000
_SPACE: Final = b" \t\r\n"

_TOKEN: Final = re.compile(
    rb'[ \t\r\n]*+(?:([\[\]{},:])|("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+")'
    rb"|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null)(?=[ \t\r\n\[\]{},:]))"
)

# The characters of a number or literal; the next chunk may go on with one at the end.
_WORD: Final = (string.ascii_letters + string.digits + "+-.").encode()

_OPENED_BY: Final = {b"]": ord("["), b"}": ord("{")}
_NOT_JSON: Final = Fault("invalid_json", "The text is not JSON here.", "")

_LONG_NUMBER: Final = Fault(
    "number_out_of_range", f"Write a number in at most {_MAX_NUMBER_LENGTH:,} characters.", ""
)

_TOO_DEEP: Final = Fault("too_deep", f"Nest at most {MAX_DEPTH} levels.", "")
_NO_TEXT: Final = Fault("invalid_utf8", NOT_UTF8, "")

_MANY_VALUES: Final = Fault(
    "too_many_values",
    f"What stands around the documents has more than {_MAX_TOKENS:,} values and signs: leave it out.",
    "",
)

_MANY_NAMES: Final = Fault(
    "too_many_values", f"Give the object around the documents at most {_MAX_NAMES:,} members.", ""
)

ENDS_EARLY: Final = Fault("invalid_json", "The text ends too early: brackets are left open.", "")
"""The error where a bracket is open at the end."""

# What the grammar expects next.
_VALUE, _VALUE_OR_END, _NAME, _NAME_OR_END, _COLON, _COMMA_OR_END = range(6)


class BrokenRule(NamedTuple):
    """A violation of the grammar, and its line."""

    line: int
    fault: Fault


class SurroundingText:
    """Checks the text chunk by chunk, strings whole, and keeps the first violation."""

    def __init__(self) -> None:
        """Begin before a value."""
        self.broken: BrokenRule | None = None
        self._line = 1
        self._open = b""
        self._inside = bytearray()
        self._next = _VALUE
        self._names: set[str] = set()
        self._tokens_taken = 0

    def take(self, text: bytes, line: int) -> None:
        """Process the next chunk, which begins on that line."""
        if self.broken is not None:
            return
        self._line = line
        text = self._open + text
        ended = len(text.rstrip(_WORD))
        self._open = text[ended:]
        if len(self._open) > _MAX_NUMBER_LENGTH:
            self._break(_LONG_NUMBER)
            return
        self._tokens(text, ended)

    def end(self) -> BrokenRule | None:
        """Return what is wrong with the whole text, at its end."""
        if self.broken is None and self._open:
            self.take(b" ", self._line)
        if self.broken is None and (self._inside or self._next != _COMMA_OR_END):
            self._break(ENDS_EARLY)
        return self.broken

    def _tokens(self, text: bytes, until: int) -> None:
        at = 0
        while self.broken is None:
            match = _TOKEN.match(text, at)
            if match is None:
                left = text[at:until].lstrip(_SPACE)
                self._line += text.count(b"\n", at, until - len(left))
                if left:
                    self._break(_NOT_JSON)
                return
            self._line += text.count(b"\n", at, match.end())
            self._tokens_taken += 1
            if self._tokens_taken > _MAX_TOKENS:
                self._break(_MANY_VALUES)
            elif not self._follows(match[1] or match[2] or b""):
                self._break(_NOT_JSON)
            elif match[3] and len(match[3]) > _MAX_NUMBER_LENGTH:
                self._break(_LONG_NUMBER)
            at = match.end()

    def _follows(self, token: bytes) -> bool:
        """Process a sign or a string, or the empty token for any other value; returns whether it is allowed here."""
        if token in (b"[", b"{"):
            if self._next > _VALUE_OR_END:
                return False
            if len(self._inside) == MAX_DEPTH:
                self._break(_TOO_DEEP)
            self._inside += token
            self._next = _VALUE_OR_END if token == b"[" else _NAME_OR_END
        elif token in (b"]", b"}"):
            may_end = self._next in (_VALUE_OR_END, _NAME_OR_END, _COMMA_OR_END)
            if not (may_end and self._inside and self._inside[-1] == _OPENED_BY[token]):
                return False
            self._inside.pop()
            self._next = _COMMA_OR_END
        elif token == b",":
            if self._next != _COMMA_OR_END or not self._inside:
                return False
            self._next = _NAME if self._inside[-1] == ord("{") else _VALUE
        elif token == b":":
            if self._next != _COLON:
                return False
            self._next = _VALUE
        elif self._next in (_NAME, _NAME_OR_END):
            if not token:
                return False
            self._text(token, is_name=len(self._inside) == 1)
            self._next = _COLON
        elif self._next <= _VALUE_OR_END:
            self._text(token)
            self._next = _COMMA_OR_END
        else:
            return False
        return True

    def _text(self, token: bytes, *, is_name: bool = False) -> None:
        try:
            token.decode()
        except UnicodeDecodeError:
            self._break(_NO_TEXT)
            return
        if is_name:
            self._name(token)

    def _name(self, token: bytes) -> None:
        """Process a name in the outermost object, where names must be unique."""
        try:
            name: str = orjson.loads(token)
        except orjson.JSONDecodeError:
            self._break(_NOT_JSON)
            return
        if name in self._names:
            pointer = f"/{name.replace('~', '~0').replace('/', '~1')}"
            self._break(Fault("duplicate_key", "Say this once: the member is here twice.", pointer))
        elif len(self._names) == _MAX_NAMES:
            self._break(_MANY_NAMES)
        self._names.add(name)

    def _break(self, fault: Fault) -> None:
        self.broken = self.broken or BrokenRule(self._line, fault)
