"""The lines of GEDCOM, and the records that they make (5.5.1, chapter 1; 7.0, 1.2)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from app.imports.readers.lines import MAX_LINE

MAX_LINES: Final = 100_000
"""The most lines of one record."""

_LINE: Final = re.compile(
    r"[ \t]*(?P<level>[0-9]{1,2})[ \t]+(?:@(?P<xref>[^@\n]{1,255})@[ \t]+)?(?P<tag>[A-Za-z0-9_]{1,60})(?:[ \t](?P<value>.*))?",
    re.DOTALL,
)
_TOO_LONG: Final = f"A record may have {MAX_LINE:,} characters on {MAX_LINES:,} lines; this one has more. Move notes to records of their own."
_POINTER: Final = re.compile(r"@([^@#\s][^@]*)@")

VOID: Final = "VOID"
"""The pointer to nothing that is meant to be one (7.0, 1.4)."""


class Malformed(ValueError):
    """A line that is none of GEDCOM."""

    def __init__(self, line: int, detail: str) -> None:
        """Make it for that line, counted from 1."""
        super().__init__(detail)
        self.line = line


@dataclass(slots=True)
class Node:
    """A line with those below it.

    Attributes:
        tag: in capitals.
        value: its text, with the lines that continue it; empty where it has none or is a pointer.
        line: its number, counted from 1.
        xref: by what others point to it.
        pointer: what it points to.
        below: the lines of the next level.
        used: whether something was made of it, so that it is not among what was left out.
        continued: the rest of its text, while it is read.
    """

    tag: str
    value: str
    line: int
    xref: str | None = None
    pointer: str | None = None
    below: list["Node"] = field(default_factory=list)
    used: bool = False
    continued: list[str] = field(default_factory=list)

    @property
    def reference(self) -> str:
        """What tells it from other records of its file: its cross-reference, else its line, to which nothing can point.

        Only GEDCOM 7 has persons, families and sources without one (7.0, 1.3).
        """
        return f"\n{self.line}" if self.xref is None else self.xref

    def all(self, *tags: str) -> Iterator["Node"]:
        """Yield the lines below it that have one of these tags, and mark them as used."""
        for node in self.below:
            if node.tag in tags:
                node.used = True
                yield node

    def first(self, *tags: str) -> "Node | None":
        """Return the first line below it that has one of these tags; it alone is marked as used."""
        return next(self.all(*tags), None)

    def text(self, *tags: str) -> str:
        """Return the text of the first line below it with one of these tags, on one line; empty without one."""
        node = self.first(*tags)
        return "" if node is None else " ".join(node.value.split())

    def content(self) -> str:
        """Return its text and all that is below it, whatever lines it is on."""
        return "\n".join(
            (self.value or self.pointer or "", *(f"{one.tag} {one.content()}" for one in self.below))
        )


def read_nodes(pieces: Iterable[str]) -> Iterator[Node | Malformed]:
    """Yield each record, and each line that is malformed, of which the record is left out.

    Only one record is held at a time; one of more than `MAX_LINE` characters or `MAX_LINES` lines is malformed.
    """
    stack: list[Node] = []
    continued: list[Node] = []
    size = count = 0
    is_broken = False
    for number, line in _lines(pieces):
        if not line.strip():
            continue
        match = None if len(line) > MAX_LINE else _LINE.fullmatch(line)
        if match is None:
            yield Malformed(number, _detail(line))
            is_broken = True
            continue
        level, tag = int(match["level"]), match["tag"].upper()
        if level == 0:
            if stack and not is_broken:
                yield _joined(stack[0], continued)
            stack, continued, size, count, is_broken = [], [], 0, 0, False
        elif is_broken:
            continue
        if level > len(stack):
            detail = (
                f"This line has level {level}, but the one above has {len(stack) - 1}: a level rises by one."
            )
            yield Malformed(number, "The first line has level 0." if not stack else detail)
            is_broken = True
            continue
        size += len(line)
        count += 1
        if size > MAX_LINE or count > MAX_LINES:
            yield Malformed(number, _TOO_LONG)
            is_broken = True
            continue
        del stack[level:]
        value = match["value"] or ""
        if tag in {"CONT", "CONC"} and stack:
            if not stack[-1].continued:
                continued.append(stack[-1])
            stack[-1].continued.append(("\n" if tag == "CONT" else "") + _unescaped(value))
            continue
        stack.append(_node(number, tag, value, match["xref"]))
        if level:
            stack[-2].below.append(stack[-1])
    if stack and not is_broken:
        yield _joined(stack[0], continued)


def _joined(record: Node, continued: Iterable[Node]) -> Node:
    for node in continued:
        node.value += "".join(node.continued)
        node.continued.clear()
    return record


def _node(number: int, tag: str, value: str, xref: str | None) -> Node:
    pointer = _POINTER.fullmatch(value.strip())
    if pointer is not None:
        return Node(tag, "", number, xref, pointer[1])
    return Node(tag, _unescaped(value), number, xref)


def _unescaped(value: str) -> str:
    return value.replace("@@", "@")


def _detail(line: str) -> str:
    if len(line) > MAX_LINE:
        return f"A line may have {MAX_LINE:,} characters; this one has more."
    return "This is no line of GEDCOM: a level, a tag in letters, and a value (`1 NAME Jane /Example/`)."


def _lines(pieces: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines with their numbers; of one that is too long, only as much as shows it."""
    rest = ""
    number = 1
    for piece in pieces:
        whole = piece.split("\n")
        whole[0] = rest + whole[0]
        rest = whole.pop()
        for line in whole:
            yield number, line
            number += 1
        if len(rest) > MAX_LINE:
            rest = rest[: MAX_LINE + 1]
    if rest:
        yield number, rest
