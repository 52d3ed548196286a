"""Dividing what is gone through into portions of a bounded size."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def portions(
    things: Iterable[T], size: Callable[[T], int], *, most_size: int, most: int | None = None
) -> Iterator[list[T]]:
    """Divide things into consecutive lists of `most` at the most, whose sizes sum to `most_size` at the most.

    What is larger by itself comes alone.
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
    """Give how many bytes a text takes in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def batched(things: Iterable[T], most: int = 500) -> Iterator[list[T]]:
    """Divide things into consecutive lists of `most` at the most."""
    left = iter(things)
    while batch := list(islice(left, most)):
        yield batch
