"""The rule by which empty values are left out, for everything that a mapping makes of several members.

A constant says nothing about a row. So a value that names columns is left out where all of those are empty,
whatever constants it has: an object, a date of parts, an interval, a point. Some members are different,
since the whole is about them and the rest only adds to it: with a reference to another record (`source`,
`actor`, `place`, `target`, `agreement`), an `edtf`, or the `year` of a date the whole stays, whether they
are constant or not. And without some members the rest would say something else: without its reference a
link leads nowhere, without its `property` or `value` an item of evidence supports what the source does not
say, and without a number from the row a figure counts nothing.
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
    """What a value must have of a row, computed once from the mapping.

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
        """Compute it."""
        members = said.keys()
        varying = frozenset(name for name in members if varies(said[name]))
        numbers = members & _NUMBERS if "measure" in members else frozenset()
        return cls(
            own=varying | (members & _ABOUT) if varying else frozenset(),
            needed=frozenset(members & _NEEDED),
            numbers=frozenset(numbers & varying or numbers),
        )

    def suffice(self, found: Mapping[str, Any]) -> bool:
        """Return whether the members found in a row suffice."""
        return (
            (not self.own or not self.own.isdisjoint(found))
            and found.keys() >= self.needed
            and (not self.numbers or not self.numbers.isdisjoint(found))
        )
