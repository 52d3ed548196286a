"""Writing texts that need no frame: an entry for each record, one after the other."""

from collections.abc import Callable, Sequence

from app.formats.format import About, FormatItem

WriteEntry = Callable[[FormatItem, str], str]
"""Returns the entry of a record; the second argument is the address of the service."""


class EntryWriter:
    """Writes entries."""

    held = 0

    def __init__(self, entry: WriteEntry, about: About) -> None:
        """Make addresses below that of the service."""
        self._entry = entry
        self._base = about.base

    def begin(self) -> bytes:
        """Return nothing: entries need no frame."""
        return b""

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Return an entry for each item."""
        return "".join(self._entry(item, self._base) for item in items).encode()

    def end(self) -> tuple[bytes, ...]:
        """Return nothing: entries need no frame."""
        return ()
