"""Dividing iterables into lists of a bounded size."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def portions(
    things: Iterable[T], size: Callable[[T], int], *, most_size: int, most: int | None = None
) -> Iterator[list[T]]:
    """Divide items into consecutive lists of at most `most`, whose sizes sum to at most `most_size`.

    An item that is larger by itself is alone in its list.
    """
    portion: list[T] = []
    total = 0
    for one in things:
        of_one = size(one)
        if portion and (total + of_one > most_size or len(portion) == most):
            yield portion
            portion, total = [], 0
        portion.append(one)
        total += of_one
    if portion:
        yield portion


def octets(text: str) -> int:
    """Return the length of a text in bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def batched(things: Iterable[T], most: int = 500) -> Iterator[list[T]]:
    """Divide items into consecutive lists of at most `most`."""
    left = iter(things)
    while batch := list(islice(left, most)):
        yield batch
