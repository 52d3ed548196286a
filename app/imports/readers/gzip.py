"""Gzip (RFC 1952), decompressed as it comes, with a limit on how far it may expand."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

MAGIC: Final = b"\x1f\x8b"
_PIECE: Final = 1 << 18
_WINDOW: Final = 31  # the largest window, and a gzip header
_HARMLESS: Final = 8 * 2**20
_MAX_EXPANSION: Final = 200


class BadArchive(ValueError):
    """The compressed bytes are broken, end early, or expand too far.

    Attributes:
        code: a fixed snake_case word for programs.
    """

    def __init__(self, code: str, detail: str) -> None:
        """Keep the reason, a sentence."""
        super().__init__(detail)
        self.code = code


def unpack(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the decompressed bytes, in chunks of bounded size, whatever the input.

    Real tables shrink to a tenth or so. What expands more than two hundredfold, past the first 8 MiB, was
    made to fill memory or disk.

    Raises:
        BadArchive: it is no gzip, is cut off, or expands too far (`not_gzip`, `cut_off`, `expands_too_far`).
    """
    taken = given = 0
    member = zlib.decompressobj(_WINDOW)
    begun = False
    for chunk in chunks:
        data = chunk if begun else _after_padding(chunk, given)
        taken += len(chunk)
        while data:
            try:
                piece = member.decompress(data, _PIECE)
            except zlib.error:
                raise BadArchive("not_gzip", "The file is packed, but broken; pack it again.") from None
            begun = True
            given += len(piece)
            used = taken - len(member.unconsumed_tail)
            if given > _HARMLESS and given > used * _MAX_EXPANSION:
                raise BadArchive(
                    "expands_too_far", "The file expands too far; send it unpacked, or in parts."
                )
            if piece:
                yield piece
            data = member.unconsumed_tail
            if member.eof:
                # Several gzip members one after another are one file (§2.2).
                data = _after_padding(member.unused_data, given)
                member, begun = zlib.decompressobj(_WINDOW), False
    if begun:
        raise BadArchive("cut_off", "The packed file ends too early; fetch or pack it again.")


def _after_padding(data: bytes, given: int) -> bytes:
    """Remove the zeros with which some tools pad the last block."""
    return data.lstrip(b"\0") if given else data


def unpack_if_packed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress what begins like gzip; pass anything else on as it is. Raises as `unpack` does."""
    waiting = iter(chunks)
    head = b""
    for chunk in waiting:
        head += chunk
        if len(head) >= len(MAGIC):
            break

    def whole() -> Iterator[bytes]:
        yield head
        yield from waiting

    yield from unpack(whole()) if head.startswith(MAGIC) else whole()
