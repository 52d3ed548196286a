"""Batches of documents: how large they are, and what is wrong with one."""

from collections.abc import Sequence
from typing import Final

from app.errors import Fault, InvalidDocument

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
