import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.slug import ID_PATTERN, MAX_LENGTH, fallback, is_id, slugify, with_suffix

slugs = st.from_regex(ID_PATTERN, fullmatch=True).filter(lambda slug: len(slug) <= MAX_LENGTH)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Hugo Chávez", "hugo-chavez"),
        ("Cuba–Venezuela Agreement (2000)", "cuba-venezuela-agreement-2000"),
        ("  Operación   Milagro!  ", "operacion-milagro"),
        ("Straße", "strasse"),
        ("Москва", "moskva"),
        ("東京", "dongjing"),
        ("O'Higgins", "ohiggins"),
        ("O\u2019Higgins", "ohiggins"),
        ("Łódź", "lodz"),
        ("½", "1-2"),
        ("\ud800 a", "a"),
        ("a\x00b", "a-b"),
        ("", None),
        ("???", None),
        ("\ud800", None),
    ],
)
def test_slugify(title, slug):
    assert slugify(title) == slug


def test_a_long_title_is_cut_at_a_hyphen():
    assert slugify("word " * 100) == "-".join(["word"] * 24)
    assert slugify("a" * 119 + " b") == "a" * 119
    assert slugify("a" * 118 + " b") == "a" * 118 + "-b"
    assert slugify("a" * 120 + " b") == "a" * 120
    assert slugify("a" * 60 + " " + "b" * 59 + " c") == "a" * 60 + "-" + "b" * 59
    assert slugify("a" * 300) == "a" * 120


def test_with_suffix():
    assert with_suffix("cuba", 2) == "cuba-2"
    assert with_suffix("a" * 118 + "-b", 2) == "a" * 118 + "-2"
    assert with_suffix("a" * 120, 13) == "a" * 117 + "-13"
    with pytest.raises(ValueError, match="negative"):
        with_suffix("cuba", -1)


def test_fallback():
    assert fallback("event", "0123abcd") == "event-0123abcd"
    for wrong in ("0123ABCD", "0123abc", "0123abcd\n", "../../xx"):
        with pytest.raises(ValueError, match="hexadecimal"):
            fallback("event", wrong)


@pytest.mark.parametrize("text", ["", "-a", "a-", "a--b", "A", "á", "a\n", "a_b", "a" * 121])
def test_no_ids(text):
    assert not is_id(text)


@given(st.text())
def test_a_slug_is_an_id(title):
    slug = slugify(title)
    assert slug is None or (is_id(slug) and re.match(ID_PATTERN, slug) and slugify(slug) == slug)


@given(slugs, st.integers(0, 10**9))
def test_a_suffixed_slug_is_an_id(slug, n):
    assert is_id(with_suffix(slug, n))
    assert with_suffix(slug, n).endswith(f"-{n}")
