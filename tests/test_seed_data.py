"""The fixtures themselves: everything has evidence, every selector holds, nothing is copied."""

import hashlib
import re
from pathlib import Path

import pytest
from seed_vocabulary import VOCABULARY

from app.records.agreement import Agreement
from app.records.references import references
from app.seed.fixtures import read_fixtures
from app.settings import data_dir

SEEDS = data_dir("seed_data")
SOURCES = Path(__file__).parent.parent.parent / "shared" / "sources"
WITH_EVIDENCE = ("event", "actor", "agreement", "mission", "place")
MAX_WORDS = 12


@pytest.fixture(scope="module")
def fixtures():
    return {one.ref: one for one in read_fixtures(SEEDS, VOCABULARY)}


@pytest.fixture(scope="module")
def sources(fixtures):
    return {ref: one.record for ref, one in fixtures.items() if one.kind.kind == "source"}


def items_of(fixtures, source):
    """Every piece of evidence from a source, with the record that it is on."""
    for ref, one in fixtures.items():
        for item in one.record.evidence_items():
            if item.source == source:
                yield f"{ref}#{item.id}", item


def text_of(source):
    """The text of a source, where whoever runs the tests has it."""
    path = SOURCES / f"{source.id}.txt"
    if not path.exists():
        pytest.skip(
            f"the text of {source.id} is not here, at {path.parent.name}/{path.name}: it is not part of the project"
        )
    return path.read_bytes().decode()


NAMES_OF_MEMBERS = {
    "figures": lambda one: {f"figures/{one.id}"},
    "provisions": lambda one: {f"provisions/{one.id}"},
    "participants": lambda one: {f"participants/{one.actor}", f"participants/{one.actor}:{one.role}"},
    "parties": lambda one: {f"parties/{one.actor}"},
    "places": lambda one: {f"places/{one.place}"},
    "relations": lambda one: {f"relations/{one.type}/{one.target}"},
}


def has_evidence(record, *properties):
    return any(item.property in properties for item in record.evidence_items())


def test_every_kind_is_there(fixtures):
    kinds = [one.kind.kind for one in fixtures.values()]
    assert {
        kind: kinds.count(kind) >= least
        for kind, least in (
            ("event", 20),
            ("actor", 20),
            ("agreement", 1),
            ("mission", 3),
            ("place", 5),
            ("source", 1),
        )
    } == dict.fromkeys(("event", "actor", "agreement", "mission", "place", "source"), True)


def test_every_reference_leads_somewhere(fixtures):
    lost = [
        (ref, mention.ref)
        for ref, one in fixtures.items()
        for mention in references(one.record)
        if mention.ref not in fixtures
    ]
    assert lost == []


def test_everything_is_tied_to_something(fixtures):
    mentioned = {
        mention.ref
        for one in fixtures.values()
        for mention in references(one.record)
        if mention.relation != "evidence"
    }
    alone = [
        ref
        for ref, one in fixtures.items()
        if ref not in mentioned and all(mention.relation == "evidence" for mention in references(one.record))
    ]
    assert alone == []


def test_every_record_has_evidence(fixtures):
    bare = [
        ref
        for ref, one in fixtures.items()
        if one.kind.kind in WITH_EVIDENCE and not one.record.evidence_items()
    ]
    assert bare == []


@pytest.mark.parametrize("field", ["date", "in_force", "established_under"])
def test_every_dated_property_has_evidence_of_its_own(fixtures, field):
    bare = [
        ref
        for ref, one in fixtures.items()
        if one.kind.kind in WITH_EVIDENCE
        and getattr(one.record, field, None) is not None
        and not has_evidence(one.record, field)
    ]
    assert bare == []


@pytest.mark.parametrize("field", NAMES_OF_MEMBERS)
def test_every_member_that_can_be_doubted_has_evidence(fixtures, field):
    bare = [
        (ref, field, str(member)[:80])
        for ref, one in fixtures.items()
        if one.kind.kind in WITH_EVIDENCE
        for member in getattr(one.record, field, ())
        if not has_evidence(one.record, field, *NAMES_OF_MEMBERS[field](member))
    ]
    assert bare == []


def test_what_no_source_says_is_marked_with_a_reason(fixtures):
    for ref, one in fixtures.items():
        for item in one.record.evidence_items():
            if item.source is None or item.basis in ("inferred", "external"):
                assert item.note, (ref, item.id)
            if item.source is not None:
                assert item.selector is not None, (ref, item.id)


def test_selectors_lie_within_their_text(fixtures, sources):
    for ref, source in sources.items():
        ends = [
            (name, item.selector.end)
            for name, item in items_of(fixtures, ref)
            if item.selector.end is not None
        ]
        assert ends
        assert [name for name, end in ends if end > source.text.characters] == []


def test_every_agreement_has_parties_that_acted_and_provisions(fixtures):
    for ref, one in fixtures.items():
        if isinstance(one.record, Agreement):
            assert len(one.record.parties) >= 2, ref
            assert all(party.actions for party in one.record.parties), ref
            assert one.record.provisions, ref


def test_texts_are_those_the_selectors_were_made_for(sources):
    for source in sources.values():
        text = text_of(source)
        assert hashlib.sha256(text.encode()).hexdigest() == source.text.sha256
        assert len(text) == source.text.characters


def test_every_selector_matches_to_the_character(fixtures, sources):
    for ref, source in sources.items():
        text = text_of(source)
        wrong = [
            name
            for name, item in items_of(fixtures, ref)
            if text[item.selector.start : item.selector.end] != item.selector.exact
        ]
        assert wrong == []


def words(text):
    return re.findall(r"\w+", text.casefold())


def test_no_sentence_is_copied(sources):
    texts = [(source, words(text_of(source))) for source in sources.values()]
    for source, said in texts:
        runs = {tuple(said[at : at + MAX_WORDS + 1]) for at in range(len(said) - MAX_WORDS)}
        for path in sorted((SEEDS / source.id).glob("*.yaml")):
            # Keys and folded lines stand between words of one text; read line by line they would hide a copy.
            ours = words(re.sub(r"\n\s+", " ", path.read_text(encoding="utf-8")))
            copied = [
                " ".join(ours[at : at + MAX_WORDS + 1])
                for at in range(len(ours))
                if tuple(ours[at : at + MAX_WORDS + 1]) in runs
            ]
            # The title of the source is its name and not a copy.
            title = " ".join(words(source.title))
            assert [run for run in copied if run not in title and title not in run] == [], path.name
