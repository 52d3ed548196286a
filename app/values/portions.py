"""Dividing what is gone through into portions of a bounded size."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def portions(sized: Iterable[tuple[T, int]], most: int) -> Iterator[list[T]]:
    """Divide things, each given with its size, into consecutive lists whose sizes sum to `most` at the most.

    What is larger by itself comes alone.
    """
    portion: list[T] = []
    total = 0
    for one, size in sized:
        if portion and total + size > most:
            yield portion
            portion, total = [], 0
        portion.append(one)
        total += size
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
