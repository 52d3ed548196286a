"""Short texts that people give with what they do: one line of plain text."""

import re
from typing import Final

from app.values.unicode_nfc import to_nfc

MAX_COMMENT_LENGTH: Final = 1000
"""The most characters of the comment on an edit or an import."""

MAX_LABEL_LENGTH: Final = 100
"""The most characters of a label."""

REFUSED: Final = r"\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff"
"""What no line has, as the inside of a character class: controls, line breaks, and characters that cannot be seen
or turn the direction of others (Unicode Technical Report 36, 2.5), so that two lines look alike."""

NOT_EMPTY_LINE_PATTERN: Final = rf"^[^{REFUSED}]*[^\s{REFUSED}][^{REFUSED}]*$"
"""What a line looks like that is not empty, as an ECMA 262 and Python regular expression."""

# Half a surrogate pair is what the command line makes of bytes that are no text.
_REFUSED: Final = re.compile(rf"[{REFUSED}\ud800-\udfff]")


def parse_line(text: str, most: int) -> str:
    """Return the text in NFC, without white space around it.

    Raises:
        ValueError: it has more than `most` characters, or ones that no line has; the message says what
            to send instead.
    """
    line = to_nfc(text).strip()
    if len(line) > most:
        raise ValueError(f"Send at most {most} characters.")
    if _REFUSED.search(line):
        raise ValueError("Send text on one line, without control characters.")
    return line
