"""Paths into nested data: `{properties.names[0].toponym}`, `{a[-1]}`, `{["a name. With dots"].b}`.

The notation is that of JSONPath (RFC 9535, 2.5.1: names after a dot, quoted names and indexes in
brackets) without its `$`. A column that is called exactly what the braces say goes first: the header of a
table may have dots in it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, TypeAlias

EVERY: Final = None
"""The step to every item of an array, written `[*]`; the others are names of members and indexes."""

Step: TypeAlias = str | int | None
ColumnPath: TypeAlias = tuple[Step, ...]

_STEP: Final = re.compile(
    r"""(?P<dot>\.)?(?P<name>[^.\[\]"']+)|\[(?P<index>-?(?:0|[1-9]\d{0,6}))\]|\[(?P<quote>["'])(?P<quoted>[^"']+)(?P=quote)\]""",
    re.ASCII,
)

_PLAIN: Final = re.compile(r"""[^.\[\]"']+""")
_MOST_SUGGESTED: Final = 1000


def parse_path(name: str) -> ColumnPath:
    """Parse what stands between braces; what is no path is the name of a column: a path of one step."""
    steps: list[Step] = []
    at = 0
    while at < len(name):
        found = _STEP.match(name, at)
        # A name has a dot before it, unless it is the first.
        if found is None or (found["name"] is not None and bool(found["dot"]) is not bool(steps)):
            return (name,)
        steps.append(int(found["index"]) if found["index"] is not None else found["name"] or found["quoted"])
        at = found.end()
    return tuple(steps) if steps and isinstance(steps[0], str) else (name,)


def write_path(path: Iterable[Step]) -> str:
    """Write a path as `parse_path` reads it, and `[*]` for every item."""
    written = ""
    for step in path:
        if step is EVERY:
            written += "[*]"
        elif isinstance(step, int):
            written += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            written += f".{step}" if written else step
        else:
            quote = "'" if '"' in step else '"'
            written += f"[{quote}{step}{quote}]"
    return written


def cell_at(row: Mapping[str, Any], name: str, path: ColumnPath) -> Any:
    """Return the cell of a row: that of the exact name, else what is at the path; None where there is none."""
    if name in row:
        return row[name]
    found: Any = row
    for step in path:
        if isinstance(step, str):
            if not isinstance(found, Mapping):
                return None
            found = found.get(step)
        elif not isinstance(found, list) or step is EVERY or not -len(found) <= step < len(found):
            return None
        else:
            found = found[step]
    return found


class _Reach(NamedTuple):
    """How many steps of a path a document has, and whether the next is missing rather than impossible to know."""

    steps: int
    is_missing: bool


class UnmetPaths:
    """Which columns and paths no document has, of those that are named.

    An array may be short and a member null: these do not show that a path is wrong. It is, where a
    document that has most of it has no next member.
    """

    def __init__(self, named: Mapping[str, ColumnPath]) -> None:
        """Begin before the first document."""
        self._paths = dict(named)
        self._reached: dict[str, _Reach] = {}

    def __bool__(self) -> bool:
        """Whether there are any left."""
        return bool(self._paths)

    def meet(self, row: Mapping[str, Any]) -> None:
        """Take a document into account."""
        for name, path in list(self._paths.items()):
            reached = _Reach(len(path), is_missing=False) if name in row else _reached(row, path)
            if reached.steps == len(path):
                del self._paths[name]
            else:
                self._reached[name] = max(reached, self._reached.get(name, reached))

    def missing(self) -> list[str]:
        """Return what none of the documents has, in order."""
        return sorted(name for name in self._paths if self._reached[name].is_missing)


def _reached(value: Any, path: ColumnPath, at: int = 0) -> _Reach:
    if at == len(path):
        return _Reach(at, is_missing=False)
    step = path[at]
    if value is None:
        return _Reach(at, is_missing=False)
    if isinstance(step, str):
        if not isinstance(value, Mapping) or step not in value:
            return _Reach(at, is_missing=True)
        return _reached(value[step], path, at + 1)
    if step is EVERY:
        # `each` also goes through the parts of a text, and takes an object for an array of it alone.
        items = value if isinstance(value, list) else [value]
        return max((_reached(one, path, at + 1) for one in items), default=_Reach(at, is_missing=False))
    if not isinstance(value, list):
        return _Reach(at, is_missing=True)
    return (
        _reached(value[step], path, at + 1)
        if -len(value) <= step < len(value)
        else _Reach(at, is_missing=False)
    )


def paths_of(value: Any) -> set[str]:
    """Return the paths that a document has, a thousand at most, to suggest one of them."""
    found: set[str] = set()
    for path in _walk(value, ()):
        found.add(write_path(path))
        if len(found) == _MOST_SUGGESTED:
            break
    return found


def _walk(value: Any, path: ColumnPath) -> Iterator[ColumnPath]:
    if path:
        yield path
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _walk(one, (*path, name))
    elif isinstance(value, list):
        for one in value[:1]:
            yield from _walk(one, (*path, 0))


class NamedColumns:
    """The columns and paths that a mapping names, as far as they are the table's own.

    Attributes:
        paths: what a row must have for them, by the text between the braces, or the path that it comes to
            where it begins with the name of an item of `each`.
        needs_row: whether the number of a row is asked for, or the digest of all its cells.
    """

    def __init__(self, computed: Iterable[str] = ()) -> None:
        """Begin with none; computed columns are not the table's own."""
        self.paths: dict[str, ColumnPath] = {}
        self.needs_row = False
        self._computed = frozenset(computed)
        self._items: dict[str, ColumnPath] = {}

    def add(self, name: str) -> None:
        """Add what stands between braces."""
        if name in self._computed:
            return
        path = self.resolved(name)
        if path:
            self.paths[name if path == parse_path(name) else write_path(path)] = path

    def resolved(self, name: str) -> ColumnPath:
        """Return the path from the row; an empty one where it cannot be known, as with joined tables."""
        path = parse_path(name)
        base = self._items.get(str(path[0]))
        if base is None:
            return () if path[0] in self._computed else path
        return (*base, *path[1:]) if base else ()

    def item(self, name: str, source: ColumnPath) -> None:
        """Begin to use a name for the items of an array; an empty source for the rows of a joined table."""
        self._items[name] = (*source, EVERY) if source else ()

    @contextmanager
    def scope(self) -> Iterator[None]:
        """End the use of names of items that begins within."""
        before = dict(self._items)
        try:
            yield
        finally:
            self._items = before
