"""Chains of links on both databases, against plain searches over the same records."""

import itertools
import random

import pytest
from brute_force import (
    YEARS,
    cases_of,
    check_chain,
    distances,
    fill,
    get,
    hub,
    in_order,
    random_documents,
    simple_chains,
)

from app.graph import paths
from app.values.edtf import value as edtf


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_chains_against_a_plain_search(client, app, seed):
    chance = random.Random(seed)
    documents, refs = random_documents(chance)
    every = fill(app.state.db, documents)
    sorts = (
        {"link": "participant,member-of"},
        [tie for tie in every if tie.relation in ("participant", "member-of")],
    )
    for parameters, ties in (*cases_of(every), sorts):
        for _ in range(6):
            start, goal = chance.choice(refs), chance.choice(refs)
            length = distances(ties, start).get(goal)
            asked = {"from": start, "to": goal, **parameters}
            if length is None:
                assert (await get(client, "graph/path", 404, **asked))["code"] == "no_path"
                continue
            one = await get(client, "graph/path", **asked)
            assert one["length"] == length
            expected = set(simple_chains(ties, start, goal, length))
            assert check_chain(one, ties, start, goal) in expected
            found = await get(client, "graph/path", all="true", **asked)
            assert found["length"] == length
            chains = [check_chain(path, ties, start, goal) for path in found["paths"]]
            assert len(chains) == len(set(chains))
            assert set(chains) == expected
            assert chains[0] == tuple(node["ref"] for node in one["nodes"])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_order_of_time_against_every_chain(client, app, seed):
    chance = random.Random(100 + seed)
    documents, refs = random_documents(chance, actors=8, events=16, dates=YEARS)
    every = fill(app.state.db, documents)
    dated = [tie for tie in every if tie.span is not None]
    longer = 0
    for start, goal in chance.sample(list(itertools.permutations(refs, 2)), 30):
        expected, length = set(), None
        for length in range(1, 8):
            expected = {c for c in simple_chains(dated, start, goal, length) if in_order(dated, c)}
            if expected:
                break
        asked = {"from": start, "to": goal, "order": "time", "all": "true"}
        answer = await client.get("/v1/graph/path", params=asked)
        if not expected:
            assert answer.status_code == 404 or answer.json()["length"] >= 8
            continue
        document = answer.json()
        assert document["length"] == length
        assert {check_chain(path, dated, start, goal) for path in document["paths"]} == expected
        longer += length > distances(every, start)[goal]
        for path in document["paths"]:
            day = -(2**63)
            for hop in path["hops"]:
                bounds = edtf.parse_edtf(hop["date"]["edtf"]).span.bounds
                day = max(day, bounds.s1)
                assert day <= bounds.e2
    assert seed != 1 or longer, "no case in which order makes the chain longer"


async def test_order_of_time_goes_one_way(client, app):
    """The letter passes from a to b, then from b to c; nothing that c had came to a in this order."""

    def meeting(name, date, *people):
        participants = [{"actor": f"actors/{one}"} for one in people]
        return "event", {"id": name, "title": name, "date": date, "participants": participants}

    documents = [("actor", {"id": name, "title": name}) for name in "abcd"]
    documents += [meeting("first", "1950", "a", "b"), meeting("second", "1951", "b", "c")]
    documents += [meeting("long", "1950/1955", "c", "d"), meeting("last", "1954", "d", "a")]
    fill(app.state.db, documents)

    async def way(start, goal, status=200):
        asked = {"from": f"actors/{start}", "to": f"actors/{goal}", "order": "time"}
        found = await get(client, "graph/path", status, **asked)
        return [node["ref"].partition("/")[2] for node in found["nodes"]] if status == 200 else None

    assert await way("a", "c") == ["a", "first", "b", "second", "c"]
    # Back only the long way round: what began in 1950 can still follow 1951, and 1954 comes after it.
    assert await way("c", "a") == ["c", "long", "d", "last", "a"]
    assert await way("d", "b") is not None
    assert await way("b", "a") == ["b", "first", "a"]
    assert await way("d", "c") == ["d", "long", "c"]


