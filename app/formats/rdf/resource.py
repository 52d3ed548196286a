"""What both notations are written from: resources, with the values of their properties."""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Tagged:
    """A text in a language."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A text of a type that its property does not imply."""

    text: str
    type: str


@dataclass(slots=True)
class Resource:
    """Something with properties; without an address it has no name outside of what refers to it."""

    id: str | None
    types: tuple[str, ...] = ()
    members: "dict[str, list[Value]]" = field(default_factory=dict)

    def add(self, term: str, *values: "Value | None") -> None:
        """Add values of a property, passing over what is not there."""
        found = [value for value in values if value is not None]
        if found:
            self.members.setdefault(term, []).extend(found)


Value: TypeAlias = str | int | Tagged | Typed | Resource
