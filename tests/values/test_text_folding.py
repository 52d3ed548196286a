import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.text_folding import (
    COLLAPSED,
    MAX_TITLE_KEY,
    MAX_TOKEN,
    CollapsedText,
    collapse,
    fold,
    title_sort_key,
    token_spans,
    tokens,
)

any_text = st.text(st.characters(exclude_categories=()))
odd_text = st.text(
    st.sampled_from("aZ é\u0301ßİøæ'\u2019ʼ\u00ad\u200b½ﷺ東がか\u3099กุ\u094d\u093cक한\u1112\u1161\ud800_-٣")
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Pérez", "perez"),
        ("Pe\u0301rez", "perez"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("İstanbul", "istanbul"),
        ("ISPARTA ısparta", "isparta isparta"),
        ("Ærø Łódź Đà Œuvre Þór", "aero lodz da oeuvre thor"),
        ("ﬁ Ⅳ", "fi iv"),
        ("Saʿūd, ʾAbū", "saud, abu"),
        ("co\u00adoperate", "cooperate"),
        ("Άρης ΆΡΗΣ", "αρησ αρησ"),
        ("ёлка й", "елка и"),
        ("שָׁלוֹם", "שלום"),
        ("الْعَرَبِيَّة", "العربية"),
        ("العـــربية", "العربية"),
        ("٢٠٠٤", "2004"),
        ("कि", "कि"),
        ("กรุง", "กรุง"),
        ("か\u3099", "が"),
        ("한국", "한국"),
        ("\u1112\u1161\u11ab", "한"),
        ("a\ud800", "a\ud800"),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Treaty of 1960.", ["the", "treaty", "of", "1960"]),
        ("Castro's l\u2019accord", ["castro", "s", "l", "accord"]),
        ("snake_case e-mail", ["snake", "case", "e", "mail"]),
        ("½ km²", ["1", "2", "km2"]),
        ("東京 2020", ["東", "京", "2020"]),
        ("がか\u3099", ["が", "が"]),
        ("กรุง", ["ก", "รุ", "ง"]),
        ("한국 전쟁", ["한국", "전쟁"]),
        ("क्षेत्र", ["क्षेत्र"]),
        ("a\u200bb c\u00add", ["a", "b", "cd"]),
        ("\ud800 \x00", []),
        ("", []),
    ],
)
def test_tokens(text, expected):
    assert tokens(text) == expected


def test_token_spans_point_into_the_original():
    text = "Él: Pe\u0301rez, cafe\u0301, co\u00adop; 東京 ½"
    spans = token_spans(text)
    assert [(token, text[start:end]) for token, start, end in spans] == [
        ("el", "Él"),
        ("perez", "Pe\u0301rez"),
        ("cafe", "cafe\u0301"),
        ("coop", "co\u00adop"),
        ("東", "東"),
        ("京", "京"),
        ("1", "½"),
        ("2", "½"),
    ]


def test_long_words_are_cut_alike_everywhere():
    for word in ("a" * 1000, "é" * 1000):
        assert [len(token) for token in tokens(word)] == [MAX_TOKEN]
        assert token_spans(word) == [(tokens(word)[0], 0, 1000)]


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("  The  Treaty: of—1960! ", b"the treaty of 1960"),
        ("Ábaco", b"abaco"),
        ("東京", "東京".encode()),
        ("???", b"???"),
        ("\ud800", b"?"),
        ("", b""),
    ],
)
def test_title_key(title, key):
    assert title_sort_key(title) == key


def test_a_long_title_key_is_cut_at_a_character():
    assert title_sort_key("東" * 100) == ("東" * 66).encode()
    assert title_sort_key("a" * 199 + " b") == b"a" * 199


@pytest.mark.slow
def test_every_character_folds_once_and_for_all():
    # Ideographs and Hangul syllables are alike, and most of the later planes is empty.
    for code in [*range(0x3500), *range(0x9F00, 0xAD00), *range(0xD700, 0x1F000), *range(0xE0000, 0xE0200)]:
        text = f"a{chr(code)}b"
        folded = fold(text)
        assert fold(folded) == folded, hex(code)
        assert tokens(folded) == tokens(text) == [token for token, _, _ in token_spans(text)], hex(code)


@given(any_text | odd_text)
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
    assert tokens(fold(text)) == tokens(text)


@given(odd_text)
def test_canonically_equal_texts_are_the_same(text):
    for form in ("NFC", "NFD"):
        assert tokens(unicodedata.normalize(form, text)) == tokens(text)


@given(any_text | odd_text)
def test_spans_are_those_of_the_tokens(text):
    spans = token_spans(text)
    assert [token for token, _, _ in spans] == tokens(text)
    assert all(0 <= start < end <= len(text) for _, start, end in spans)
    assert spans == sorted(spans, key=lambda span: span[1])
    for token, start, end in spans:
        assert token in tokens(text[start:end])


@given(any_text | odd_text)
def test_keys_are_short_valid_and_stable(text):
    key = title_sort_key(text)
    assert len(key) <= MAX_TITLE_KEY
    assert title_sort_key(key.decode()) == key


def test_runs_of_marks_take_linear_time():
    # Normalising this naively takes time quadratic in its length: minutes.
    text = "क" + "\u094d\u093c" * 500_000
    assert len(fold(text)) < 50
    assert len(tokens(text)) == len(token_spans(text)) == 1


@pytest.mark.parametrize(
    ("text", "levelled"),
    [
        ("a \t\r\n b\u00a0c", "a b c"),
        ("\u201cit\u2019s\u201d ``so''", '"it"s" "so"'),
        ("\u00ab a \u00bb", '" a "'),
        ("plain", "plain"),
    ],
)
def test_level(text, levelled):
    assert collapse(text) == CollapsedText(text).text == levelled


@given(st.text(st.sampled_from("ab \n\t\u00a0'\"\u201c\u2019")))
def test_the_way_back_from_a_levelled_text(text):
    levelled = CollapsedText(text)
    assert levelled.text == collapse(text)
    assert levelled.origin(0) == 0
    assert levelled.origin(len(levelled.text)) == len(text)
    for place, character in enumerate(levelled.text):
        start, end = levelled.origin(place), levelled.origin(place + 1)
        assert collapse(text[start:end]) == character
        assert character in COLLAPSED or end - start == 1
