"""The graph on both databases: neighbourhoods against plain searches over the same records."""

import random
from xml.etree import ElementTree as ET

import pytest
from brute_force import cases_of, distances, fill, get, hub, random_documents, told_edges, with_evidence

from app.graph import neighbourhood as graphs
from app.graph.schemas import GraphQuery, PathQuery
from app.schemas.query_model import parameters_of


@pytest.mark.parametrize("seed", range(4))
async def test_neighbourhoods_against_a_plain_search(client, app, seed):
    chance = random.Random(seed)
    documents, refs = random_documents(chance)
    every = fill(app.state.db, documents)
    for parameters, ties in cases_of(every):
        for start in chance.sample(refs, 4):
            depth = chance.randint(1, 3)
            near = distances(ties, start, depth)
            document = await get(client, "graph", around=start, depth=depth, **parameters)
            assert {node["ref"] for node in document["nodes"]} == set(near)
            steps = [near[node["ref"]] for node in document["nodes"]]
            assert steps == sorted(steps)
            assert document["truncated"] is False
            inside = [tie for tie in ties if set(tie.ends) <= set(near)]
            assert told_edges(document) == sorted(
                (t.source, t.target, t.relation, t.role or "") for t in inside
            )


@pytest.mark.parametrize("seed", range(2))
async def test_neighbourhoods_as_a_source_has_them(client, app, seed):
    chance = random.Random(seed)
    documents, refs = random_documents(chance)
    told = list(with_evidence(chance, documents, "sources/diary"))
    every = fill(app.state.db, told, "sources/diary")
    assert len(every) > 3
    for parameters, ties in cases_of(every):
        for start in chance.sample(refs, 4):
            near = distances(ties, start, 2)
            asked = {"around": start, "depth": 2, "policy": "source:sources/diary", **parameters}
            document = await get(client, "graph", **asked)
            assert {node["ref"] for node in document["nodes"]} == set(near)
            inside = [tie for tie in ties if set(tie.ends) <= set(near)]
            assert told_edges(document) == sorted(
                (t.source, t.target, t.relation, t.role or "") for t in inside
            )


async def test_a_graph_and_a_path_have_what_the_source_says_of_records(writer):
    source = {"property": "date", "source": "sources/s", "value": "1955"}
    guest = {"actor": "actors/b", "role": "guest"}
    from_source = [source, {"property": "participants", "source": "sources/s", "value": [guest]}]
    written = {"title": "E", "date": "1950", "type": "meeting", "participants": [{"actor": "actors/a"}]}
    await writer.create("sources", id="s")
    for one in ("a", "b"):
        await writer.create("actors", id=one, date="1900")
    await writer.create("events", id="e", evidence=from_source, **written)
    read = {"policy": "source:sources/s"}
    found = await get(writer.client, "graph", around="events/e", **read)
    assert [(node["ref"], node.get("date", {}).get("edtf")) for node in found["nodes"]] == [
        ("events/e", "1955"),
        ("actors/b", None),
    ]
    [edge] = found["edges"]
    assert (edge["target"], edge["role"], edge["date"]["edtf"]) == ("actors/b", "guest", "1955")
    path = await get(writer.client, "graph/path", **{"from": "actors/b", "to": "events/e"}, **read)
    assert [item["source"] for item in path["hops"][0]["evidence"]] == ["sources/s"]
    assert path["hops"][0]["role"] == "guest"
    await get(writer.client, "graph/path", 404, **{"from": "actors/b", "to": "events/e"})
    await get(writer.client, "graph/path", 404, **{"from": "actors/a", "to": "events/e"}, **read)
    wrong = await get(writer.client, "graph", 400, around="events/e", policy="source:sources/none")
    assert [fault["parameter"] for fault in wrong["errors"]] == ["policy"]


