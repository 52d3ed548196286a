import random
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.values import text_selectors as passage
from app.values.text_folding import COLLAPSED, CollapsedText, collapse
from app.values.text_selectors import MatchStatus, SelectorMatch, TextIndex, TextSelector, verify

EXACT, MOVED, AMBIGUOUS, MISSING = (
    MatchStatus.EXACT,
    MatchStatus.MOVED,
    MatchStatus.AMBIGUOUS,
    MatchStatus.MISSING,
)
TEXT = "The treaty was signed in Havana.\nIt lasted.\nThe treaty was \u201cannulled\u201d in 1960."


@pytest.mark.parametrize(
    ("selector", "finding"),
    [
        (TextSelector(4, 10, "treaty"), SelectorMatch(EXACT, 4, 10)),
        (TextSelector(4, None, "treaty"), SelectorMatch(EXACT, 4, 10)),
        (TextSelector(5, 11, "treaty"), SelectorMatch(AMBIGUOUS)),
        (TextSelector(4, 11, "treaty"), SelectorMatch(AMBIGUOUS)),
        (TextSelector(-78, -72, "treaty"), SelectorMatch(AMBIGUOUS)),
        (TextSelector(0, 6, "Havana"), SelectorMatch(MOVED, 25, 31)),
        (TextSelector(exact="Havana"), SelectorMatch(MOVED, 25, 31)),
        (TextSelector(10**30, 10**30 + 6, "Havana"), SelectorMatch(MOVED, 25, 31)),
        (TextSelector(0, 6, "Habana"), SelectorMatch(MISSING)),
        (TextSelector(0, 1, "Havana. It lasted"), SelectorMatch(MOVED, 25, 42)),
        (TextSelector(0, 1, 'was "annulled"'), SelectorMatch(MOVED, 55, 69)),
        (TextSelector(0, 1, "treaty", suffix=" was signed"), SelectorMatch(MOVED, 4, 10)),
        (TextSelector(0, 1, "treaty", prefix="lasted. The "), SelectorMatch(MOVED, 48, 54)),
        (TextSelector(0, 1, "treaty", prefix="The "), SelectorMatch(AMBIGUOUS)),
        (TextSelector(0, 1, "treaty", prefix="A "), SelectorMatch(AMBIGUOUS)),
        (
            TextSelector(0, 1, "treaty", prefix="lasted.\nThe ", suffix=" was signed"),
            SelectorMatch(AMBIGUOUS),
        ),
        (TextSelector(0, 1, "Havana", prefix="not in "), SelectorMatch(MOVED, 25, 31)),
        (TextSelector(0, len(TEXT)), SelectorMatch(EXACT, 0, len(TEXT))),
        (TextSelector(0, len(TEXT) + 1), SelectorMatch(MISSING)),
        (TextSelector(3, 3), SelectorMatch(MISSING)),
        (TextSelector(), SelectorMatch(MISSING)),
    ],
)
def test_verify(selector, finding):
    assert verify(TEXT, [selector]) == [finding]


@pytest.mark.parametrize(
    ("text", "exact", "finding"),
    [
        ("aaa", "aa", SelectorMatch(AMBIGUOUS)),
        ("a  b a b", "a b", SelectorMatch(MOVED, 5, 8)),
        ("a  b a\tb", "a b", SelectorMatch(AMBIGUOUS)),
        ("a  b", "a b", SelectorMatch(MOVED, 0, 4)),
        ("x   foo   y", " foo ", SelectorMatch(MOVED, 3, 8)),
        ("x\tfoo y", " foo ", SelectorMatch(MOVED, 1, 6)),
        ("", "a", SelectorMatch(MISSING)),
        ("\U0001f5ff\u00e9 a", "a", SelectorMatch(MOVED, 3, 4)),
    ],
)
def test_where_a_phrase_without_a_place_stands(text, exact, finding):
    assert verify(text, [TextSelector(exact=exact)]) == [finding]


def test_findings_come_in_order_and_an_index_serves_again():
    index = TextIndex(TEXT)
    selectors = [TextSelector(exact=word) for word in ("Havana", "nowhere", "treaty", "Havana")]
    expected = [
        SelectorMatch(MOVED, 25, 31),
        SelectorMatch(MISSING),
        SelectorMatch(AMBIGUOUS),
        SelectorMatch(MOVED, 25, 31),
    ]
    assert index.verify(selectors) == expected
    assert index.verify(selectors[:1]) == expected[:1]
    assert index.verify([]) == []


def occurrences(text, phrase):
    return [start for start in range(len(text) - len(phrase) + 1) if text.startswith(phrase, start)]


def oracle(text, selector):
    """The rules, said again without any regard to cost: a verdict and the places that are right."""
    exact = selector.exact
    if selector.start is not None and text[selector.start : selector.end] == exact:
        return EXACT, {(selector.start, selector.end)}
    levelled = collapse(text)
    sides = [("", ""), (selector.prefix or "", selector.suffix or "")]
    if not occurrences(levelled, collapse(exact)):
        return MISSING, set()
    for prefix, suffix in sides:
        folded = occurrences(levelled, collapse(prefix + exact + suffix))
        literal = occurrences(text, prefix + exact + suffix)
        if len(literal) == 1 or len(folded) == 1:
            starts = [start + len(prefix) for start in literal]
            if len(literal) == 1:
                return MOVED, {(starts[0], starts[0] + len(exact))}
            return MOVED, {
                (start, end)
                for start in range(len(text))
                for end in range(start, len(text) + 1)
                if collapse(text[start:end]) == collapse(exact)
            }
    return AMBIGUOUS, set()


