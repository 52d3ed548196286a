import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.records.kinds import kind_by_name
from app.records.references import references
from app.records.serialization import to_canonical_json
from app.records.source_view import contested_properties, source_views, sources_of
from app.records.validation.document import validate_document

X = "sources/x"
EVENT = {
    "id": "own",
    "title": "Raid",
    "type": "battle",
    "summary": "A raid.",
    "date": "1967",
    "tags": ["war"],
    "figures": [
        {"id": "dead", "measure": "deaths", "best": 12},
        {"id": "hurt", "measure": "injured", "best": 3},
    ],
    "participants": [
        {"actor": "actors/a", "role": "host"},
        {"actor": "actors/a", "role": "guest"},
        {"actor": "actors/b"},
    ],
    "places": [{"place": "places/p"}],
    "relations": [{"type": "part-of", "target": "events/x"}],
}


def item(prop=None, **members):
    return {"source": X, "property": prop, **members}


def other(prop=None, **members):
    return item(prop, **members) | {"source": "sources/y"}


@pytest.fixture
def view(read):
    """Give what a source makes of the event, the fields that are always there left out."""

    def viewing(*items, source=X):
        record = dict(source_views(read({**EVENT, "evidence": list(items)}))).get(source)
        if record is None:
            return None
        document = orjson.loads(to_canonical_json(record))
        assert all(one["source"] == source for one in document.pop("evidence"))
        return {name: value for name, value in document.items() if name not in {"kind", "id"}}

    return viewing


BARE = {"title": "Raid", "type": "battle"}


def figures(*ids):
    return [figure for figure in EVENT["figures"] if figure["id"] in ids]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], None),
        ([other("tags")], None),
        ([item("tags", rank="deprecated")], None),
        ([item()], {}),
        ([item(stance="disputes")], {}),
        ([item("tags")], {"tags": ["war"]}),
        ([item("tags", stance="mentions")], {"tags": ["war"]}),
        ([item("tags", stance="disputes")], {}),
        ([item("tags", stance="disputes"), item("tags", stance="mentions")], {}),
        ([item("tags"), item("tags", stance="disputes")], {"tags": ["war"]}),
        ([item("tags"), item("tags", stance="disputes", rank="preferred")], {}),
        ([item("tags", stance="disputes", value=["peace"])], {"tags": ["peace"]}),
        ([item("tags", value=["b"]), item("tags", value=["c"])], {"tags": ["b"]}),
        ([item("tags", value=["b"]), item("tags", value=["c"], rank="preferred")], {"tags": ["c"]}),
        ([item("tags", value=["b"], rank="deprecated"), item("tags")], {"tags": ["war"]}),
        ([item("tags", value=["b"]), other("tags", value=["c"], rank="preferred")], {"tags": ["b"]}),
        ([item("title", value="Battle")], {"title": "Battle"}),
        ([item("title", stance="disputes")], {}),
        ([item("type", value="siege")], {"type": "siege"}),
        ([item("type", stance="disputes")], {"type": None}),
        ([item("figures")], {"figures": figures("dead", "hurt")}),
        ([item("figures/dead")], {"figures": figures("dead")}),
        ([item("figures/dead", stance="disputes")], {}),
        ([item("figures"), item("figures/dead", stance="disputes")], {"figures": figures("hurt")}),
        ([item("figures", stance="disputes"), item("figures/dead")], {"figures": figures("dead")}),
        ([item("figures/dead", value={"low": 20})], {"figures": [{"id": "dead", "measure": "deaths", "low": 20}]}),
        (
            [item("figures", value=[{"id": "z", "measure": "deaths", "best": 1}]), item("figures/hurt", value={"best": 9})],
            {"figures": [{"id": "z", "measure": "deaths", "best": 1}, {"id": "hurt", "measure": "injured", "best": 9}]},
        ),
        ([item("participants/actors/a")], {"participants": EVENT["participants"][:2]}),
        ([item("participants/actors/a:host")], {"participants": EVENT["participants"][:1]}),
        (
            [item("participants/actors/a"), item("participants/actors/a:host", stance="disputes")],
            {"participants": EVENT["participants"][1:2]},
        ),
        ([item("participants"), item("participants/actors/b", stance="disputes")], {"participants": EVENT["participants"][:2]}),
        (
            [item("participants"), item("participants/actors/a:host", value={"role": "victim"})],
            {"participants": [{"actor": "actors/a", "role": "victim"}, *EVENT["participants"][1:]]},
        ),
        ([item("places/places/p"), item("relations/part-of/events/x")], {"places": EVENT["places"], "relations": EVENT["relations"]}),
    ],
)  # fmt: skip
def test_what_a_source_makes_of_a_record(view, items, expected):
    if expected is None:
        assert view(*items) is None
    else:
        wanted = {name: value for name, value in (BARE | expected).items() if value is not None}
        assert view(*items) == wanted


def test_a_view_has_the_dates_of_its_source(view):
    seen = view(item("date", value="1968-05"))
    assert seen["date"]["edtf"] == "1968-05"
    assert seen["date"]["start"]["earliest"] == "1968-05-01"


def test_a_view_keeps_what_identifies_the_record(read):
    record = read({**EVENT, "evidence": [item()]}).model_copy(
        update={"revision": 4, "href": "/v1/events/own"}
    )
    seen = dict(source_views(record))[X]
    assert (seen.kind, seen.id, seen.revision, seen.href) == ("event", "own", 4, "/v1/events/own")


def test_there_is_a_view_of_each_source(read):
    record = read(
        {**EVENT, "evidence": [item("tags"), other("date"), item("figures/dead", rank="deprecated")]}
    )
    assert sources_of(record) == ["sources/x", "sources/y"]
    assert [source for source, _ in source_views(record)] == ["sources/x", "sources/y"]


@pytest.mark.parametrize(
    ("items", "contested"),
    [
        ([item("tags")], set()),
        ([item("tags", stance="disputes")], {"tags"}),
        ([item("figures/dead", value={"best": 1})], {"figures/dead"}),
        ([item("figures/dead", value={"best": 1}, rank="deprecated")], set()),
        ([item(stance="disputes")], {""}),
    ],
)
def test_what_is_contested(read, items, contested):
    assert contested_properties(read({**EVENT, "evidence": items})) == contested


PROPERTIES = [
    None, "title", "type", "tags", "date", "figures", "figures/dead", "figures/hurt", "participants",
    "participants/actors/a", "participants/actors/a:host", "participants/actors/b", "places/places/p", "relations",
]  # fmt: skip
ITEMS = st.builds(
    item,
    st.sampled_from(PROPERTIES),
    stance=st.sampled_from(["supports", "disputes", "mentions"]),
    rank=st.sampled_from(["preferred", "normal", "deprecated"]),
    source=st.just(X),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ITEMS, max_size=8))
def test_a_view_without_values_says_nothing_the_record_does_not(vocabulary, items):
    record = validate_document(kind_by_name("event"), {**EVENT, "evidence": items}, vocabulary)
    seen = dict(source_views(record)).get(X)
    assert (seen is None) == (X not in sources_of(record))
    if seen is None:
        return
    for field in ("figures", "participants", "places", "relations", "tags"):
        assert set(getattr(seen, field)) <= set(getattr(record, field))
    assert seen.title == record.title
    assert {mention.ref for mention in references(seen)} <= {mention.ref for mention in references(record)}
    # A view is a document like any other: it can be read again, and X has no more to say of it.
    kept = [one for one in orjson.loads(to_canonical_json(seen)).items() if one[0] != "evidence"]
    assert validate_document(kind_by_name("event"), dict(kept), vocabulary).title == "Raid"
