"""XML as programs write it, element after element without anything unusual, read without an XML parser.

The rows of a sheet, and the texts that its cells share, are nearly all of a spreadsheet, and nearly always written in the same
few ways. What is written so is matched as text, at several times the speed; everything else, a single row with something
unusual as well as a whole part, goes through the XML parser, which alone decides what is well-formed.
"""

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Final

_MAX_WAITING: Final = 2**20
"""How many bytes without the end of an element are held; a part that has more goes to the parser from there on."""

_HEAD: Final = re.compile(
    rb"""(?:\xef\xbb\xbf)?(?:<\?xml version=["']1\.0["'](?: encoding=["']utf-8["'])?(?: standalone=["'](?:yes|no)["'])?\s*\?>)?""",
    re.IGNORECASE,
)
"""A declaration of UTF-8, or none."""

_UNUSUAL: Final = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|]]>")
"""What XML does not allow in a text, and the carriage return, which a parser makes a line feed."""

_REFERENCES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
_OTHER_REFERENCE: Final = re.compile("&(?!(?:lt|gt|quot|apos|amp);)")


def plain_text(written: str) -> str | None:
    """Return the text that stands between two tags; None where it is for the parser."""
    if not written.isprintable() and _UNUSUAL.search(written):
        return None
    if "]]>" in written:
        return None
    if "&" in written:
        if _OTHER_REFERENCE.search(written):
            return None
        for reference, character in _REFERENCES:
            written = written.replace(reference, character)
    return written


def without_plain_elements(
    pieces: Iterable[bytes],
    opening: bytes,
    closing: bytes,
    read: Callable[[str], bool],
    is_between: Callable[[], bool],
) -> Iterator[bytes]:
    """Yield what is left for the parser of a part when its plain elements are read.

    The parser is to be given each piece before the next is asked for. An empty piece is yielded where elements were read.

    Args:
        pieces: the part.
        opening: how each of the elements begins.
        closing: its end tag.
        read: reads one element, or returns False where it is for the parser; it is given the element up to its end tag, with what
            comes before it.
        is_between: whether the parser has ended the last element that it was given.
    """
    waiting = b""
    is_head = is_plain = True
    for piece in pieces:
        if not is_plain:
            yield piece
            continue
        waiting += piece
        if is_head:
            begin = waiting.find(opening)
            if begin >= 0:
                is_plain = _has_plain_head(waiting[:begin])
                is_head = False
                yield waiting[:begin]
                waiting = waiting[begin:]
        past = waiting.rfind(closing) + len(closing)
        if is_plain and not is_head and past >= len(closing):
            block, waiting = waiting[:past], waiting[past:]
            is_plain = yield from _read_block(block, closing, read, is_between)
            yield b""
        if not is_plain or len(waiting) > _MAX_WAITING:
            is_plain = False
            yield waiting
            waiting = b""
    yield waiting


def _read_block(
    block: bytes, closing: bytes, read: Callable[[str], bool], is_between: Callable[[], bool]
) -> Generator[bytes, None, bool]:
    """Read the elements of a block; what is for the parser is yielded. Returns whether the next can be plain."""
    try:
        elements = block.decode().split(closing.decode())
    except UnicodeDecodeError:
        yield block
        return False
    elements.pop()
    for number, element in enumerate(elements):
        if not read(element):
            # Without comments and the like, an end tag is one wherever it stands.
            is_plain = "<!" not in element and "<?" not in element
            yield element.encode() + closing
            if not is_plain or not is_between():
                yield b"".join(one.encode() + closing for one in elements[number + 1 :])
                return False
    return True


def _has_plain_head(head: bytes) -> bool:
    declared = _HEAD.match(head)
    past = declared.end() if declared is not None else 0
    return b"<!" not in head and b"<?" not in head[past:]
