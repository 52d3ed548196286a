"""YAML 1.2's failsafe schema: every scalar is text, so `1967` is no number, `no` no boolean, `~` no null.

The caller knows the types of fields and converts. Only what JSON could express is accepted: keys are texts
and unique, tags are refused, and an alias is replaced by a copy.
"""

from collections.abc import Iterator
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

MAX_DEPTH: Final = 64
"""How deep lists and mappings may be nested."""

MAX_NODES: Final = 1_000_000
"""How many values a document may have once every alias is replaced by its copy."""


class TextYamlError(ValueError):
    """The text is not YAML, or uses more of YAML than is accepted here.

    Attributes:
        line: the line at fault, counted from 1.
        column: the column at fault, counted from 1.
    """

    def __init__(self, reason: str, line: int, column: int) -> None:
        """Say what is wrong and where."""
        super().__init__(f"line {line}, column {column}: {reason}")
        self.line = line
        self.column = column


def load_failsafe_yaml(text: str) -> Any:
    """Load one document: mappings as dicts, sequences as lists, every scalar as a str (YAML 1.2.2, 6 to 9).

    An empty scalar is the empty text; an empty document is None.

    Raises:
        TextYamlError: the text is not well formed, holds more than one document, repeats a key, has a tag,
            an alias to nothing or to what contains it, or goes deeper or further than the limits.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    try:
        return _Reading(yaml.parse(text)).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise TextYamlError(error.problem or error.context or "this is no YAML", line, column) from None
    except YAMLError as error:
        raise TextYamlError(f"this is no YAML: {str(error).splitlines()[0]}", 1, 1) from None
    except RecursionError:
        raise TextYamlError("this is too deep", 1, 1) from None


class _Reading:
    """One pass over the events of a document."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, tuple[Any, int] | None] = {}
        self._nodes = 0

    def document(self) -> Any:
        next(self._events)
        if isinstance(next(self._events), StreamEndEvent):
            return None
        loaded = self._value(next(self._events), 0)
        next(self._events)
        event = next(self._events)
        if not isinstance(event, StreamEndEvent):
            raise _refusal("one document a file, please", event)
        return loaded

    def _value(self, event: NodeEvent, depth: int) -> Any:
        if isinstance(event, AliasEvent):
            return self._alias(event)
        before = self._nodes
        self._count(event, 1)
        if depth > MAX_DEPTH:
            raise _refusal(f"lists and mappings may lie {MAX_DEPTH} deep in one another", event)
        if getattr(event, "tag", None) is not None:
            raise _refusal("tags are not taken", event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        value: Any
        match event:
            case ScalarEvent():
                value = event.value
            case SequenceStartEvent():
                value = self._sequence(depth)
            case _:
                value = self._mapping(depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._nodes - before)
        return value

    def _alias(self, event: NodeEvent) -> Any:
        known = self._anchors.get(event.anchor)
        if known is None:
            raise _refusal("this alias names nothing that is complete before it", event)
        value, size = known
        self._count(event, size)
        return value

    def _count(self, event: Event, more: int) -> None:
        self._nodes += more
        if self._nodes > MAX_NODES:
            raise _refusal(f"a document may have {MAX_NODES:,} values", event)

    def _sequence(self, depth: int) -> list[Any]:
        items = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._value(event, depth + 1))
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._value(event, depth + 1)
            if isinstance(event, MappingStartEvent | SequenceStartEvent) or not isinstance(key, str):
                raise _refusal("a key must be text", event)
            if key in members:
                raise _refusal(f"the key {key[:60]!r} stands here twice", event)
            members[key] = self._value(next(self._events), depth + 1)
        return members


def _refusal(reason: str, event: Event) -> TextYamlError:
    mark = event.start_mark
    return TextYamlError(reason, mark.line + 1, mark.column + 1)
