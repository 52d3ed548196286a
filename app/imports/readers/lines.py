"""Bytes as they come, cut into lines, with a limit on what is held of any one of them."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, NamedTuple

from app.records.validation.document import MAX_RAW_BYTES

MAX_LINE: Final = MAX_RAW_BYTES
"""The longest line or document that is read, in bytes."""

_BOM: Final = b"\xef\xbb\xbf"
_OTHER_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
TOO_LONG: Final = f"A line or document may have {MAX_LINE // 2**20} MiB; this one has more."
NOT_UTF8: Final = "Write the file in UTF-8."


class Line(NamedTuple):
    """One line, without its end unless ends are kept; `data` is None where it is longer than any may be."""

    number: int
    data: bytes | None


class WrongEncoding(ValueError):
    """The text is in another encoding than it should be, or than it is declared to be."""


def peek(chunks: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes], bool]:
    """Return the first bytes, all of the chunks, and whether there are no more than `size` bytes."""
    waiting = iter(chunks)
    taken: list[bytes] = []
    held = 0
    for chunk in waiting:
        taken.append(chunk)
        held += len(chunk)
        if held > size:
            break
    return b"".join(taken)[:size], chain(taken, waiting), held <= size


def without_mark(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks without the byte order mark that some editors put before UTF-8.

    Raises:
        WrongEncoding: the mark is that of another encoding.
    """
    head = b""
    waiting = iter(chunks)
    for chunk in waiting:
        head += chunk
        if len(head) >= len(_BOM):
            break
    if head.startswith(_OTHER_BOMS):
        raise WrongEncoding(NOT_UTF8)
    yield head.removeprefix(_BOM)
    yield from waiting


def past_empty_lines(chunks: Iterable[bytes], line_end: bytes = b"\n") -> tuple[int, Iterator[bytes]]:
    """Return how many empty lines there are at the beginning, and the chunks after them."""
    passed = 0
    waiting = iter(chunks)
    for chunk in waiting:
        left = chunk.lstrip(b"\r\n")
        passed += chunk.count(line_end, 0, len(chunk) - len(left))
        if left:
            return passed, chain((left,), waiting)
    return passed, waiting


def cut_lines(
    chunks: Iterable[bytes],
    *,
    passing: bool = False,
    keep_ends: bool = False,
    number: int = 1,
    line_end: bytes = b"\n",
) -> Iterator[Line]:
    """Cut bytes into lines, ended by LF or CRLF. Of a line past the limit the rest is discarded.

    Lines end in a lone CR where `line_end` is that. With `passing`, empty lines are counted and skipped; with `keep_ends`, each line keeps its end. `number`
    is that of the first line.
    """
    end, ended = (b"", line_end) if keep_ends else (b"\r", b"")
    rest = b""
    dropping = False
    for chunk in chunks:
        pieces = chunk.split(line_end)
        last = pieces.pop()
        for piece in pieces:
            if dropping:
                yield Line(number, None)
                dropping = False
            elif piece or rest or not passing:
                whole = rest + piece if rest else piece
                yield Line(number, whole.removesuffix(end) + ended if len(whole) <= MAX_LINE else None)
            rest = b""
            number += 1
        if dropping:
            continue
        rest = rest + last if rest else last
        if len(rest) > MAX_LINE:
            rest, dropping = b"", True
    if dropping:
        yield Line(number, None)
    elif rest:
        yield Line(number, rest.removesuffix(end))