async def test_a_graph_is_cut_at_the_nearest(client, app, monkeypatch):
    fill(app.state.db, hub(600))
    document = await get(client, "graph", around="places/world", depth=3)
    assert len(document["nodes"]) == graphs.MAX_NODES
    assert document["truncated"] is True
    assert "nearest 500 records" in document["truncation"]
    assert document["nodes"][0]["ref"] == "places/world"
    assert {node["kind"] for node in document["nodes"][1:]} == {"event"}
    again = await get(client, "graph", around="places/world", depth=3)
    assert again == document
    # Around someone else the hub has its share, and the rest has theirs.
    monkeypatch.setattr(graphs, "MAX_STEPS", 40)
    monkeypatch.setattr(graphs, "MAX_NODES", 30)
    document = await get(client, "graph", around="events/e0", depth=3)
    assert len(document["nodes"]) == 12 or document["truncated"] is True
    refs = [node["ref"] for node in document["nodes"]]
    assert refs[:2] == ["events/e0", "places/world"]
    assert document["truncated"] is True


async def test_a_graph_is_cut_at_its_links(client, app, monkeypatch):
    fill(app.state.db, hub(40))
    monkeypatch.setattr(graphs, "MAX_EDGES", 10)
    document = await get(client, "graph", around="places/world")
    assert len(document["edges"]) == 10
    assert document["truncated"] is True


async def test_links_by_sort(client, app):
    documents, refs = random_documents(random.Random(3))
    ties = fill(app.state.db, documents)
    for link in ("participant", "member-of,place", "ally-of"):
        some = [tie for tie in ties if tie.relation in link.split(",")]
        start = some[0].source
        document = await get(client, "graph", around=start, depth=2, link=link)
        near = distances(some, start, 2)
        assert {node["ref"] for node in document["nodes"]} == set(near)
        assert {edge["relation"] for edge in document["edges"]} <= set(link.split(","))
        assert len(document["edges"]) == len([tie for tie in some if set(tie.ends) <= set(near)])
    assert refs


async def test_what_an_edge_and_a_hop_say(writer):
    await writer.create("sources", id="s", title="S")
    await writer.create("actors", id="a", title="A", type="person")
    await writer.create("actors", id="c", title="C")
    told = [
        {"id": "named", "source": "sources/s", "property": "participants/actors/a"},
        {
            "id": "as-host",
            "source": "sources/s",
            "property": "participants/actors/a:host",
            "note": "He opened it.",
        },
        {"id": "as-guest", "source": "sources/s", "property": "participants/actors/c:guest"},
        {"id": "all", "source": "sources/s", "property": "participants"},
        {"id": "old", "source": "sources/s", "property": "participants/actors/a", "rank": "deprecated"},
        {"id": "when", "source": "sources/s", "property": "date"},
    ]
    people = [{"actor": "actors/a", "role": "host"}, {"actor": "actors/c", "role": "guest"}]
    related = [{"type": "concerns", "target": "actors/c", "date": "1962"}]
    await writer.create(
        "events", id="e", title="E", date="1961", participants=people, relations=related, evidence=told
    )
    await writer.create("events", id="undated", title="U", participants=people)
    answer = await writer.get("graph/path", **{"from": "actors/a", "to": "events/e"})
    (hop,) = answer.json()["hops"]
    assert (hop["source"], hop["target"], hop["relation"], hop["role"]) == (
        "events/e",
        "actors/a",
        "participant",
        "host",
    )
    assert hop["date"]["edtf"] == "1961"
    assert hop["date"]["start"] == {"earliest": "1961-01-01", "latest": "1961-12-31"}
    assert [item["id"] for item in hop["evidence"]] == ["named", "as-host", "all"]
    assert hop["evidence"][1]["note"] == "He opened it."
    assert [node["ref"] for node in answer.json()["nodes"]] == ["actors/a", "events/e"]
    document = (await writer.get("graph", around="events/e", depth=1)).json()
    assert document["nodes"][0] == {
        "ref": "events/e", "kind": "event", "title": "E", "date": document["nodes"][0]["date"],
    }  # fmt: skip
    dates = {(edge["relation"], edge["target"]): edge["date"]["edtf"] for edge in document["edges"]}
    assert dates[("concerns", "actors/c")] == "1962"
    assert dates[("participant", "actors/c")] == "1961"
    undated = (await writer.get("graph", around="events/undated")).json()
    assert not any("date" in edge for edge in undated["edges"])
    # In 1962 there is the relation alone.
    document = (await writer.get("graph", around="events/e", when="1962")).json()
    assert [(edge["relation"], edge["target"]) for edge in document["edges"]] == [("concerns", "actors/c")]


