"""What is wrong with a batch of documents, each fault with the document that it is in."""

from collections.abc import Sequence

from app.errors import Fault, InvalidDocument


class InvalidBatch(InvalidDocument):
    """Documents of a batch cannot be written.

    Attributes:
        found: each fault with the position of its document in the batch.
    """

    def __init__(self, detail: str, found: Sequence[tuple[int, Fault]], code: str | None = None) -> None:
        """Say all of them at once."""
        super().__init__(detail, code=code, faults=[fault for _, fault in found])
        self.found = tuple(found)
