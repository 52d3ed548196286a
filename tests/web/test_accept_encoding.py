"""`Accept-Encoding` as RFC 9110 §12.5.3 has it, and the entity tags of what is encoded."""

import pytest
from exchanges import http_scope
from hypothesis import given
from hypothesis import strategies as st

from app.errors import NotAcceptable
from app.formats import FORMATS
from app.web.accept_encoding import accepted_codings, encoded_tag, held_tag, keep_accepted_codings
from app.web.content_codings import CODINGS

EVERYTHING = {"", *CODINGS}


def accepted(value):
    return keep_accepted_codings(http_scope("/"), value.encode())


@pytest.mark.parametrize(
    ("value", "preferred", "acceptable"),
    [
        ("", "", {""}),
        ("identity", "", {""}),
        ("gzip", "gzip", {"", "gzip"}),
        ("x-gzip", "gzip", {"", "gzip"}),
        ("GZip", "gzip", {"", "gzip"}),
        ("gzip, deflate, br, zstd", "zstd", EVERYTHING),
        ("gzip, deflate, br", "br", {"", "br", "gzip"}),
        ("*", "zstd", EVERYTHING),
        ("*;q=0.5, gzip", "gzip", EVERYTHING),
        ("gzip;q=0.5, br;q=0.8", "br", {"", "br", "gzip"}),
        ("gzip ; q=0.5,br;q=0.4", "gzip", {"", "br", "gzip"}),
        ("gzip;q=0, br", "br", {"", "br"}),
        ("gzip;q=0", "", {""}),
        ("gzip;q=0, *", "zstd", {"", "br", "zstd"}),
        ("gzip;q=0.000", "", {""}),
        ("gzip;q=0.5, identity", "", {"", "gzip"}),
        ("gzip;q=0.5, identity;q=0.5", "gzip", {"", "gzip"}),
        ("identity;q=0, gzip", "gzip", {"gzip"}),
        ("*;q=0, gzip;q=0.1", "gzip", {"gzip"}),
        ("*;q=0, identity", "", {""}),
        ("deflate, compress", "", {""}),
        # What is malformed is passed over: no coding is sent that was not named.
        ("gzip;q=1.5", "", {""}),
        ("gzip;q=-1, br", "br", {"", "br"}),
        ("gzip;level=9", "", {""}),
        ("gzip br", "", {""}),
        (";q=1, ,, br", "br", {"", "br"}),
    ],
)
def test_what_is_accepted(value, preferred, acceptable):
    found = accepted(value)
    assert (found.preferred, found.acceptable) == (preferred, acceptable)


@pytest.mark.parametrize(
    "value", ["identity;q=0", "*;q=0", "identity;q=0, deflate", "identity;q=0, gzip;q=0"]
)
def test_what_rules_out_everything_is_refused(value):
    with pytest.raises(NotAcceptable) as caught:
        accepted(value)
    assert caught.value.faults[0].header == "Accept-Encoding"


@given(st.binary(max_size=60) | st.text("gzipbrstd*;q=01., identy", max_size=60).map(str.encode))
def test_any_bytes_are_parsed_or_refused(value):
    try:
        found = keep_accepted_codings(http_scope("/"), value)
    except NotAcceptable:
        return
    assert found.acceptable
    assert found.preferred in found.acceptable | {""}
    assert not found.preferred or found.preferred.encode() in value.lower() or b"*" in value


@pytest.mark.parametrize(
    ("media_type", "length", "coding"),
    [
        (b"application/json", 1025, "gzip"),
        (b"application/json", 1024, ""),
        (b"application/json", None, "gzip"),
        (b"application/problem+json", 2000, "gzip"),
        (b"image/svg+xml", 2000, "gzip"),
        (b"image/png", 2000, ""),
        (b"application/octet-stream", None, ""),
        (b"", 2000, "gzip"),
    ],
)
def test_what_is_short_or_compressed_already_stays_as_it_is(media_type, length, coding):
    assert accepted("gzip").coding_for(media_type, length) == coding
    assert accepted("gzip, identity;q=0").coding_for(media_type, length) == "gzip"


def test_every_format_is_encoded_but_those_that_are_compressed_already():
    encoded = {
        name for name, form in FORMATS.items() if accepted("br").coding_for(form.content_type.encode(), None)
    }
    assert set(FORMATS) - encoded == {"xlsx", "parquet"}


def asked(if_none_match, accept=None):
    scope = http_scope("/", (b"if-none-match", if_none_match.encode()))
    if accept is not None:
        keep_accepted_codings(scope, accept.encode())
    return scope


@pytest.mark.parametrize(
    ("if_none_match", "accept", "coding", "held"),
    [
        ('"3-a"', None, "", '"3-a"'),
        ('W/"3-a"', None, "", '"3-a"'),
        ('"2-a", "3-a"', None, "", '"3-a"'),
        ('"2-a"', None, "", None),
        ('"3-a-deflate"', None, "", None),
        ("*", None, "", '"3-a"'),
        ("*", "gzip", "gzip", '"3-a-gzip"'),
        # Without the header any coding is acceptable.
        ('"3-a-gzip"', None, "", '"3-a-gzip"'),
        ('"3-a-gzip"', "gzip", "gzip", '"3-a-gzip"'),
        ('W/"3-a-gzip"', "gzip", "gzip", '"3-a-gzip"'),
        ('"3-a"', "gzip", "gzip", '"3-a"'),
        ('"3-a-br"', "gzip, br", "br", '"3-a-br"'),
        ('"3-a-gzip"', "gzip, br", "br", '"3-a-gzip"'),
        ('"3-a-gzip", "3-a-br"', "gzip, br", "br", '"3-a-br"'),
        # A cache must not be told to answer with what this client does not accept.
        ('"3-a-br"', "gzip", "gzip", None),
        ('"3-a-gzip"', "identity", "", None),
        ('"3-a"', "gzip, identity;q=0", "gzip", None),
    ],
)
def test_a_tag_names_a_state_in_every_coding_that_is_accepted(if_none_match, accept, coding, held):
    found = held_tag(asked(if_none_match, accept), b'"3-a"', coding)
    assert found == (None if held is None else held.encode())


def test_a_star_proves_nothing():
    assert held_tag(asked("*"), b'"3"', star=False) is None
    assert held_tag(asked('"3"'), b'"3"', star=False) == b'"3"'


def test_tags_of_different_codings_are_different():
    assert {encoded_tag(b'"3"', coding) for coding in EVERYTHING} == {
        b'"3"',
        b'"3-zstd"',
        b'"3-br"',
        b'"3-gzip"',
    }


def test_who_does_not_say_accepts_everything_and_is_sent_no_coding():
    found = accepted_codings(http_scope("/"))
    assert (found.preferred, found.acceptable) == ("", EVERYTHING)