async def test_a_record_and_itself(writer):
    await writer.create("actors", id="a", title="A")
    found = (await writer.get("graph/path", **{"from": "actors/a", "to": "actors/a"})).json()
    assert found == {"length": 0, "hops": [], "nodes": [{"ref": "actors/a", "kind": "actor", "title": "A"}]}
    document = (await writer.get("graph", around="actors/a")).json()
    assert document == {"nodes": found["nodes"], "edges": [], "truncated": False}


async def test_a_merged_record_is_followed_and_a_deleted_one_is_gone(writer):
    for name in ("a", "b", "c"):
        await writer.create("actors", id=name, title=name)
    await writer.create(
        "events", id="e", title="E", participants=[{"actor": "actors/a"}, {"actor": "actors/c"}]
    )
    await writer.merge("actors/a", "actors/b")
    found = (await writer.get("graph/path", **{"from": "actors/a", "to": "actors/c"})).json()
    assert [node["ref"] for node in found["nodes"]] == ["actors/b", "events/e", "actors/c"]
    await writer.delete("events/e")
    assert (await writer.get("graph/path", **{"from": "actors/b", "to": "actors/c"})).status_code == 404
    assert (await writer.get("graph", around="events/e")).status_code == 400


async def test_answers_have_an_entity_tag_of_the_whole_database(writer):
    await writer.create("actors", id="a", title="A")
    first = await writer.ask("GET", "/v1/graph?around=actors/a")
    tag = first.headers["etag"]
    again = await writer.ask("GET", "/v1/graph?around=actors/a", headers={"If-None-Match": tag})
    assert again.status_code == 304
    await writer.create("actors", id="b", title="B", relations=[{"type": "ally-of", "target": "actors/a"}])
    after = await writer.ask("GET", "/v1/graph?around=actors/a", headers={"If-None-Match": tag})
    assert after.status_code == 200
    assert len(after.json()["nodes"]) == 2


async def test_graphml(seeded_client):
    answer = await seeded_client.get("/v1/graph?around=actors/hugo-chavez&depth=2&format=graphml")
    assert answer.headers["content-type"] == "application/graphml+xml"
    document = (await seeded_client.get("/v1/graph?around=actors/hugo-chavez&depth=2")).json()
    tree = ET.fromstring(answer.content)
    space = "{http://graphml.graphdrawing.org/xmlns}"
    assert len(tree.findall(f".//{space}node")) == len(document["nodes"]) > 10
    assert len(tree.findall(f".//{space}edge")) == len(document["edges"]) > 10
    by_header = await seeded_client.get(
        "/v1/graph?around=actors/hugo-chavez&depth=2", headers={"Accept": "application/graphml+xml"}
    )
    assert by_header.content == answer.content
    assert (await seeded_client.get("/v1/graph?around=actors/hugo-chavez&format=csv")).status_code == 406


@pytest.mark.parametrize(
    ("path", "faults"),
    [
        ("graph", {"around": "missing_parameter"}),
        ("graph?around=", {"around": "empty_value"}),
        ("graph?around=actors", {"around": "invalid_reference"}),
        ("graph?around=actor/fidel-castro", {"around": "invalid_reference"}),
        ("graph?around=actors/fidel-castr", {"around": "unknown_reference"}),
        ("graph?around=actors/fidel-castro,,", {"around": "empty_value"}),
        (
            "graph?around=actors/fidel-castro&depth=0&when=x",
            {"depth": "out_of_range", "when": "invalid_edtf"},
        ),
        ("graph?around=actors/fidel-castro&depth=4", {"depth": "out_of_range"}),
        ("graph?around=actors/fidel-castro&depth=٢", {"depth": "out_of_range"}),
        ("graph?around=actors/fidel-castro&link=freind-of", {"link": "unknown_term"}),
        ("graph?around=actors/fidel-castro&certainty=certain", {"certainty": "missing_parameter"}),
        ("graph?around=actors/fidel-castro&policy=sources/x", {"policy": "invalid_policy"}),
        ("graph/path?from=actors/fidel-castro", {"to": "missing_parameter"}),
        ("graph/path?from=x&to=y", {"from": "invalid_reference", "to": "invalid_reference"}),
        ("graph/path?from=actors/x&to=actors/y", {"from": "unknown_reference", "to": "unknown_reference"}),
        (
            "graph/path?from=actors/x&to=actors/cuba&all=1&order=size",
            {"all": "unknown_value", "order": "unknown_value", "from": "unknown_reference"},
        ),
        ("graph/path?from=actors/cuba&to=places/havana&depth=2", {"depth": "unknown_parameter"}),
        ("graph/path?from=actors/cuba&to=places/havana&when=", {"when": "empty_value"}),
    ],
)
async def test_what_is_refused(seeded_client, path, faults):
    answer = await seeded_client.get(f"/v1/{path}")
    assert answer.status_code == 400
    assert {fault["parameter"]: fault["code"] for fault in answer.json()["errors"]} == faults


