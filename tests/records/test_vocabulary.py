import pytest

from app.errors import InvalidDocument, nearest
from app.records.vocabulary import SCHEMES, Term, load_vocabulary, read_text_yaml

GOOD = """
event-type:
  - {id: battle, label: Battle, definition: Armed forces fight.}
relation-type:
  - id: part-of
    label: part of
    inverse: has-part
    joins: [{from: [event], to: [event]}]
  - id: has-part
    label: has part
    inverse: part-of
    joins: [{from: [event], to: [event]}]
"""


def load(tmp_path, text):
    path = tmp_path / "vocabulary.yaml"
    path.write_text(text, encoding="utf-8")
    return load_vocabulary(path)


def test_the_vocabulary_that_ships_holds_together(vocabulary):
    assert vocabulary.schemes == SCHEMES
    assert vocabulary.faults() == []
    for scheme in SCHEMES:
        assert vocabulary.terms(scheme)
    for term in (
        "part-of",
        "leads-to",
        "member-of",
        "leader-of",
        "spouse-of",
        "successor-of",
        "ally-of",
        "amends",
        "supersedes",
    ):
        assert vocabulary.term("relation-type", term).joins


def test_every_relation_reads_both_ways(vocabulary):
    for term in vocabulary.terms("relation-type"):
        inverse = vocabulary.term("relation-type", term.inverse)
        assert inverse.inverse == term.id
        for join in term.joins:
            assert all(inverse.may_join(end, start) for start in join.from_ for end in join.to)


def test_terms_are_found(tmp_path):
    vocabulary = load(tmp_path, GOOD)
    assert vocabulary.has("event-type", "battle")
    assert not vocabulary.has("event-type", "batle")
    assert not vocabulary.has("no-scheme", "battle")
    assert vocabulary.nearest("event-type", "batle") == "battle"
    assert vocabulary.term("event-type", "war") is None
    assert vocabulary.term("relation-type", "part-of").may_join("event", "event")
    assert not vocabulary.term("relation-type", "part-of").may_join("event", "actor")


def test_terms_are_added_to_a_new_vocabulary(tmp_path):
    vocabulary = load(tmp_path, GOOD)
    more = vocabulary.adding("event-type", [Term(id="duel", label="Duel")])
    assert more.has("event-type", "duel")
    assert not vocabulary.has("event-type", "duel")


@pytest.mark.parametrize(
    ("old", "new", "pointer", "code"),
    [
        ("    inverse: has-part\n", "", "/relation-type/part-of/inverse", "unknown_term"),
        ("inverse: has-part", "inverse: has-prt", "/relation-type/part-of/inverse", "unknown_term"),
        ("inverse: has-part", "inverse: part-of", "/relation-type/has-part/inverse", "wrong_inverse"),
        ("to: [event]", "to: [actor]", "/relation-type/part-of/joins", "wrong_inverse"),
        ("from: [event]", "from: [evnt]", "/relation-type/0/joins/0/from/0", "literal_error"),
        ("- {id: battle", "- {id: battle, label: B}\n  - {id: battle", "/event-type/1/id", "duplicate"),
        ("definition:", "inverse: part-of, definition:", "/event-type/battle/inverse", "unknown_field"),
        ("event-type:", "event-typ:", "/event-typ", "unknown_scheme"),
        ("label: Battle,", "", "/event-type/0/label", "missing"),
        (GOOD, "[]", "", "wrong_type"),
        (GOOD, "event-type: {a: b}", "/event-type", "wrong_type"),
        (GOOD, "a: 1\na: 2", "", "invalid_yaml"),
        (GOOD, "a: [", "", "invalid_yaml"),
    ],
)
def test_faults_of_a_vocabulary(tmp_path, old, new, pointer, code):
    with pytest.raises(InvalidDocument) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert (pointer, code) in {(fault.pointer, fault.code) for fault in caught.value.faults}


def test_yaml_scalars_are_text():
    assert read_text_yaml("[1967, no, 1967-03-15, null, 1.0, ~, 0x1F]") == [
        "1967",
        "no",
        "1967-03-15",
        "null",
        "1.0",
        "~",
        "0x1F",
    ]


@pytest.mark.parametrize(
    ("word", "candidates", "found"),
    [
        ("titel", ["title", "type"], "title"),
        ("zzz", ["title"], None),
        ("", ["a"], None),
        ("x" * 999, ["x"], None),
        ("TITLE", {"title": 1}, "title"),
    ],
)
def test_the_nearest_word(word, candidates, found):
    assert nearest(word, candidates) == found
