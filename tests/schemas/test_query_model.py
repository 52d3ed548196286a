"""Query strings."""

import re
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from app.schemas.query_model import read_query

_NO_TEXT = re.compile("%(?:0|[ab])")
"""Encodes control characters and what is no UTF-8: both are refused."""


@given(st.text(alphabet="ab=&;,:%20+x", max_size=30).filter(lambda text: not _NO_TEXT.search(text)))
def test_a_query_is_parsed_as_the_standard_library_does(text):
    expected = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        expected.setdefault(name, []).append(value)
    assert read_query(text.encode()) == expected
