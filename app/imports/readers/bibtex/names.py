"""Lists of BibTeX: names and keywords, divided where no brace is open."""

import re
from collections.abc import Iterator
from typing import Final

from app.imports.readers.bibtex.latex import to_text
from app.imports.readers.cited_sources import parts_of

_AND: Final = re.compile(r"\s+and(?=\s)", re.IGNORECASE)
_COMMA: Final = re.compile(",")
_SEMICOLON: Final = re.compile(";")
_BRACES: Final = re.compile(r"\\.|[{}]", re.DOTALL)
_PART: Final = re.compile(r"\s*(family|given|prefix|suffix)\s*=\s*(.*)", re.DOTALL)


def read_names(text: str) -> tuple[list[str], bool]:
    """Return the names of a list, each as it is spoken: given name first; and whether it ends in `and others`."""
    names = [one.strip() for one in _divided(text, _AND)]
    has_others = names[-1] == "others"
    found = [_name(one) for one in (names[:-1] if has_others else names) if one]
    return list(dict.fromkeys(one for one in found if one)), has_others


def read_keywords(text: str) -> list[str]:
    """Return keywords, divided by semicolons if there are any, else by commas."""
    parts = list(_divided(text, _SEMICOLON))
    if len(parts) == 1:
        parts = list(_divided(text, _COMMA))
    return list(dict.fromkeys(word for one in parts if (word := to_text(one))))


def read_name_parts(text: str) -> list[dict[str, str] | None]:
    """Return the parts of each name of a list that is written family name first; None for the others."""
    return [_known(_parts(one.strip())) for one in _divided(text, _AND)]


def _known(parts: list[str]) -> dict[str, str] | None:
    read = [to_text(one) for one in parts]
    if len(read) not in (2, 3):
        return None
    return parts_of(read[0], read[-1], read[1] if len(read) == 3 else "")


def _name(text: str) -> str:
    parts = _parts(text)
    if len(parts) == 2:
        parts = [f"{parts[1]} {parts[0]}"]
    elif len(parts) == 3:
        parts = [f"{parts[2]} {parts[0]}", parts[1]]
    return to_text(", ".join(one for one in parts if one))


def _parts(text: str) -> list[str]:
    """Divide a name at its commas: the family name, perhaps what comes after the name, the given name."""
    parts = [one.strip() for one in _divided(text, _COMMA)]
    named = [_PART.fullmatch(one) for one in parts]
    if all(named):
        # The extended format of biblatex.
        said = {one[1]: one[2].strip('" ') for one in named if one is not None}
        parts = [" ".join(said[name] for name in ("prefix", "family") if name in said), said.get("given", "")]
        parts[1:1] = [said["suffix"]] if "suffix" in said else []
    return parts


def _divided(text: str, divider: re.Pattern[str]) -> Iterator[str]:
    """Divide a text at what is in no braces."""
    depth, begun = 0, 0
    outside: list[tuple[int, int]] = []
    start = 0
    for brace in _BRACES.finditer(text):
        if brace[0] == "{":
            if depth == 0:
                outside.append((start, brace.start()))
            depth += 1
        elif brace[0] == "}" and depth > 0:
            depth -= 1
            start = brace.end()
    if depth == 0:
        outside.append((start, len(text)))
    for first, last in outside:
        # What is looked at begins at a space, and ends before one.
        for found in divider.finditer(text, first, min(last + 1, len(text))):
            if found.end() <= last:
                yield text[begun : found.start()]
                begun = found.end()
    yield text[begun:]
