"""The text of a GEDCOM file, decoded as its first record says (5.5.1, chapter 3; 7.0, 1.1)."""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Final

from app.imports.readers.encoding import SAYING_WHICH
from app.imports.readers.lines import peek

_HEAD: Final = 65_536
_ENCODING: Final = re.compile(rb"(?:^|[\r\n])[ \t]*1[ \t]+CHAR[ \t]+([^\r\n]*)")
_VERSION: Final = re.compile(rb"(?:^|[\r\n])[ \t]*2[ \t]+VERS[ \t]+([^\r\n]*)")

_ANSEL: Final = "ANSEL"

_ENCODINGS: Final = MappingProxyType(
    {
        "UTF-8": "utf-8",
        "UTF8": "utf-8",
        "ASCII": "ascii",
        "ANSI": "cp1252",
        "WINDOWS": "cp1252",
        "WINDOWS-1252": "cp1252",
        "CP1252": "cp1252",
        "ISO-8859-1": "latin-1",
        "MACINTOSH": "mac-roman",
        "ANSEL": _ANSEL,
    }
)

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"0\0", "utf-16-le"),
    (b"\x000", "utf-16-be"),
)

# Accents come before their letter; the decoder takes the longer for each the more there are of them.
_MOST_ACCENTS: Final = 20
_ACCENTS: Final = re.compile(rb"[\xe0-\xfe]{20}")

_UNSAID: Final = "Say which encoding this is, below 0 HEAD: 1 CHAR UTF-8, ANSEL or ANSI."
_UNKNOWN: Final = "The encoding {} (1 CHAR) is not read. Export the file again in UTF-8, or convert it and write 1 CHAR UTF-8."

_NOT_ENCODED: Final = (
    f"After line {{}} there are bytes that are not {{}}. Export the file again in UTF-8, or say its encoding "
    f"with {SAYING_WHICH}."
)


class Undecodable(ValueError):
    """The file is in an encoding that is not read, or not in the one that it names."""


def decoded(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield the text, with line feeds for all ends of lines.

    Raises:
        Undecodable: the encoding is not known, or the bytes are none of it.
    """
    head, whole, _ = peek(chunks, _HEAD)
    encoding = _encoding_of(head)
    # It also keeps a CR at the end of a chunk until it is known whether an LF follows.
    decoder = io.IncrementalNewlineDecoder(_decoder(encoding), translate=True)
    lines = 1
    before = b""
    try:
        for chunk in whole:
            if encoding == _ANSEL:
                if _ACCENTS.search(before + chunk):
                    raise Undecodable(_NOT_ENCODED.format(lines, encoding))
                before = (before + chunk)[-_MOST_ACCENTS:]
            text = decoder.decode(chunk)
            lines += text.count("\n")
            yield text
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Undecodable(_NOT_ENCODED.format(lines, encoding)) from None


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    if encoding != _ANSEL:
        return codecs.getincrementaldecoder(encoding)()
    # Its tables are needed for old files alone.
    from ansel.encodings.gedcom import IncrementalDecoder

    decoder: codecs.IncrementalDecoder = IncrementalDecoder()
    return decoder


def _encoding_of(head: bytes) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    named = _ENCODING.search(head[:_HEAD])
    if named is None:
        version = _VERSION.search(head[:_HEAD])
        if version is None or version[1].startswith(b"7") or head[:_HEAD].isascii():
            return "utf-8"
        raise Undecodable(_UNSAID)
    name = named[1].decode("ascii", "replace").strip().upper()
    if name not in _ENCODINGS:
        raise Undecodable(_UNKNOWN.format(name[:60] or "without a name"))
    return _ENCODINGS[name]
