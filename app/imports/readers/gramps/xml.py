"""The objects of a file of Gramps, read from its XML as it comes.

A declaration of an entity is refused, since a few lines of them can stand for gigabytes; nothing outside the file is read.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from app.imports.readers.lines import MAX_LINE

MAX_ELEMENTS: Final = 100_000
"""The most elements of one object."""

_MAX_DEPTH: Final = 32
_OBJECTS: Final = 3
_OLDEST: Final = (1, 5, 0)
_NAMESPACE: Final = re.compile(r"https?://(?:www\.)?gramps-project\.org/xml/(\d+)\.(\d+)\.(\d+)/?")

_TOO_LARGE: Final = (
    f"An object may have {MAX_LINE:,} characters in {MAX_ELEMENTS:,} elements; this one has more."
)
_ENTITY: Final = (
    "The file declares or uses an entity of its own, which is not read. Export it from Gramps again."
)
_ENCODING: Final = "The encoding that the file declares is not read. Export it from Gramps again, in UTF-8."
_NO_ROOT: Final = 'A file of Gramps begins with <database xmlns="http://gramps-project.org/xml/1.7.1/">.'
_TOO_OLD: Final = (
    "The file is of Gramps before 3.4 (XML 1.5.0). Open it in a newer Gramps and export it again."
)
_TOO_DEEP: Final = f"Elements may stand {_MAX_DEPTH} deep in each other; these stand deeper."


class Malformed(ValueError):
    """What cannot be read, with the line that it is on."""

    def __init__(self, line: int, detail: str) -> None:
        """Make it for that line, counted from 1."""
        super().__init__(detail)
        self.line = line


class Unreadable(Malformed):
    """Nothing that follows can be read."""


@dataclass(slots=True)
class Element:
    """An element with those in it.

    Attributes:
        tag: its name.
        attributes: by their names.
        line: where it begins, counted from 1.
        text: what it has beside elements.
        below: the elements in it.
        used: whether something was made of it, so that it is not among what was left out.
    """

    tag: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    below: list["Element"] = field(default_factory=list)
    used: bool = False

    def all(self, *tags: str) -> Iterator["Element"]:
        """Yield the elements in it that have one of these names, and mark them as used."""
        for one in self.below:
            if one.tag in tags:
                one.used = True
                yield one

    def first(self, *tags: str) -> "Element | None":
        """Return the first of them; it alone is marked as used."""
        return next(self.all(*tags), None)

    def text_of(self, tag: str) -> str:
        """Return the text of the first element in it of that name, on one line; empty without one."""
        found = self.first(tag)
        return "" if found is None else " ".join(found.text.split())

    def get(self, name: str) -> str:
        """Return an attribute on one line; empty where it has none."""
        return " ".join(self.attributes.get(name, "").split())

    def unused(self) -> Iterator[str]:
        """Yield the names of the elements in it of which nothing was made."""
        for one in self.below:
            if one.used:
                yield from one.unused()
            else:
                yield one.tag

    def to_list(self) -> list[Any]:
        """Return it as JSON has it."""
        return [self.tag, self.attributes, self.line, self.text, [one.to_list() for one in self.below]]

    @classmethod
    def of_list(cls, given: list[Any]) -> "Element":
        """Make it of what `to_list` returned."""
        tag, attributes, line, text, below = given
        return cls(tag, attributes, line, text, [cls.of_list(one) for one in below])


class _Handler:
    """Builds the objects out of what the parser finds."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self.found: list[Element | Malformed] = []
        self._parser = parser
        self._stack: list[Element] = []
        self._texts: list[str] = []
        self._depth = self._size = self._count = 0
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        # Defaults of attributes would be held again for each element.
        parser.specified_attributes = True
        parser.EntityDeclHandler = self._refuse_entity
        parser.SkippedEntityHandler = self._refuse_entity

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        line = self._parser.CurrentLineNumber
        if self._depth == 1:
            _check_root(tag, attributes, line)
        elif self._depth > _MAX_DEPTH:
            raise Unreadable(line, _TOO_DEEP)
        if self._depth < _OBJECTS:
            return
        if self._depth == _OBJECTS:
            self._size = self._count = 0
        self._count += 1
        self._size += sum(len(name) + len(value) for name, value in attributes.items())
        element = Element(tag, attributes, line)
        if not self._is_too_large():
            if self._stack:
                self._close_text()
                self._stack[-1].below.append(element)
            self._stack.append(element)

    def _end(self, _tag: str) -> None:
        self._depth -= 1
        if self._depth < _OBJECTS - 1 or not self._stack:
            return
        if self._is_too_large():
            if self._depth == _OBJECTS - 1:
                self.found.append(Malformed(self._stack[0].line, _TOO_LARGE))
                self._stack.clear()
                self._texts.clear()
            return
        self._close_text()
        element = self._stack.pop()
        if not self._stack:
            self.found.append(element)

    def _data(self, text: str) -> None:
        if self._stack and not self._is_too_large():
            self._size += len(text)
            self._texts.append(text)

    def _close_text(self) -> None:
        self._stack[-1].text += "".join(self._texts)
        self._texts.clear()

    def _is_too_large(self) -> bool:
        return self._size > MAX_LINE or self._count > MAX_ELEMENTS

    def _refuse_entity(self, *_: object) -> None:
        raise Unreadable(self._parser.CurrentLineNumber, _ENTITY)


def read_objects(chunks: Iterable[bytes]) -> Iterator[Element | Malformed]:
    """Yield each object of the file, such as a person or a place, and each that is too large.

    Raises:
        Unreadable: this is no XML of Gramps, or is cut off.
    """
    parser = expat.ParserCreate()
    handler = _Handler(parser)
    fed = unfinished = 0
    waiting = bytearray()
    try:
        for chunk in chunks:
            waiting += chunk
            # Expat before 2.6 reads what is unfinished from its beginning again, however little has come since.
            if len(waiting) < unfinished and unfinished + len(waiting) <= MAX_LINE:
                continue
            fed += len(waiting)
            parser.Parse(bytes(waiting))
            waiting.clear()
            yield from handler.found
            handler.found.clear()
            unfinished = fed - max(parser.CurrentByteIndex, 0)
            if unfinished > MAX_LINE:
                raise Unreadable(parser.CurrentLineNumber, _TOO_LARGE)
        parser.Parse(bytes(waiting), True)  # noqa: FBT003  (it has no name)
        yield from handler.found
    except expat.ExpatError as error:
        yield from handler.found
        detail = f"This is no well-formed XML: {expat.ErrorString(error.code)}."
        raise Unreadable(error.lineno, detail) from None
    except (LookupError, ValueError) as error:
        if isinstance(error, Malformed):
            raise
        # What expat asks Python for by the name in the declaration.
        raise Unreadable(1, _ENCODING) from None


def _check_root(tag: str, attributes: dict[str, str], line: int) -> None:
    version = _NAMESPACE.fullmatch(attributes.get("xmlns", ""))
    if tag != "database" or version is None:
        raise Unreadable(line, _NO_ROOT)
    if tuple(map(int, version.groups())) < _OLDEST:
        raise Unreadable(line, _TOO_OLD)
