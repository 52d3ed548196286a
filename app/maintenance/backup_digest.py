"""The digest at the end of a backup, which shows whether the file is, to the last byte, what was written.

It follows the content as one line. SQLite, `pg_restore` and readers of ZIP archives ignore what follows the
end of theirs, so that other programs can open a backup.
"""

import hashlib
from pathlib import Path
from typing import Final

_PIECE: Final = 1 << 20
_BEGINNING: Final = b"\nannals-backup sha256:"

LENGTH: Final = len(_BEGINNING) + 64 + 1
"""The length of a digest in the file, in bytes."""


def append_digest(path: Path) -> None:
    """Write the SHA-256 of a file at its end."""
    digest = _digest(path, path.stat().st_size)
    with path.open("ab") as file:
        file.write(_BEGINNING + digest + b"\n")


def has_digest(path: Path) -> bool:
    """Return whether a file ends with a digest, right or wrong."""
    return _ending(path).startswith(_BEGINNING)


def agrees_with_digest(path: Path) -> bool:
    """Return whether a file ends with a digest that matches its content."""
    size = path.stat().st_size - LENGTH
    return has_digest(path) and _ending(path) == _BEGINNING + _digest(path, size) + b"\n"


def _ending(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LENGTH))
        return file.read(LENGTH)


def _digest(path: Path, length: int) -> bytes:
    found = hashlib.sha256()
    with path.open("rb") as file:
        left = length
        while left > 0 and (piece := file.read(min(left, _PIECE))):
            found.update(piece)
            left -= len(piece)
    return found.hexdigest().encode()
