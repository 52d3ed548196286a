"""The text of a draft: scalars and templates in YAML, and the remarks at the ends of lines."""

from typing import Final

from app.imports.mapping.guesses import CHOOSE, GUESS

LONGEST_SHOWN: Final = 60
"""So many characters of a name or a cell are shown in a remark."""


LONGEST_NAME: Final = 200
"""The longest name of a column that a draft uses."""


_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """Write a text as a double-quoted scalar on one line (YAML 1.2.2, 5.7 and 7.3.1)."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    # Of what Python calls printable, YAML takes everything (5.1).
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shown(text: str) -> str:
    """Write a name or a cell for a remark, in quotes, shortened, and so that it cannot pass for a remark itself."""
    short = text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
    return quoted(short).replace("#", "\\x23")


def shown_name(name: str) -> str:
    """Write the name of a column or a file for a remark: without quotes where it is a plain word or several."""
    is_plain = all(one.isalnum() or one in " _-." for one in name) and 0 < len(name) <= LONGEST_SHOWN
    return name if is_plain else shown(name)


def listed(names: list[str], last: str = "and") -> str:
    """Write names one after another: `a, b and c`."""
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def is_nameable(name: str) -> bool:
    """Say whether a template can name the column: braces, a bar, a last `?` and outer blanks mean something there."""
    return (
        0 < len(name) <= LONGEST_NAME
        and name == name.strip()
        and not name.endswith("?")
        and not set("{}|") & set(name)
    )


def column(name: str, *filters: str) -> str:
    """Write a column of a template, with what is done to it."""
    return f"{{{'|'.join((name, *filters))}}}"


def literal(text: str) -> str:
    """Write a text that stands for itself in a template."""
    return text.replace("{", "{{").replace("}", "}}")


def with_guess(line: str, why: str) -> str:
    """End a line with the remark that it is a guess, and why it may be right."""
    return f"{line}  # {GUESS}: {_remark(why)}"


def with_choice(line: str, what: str) -> str:
    """End a line with what there is to choose from; an empty value keeps the mapping from being followed."""
    return f"{line}  # {CHOOSE}: {_remark(what)}"


def _remark(text: str) -> str:
    """Write number signs, which stand in quoted names alone, so that they begin no further remark."""
    return text.replace("#", "\\x23")
