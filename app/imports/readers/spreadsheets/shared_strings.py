"""The texts that the cells of an .xlsx share (ISO/IEC 29500-1, 18.4): held in memory, past a size in a temporary file."""

import re
import tempfile
import weakref
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from typing import IO, Final

import orjson

from app.errors import DiskFull
from app.imports.readers.lines import MAX_LINE
from app.imports.readers.spreadsheets.errors import broken
from app.imports.readers.spreadsheets.plain_xml import plain_text, without_plain_elements
from app.imports.readers.spreadsheets.xml_parts import parse_part
from app.values.disk_space import SPARE_BYTES, free_bytes

MAX_HELD: Final = 32 * 2**20
"""How much memory the texts may take before they go to a file."""

_OVERHEAD: Final = 60  # of a text in memory
_BLOCK: Final = 64 * 2**10
_BLOCK_TEXTS: Final = 256
_BLOCKS_HELD: Final = 128
_PLAIN: Final = re.compile(r'\s*<si><t(?: xml:space="preserve")?>([^<]*)</t>')
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATES: Final = re.compile(r"_x([Dd][89ABab][0-9A-Fa-f]{2})__x([Dd][C-Fc-f][0-9A-Fa-f]{2})_")


def unescape(text: str) -> str:
    """Replace what stands for characters that XML cannot hold (ISO/IEC 29500-1, 22.9.2.19): `_x000D_`."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(_character, _SURROGATES.sub(_pair, text))


def _pair(match: re.Match[str]) -> str:
    return (bytes.fromhex(match[1]) + bytes.fromhex(match[2])).decode("utf-16-be")


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    # Half of a pair is no character; it stays as it is written.
    return match[0] if 0xD800 <= number <= 0xDFFF else chr(number)


class SharedStrings:
    """Texts by their number, from 0."""

    def __init__(self, held: int = MAX_HELD) -> None:
        """Begin without any; `held` is how many bytes of them are held in memory."""
        self._held = held
        self._waiting: list[str] = []
        self._size = 0
        self._firsts = array("Q")
        self._places = array("Q")
        self._count = 0
        self._file: IO[bytes] | None = None
        self._block = lru_cache(_BLOCKS_HELD)(self._read_block)

    def add(self, text: str) -> None:
        """Add a text, whose number is the next.

        Raises:
            DiskFull: there is no room for it.
        """
        self._waiting.append(text)
        self._size += len(text) + _OVERHEAD
        if self._file is not None and (self._size > _BLOCK or len(self._waiting) >= _BLOCK_TEXTS):
            self._put_away(self._file)
        elif self._file is None and self._size > self._held:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the texts
            weakref.finalize(self, self._file.close)
            texts, self._waiting = self._waiting, []
            for start in range(0, len(texts), _BLOCK_TEXTS):
                self._waiting = texts[start : start + _BLOCK_TEXTS]
                self._put_away(self._file)

    def _put_away(self, file: IO[bytes]) -> None:
        if free_bytes() < SPARE_BYTES:
            raise DiskFull("There is no room to unpack the spreadsheet: free space, or save it as CSV.")
        self._firsts.append(self._count)
        self._places.append(file.tell())
        file.write(orjson.dumps(self._waiting))
        self._count += len(self._waiting)
        self._waiting = []
        self._size = 0

    def _read_block(self, number: int) -> list[str]:
        if self._file is None:
            return []
        self._file.seek(self._places[number])
        past = self._places[number + 1] if number + 1 < len(self._places) else None
        texts: list[str] = orjson.loads(self._file.read(-1 if past is None else past - self._places[number]))
        return texts

    @property
    def texts(self) -> "Sequence[str] | SharedStrings":
        """All texts by their numbers: a list, which is quicker, where they are in memory."""
        return self._waiting if self._file is None else self

    def __getitem__(self, number: int) -> str:
        """Return a text; raises IndexError where there is none of that number."""
        if number < 0:
            raise IndexError
        if number >= self._count:
            return self._waiting[number - self._count]
        block = bisect_right(self._firsts, number) - 1
        return self._block(block)[number - self._firsts[block]]


def _add_plain(found: SharedStrings, element: str) -> bool:
    """Add a text that is given without its end tag; return False where it is for the parser."""
    plain = _PLAIN.fullmatch(element)
    text = None if plain is None else plain_text(plain[1])
    if text is None or len(text) > MAX_LINE:
        return False
    found.add(unescape(text))
    return True


def read_shared_strings(pieces: Iterable[bytes]) -> SharedStrings:
    """Read the texts; their formats are left out, and so is how they are pronounced (`rPh`).

    Raises:
        BadSpreadsheet: the part is broken, or one text has more than 8 MiB.
        DiskFull: there is no room for them.
    """
    found = SharedStrings()
    name = "sharedStrings.xml"
    text: list[str] = []
    size = 0
    takes = is_told = False

    def started(tag: str, _: object) -> None:
        nonlocal takes, is_told, size
        if tag == "si":
            text.clear()
            size = 0
            is_told = True
        elif tag == "rPh":
            is_told = False
        elif tag == "t":
            takes = is_told

    def ended(tag: str) -> None:
        nonlocal takes, is_told
        if tag == "t":
            takes = False
        elif tag == "rPh":
            is_told = True
        elif tag == "si":
            is_told = False
            found.add(unescape("".join(text)))

    def told(piece: str) -> None:
        nonlocal size
        if takes:
            size += len(piece)
            if size > MAX_LINE:
                raise broken(f"{name} has a text of more than {MAX_LINE // 2**20} MiB")
            text.append(piece)

    plain = partial(_add_plain, found)
    rest = without_plain_elements(pieces, b"<si>", b"</si>", plain, lambda: not is_told)
    for _ in parse_part(rest, name, "sst", started, ended, told):
        pass
    return found
