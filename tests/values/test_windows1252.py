import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.windows1252 import is_misread, put_right


@given(st.text())
def test_what_was_read_as_latin_1_is_what_windows_1252_has(text):
    readable = "".join(one for one in text.encode("cp1252", "ignore").decode("cp1252"))
    misread = readable.encode("cp1252").decode("latin-1")
    assert put_right(misread) == readable
    assert is_misread(misread) == (misread != readable)
    assert not is_misread(put_right(text))


@pytest.mark.parametrize("undefined", ["\x81", "\x8d", "\x8f", "\x90", "\x9d"])
def test_what_windows_1252_does_not_define_stays(undefined):
    assert put_right(f"a{undefined}b\x92") == f"a{undefined}b’"
    assert not is_misread(f"é{undefined}")


def test_ends_of_text_are_not_lost():
    assert put_right("\x85and so on\x85") == "…and so on…"
