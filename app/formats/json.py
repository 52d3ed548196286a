"""NDJSON and JSON: the stored documents themselves.

One document a line, UTF-8, each line ended by a line feed. Nothing is parsed: the bytes that were stored
are the bytes that are sent, and each line is what `GET` of the record returns, without `linked`. The output
can be imported as it is.
"""

from collections.abc import Sequence

from app.formats.format import ITEMS, About, Format, FormatItem, Use


class NdjsonWriter:
    """Writes documents line by line."""

    held = 0

    def __init__(self, _about: About) -> None:
        """Take no options."""

    def begin(self) -> bytes:
        """Return nothing: lines need no frame."""
        return b""

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Return a line for each item."""
        lines = [item.document for item in items]
        lines.append("")
        return "\n".join(lines).encode()

    def end(self) -> tuple[bytes, ...]:
        """Return nothing: lines need no frame."""
        return ()


class JsonWriter:
    """Writes documents as the `items` of one object; a single record as itself."""

    held = 0

    def __init__(self, about: About) -> None:
        """Write one record or a list."""
        self._one = about.one
        self._comma = ""

    def begin(self) -> bytes:
        """Open the list."""
        return b"" if self._one else b'{"items":['

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Return the documents, with commas between."""
        text = self._comma + ",".join(item.document for item in items) if items else ""
        self._comma = "," if items else self._comma
        return text.encode()

    def end(self) -> tuple[bytes, ...]:
        """Close the list."""
        return () if self._one else (b"]}",)


NDJSON = Format(
    name="ndjson",
    media_type="application/x-ndjson",
    suffix=".ndjson",
    rule="One document a line, as it is stored. No limit unless one is given.",
    writer=NdjsonWriter,
    streams=True,
    attachment=True,
    keeps=(),
)

JSON = Format(
    name="json",
    media_type="application/json",
    suffix=".json",
    rule="The documents themselves, in `items`.",
    writer=JsonWriter,
    uses=ITEMS | {Use.TIMELINE, Use.DENSITY},
    keeps=(),
)
