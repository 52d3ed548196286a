"""Content codings, held against the readers and writers of the libraries that define them."""

import gzip

import brotli
import pytest
from documented import decoded, zstd
from hypothesis import given
from hypothesis import strategies as st

from app.web.content_codings import CODINGS, BrokenCoding, StreamDecoder, StreamEncoder, encode, encode_whole

pytestmark = pytest.mark.anyio

ENCODE = {"gzip": gzip.compress, "br": brotli.compress, "zstd": zstd.compress}
LARGE = bytes(range(256)) * 3000 + b"annals " * 100_000
coding = pytest.mark.parametrize("coding", CODINGS)


def decode(coding, body, step=1 << 20):
    decoder = StreamDecoder(coding)
    pieces = [piece for at in range(0, len(body), step) for piece in decoder.pieces(body[at : at + step])]
    return b"".join(pieces), decoder.is_whole


@coding
@pytest.mark.parametrize("body", [b"", b"x", LARGE])
async def test_a_whole_body_is_read_by_others(coding, body):
    assert decoded(encode_whole(coding, body), coding) == body
    assert await encode(coding, body) == encode_whole(coding, body)


@coding
@given(pieces=st.lists(st.binary(max_size=3000), max_size=8))
async def test_all_of_a_piece_is_there_before_the_next_is_made(coding, pieces):
    encoder, decoder = StreamEncoder(coding), StreamDecoder(coding)
    for piece in pieces:
        assert b"".join(decoder.pieces(await encoder.piece(piece))) == piece
    assert b"".join(decoder.pieces(encoder.end())) == b""
    assert decoder.is_whole


@coding
async def test_a_large_piece_is_encoded_in_a_thread(coding):
    encoder = StreamEncoder(coding)
    assert decoded(await encoder.piece(LARGE) + encoder.end(), coding) == LARGE


@coding
@given(body=st.binary(max_size=500), step=st.integers(1, 600))
def test_what_others_wrote_is_read_however_it_comes(coding, body, step):
    assert decode(coding, ENCODE[coding](body), step) == (body, True)


@coding
@pytest.mark.parametrize("step", [1 << 20, 1000])
def test_pieces_have_a_bounded_size_whatever_they_are_decoded_from(coding, step):
    bomb = ENCODE[coding](b" " * 30_000_000)
    decoder = StreamDecoder(coding)
    sizes = [len(piece) for at in range(0, len(bomb), step) for piece in decoder.pieces(bomb[at : at + step])]
    assert sum(sizes) == 30_000_000
    assert max(sizes) <= 256 * 1024
    assert decoder.is_whole


@coding
def test_nothing_is_decoded_that_is_not_asked_for(coding):
    pieces = StreamDecoder(coding).pieces(ENCODE[coding](b" " * 30_000_000))
    assert len(next(pieces)) <= 256 * 1024


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_several_members_or_frames_are_one_body(coding):
    assert decode(coding, ENCODE[coding](b"a" * 5000) + ENCODE[coding](b"b"), 7) == (b"a" * 5000 + b"b", True)


@coding
def test_what_is_cut_off_is_not_whole(coding):
    body = ENCODE[coding](LARGE)
    for end in (1, len(body) // 2, len(body) - 1):
        assert not decode(coding, body[:end])[1]
    assert decode(coding, b"") == (b"", True)


@coding
@pytest.mark.parametrize("tail", [b"and more", b"\x00"])
def test_what_follows_the_end_is_refused(coding, tail):
    try:
        whole = decode(coding, ENCODE[coding](b"x" * 100) + tail)[1]
    except BrokenCoding:
        return
    assert not whole


@coding
@given(body=st.binary(min_size=1, max_size=300))
def test_any_bytes_are_decoded_or_refused(coding, body):
    decoder = StreamDecoder(coding)
    try:
        for _ in decoder.pieces(body):
            pass
    except BrokenCoding:
        pass


def test_a_window_past_8_mib_is_refused():
    def with_window(log):
        stream = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: log})
        return stream.compress(LARGE * 20) + stream.flush()

    assert decode("zstd", with_window(23))[1]
    with pytest.raises(BrokenCoding):
        decode("zstd", with_window(24))
