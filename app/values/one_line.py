"""Short texts that people give with what they do: one line of plain text."""

from typing import Final

from app.values.unicode_nfc import to_nfc

MAX_COMMENT_LENGTH: Final = 1000
"""The most characters of the comment on an edit or an import."""

MAX_LABEL_LENGTH: Final = 100
"""The most characters of a label."""


def parse_line(text: str, most: int) -> str:
    """Return the text in NFC, without white space around it.

    Raises:
        ValueError: it has more than `most` characters, or ones that are not printed; the message says what
            to send instead.
    """
    line = to_nfc(text).strip()
    if len(line) > most:
        raise ValueError(f"Send at most {most} characters.")
    if not line.isprintable():
        raise ValueError("Send text on one line, without control characters.")
    return line