async def test_a_turn_that_came_too_late_is_not_taken(client, app):
    """u is reached in 1951 by way of a, in 1958 by way of b; what goes on in 1955 follows the first alone."""
    known = [
        ("v", "g", "1960"),
        ("u", "v", "1955"),
        ("a", "u", "1951"),
        ("b", "u", "1958"),
        ("s", "a", "1950"),
    ]
    known += [("s", "b", "1957"), *((f"x{n}", "g", "1960") for n in range(9))]
    relations = {}
    for source, target, date in known:
        tie = {"type": "ally-of", "target": f"actors/{target}", "date": date}
        relations.setdefault(source, []).append(tie)
    names = ["g", "v", "u", "a", "b", "s", *(f"x{n}" for n in range(9))]
    fill(
        app.state.db,
        [("actor", {"id": name, "title": name, "relations": relations.get(name, [])}) for name in names],
    )
    asked = {"from": "actors/s", "to": "actors/g", "order": "time", "all": "true"}
    found = await get(client, "graph/path", **asked)
    ways = ["".join(node["title"] for node in path["nodes"]) for path in found["paths"]]
    assert ways == ["sauvg"]
    del asked["order"]
    ways = [path["nodes"][1]["title"] for path in (await get(client, "graph/path", **asked))["paths"]]
    assert sorted(ways) == ["a", "b"]


async def test_the_search_gives_way_to_the_smaller_side(client, app, monkeypatch):
    """With patience for a handful of links the answers are the same, whichever side has to wait."""
    monkeypatch.setattr(paths, "PATIENCE", 3)
    documents, refs = random_documents(random.Random(7))
    ties = fill(app.state.db, documents)
    for start, goal in random.Random(8).sample(list(itertools.permutations(refs, 2)), 30):
        length = distances(ties, start).get(goal)
        answer = await client.get("/v1/graph/path", params={"from": start, "to": goal})
        assert (answer.json()["length"] if length is not None else None) == length


async def test_a_hub_is_met_and_not_opened(client, app, monkeypatch):
    fill(app.state.db, hub(600))
    monkeypatch.setattr(paths, "PATIENCE", 50)
    monkeypatch.setattr(paths, "MAX_LINKS", 100)
    found = await get(client, "graph/path", **{"from": "actors/a0", "to": "actors/a1"})
    assert [node["ref"] for node in found["nodes"]] == [
        "actors/a0", "events/meeting-0", "places/world", "events/meeting-1", "actors/a1",
    ]  # fmt: skip
    # The smaller side is all there is: no chain, and the hub never opened.
    assert (await get(client, "graph/path", 404, **{"from": "actors/lone", "to": "actors/a1"}))[
        "code"
    ] == "no_path"


async def test_a_search_that_would_be_too_wide_says_so(client, app, monkeypatch):
    fill(app.state.db, hub(600))
    monkeypatch.setattr(paths, "PATIENCE", 2)
    monkeypatch.setattr(paths, "MAX_LINKS", 3)
    document = await get(client, "graph/path", 400, **{"from": "actors/a0", "to": "actors/a1"})
    assert document["code"] == "too_far"
    monkeypatch.undo()
    monkeypatch.setattr(paths, "MAX_HOPS", 3)
    document = await get(client, "graph/path", 400, **{"from": "actors/a0", "to": "actors/a1"})
    assert document["code"] == "too_far"
    assert "3 hops" in document["detail"]


async def test_a_hundred_chains_and_no_more(client, app):
    documents = [("actor", {"id": name, "title": name}) for name in ("x", "y")]
    documents += [
        (
            "event",
            {
                "id": f"e{n:03}",
                "title": "E",
                # Two links to the same actor are one way to pass.
                "participants": [
                    {"actor": "actors/x"},
                    {"actor": "actors/x", "role": "host"},
                    {"actor": "actors/y"},
                ],
            },
        )
        for n in range(130)
    ]
    fill(app.state.db, documents)
    found = await get(client, "graph/path", **{"from": "actors/x", "to": "actors/y", "all": "true"})
    middles = [path["nodes"][1]["ref"] for path in found["paths"]]
    assert middles == [f"events/e{n:03}" for n in range(100)]
    assert found["truncated"] is True


@pytest.mark.slow
async def test_hops_of_a_time_say_whether_they_are_for_certain(client, app):
    documents, refs = random_documents(random.Random(1))
    fill(app.state.db, documents)
    told = set()
    for when in ("1950/1954", "1956"):
        links = (await get(client, "graph", around=",".join(refs), when=when))["edges"]
        for start, goal in itertools.combinations(refs, 2):
            asked = {"from": start, "to": goal, "when": when}
            response = await client.get("/v1/graph/path", params=asked)
            for hop in response.json().get("hops", ()):
                hop.pop("evidence")
                assert hop in links
                told.add(hop["certain"])
    assert told == {True, False}
