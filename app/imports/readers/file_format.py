"""What is declared of a format of files: its names, how it is recognised by its first bytes, and its reader."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Final

from app.imports.documents import ImportedDocument
from app.imports.readers.gzip import BadArchive, unpack_if_packed
from app.records.kinds import RecordKind

HEAD_BYTES: Final = 1 << 16
"""How much of a file is looked at to recognise its format."""

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


class Head:
    """The first bytes of a file, unpacked.

    Attributes:
        data: no more than `HEAD_BYTES`.
        is_whole: whether the file has no more.
    """

    def __init__(self, data: bytes, *, is_whole: bool) -> None:
        """Keep them."""
        self.data = data
        self.is_whole = is_whole

    @cached_property
    def text(self) -> str:
        """The bytes as text without its byte order mark, in UTF-8 where no mark says otherwise; space before it is removed.

        What is no character is replaced.
        """
        found = next(((mark, name) for mark, name in _MARKS if self.data.startswith(mark)), (b"", "utf-8"))
        return self.data[len(found[0]) :].decode(found[1], "replace").lstrip()

    @cached_property
    def lines(self) -> list[str]:
        """The lines that are there as a whole and are not empty."""
        found = self.text.splitlines(keepends=True)
        if found and not self.is_whole and not found[-1].endswith(("\n", "\r")):
            found.pop()
        return [line.strip("\r\n") for line in found if line.strip()]


def head_of(chunks: Iterable[bytes]) -> tuple[Head, Iterator[bytes]]:
    """Return the first bytes, unpacked where they are packed, and all chunks as they came."""
    waiting = iter(chunks)
    taken: list[bytes] = []

    def watched() -> Iterator[bytes]:
        for chunk in waiting:
            taken.append(chunk)
            yield chunk

    data = b""
    is_whole = True
    try:
        for piece in unpack_if_packed(watched()):
            data += piece
            if len(data) > HEAD_BYTES:
                is_whole = False
                break
    except BadArchive:
        # Its reader reports it.
        is_whole = False
    return Head(data[:HEAD_BYTES], is_whole=is_whole), chain(taken, waiting)


Reader = Callable[[Iterable[bytes], RecordKind | None], Iterator[ImportedDocument]]
"""Reads documents from unpacked bytes; the kind is theirs where they do not say."""


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format of files that can be read.

    Attributes:
        name: as commands and reports call it.
        title: as people call it.
        suffixes: of file names, each with its point and in lower case.
        media_types: of bodies.
        reader: reads the documents of a file.
        recognises: whether a file that begins so is certainly of this format.
        within: the format that it is a particular case of, and whose media type it has.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    media_types: tuple[str, ...]
    reader: Reader
    recognises: Callable[[Head], bool]
    within: str | None = None
