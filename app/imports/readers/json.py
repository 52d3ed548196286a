"""Reading JSON: an array of documents, or an object with an array of them, one document at a time.

The text is never held whole. A small automaton finds where each member of the array begins and ends; the
strict parser then parses that part alone, and what is around them is checked against the same grammar.
"""

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import orjson

from app.errors import Fault
from app.imports.documents import ImportedDocument
from app.imports.readers.file_format import FileFormat, Head
from app.imports.readers.json_grammar import ENDS_EARLY, SurroundingText
from app.imports.readers.lines import MAX_LINE, TOO_LONG, without_mark
from app.imports.readers.ndjson import read_document

ITEMS: Final = ("items",)
"""The member of an object in which its documents are."""

ARRAYS: Final = ("items", "features")
"""The members of an object in which documents of others are looked for, if nothing else is said."""

# An unterminated string may go on in the next chunk.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+("?)|[\[\]{},]', re.DOTALL)

_STRING_END: Final = re.compile(rb'(?:[^"\\]|\\.)*+("?)', re.DOTALL)
_SPACE: Final = b" \t\r\n"
_OVERLONG: Final = Fault("line_too_long", TOO_LONG, "")
_MISSING: Final = Fault("invalid_json", "A document is missing here.", "")
_NO_ARRAY: Final = Fault(
    "no_such_array", "There is no array where the mapping says in table.items.", "/table/items"
)
_OTHER_BRACKET: Final = Fault("invalid_json", "The array ends in another bracket here.", "")


class JsonPiece(NamedTuple):
    """One member of the array: its line, and its text or what is wrong."""

    line: int
    fault: Fault | None
    text: bytes = b""

    def read(self) -> ImportedDocument:
        """Parse it."""
        return (
            read_document(self.line, self.text)
            if self.fault is None
            else ImportedDocument(self.line, faults=(self.fault,))
        )


_DEALT_WITH: Final = JsonPiece(0, None)
"""No document: the text up to here is done."""


