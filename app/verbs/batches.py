"""Batches of documents: how large they are, and what is wrong with one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from app.errors import Fault, InvalidDocument

T = TypeVar("T")

BATCH_BYTES: Final = 2**20
"""Bytes of JSON text of the documents that are dealt with at a time: as objects they take up to thirty times as much."""


class InvalidBatch(InvalidDocument):
    """Documents of a batch cannot be written.

    Attributes:
        found: each fault with the position of its document in the batch.
    """

    def __init__(self, detail: str, found: Sequence[tuple[int, Fault]], code: str | None = None) -> None:
        """Say all of them at once."""
        super().__init__(detail, code=code, faults=[fault for _, fault in found])
        self.found = tuple(found)


def in_batches(items: Iterable[T], size: Callable[[T], int], most: int, most_bytes: int) -> Iterator[list[T]]:
    """Cut items into batches of at most so many items and bytes; an item past the bytes is a batch of its own.

    `size` gives the bytes of an item.
    """
    batch: list[T] = []
    left = most_bytes
    for item in items:
        bytes_ = size(item)
        if batch and (bytes_ > left or len(batch) == most):
            yield batch
            batch, left = [], most_bytes
        batch.append(item)
        left -= bytes_
    if batch:
        yield batch
