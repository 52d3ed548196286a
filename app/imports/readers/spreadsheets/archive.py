"""The zip archive that an .xlsx, .xlsb or .ods file is: checked by its directory before anything is unpacked."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Final

from app.imports.readers.spreadsheets.errors import BadSpreadsheet, broken

HARMLESS_BYTES: Final = 8 * 2**20
"""What a file may unpack to, however small it is."""

MAX_EXPANSION: Final = 200
"""How many times the bytes of a file it may unpack to, or give as text, past that."""

MAX_ENTRIES: Final = 10_000
"""The most files in the archive; a workbook has some for each sheet and picture."""

PIECE: Final = 1 << 16
_MAX_DIRECTORY: Final = 2 * 2**20
_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)
"""What `zipfile` raises for a file that is broken, locked or packed in an unknown way."""

MACROS: Final = "vbaproject.bin"


class _Frugal(io.RawIOBase):
    """A file of which no more than a directory of reasonable size is read at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > _MAX_DIRECTORY:
            raise zipfile.BadZipFile
        return self._file.read(-1 if size is None else size)


class Archive:
    """The parts of a spreadsheet, by their names.

    Attributes:
        size: the bytes of the file, packed.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Read the directory of an archive.

        Raises:
            BadSpreadsheet: it is broken, has macros, or would expand too far.
        """
        self.size = file.seek(0, io.SEEK_END)
        file.seek(0)
        try:
            # Not closed: it holds nothing but the file, which is the caller's.
            self._zip = zipfile.ZipFile(_Frugal(file))
        except _ERRORS:
            raise broken("its archive has no directory that can be read") from None
        entries = self._zip.infolist()
        if len(entries) > MAX_ENTRIES:
            raise BadSpreadsheet("expands_too_far", f"The spreadsheet holds more than {MAX_ENTRIES:,} files.")
        if sum(one.file_size for one in entries) > max(HARMLESS_BYTES, self.size * MAX_EXPANSION):
            raise expands_too_far()
        if any(one.flag_bits & 1 for one in entries):
            raise locked()
        self._names = {one.filename.lower().lstrip("/"): one for one in entries}
        if any(name.endswith(MACROS) for name in self._names):
            raise BadSpreadsheet(
                "macros", "The workbook has macros, which may be harmful. Save it without them, as .xlsx."
            )

    def __contains__(self, name: str) -> bool:
        return name.lower().lstrip("/") in self._names

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a part, unpacked, in pieces.

        Raises:
            BadSpreadsheet: it is not there, or broken.
        """
        entry = self._names.get(name.lower().lstrip("/"))
        if entry is None:
            raise broken(f"{name} is missing")
        try:
            with self._zip.open(entry) as part:
                while piece := part.read(PIECE):
                    yield piece
        except _ERRORS:
            raise broken(f"{name} cannot be unpacked") from None


def expands_too_far() -> BadSpreadsheet:
    """Return the error for a file that expands too far."""
    return BadSpreadsheet(
        "expands_too_far",
        f"The spreadsheet would expand to more than {MAX_EXPANSION} times its size. Delete what it does not need, or save it as CSV.",
    )


def locked() -> BadSpreadsheet:
    """Return the error for a file that needs a password."""
    return BadSpreadsheet("encrypted", "The spreadsheet is locked with a password. Save it without one.")
