import random
import sys
import unicodedata
from bisect import bisect_right

import pytest

from app.values.unicode_nfc import MADE_OF_MARKS, is_nfc, to_nfc

MARKS = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code))]


@pytest.mark.slow
def test_marks_made_of_others_are_all_known():
    decomposed = {chr(code): unicodedata.normalize("NFD", chr(code)) for code in range(sys.maxunicode + 1)}
    found = [one for one, apart in decomposed.items() if apart != one and unicodedata.combining(apart[0])]
    assert "".join(found) == MADE_OF_MARKS


@pytest.mark.parametrize("seed", range(100))
def test_it_is_the_form_of_the_standard(seed):
    chance = random.Random(seed)
    marks = [*MARKS, *MADE_OF_MARKS * 20, "≮", "-", "é", "가", " "]
    text = "".join("a" + "".join(chance.choices(marks, k=chance.randrange(20, 90))) for _ in range(4))
    assert to_nfc(text) == unicodedata.normalize("NFC", text)
    assert is_nfc(to_nfc(text))
    assert is_nfc(text) == (to_nfc(text) == text)


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0300\u0316" * 50_000,
        "a" + "\u0300" * 50_000 + "\u0316" * 50_000,
        "\u0f73" * 50_000,
        "≮\u0316\u0301\u0300" * 20_000 + "\u0316",
    ],
)
def test_the_standard_library_has_little_to_sort(text, monkeypatch):
    """It sorts marks by insertion: each pair of one base that is in the wrong order is a step."""
    pairs, normalize = [], unicodedata.normalize

    def looked_at(form, given):
        pairs.append(pairs_in_wrong_order(given))
        assert sum(pairs) < 16 * len(text)
        return normalize(form, given)

    monkeypatch.setattr(unicodedata, "normalize", looked_at)
    assert is_nfc(to_nfc(text))
    assert pairs


def pairs_in_wrong_order(text):
    pairs, run = 0, []
    for mark in map(unicodedata.combining, text):
        if mark:
            place = bisect_right(run, mark)
            pairs += len(run) - place
            run.insert(place, mark)
        else:
            run.clear()
    return pairs