def check(text, selectors):
    for selector, finding in zip(selectors, verify(text, selectors), strict=True):
        verdict, places = oracle(text, selector)
        assert finding.verdict == verdict, (text, selector, finding)
        if verdict in {EXACT, MOVED}:
            assert (finding.start, finding.end) in places, (text, selector, finding)
        else:
            assert finding[1:] == (None, None)


# Few letters, so that much stands several times; phrases that begin and end with a letter or not.
letters = st.text(st.sampled_from("ab \n\u201c'"), max_size=40)
phrases = letters.map(lambda text: text[:12]).filter(lambda phrase: phrase.strip(COLLAPSED))
small_selectors = st.builds(
    lambda start, exact, prefix, suffix: TextSelector(start, start + len(exact), exact, prefix, suffix),
    st.integers(0, 30),
    phrases,
    st.none() | letters.map(lambda text: text[:3]),
    st.none() | letters.map(lambda text: text[:3]),
)


@pytest.fixture(params=["at once", "many automata", "short pieces"])
def way(request, monkeypatch):
    """Cut phrases and texts up, which short ones are not of themselves."""
    if request.param == "many automata":
        monkeypatch.setattr(passage, "_MAX_CHARACTERS", 3)
    if request.param == "short pieces":
        monkeypatch.setattr(passage, "_MAX_MATCHES", 2)
    return request.param


@pytest.mark.usefixtures("way")
class TestEveryWay:
    @settings(max_examples=150, suppress_health_check=["function_scoped_fixture"])
    @given(letters, st.lists(small_selectors, max_size=8))
    @example("a\n\nb a b", [TextSelector(0, 3, "a b")])
    def test_verdicts_are_true(self, text, selectors):
        check(text, selectors)

    @settings(max_examples=40, suppress_health_check=["function_scoped_fixture"])
    @given(st.data())
    def test_verdicts_are_true_after_edits(self, data):
        chance = random.Random(data.draw(st.integers(0, 2**32)))
        text = "".join(chance.choices("abc  \n\u201d'", k=chance.randint(20, 120)))
        selectors = []
        for _ in range(10):
            start = chance.randrange(len(text) - 10)
            end = start + chance.randint(1, 10)
            if text[start:end].strip(COLLAPSED):
                context = text[max(0, start - 4) : start], text[end : end + 4]
                selectors.append(TextSelector(start, end, text[start:end], *context))
        check(text, selectors)
        for _ in range(chance.randint(0, 4)):
            at = chance.randrange(len(text))
            edit = chance.choice(["", "a", "\n", " \t", "\u201c", text[:at]])
            text = text[:at] + edit + text[at + chance.randint(0, 2) :]
        check(text, selectors)

    def test_one_letter(self):
        text = "a" * 500
        selectors = [TextSelector(exact="a" * size) for size in range(1, 200)]
        selectors += [TextSelector(exact="a" * size + "b") for size in range(100)]
        verdicts = [finding.verdict for finding in verify(text, selectors)]
        assert verdicts == [AMBIGUOUS] * 199 + [MISSING] * 100
        assert verify(text, [TextSelector(exact=text)]) == [SelectorMatch(MOVED, 0, 500)]


def test_many_selectors_of_a_long_text_are_found_each_in_its_own_way():
    chance = random.Random(5)
    words = ["".join(chance.choices("abcdefg", k=chance.randint(1, 9))) for _ in range(2_000)]
    text = " ".join(chance.choices(words, k=40_000))
    selectors = []
    for size in (3, 8, 14, 15, 30, 31, 62, 63, 200):
        for _ in range(40):
            start = chance.randrange(len(text) - size)
            exact = text[start : start + size].strip()
            selectors.append(TextSelector(exact=exact))
            selectors.append(TextSelector(exact=exact[:-1] + "z"))
    for selector, finding in zip(selectors, verify(text, selectors), strict=True):
        first = text.find(selector.exact)
        if first < 0:
            assert finding == SelectorMatch(MISSING)
        elif text.find(selector.exact, first + 1) < 0:
            assert finding == SelectorMatch(MOVED, first, first + len(selector.exact))
        else:
            assert finding == SelectorMatch(AMBIGUOUS)


def test_hostile_shapes_are_done_in_bounded_time():
    size = 200_000
    sparse = "".join("a" * (n * 7919 % 99) + "b" for n in range(size // 50))
    selectors = [TextSelector(0, 1, "a" * (n % 100) + "b" + "a" * (100 + n // 100)) for n in range(2_000)]
    for text in ("a" * size, sparse, " \n" * (size // 2), "a \n" * (size // 3)):
        assert {finding.verdict for finding in verify(text, selectors)} <= {MISSING, MOVED}


def test_an_automaton_is_made_of_so_many_characters_at_the_most():
    phrases = ["a" * (size % 200) + str(size) for size in range(5_000)]
    batches = list(passage._batches(phrases))
    assert [phrase for batch in batches for phrase in batch] == phrases
    assert len(batches) > 1
    assert all(sum(map(len, batch)) < passage._MAX_CHARACTERS + 204 for batch in batches)


def test_phrases_that_match_everywhere_take_little_memory():
    selectors = [TextSelector(exact="a" * size) for size in range(1, 200)]
    tracemalloc.start()
    try:
        assert {finding.verdict for finding in verify("a" * 10_000, selectors)} == {AMBIGUOUS}
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


def test_the_levelled_text_is_not_made_where_all_stand_at_their_places(monkeypatch):
    monkeypatch.setattr(CollapsedText, "__init__", lambda *_: pytest.fail("needless"))
    assert verify(TEXT, [TextSelector(4, 10, "treaty")])[0].verdict == EXACT
