"""What can be done to a text: cut it, replace parts of it, clean it, and make plain text of HTML."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from app.imports.mapping.errors import CellFault
from app.values.html_text import HtmlTextError, text_of_html

_ELLIPSIS: Final = "\u2026"

_LIGATURES: Final = {ord(one): unicodedata.normalize("NFKC", one) for one in map(chr, range(0xFB00, 0xFB07))}
"""The Latin ones of old fonts, ﬀ to ﬆ, which mean nothing but their letters."""

# Zero-width space, word joiner, byte order mark. Joiners between letters stay: they are spelling.
_INVISIBLE: Final = dict.fromkeys((0x200B, 0x2060, 0xFEFF))

# All control characters but those that are white space.
_CONTROLS: Final = dict.fromkeys(
    code for code in range(0xA0) if unicodedata.category(chr(code)) == "Cc" and not chr(code).isspace()
)

_DROPPED: Final = {**_CONTROLS, **_INVISIBLE, **_LIGATURES}
_HYPHENATED: Final = re.compile(r"\u00ad(?:[^\S\n]*\n[^\S\n]*)?")
_LINE_BREAK: Final = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_BLANKS: Final = re.compile(r"[^\S\n]+")
_MANY_LINES: Final = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Return a text without control and invisible characters, soft hyphens and ligatures, with single blanks.

    Line breaks stay, one empty line at most between two. A soft hyphen at the end of a line goes with the line break: it
    divides a word.
    """
    found = _LINE_BREAK.sub("\n", text).translate(_DROPPED)
    found = _BLANKS.sub(" ", _HYPHENATED.sub("", found))
    return _MANY_LINES.sub("\n\n", "\n".join(line.strip() for line in found.split("\n"))).strip()


def plain(text: str) -> str:
    """Return the text of HTML.

    Raises:
        CellFault: a comment, a script or a style in it has no end.
    """
    try:
        return text_of_html(text)
    except HtmlTextError as error:
        raise CellFault("invalid_html", str(error)) from None


def cut(text: str, most: int) -> str:
    """Return a text of at most so many characters: a longer one up to a word, with an ellipsis as the last character."""
    if len(text) <= most:
        return text
    end = most - 1
    while end > 0 and unicodedata.combining(text[end]):
        end -= 1
    kept = text[:end]
    if not text[end].isspace():
        # Up to the last word, unless that were half of it or less.
        blank = max(kept.rfind(blank) for blank in " \n\t\u00a0")
        kept = kept[:blank] if blank > most // 2 else kept
    return kept.rstrip() + _ELLIPSIS


def replaced(text: str, replacements: Mapping[str, str]) -> str:
    """Return a text with each of these replaced, in order."""
    for old, new in replacements.items():
        text = text.replace(old, new)
    return text