def read_json(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Parse `[{…}, …]`, `{"items": [{…}, …], …}`, or one document alone.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    for piece in pieces(chunks, ITEMS):
        yield piece.read()


def read_array(chunks: Iterable[bytes], path: Sequence[str] = ()) -> Iterator[ImportedDocument]:
    """Parse the documents of an array that is deeper in a text: of `{"a": {"b": [{…}, …]}}` with the path a, b.

    Without a path, the text is an array itself, or an object with one of `ARRAYS`, or one document alone.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    cutter = _Cutter(tuple((_quoted(name),) for name in path) or (tuple(map(_quoted, ARRAYS)),))
    cutter.needs_array = bool(path)
    for piece in cutter.run(without_mark(chunks)):
        yield piece.read()


def pieces(chunks: Iterable[bytes], members: Iterable[str]) -> Iterator[JsonPiece]:
    """Yield the text of each document, with the line that it begins on."""
    yield from _Cutter((tuple(map(_quoted, members)),)).run(without_mark(chunks))


def _quoted(name: str) -> bytes:
    return orjson.dumps(name)


class _OpenString:
    """A string that goes on in the next chunk; no byte of it is scanned twice."""

    def __init__(self, beginning: bytes = b"") -> None:
        self.size = len(beginning)
        self._parts = [beginning]
        escapes = len(beginning) - len(beginning.rstrip(b"\\"))
        self._escape = b"\\" * (escapes % 2)

    def closed_by(self, chunk: bytes) -> bytes | None:
        """Return the whole string with what follows it, if it ends here."""
        self.size += len(chunk)
        self._parts.append(chunk)
        going_on = self._escape + chunk
        match = _STRING_END.match(going_on)
        if match is not None and match[1]:
            return self.text()
        self._escape = going_on[match.end() :] if match is not None else b""
        return None

    def text(self) -> bytes:
        """Return what there is of it so far."""
        return b"".join(self._parts)


class _Cutter:
    """The state of the automaton: the depth, and the text that is kept.

    Attributes:
        needs_array: whether a text without the array is a fault, and no document itself.
    """

    def __init__(self, path: tuple[tuple[bytes, ...], ...]) -> None:
        """Begin; the path to the array has, for each object around it, names any of which leads on."""
        self.needs_array = False
        self._path = path
        self._depth = 0
        # How many of the objects that are open are on the path.
        self._on_path = 0
        # The depth whose members are documents: 1 in an array, more in an object's array, 0 while not known,
        # -1 after them.
        self._level = 0
        self._around = SurroundingText()
        # What keeps the rest from being read.
        self._last: JsonPiece | None = None
        self._line = 1
        self._kept = bytearray()
        self._kept_line = 1
        self._overlong = False
        self._key = b""
        self._found = 0

    def run(self, chunks: Iterable[bytes]) -> Iterator[JsonPiece]:
        string = _OpenString()
        for chunk in chunks:
            text: bytes | None = chunk
            if string.size:
                text = string.closed_by(chunk)
                if string.size > MAX_LINE:
                    yield JsonPiece(self._line, _OVERLONG)
                    return
            if text is not None:
                string = _OpenString((yield from self._take(text)))
            if self._last is not None:
                yield self._last
                return
        rest = string.text()
        if rest.strip(_SPACE):
            self._keep(rest)
        yield from self._end()

    def _take(self, buffer: bytes) -> Generator[JsonPiece, None, bytes]:
        """Process a buffer; returns what of it must wait for the next."""
        at = 0
        for match in _TOKEN.finditer(buffer):
            start, end = match.span()
            token = buffer[start:end]
            if token[0] == 0x22:
                if not match[1]:
                    self._keep(buffer[at:start])
                    return buffer[start:]
                if self._level == 0 and self._depth == self._on_path:
                    self._key = token
                continue
            piece = self._step(buffer, at, start, end, token)
            if piece is not None:
                at = end
                if piece.line:
                    yield piece
                if self._last is not None:
                    return b""
        self._keep(buffer[at:])
        return b""

    def _step(self, buffer: bytes, at: int, start: int, end: int, token: bytes) -> JsonPiece | None:
        """Process a bracket or comma; returns the document that it ends, or that the text up to here is done."""
        depth = self._depth
        if token in b"[{":
            self._depth += 1
            if self._level != 0 or depth != self._on_path:
                return None
            is_named = depth > 0 and self._key in self._path[depth - 1]
            if token == b"{":
                self._on_path += depth == 0 or (is_named and depth < len(self._path))
            elif (is_named and depth == len(self._path)) or (depth == 0 and not self.needs_array):
                # To the grammar around them, the documents are an empty array.
                self._level = depth + 1
                self._outside(buffer[at:end] + b"]")
                self._forget()
                return _DEALT_WITH
            return None
        if token in b"]}":
            self._depth = max(depth - 1, 0)
            self._on_path = min(self._on_path, self._depth)
            if self._level > 0 and depth == self._level:
                piece = self._cut(buffer[at:start], last=True)
                self._level = -1
                if token == b"}":
                    self._last = JsonPiece(self._line, _OTHER_BRACKET)
                return piece
            return None
        if depth == self._level and self._level > 0:
            return self._cut(buffer[at:start])
        return None

    def _cut(self, text: bytes, *, last: bool = False) -> JsonPiece:
        self._keep(text)
        self._found += 1
        whole, line, overlong = bytes(self._kept), self._kept_line, self._overlong
        self._forget()
        if overlong:
            return JsonPiece(line, _OVERLONG)
        stripped = whole.strip(_SPACE)
        if not stripped:
            return _DEALT_WITH if last and self._found == 1 else JsonPiece(self._line, _MISSING)
        return JsonPiece(line + whole[: len(whole) - len(whole.lstrip(_SPACE))].count(b"\n"), None, stripped)

    def _keep(self, text: bytes) -> None:
        if self._level >= 0 and not self._overlong:
            self._kept += text
            if len(self._kept) > MAX_LINE:
                self._overlong = True
                self._kept.clear()
        if self._level <= 0:
            self._outside(text)
        else:
            self._line += text.count(b"\n")

    def _outside(self, text: bytes) -> None:
        self._around.take(text, self._line)
        self._line += text.count(b"\n")
        # One document alone, if it is not too long, is parsed as a whole, which gives better messages.
        if (self._level != 0 or self._overlong) and self._around.broken is not None:
            self._last = JsonPiece(*self._around.broken)

    def _forget(self) -> None:
        self._kept.clear()
        self._kept_line = self._line
        self._overlong = False

    def _end(self) -> Iterator[JsonPiece]:
        if self._overlong:
            yield JsonPiece(self._kept_line, _OVERLONG)
        elif self._level == 0:
            # No array at all: one document, or no JSON.
            whole = bytes(self._kept).strip(_SPACE)
            if whole and self.needs_array:
                yield JsonPiece(1, _NO_ARRAY)
            elif whole:
                yield JsonPiece(1, None, whole)
        if self._level > 0:
            yield JsonPiece(self._line, ENDS_EARLY)
        elif self._level < 0 and (broken := self._around.end()) is not None:
            yield JsonPiece(*broken)


_BEGINS: Final = re.compile(r'\[\s*[\[{\]]|\{\s*(?:"items"\s*:|\n)')


def _recognises(head: Head) -> bool:
    """Return whether it begins with an array of objects, `items`, or an object that goes on in the next line."""
    return _BEGINS.match(head.text) is not None


FORMAT: Final = FileFormat(
    "json",
    "JSON",
    (".json",),
    ("application/json",),
    lambda chunks, _: read_json(chunks),
    _recognises,
)
