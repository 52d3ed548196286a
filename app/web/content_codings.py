"""Content codings (RFC 9110 §8.4.1) of answers and of request bodies: zstd (RFC 8878), br (RFC 7932) and gzip (RFC 1952).

Levels are those at which a page of 90 KB takes about a millisecond and shrinks to a seventh. Windows of streams are half a
mebibyte, so that a stream takes a few mebibytes of memory however long it is.
"""

import asyncio
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

IDENTITY: Final = ""
"""No coding at all."""

CODINGS: Final = ("zstd", "br", "gzip")
"""The codings that there are, the preferred one first: it is the quickest to make and to read."""

ALIASES: Final = {"x-gzip": "gzip"}
"""Other names of codings (RFC 9110 §8.4.1.3)."""

_GZIP_LEVEL: Final = 5
_BROTLI_QUALITY: Final = 4
_WINDOW_LOG: Final = 19
_GZIP_CONTAINER: Final = 31  # the largest window, and a header and trailer of gzip
_ZSTD: Final[dict[int, int]] = {
    zstd.CompressionParameter.compression_level: 6,
    zstd.CompressionParameter.window_log: _WINDOW_LOG,
}

_QUICK_BYTES: Final = 128 * 1024
"""What is larger is encoded in a thread, so that the event loop is not blocked."""

_DECODED_PIECE: Final = 128 * 1024
_LARGEST_WINDOW_LOG: Final = 23  # what RFC 9659 has decoders support: 8 MiB


def encode_whole(coding: str, body: bytes) -> bytes:
    """Return a body in a coding."""
    if coding == "zstd":
        return zstd.compress(body, options=_ZSTD)
    if coding == "br":
        encoded: bytes = brotli.compress(body, quality=_BROTLI_QUALITY, lgwin=_WINDOW_LOG)
        return encoded
    stream = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_CONTAINER)
    return stream.compress(body) + stream.flush()


async def encode(coding: str, body: bytes) -> bytes:
    """Return a body in a coding, without blocking the event loop for long."""
    if len(body) <= _QUICK_BYTES:
        return encode_whole(coding, body)
    return await asyncio.to_thread(encode_whole, coding, body)


class StreamEncoder:
    """Encodes a body piece by piece; all of a piece can be read from what is returned for it."""

    def __init__(self, coding: str) -> None:
        """Begin a body."""
        self._piece, self._end = _ENCODERS[coding]()

    async def piece(self, piece: bytes) -> bytes:
        """Return the next bytes."""
        if len(piece) <= _QUICK_BYTES:
            return self._piece(piece)
        return await asyncio.to_thread(self._piece, piece)

    def end(self) -> bytes:
        """Return the last bytes."""
        return self._end()


_EncoderFunctions = tuple[Callable[[bytes], bytes], Callable[[], bytes]]


def _zstd_encoder() -> _EncoderFunctions:
    stream = zstd.ZstdCompressor(options=_ZSTD)
    return (lambda piece: stream.compress(piece, stream.FLUSH_BLOCK)), stream.flush


def _brotli_encoder() -> _EncoderFunctions:
    stream = brotli.Compressor(quality=_BROTLI_QUALITY, lgwin=_WINDOW_LOG)
    return (lambda piece: stream.process(piece) + stream.flush()), stream.finish


def _gzip_encoder() -> _EncoderFunctions:
    stream = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_CONTAINER)
    return (lambda piece: stream.compress(piece) + stream.flush(zlib.Z_SYNC_FLUSH)), stream.flush


_ENCODERS: Final[dict[str, Callable[[], _EncoderFunctions]]] = {
    "zstd": _zstd_encoder,
    "br": _brotli_encoder,
    "gzip": _gzip_encoder,
}


class BrokenCoding(ValueError):
    """Bytes are not in the coding that they are said to be in, or end too early."""


class StreamDecoder:
    """Decodes a body piece by piece.

    Attributes:
        is_whole: whether what has been decoded may end here: nothing has come, or all that was begun has ended.
    """

    def __init__(self, coding: str) -> None:
        """Begin a body."""
        self._begin = _DECODERS[coding]
        self._stream = self._begin()
        self.is_whole = True

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield what the next bytes hold, in pieces of bounded size; they are decoded as they are asked for.

        Several gzip members (RFC 1952 §2.2) or zstd frames (RFC 8878 §3) one after another are one body.

        Raises:
            BrokenCoding: they are not in the coding.
        """
        try:
            while data or not (self.is_whole or self._stream.needs_input):
                self.is_whole = False
                piece = self._stream.decode(data)
                if piece:
                    yield piece
                data = self._stream.rest
                if self._stream.ended:
                    self._stream = self._begin()
                    self.is_whole = True
        except (zlib.error, zstd.ZstdError, brotli.error, EOFError) as error:
            raise BrokenCoding(str(error)) from None


class _Decoder(Protocol):
    """One member or frame; `rest` is what of the last input is left to be decoded, or comes after the end."""

    rest: bytes
    ended: bool
    needs_input: bool

    def decode(self, data: bytes) -> bytes: ...


class _GzipDecoder:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP_CONTAINER)
        self.rest = b""
        self.ended = False
        self.needs_input = True  # the trailer comes after all that there is to decode

    def decode(self, data: bytes) -> bytes:
        piece = self._stream.decompress(data, _DECODED_PIECE)
        self.ended = self._stream.eof
        self.rest = self._stream.unused_data if self.ended else self._stream.unconsumed_tail
        return piece


class _ZstdDecoder:
    def __init__(self) -> None:
        limit: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _LARGEST_WINDOW_LOG}
        self._stream = zstd.ZstdDecompressor(options=limit)
        self.rest = b""
        self.ended = False
        self.needs_input = True

    def decode(self, data: bytes) -> bytes:
        piece = self._stream.decompress(data, _DECODED_PIECE)
        self.ended = self._stream.eof
        self.needs_input = self.ended or self._stream.needs_input
        self.rest = self._stream.unused_data if self.ended else b""
        return piece


class _BrotliDecoder:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self.rest = b""
        self.ended = False
        self.needs_input = True

    def decode(self, data: bytes) -> bytes:
        piece: bytes = self._stream.process(data, output_buffer_limit=_DECODED_PIECE)
        self.ended = self._stream.is_finished()
        # It accepts more as soon as its input is used up, with output still to come.
        self.needs_input = self.ended or (not piece and self._stream.can_accept_more_data())
        return piece


_DECODERS: Final[dict[str, Callable[[], _Decoder]]] = {
    "zstd": _ZstdDecoder,
    "br": _BrotliDecoder,
    "gzip": _GzipDecoder,
}
