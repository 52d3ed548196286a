"""Guesses in a mapping: lines that a draft marks with `# guess`, until somebody adds `# confirm`."""

import re
from typing import Final, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.tokens import ScalarToken

GUESS: Final = "guess"
CHOOSE: Final = "choose"
CONFIRM: Final = "confirm"
_NUMBER_SIGN: Final = re.compile(r"(?<!\S)#")
_GUESS: Final = re.compile(rf"#\s*{GUESS}\b", re.IGNORECASE)
_CHOOSE: Final = re.compile(rf"#\s*{CHOOSE}\b", re.IGNORECASE)
_CONFIRM: Final = re.compile(rf"#\s*{CONFIRM}(ed)?\b", re.IGNORECASE)


class Guess(NamedTuple):
    """A line of a mapping that is a guess, or a choice left open.

    Attributes:
        line: its number, counted from 1.
        text: what it says.
        remark: the comment at its end.
    """

    line: int
    text: str
    remark: str


def unconfirmed_guesses(text: str) -> list[Guess]:
    """Return the lines of a mapping with content and a comment at the end that has `# guess` and no `# confirm`.

    Only comments count (YAML 1.2.2, 6.6), not what is inside a quoted or block scalar; a line that is only
    a comment has nothing to confirm. Text that is not YAML has no guesses.
    """
    return [one for one in _remarked(text, _GUESS) if not _CONFIRM.search(one.remark)]


def open_choices(text: str) -> list[Guess]:
    """Return the lines of a mapping that `# choose` leaves open; comments count as for guesses."""
    return [one for one in _remarked(text, _CHOOSE) if one.text.endswith(":")]


def _remarked(text: str, word: re.Pattern[str]) -> list[Guess]:
    if not word.search(text):
        return []
    is_content = _content_of(text)
    found = []
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        # A comment begins at the first number sign after white space that is outside of any scalar.
        at = next(
            (match.start() for match in _NUMBER_SIGN.finditer(line) if not is_content[start + match.start()]),
            None,
        )
        if at is not None and line[:at].strip() and word.search(line[at:]):
            found.append(Guess(number, line[:at].strip(), line[at:].strip()))
        start += len(line) + 1
    return found


def _content_of(text: str) -> bytearray:
    """Mark the characters that belong to scalars."""
    marked = bytearray(len(text) + 1)
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    try:
        for token in yaml.scan(text):
            if isinstance(token, ScalarToken):
                start, end = token.start_mark.index, min(token.end_mark.index, len(text))
                if token.style in ("|", ">"):
                    # The header of a block scalar may be followed by a comment (8.1.1).
                    head = text.find("\n", start)
                    start = end if head == -1 else head
                marked[start:end] = b"\x01" * (end - start)
    except (YAMLError, RecursionError):
        return bytearray(b"\x01" * (len(text) + 1))
    return marked
