import orjson
import pytest

from app.records.references import Link, links, own_reference, references, replace_reference
from app.records.scalars import is_reference
from app.records.serialization import to_canonical_json

DOCUMENTS = {
    "event": {
        "participants": [{"actor": "actors/a", "role": "host"}],
        "places": [{"place": "places/p", "role": "site"}],
        "relations": [{"type": "part-of", "target": "events/x", "date": "1999"}],
        "evidence": [
            {"source": "sources/s", "property": "participants", "value": [{"actor": "actors/v"}]},
            {"basis": "external", "note": "known"},
        ],
    },
    "agreement": {
        "parties": [{"actor": "actors/a", "role": "signatory"}],
        "provisions": [{"id": "p", "obliges": ["actors/a", "actors/b"], "benefits": ["actors/c"]}],
        "evidence": [
            {"source": "sources/s", "property": "provisions/p", "value": {"benefits": ["actors/v"]}}
        ],
    },
    "mission": {
        "established_under": {"agreement": "agreements/g", "provision": "p"},
        "participants": [{"actor": "actors/a"}],
    },
    "actor": {"relations": [{"type": "member-of", "target": "actors/x"}]},
    "place": {"relations": [{"type": "part-of", "target": "places/x"}]},
    "source": {"places": [{"place": "places/p"}], "relations": [{"type": "part-of", "target": "sources/x"}]},
}


@pytest.fixture(params=DOCUMENTS)
def record(request, read):
    return read({"id": "own", **DOCUMENTS[request.param]}, request.param)


def strings(value):
    if isinstance(value, dict):
        for member in value.values():
            yield from strings(member)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def test_every_reference_is_told_with_its_pointer(record):
    document = orjson.loads(to_canonical_json(record))
    told = list(references(record))
    for mention in told:
        at = document
        for step in mention.pointer.split("/")[1:]:
            at = at[int(step)] if isinstance(at, list) else at[step]
        assert at == mention.ref
    in_document = [text for text in strings(document) if is_reference(text)]
    assert sorted(mention.ref for mention in told) == sorted(in_document)


def test_links_of_an_agreement(read):
    assert links(read(DOCUMENTS["agreement"], "agreement")) == [
        Link("party", "signatory", "actors/a", None),
        Link("obliges", None, "actors/a", None),
        Link("obliges", None, "actors/b", None),
        Link("benefits", None, "actors/c", None),
    ]


def test_links_of_the_others(read):
    found = links(read(DOCUMENTS["event"]))
    assert [(link.relation, link.role, link.target) for link in found] == [
        ("place", "site", "places/p"),
        ("participant", "host", "actors/a"),
        ("part-of", None, "events/x"),
    ]
    assert found[2].date.text == "1999"
    assert [link.relation for link in links(read(DOCUMENTS["mission"], "mission"))] == [
        "participant",
        "established-under",
    ]


def test_any_reference_can_be_replaced(record):
    for ref in {mention.ref for mention in references(record)}:
        new = f"{ref.partition('/')[0]}/other"
        moved = replace_reference(record, ref, new)
        assert ref not in strings(orjson.loads(to_canonical_json(moved)))
        assert [m.ref for m in references(moved)] == [
            new if m.ref == ref else m.ref for m in references(record)
        ]
    assert replace_reference(record, "events/nothing", "events/else") is record


def test_what_becomes_the_same_collapses(read):
    event = read(
        {
            "participants": [
                {"actor": "actors/a", "role": "host", "note": "n"},
                {"actor": "actors/b", "role": "host"},
                {"actor": "actors/b"},
            ],
            "evidence": [{"source": "sources/s", "property": "participants/actors/b:host"}],
        }
    )
    moved = replace_reference(event, "actors/b", "actors/a")
    assert [(p.actor, p.role, p.note) for p in moved.participants] == [
        ("actors/a", "host", "n"),
        ("actors/a", None, None),
    ]
    assert moved.evidence[0].property == "participants/actors/a:host"
    agreement = read(
        {
            "parties": [
                {"actor": "actors/a", "actions": [{"action": "signed"}]},
                {"actor": "actors/b", "actions": [{"action": "signed"}, {"action": "ratified"}]},
            ],
            "provisions": [{"obliges": ["actors/a", "actors/b"]}],
        },
        "agreement",
    )
    moved = replace_reference(agreement, "actors/b", "actors/a")
    assert [[action.action for action in party.actions] for party in moved.parties] == [
        ["signed", "ratified"]
    ]
    assert moved.provisions[0].obliges == ("actors/a",)


def test_links_to_itself_drop_with_what_is_said_of_them(read):
    actor = read(
        {
            "id": "own",
            "relations": [
                {"type": "ally-of", "target": "actors/b"},
                {"type": "ally-of", "target": "actors/c"},
            ],
            "evidence": [
                {"source": "sources/s", "property": "relations/ally-of/actors/b", "value": {"note": "n"}}
            ],
        },
        "actor",
    )
    moved = replace_reference(actor, "actors/b", own_reference(actor))
    assert [relation.target for relation in moved.relations] == ["actors/c"]
    assert (moved.evidence[0].property, moved.evidence[0].value) == (None, None)
