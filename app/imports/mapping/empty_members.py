"""What is left out because it is empty: the one rule for whatever a mapping makes of several members.

A constant says nothing of a row. So what names columns is left out where none of them has anything, whatever
constants stand beside them: an object, a date of parts, an interval, a point. Some members are another matter,
for the whole is about them, and all the rest only says more: with a reference to another record (`source`,
`actor`, `place`, `target`, `agreement`), an `edtf`, or the `year` of a date the whole stays, be they constant
or not. And some cannot be missing without the rest saying something else: without its reference a tie is to
nobody, without its `property` or `value` an item of evidence supports what the source does not say, and
without a number of the row's own a figure counts nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from app.imports.mapping.templates import varies

_REFERENCES: Final = frozenset({"actor", "place", "target", "source", "agreement"})


_ABOUT: Final = _REFERENCES | {"edtf", "year"}


_NEEDED: Final = _REFERENCES | {"property", "value"}


_NUMBERS: Final = frozenset({"low", "best", "high", "text"})


@dataclass(frozen=True, slots=True)
class Contents:
    """What something must have of a row, worked out once from what the mapping says of it.

    Attributes:
        own: the members any of which keeps it; none where it is the same for every row.
        needed: the members all of which it needs.
        numbers: the members any of which it needs; none where it is no figure.
    """

    own: frozenset[str]
    needed: frozenset[str]
    numbers: frozenset[str]

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        """Work it out."""
        members = said.keys()
        varying = frozenset(name for name in members if varies(said[name]))
        numbers = members & _NUMBERS if "measure" in members else frozenset()
        return cls(
            own=varying | (members & _ABOUT) if varying else frozenset(),
            needed=frozenset(members & _NEEDED),
            numbers=frozenset(numbers & varying or numbers),
        )

    def suffice(self, found: Mapping[str, Any]) -> bool:
        """Say whether what was found of a row is something."""
        return (
            (not self.own or not self.own.isdisjoint(found))
            and found.keys() >= self.needed
            and (not self.numbers or not self.numbers.isdisjoint(found))
        )
