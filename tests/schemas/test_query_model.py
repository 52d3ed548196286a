"""Query strings."""

from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from app.schemas.query_model import read_query


@given(st.text(alphabet="ab=&;,:%20+x", max_size=30).filter(lambda text: "%" not in text or "%2" in text))
def test_a_query_is_parsed_as_the_standard_library_does(text):
    expected = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        expected.setdefault(name, []).append(value)
    assert read_query(text.encode()) == expected