async def test_suggestions(seeded_client):
    answer = await seeded_client.get("/v1/graph?around=actors/fidel-castr")
    assert answer.json()["errors"][0]["suggestion"] == "actors/fidel-castro"
    answer = await seeded_client.get("/v1/graph?around=actor/fidel-castro")
    assert answer.json()["errors"][0]["suggestion"] == "actors/fidel-castro"
    answer = await seeded_client.get("/v1/graph?around=actors/fidel-castro&link=participants")
    assert answer.json()["errors"][0]["suggestion"] == "participant"


async def test_a_lenient_client_may_say_more(seeded_client):
    answer = await seeded_client.get(
        "/v1/graph?around=actors/fidel-castro&nonsense=1", headers={"Prefer": "handling=lenient"}
    )
    assert answer.status_code == 200


async def test_the_examples_of_the_description_hold(seeded_client):
    document = (await seeded_client.get("/openapi.json")).json()
    for path, known in (("/v1/graph", GraphQuery), ("/v1/graph/path", PathQuery)):
        operation = document["paths"][path]["get"]
        told = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
        assert told == list(parameters_of(known))
        required = {
            one["name"]: one["example"]
            for one in operation["parameters"]
            if one.get("required") and "example" in one
        }
        answer = await seeded_client.get(path, params=required)
        assert answer.status_code == 200
        assert answer.json() == operation["responses"]["200"]["content"]["application/json"]["example"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
async def test_links_of_a_time_say_whether_they_are_for_certain(client, app, seed):
    chance = random.Random(seed)
    documents, refs = random_documents(chance)
    fill(app.state.db, documents)
    for when in ("1951", "1950/1954", "../1952"):
        for start in refs:
            asked = {"around": start, "depth": 3, "when": when}
            found = await get(client, "graph", **asked)
            every = await get(client, "graph", **asked | {"around": ",".join(refs)})
            certain = await get(client, "graph", **asked | {"around": ",".join(refs), "certainty": "certain"})
            assert all(edge.pop("certain") for edge in certain["edges"])
            assert [edge for edge in every["edges"] if edge.pop("certain")] == certain["edges"]
            assert all("certain" in edge for edge in found["edges"])
    assert all("certain" not in edge for edge in (await get(client, "graph", around=refs[0]))["edges"])


async def test_a_graph_is_around_several_records(client, app):
    documents, _ = random_documents(random.Random(7))
    ties = fill(app.state.db, documents)
    middle = ["actors/a1", "events/e2", "places/p0"]
    document = await get(client, "graph", around=",".join(middle))
    near = {ref for start in middle for ref in distances(ties, start, 1)}
    listed = [node["ref"] for node in document["nodes"]]
    assert listed[:3] == middle
    assert set(listed) == near
    assert told_edges(document) == sorted(
        (t.source, t.target, t.relation, t.role or "") for t in ties if set(t.ends) <= near
    )
    many = ",".join(f"events/x{n}" for n in range(51))
    assert (await client.get("/v1/graph", params={"around": many})).json()["errors"][0]["code"] == "too_many"
    wrong = (await client.get("/v1/graph", params={"around": "events/e2,events/e22"})).json()["errors"]
    assert [(fault["parameter"], fault["code"]) for fault in wrong] == [("around", "unknown_reference")]
