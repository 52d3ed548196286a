"""Parsing the XML of a spreadsheet as it is unpacked: no document type, no entities, no token that has to be held whole."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final
from xml.parsers import expat

from app.imports.readers.spreadsheets.errors import BadSpreadsheet, broken

MAX_TOKEN: Final = 2**20
"""The longest tag, in bytes: it is held whole; text is not."""

Started = Callable[[str, Mapping[str, str]], None]
Ended = Callable[[str], None]


def parse_part(
    pieces: Iterable[bytes], name: str, root: str, started: Started, ended: Ended, told: Callable[[str], None]
) -> Iterator[None]:
    """Parse a part, and call the three functions with the elements and the text in it; yields after each piece.

    Elements go by their names without the prefix that the root has.

    Raises:
        BadSpreadsheet: it is not well-formed, its root is another, or it declares a document type.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    prefix = ""

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal prefix
        prefix = tag[: -len(root)]
        if not tag.endswith(root) or (prefix and not prefix.endswith(":")):
            raise broken(f"{name} is not what it should be")
        # Without a prefix, as most programs write it, the names need not be cut.
        parser.StartElementHandler = started if not prefix else start
        parser.EndElementHandler = ended if not prefix else end
        parser.StartElementHandler(tag, attributes)

    def start(tag: str, attributes: dict[str, str]) -> None:
        started(tag.removeprefix(prefix), attributes)

    def end(tag: str) -> None:
        ended(tag.removeprefix(prefix))

    parser.StartElementHandler = begin
    parser.CharacterDataHandler = told
    parser.StartDoctypeDeclHandler = _refuse_doctype
    fed = 0
    try:
        for piece in pieces:
            parser.Parse(piece, False)  # noqa: FBT003 - expat takes it by position
            fed += len(piece)
            if fed - parser.CurrentByteIndex > MAX_TOKEN:
                raise broken(f"{name} has a tag of more than {MAX_TOKEN // 2**20} MiB")
            yield
        parser.Parse(b"", True)  # noqa: FBT003 - as above
    except expat.ExpatError as error:
        raise broken(f"{name} is not XML, line {error.lineno}") from None
    yield


def parse_small_part(
    pieces: Iterable[bytes], name: str, root: str, started: Started, ended: Ended = lambda _: None
) -> None:
    """Parse a part of which only the elements matter; raises as `parse_part` does."""
    for _ in parse_part(pieces, name, root, started, ended, lambda _: None):
        pass


def _refuse_doctype(*_: object) -> None:
    raise BadSpreadsheet(
        "document_type", "The XML in the spreadsheet declares a document type, which no spreadsheet has."
    )
