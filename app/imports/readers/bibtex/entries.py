"""Files of BibTeX, cut into entries, and entries into fields, with the strings that they are put together of.

As BibTeX has it, braces count wherever they are, and what stands between entries is a comment. One entry is held at a
time, and the strings that were defined.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from app.formats.citation_terms import MONTHS
from app.imports.readers.lines import NOT_UTF8, TOO_LONG, Line

MAX_ENTRY: Final = 2**20
"""The longest entry that is read, in characters."""

MAX_STRINGS: Final = 2**20
"""How long all strings that a file defines may be together, in characters."""

_START: Final = re.compile(r"@[ \t]*([A-Za-z]+)[ \t]*([{(])")
_WAITING: Final = re.compile(r"@[ \t]*[A-Za-z]+[ \t]*$")
_BRACKETS: Final = re.compile(r'[{})"]')
_KEY: Final = re.compile(r"\s*([^\s,{}=\"#]*)\s*(?:,|$)")
_NAME: Final = re.compile(r"\s*([^\s,{}()=\"#%']+)\s*=\s*")
_BARE: Final = re.compile(r"[^\s,{}()=\"#%']+")
_ENDS: Final = re.compile(r'[{}"]')
_SPACE: Final = re.compile(r"\s*")
_HEAD: Final = re.compile(
    r"(?:(?:%[^\n]*|(?!%)[^@{}\n]{0,200})\n){0,50}+\s*@[ \t]*(?:(?i:preamble)[ \t]*[{(]\s*[\"{]"
    r"|[A-Za-z]+[ \t]*[{(]\s*[^\s,{}=]+\s*[,=])"
)
_NO_ENTRIES: Final = frozenset({"comment", "preamble"})


class BrokenEntry(Exception):
    """What stands there is no entry of BibTeX.

    Attributes:
        line: where.
        code: of the fault.
        detail: what to do.
    """

    def __init__(self, line: int, code: str, detail: str) -> None:
        """Keep them."""
        super().__init__(detail)
        self.line = line
        self.code = code
        self.detail = detail


class RawEntry(NamedTuple):
    """The text of an entry between its outer brackets, or why it cannot be read."""

    line: int
    kind: str
    text: str
    fault: BrokenEntry | None = None


@dataclass(slots=True)
class Strings:
    """The strings that a file has defined so far; the names of months are there from the start."""

    values: dict[str, str] = field(default_factory=lambda: {month: month for month in MONTHS})
    size: int = 0


def begins_with_an_entry(text: str) -> bool:
    """Return whether a file begins with comments, if anything, and an entry."""
    return _HEAD.match(text) is not None


def cut_entries(lines: Iterable[Line]) -> Iterator[RawEntry]:
    """Yield the entries of a file, and what of it cannot be read."""
    cutter = _Cutter()
    for number, data in lines:
        if data is None:
            yield RawEntry(number, "", "", BrokenEntry(number, "line_too_long", TOO_LONG))
            continue
        try:
            text = data.decode()
        except UnicodeDecodeError:
            yield RawEntry(number, "", "", BrokenEntry(number, "invalid_utf8", NOT_UTF8))
            continue
        yield from cutter.take(number, text)
    yield from cutter.end()


class _Cutter:
    def __init__(self) -> None:
        self._waiting = ""
        self._kind = ""
        self._line = 0
        self._closing = ""
        self._depth = 0
        self._quoted = False
        self._size = 0
        self._kept: list[str] = []

    def take(self, number: int, line: str) -> Iterator[RawEntry]:
        at = 0
        if self._kind and _START.match(line.lstrip()):
            # An entry begins: the one before was never closed.
            yield from self.end()
        line, self._waiting = self._waiting + line, ""
        while True:
            if not self._kind:
                start = _START.search(line, at)
                if start is None:
                    waiting = _WAITING.search(line, at)
                    self._waiting = "" if waiting is None else waiting[0]
                    return
                self._begin(number, start)
                at = start.end()
            closed = self._close(line, at)
            if closed is None:
                self._keep(line[at:] + "\n")
                return
            self._keep(line[at:closed])
            at = closed + 1
            yield from self._finish()

    def _begin(self, number: int, start: re.Match[str]) -> None:
        self._kind, self._line = start[1].lower(), number
        self._closing = "}" if start[2] == "{" else ")"
        self._depth = self._size = 0
        self._quoted = False
        self._kept.clear()

    def _close(self, line: str, at: int) -> int | None:
        """Return where in the line the entry ends; None where it goes on."""
        for bracket in _BRACKETS.finditer(line, at):
            if bracket[0] == "{":
                self._depth += 1
            elif bracket[0] == '"':
                # Braces match inside of quotation marks, parentheses need not.
                self._quoted = self._quoted != (self._depth == 0 and self._closing == ")")
            elif self._depth == 0 and bracket[0] == self._closing and not self._quoted:
                return bracket.start()
            elif bracket[0] == "}":
                self._depth = max(self._depth - 1, 0)
        return None

    def _keep(self, text: str) -> None:
        self._size += len(text)
        if self._size <= MAX_ENTRY:
            self._kept.append(text)

    def _finish(self) -> Iterator[RawEntry]:
        kind, self._kind = self._kind, ""
        if self._size > MAX_ENTRY:
            detail = f"An entry may have {MAX_ENTRY:,} characters; this one has more."
            yield RawEntry(self._line, kind, "", BrokenEntry(self._line, "line_too_long", detail))
        elif kind not in _NO_ENTRIES:
            yield RawEntry(self._line, kind, "".join(self._kept))

    def end(self) -> Iterator[RawEntry]:
        if self._kind and self._kind not in _NO_ENTRIES:
            detail = f"Close this entry with {self._closing}: a brace is open before the next entry, or at the end."
            yield RawEntry(self._line, self._kind, "", BrokenEntry(self._line, "invalid_bibtex", detail))
        self._kind = ""


def parse_fields(
    entry: RawEntry, strings: Strings, repeatable: Container[str] = ()
) -> tuple[str, dict[str, str]]:
    """Return the key of an entry, and the values of its fields by their names in lower case.

    Of fields that are `repeatable` the last counts, as nothing is made of them.

    Raises:
        BrokenEntry: it breaks the grammar, names a string that is not defined, or has a field twice.
    """
    key = _KEY.match(entry.text)
    at = 0 if key is None else key.end()
    return "" if key is None else key[1], dict(_Fields(entry, strings, repeatable).all(at))


def define_string(entry: RawEntry, strings: Strings) -> None:
    """Remember the string that `@string` defines.

    Raises:
        BrokenEntry: it breaks the grammar, or there are too many of them.
    """
    for name, value in _Fields(entry, strings).all(0):
        strings.size += len(name) + len(value)
        if strings.size > MAX_STRINGS:
            raise BrokenEntry(
                entry.line, "too_large", f"Strings may have {MAX_STRINGS:,} characters together."
            )
        strings.values[name] = value


class _Fields:
    def __init__(self, entry: RawEntry, strings: Strings, repeatable: Container[str] = ()) -> None:
        self._text = entry.text
        self._repeatable = repeatable
        self._line = entry.line
        self._strings: Mapping[str, str] = strings.values
        self._at = 0
        self._size = 0

    def all(self, at: int) -> Iterator[tuple[str, str]]:
        self._at = at
        seen: dict[str, str] = {}
        self._skip()
        while self._at < len(self._text):
            name = _NAME.match(self._text, self._at)
            if name is None:
                raise self._broken("Write fields as name = {value}, with a comma after each.")
            self._at = name.end()
            value = self._value()
            field_name = name[1].lower()
            if seen.setdefault(field_name, value) != value and field_name not in self._repeatable:
                raise self._broken(
                    f"Give {field_name} once: it is there twice, with two values.", "duplicate_field"
                )
            yield field_name, value
            self._skip()
            if self._text[self._at : self._at + 1] == ",":
                self._at += 1
                self._skip()

    def _value(self) -> str:
        parts = [self._part()]
        self._skip()
        while self._text[self._at : self._at + 1] == "#":
            self._at += 1
            self._skip()
            parts.append(self._part())
            self._skip()
        return "".join(parts)

    def _part(self) -> str:
        opening = self._text[self._at : self._at + 1]
        if opening in ("{", '"') and opening:
            begun, self._at = self._at + 1, self._end_of_text(opening)
            return self._text[begun : self._at - 1]
        bare = _BARE.match(self._text, self._at)
        if bare is None:
            raise self._broken(
                "Give a value in braces or quotation marks, a number, or the name of a string."
            )
        self._at = bare.end()
        if bare[0].isdecimal():
            return bare[0]
        value = self._strings.get(bare[0].lower())
        if value is None:
            detail = f"Define {bare[0]} with @string before, or put it into braces."
            raise self._broken(detail, "undefined_string")
        # A few signs can name a long string, again and again.
        self._size += len(value)
        if self._size > MAX_ENTRY:
            detail = f"The strings that an entry names may have {MAX_ENTRY:,} characters; these have more."
            raise self._broken(detail, "too_large")
        return value

    def _end_of_text(self, opening: str) -> int:
        """Return the position after the brace or quotation mark that ends a text."""
        depth = 0
        closing = "}" if opening == "{" else '"'
        for sign in _ENDS.finditer(self._text, self._at + 1):
            if depth == 0 and sign[0] == closing:
                return sign.end()
            depth += {"{": 1, "}": -1}.get(sign[0], 0)
            if depth < 0:
                break
        raise self._broken("Close the value: its braces or quotation marks do not match.")

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found is not None else self._at

    def _broken(self, detail: str, code: str = "invalid_bibtex") -> BrokenEntry:
        return BrokenEntry(self._line + self._text.count("\n", 0, self._at), code, detail)
