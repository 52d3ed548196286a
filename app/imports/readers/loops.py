"""Persons who stand in a loop of ancestors."""

from array import array
from collections.abc import Iterable, Iterator, Sequence


def in_loops(persons: int, descents: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield who stands in a loop of children and parents, or on a line of descent between two loops.

    Persons are numbers below `persons`, descents pairs of child and parent. Whoever has no parents, or no children, that
    are left is taken away until nobody is.
    """
    children, parents = array("q"), array("q")
    for child, parent in descents:
        children.append(child)
        parents.append(parent)
    left = bytearray(b"\1") * persons
    _trim(children, parents, left)
    _trim(parents, children, left)
    yield from (number for number in range(persons) if left[number])


def _trim(sources: Sequence[int], targets: Sequence[int], left: bytearray) -> None:
    """Take away, again and again, whoever no edge from somebody who is left leads to."""
    counts = array("q", bytes(8 * len(left)))
    # The targets of each source stand together, from its first place on.
    starts = array("q", bytes(8 * (len(left) + 1)))
    for source, target in zip(sources, targets, strict=True):
        if left[source] and left[target]:
            counts[target] += 1
            starts[source + 1] += 1
    for number in range(len(left)):
        starts[number + 1] += starts[number]
    free, placed = array("q", starts), array("q", bytes(8 * starts[-1]))
    for source, target in zip(sources, targets, strict=True):
        if left[source] and left[target]:
            placed[free[source]] = target
            free[source] += 1
    waiting = array("q", (number for number in range(len(left)) if left[number] and not counts[number]))
    while waiting:
        number = waiting.pop()
        left[number] = 0
        for target in placed[starts[number] : starts[number + 1]]:
            counts[target] -= 1
            if not counts[target]:
                waiting.append(target)
