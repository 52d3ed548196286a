"""Letters that are also written as two: which they are, and that both forms of a word stand in its place."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.digraphs import forms_with_one_letter, second_forms, word_form_spans, written_out
from app.values.text_folding import token_spans, tokens

PAIRS = {"a\u0308": "ae", "o\u0308": "oe", "u\u0308": "ue", "a\u030a": "aa", "ø": "oe"}


def pair_of(letter):
    decomposed = unicodedata.normalize("NFD", letter.lower())
    return next((pair for begin, pair in PAIRS.items() if decomposed.startswith(begin)), None)


def test_every_letter_of_unicode_that_has_one_of_these_marks_is_written_out():
    for code in (*range(0x80, 0xD800), *range(0xE000, 0x10000)):
        assert written_out(chr(code)) == pair_of(chr(code)), hex(code)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Jakob Böhme", ["boehme"]),
        ("Jakob Bo\u0308hme", ["boehme"]),
        ("Goethe, Poet", []),
        ("Ærø", ["aeroe"]),
        ("ÅRHUS, Tromsø und Übergröße", ["aarhus", "tromsoe", "uebergroesse"]),
        ("Straße, naïve, Citroën, coeur", []),
        ("Müller-Lüdenscheidt", ["mueller", "luedenscheidt"]),
        ("東京ö", ["oe"]),
    ],
)
def test_second_forms(text, found):
    assert second_forms(text) == found


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("goethe", {"gothe"}),
        ("castro", set()),
        ("aarhus", {"arhus"}),
        ("oesterreichaeisch", {"osterreichaeisch", "oesterreichaisch", "osterreichaisch"}),
        ("aeoeueaaae", {"aouaa"}),
    ],
)
def test_forms_with_one_letter(word, found):
    assert set(forms_with_one_letter(word)) == found


letters = st.text(
    st.one_of(st.sampled_from("äöüåøÄǞaoeu\u0308\u030a\u0323 -東ß"), st.characters()), max_size=60
)


@given(letters)
def test_the_first_forms_are_the_tokens_in_their_places(text):
    spans = word_form_spans(text)
    assert [(forms[0], start, end) for forms, start, end in spans] == token_spans(text)
    assert [forms[1] for forms, _, _ in spans if len(forms) > 1] == second_forms(text)
    if written_out(text) is not None:
        assert [forms[-1] for forms, _, _ in spans] == tokens(written_out(text))
