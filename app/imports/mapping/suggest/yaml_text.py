"""The text of a draft: YAML scalars and templates, and the comments at the ends of lines."""

from typing import Final

from app.imports.mapping.guesses import CHOOSE, GUESS

MAX_SHOWN_LENGTH: Final = 60
"""A name or a cell in a comment is cut at this many characters."""

MAX_NAME_LENGTH: Final = 200
"""The longest name of a column that a draft uses."""

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """Write a text as a double-quoted scalar on one line (YAML 1.2.2, 5.7 and 7.3.1)."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    # YAML allows everything that Python calls printable (5.1).
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shown(text: str) -> str:
    """Write a name or a cell for a comment, in quotes, shortened, and so that it cannot be read as a marker itself."""
    short = text if len(text) <= MAX_SHOWN_LENGTH else f"{text[: MAX_SHOWN_LENGTH - 1]}…"
    return quoted(short).replace("#", "\\x23")


def shown_name(name: str) -> str:
    """Write the name of a column or a file for a comment: without quotes where it consists of plain words."""
    is_plain = all(one.isalnum() or one in " _-." for one in name) and 0 < len(name) <= MAX_SHOWN_LENGTH
    return name if is_plain else shown(name)


def listed(names: list[str], last: str = "and") -> str:
    """Write names as a list: `a, b and c`."""
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def is_nameable(name: str) -> bool:
    """Return whether a template can name the column: braces, a bar, a last `?` and outer blanks are syntax there."""
    return (
        0 < len(name) <= MAX_NAME_LENGTH
        and name == name.strip()
        and not name.endswith("?")
        and not set("{}|") & set(name)
    )


def column(name: str, *filters: str) -> str:
    """Write a column of a template, with its filters."""
    return f"{{{'|'.join((name, *filters))}}}"


def literal(text: str) -> str:
    """Escape a text for a template."""
    return text.replace("{", "{{").replace("}", "}}")


def with_guess(line: str, why: str) -> str:
    """End a line with the comment that it is a guess, and why it may be right."""
    return f"{line}  # {GUESS}: {_remark(why)}"


def commented(line: str) -> str:
    """Return a line as a comment at its indentation."""
    text = line.lstrip()
    return f"{line[: len(line) - len(text)]}# {text}"


def with_choice(line: str, what: str) -> str:
    """End a line with the choices; an empty value keeps the mapping from being used."""
    return f"{line}  # {CHOOSE}: {_remark(what)}"


def _remark(text: str) -> str:
    """Escape number signs, which only occur in quoted names, so that they begin no further comment."""
    return text.replace("#", "\\x23")
