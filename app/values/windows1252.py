"""Repair of Windows-1252 text that was decoded as Latin-1 (ISO 8859-1).

The two encodings differ in the bytes 0x80 to 0x9F: quotes, dashes and the like in one, control characters
that no text has in the other. Five of them (0x81, 0x8D, 0x8F, 0x90, 0x9D) are undefined in Windows-1252.
"""

import re
from typing import Final

_UNDEFINED: Final = b"\x81\x8d\x8f\x90\x9d"

_MISREAD: Final = {
    byte: bytes([byte]).decode("cp1252") for byte in range(0x80, 0xA0) if byte not in _UNDEFINED
}

_ANY_MISREAD: Final = re.compile(f"[{''.join(map(chr, _MISREAD))}]")


def is_misread(text: str) -> bool:
    """Return whether a text has control characters that stand for characters of Windows-1252."""
    return not text.isascii() and _ANY_MISREAD.search(text) is not None


def put_right(text: str) -> str:
    """Return a text with the characters of Windows-1252 in place of such control characters; other characters stay."""
    return text.translate(_MISREAD) if is_misread(text) else text
