"""Reading the vocabularies, and adding to them."""

import asyncio

import pytest

from app.records.vocabulary import SCHEMES

pytestmark = pytest.mark.anyio

MENTOR = {
    "id": "mentor-of",
    "label": "Mentor of",
    "inverse": "taught-by",
    "joins": [{"from": ["actor"], "to": ["actor"]}],
}


async def ids(writer, scheme):
    return [term["id"] for term in (await writer.get(f"vocabularies/{scheme}")).json()["terms"]]


async def test_all_schemes_are_there(writer):
    listed = (await writer.get("vocabularies")).json()["items"]
    assert [item["scheme"] for item in listed] == list(SCHEMES)
    for item in listed:
        answer = await writer.ask("GET", item["href"])
        assert len(answer.json()["terms"]) == item["terms"] > 0
        again = await writer.ask("GET", item["href"], headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    for path in ("vocabularies/colours", "vocabularies/colours/red", "vocabularies/event-type/red"):
        assert (await writer.get(path)).status_code == 404


async def test_terms_need_admin(writer):
    assert (await writer.post("vocabularies/event-type", {"id": "x", "label": "X"})).status_code == 403


async def test_a_term_can_be_used_once_it_is_there(admin, make_client):
    async with make_client() as other_worker:
        key = {"Authorization": f"Bearer {admin.key}"}
        event = {"title": "E", "type": "sit-in"}
        assert (await other_worker.post("/v1/events", json=event, headers=key)).status_code == 422
        created = await admin.post("vocabularies/event-type", {"id": "sit-in", "label": "Sit-in"})
        assert (created.status_code, created.headers["location"]) == (
            201,
            "/v1/vocabularies/event-type/sit-in",
        )
        assert created.headers["etag"].startswith('"1-')
        assert (await other_worker.post("/v1/events", json=event, headers=key)).status_code == 201
        assert (await ids(admin, "event-type"))[-1] == "sit-in"
        assert (
            await admin.post("vocabularies/event-type", {"id": "sit-in", "label": "S"})
        ).status_code == 409


async def test_changing_a_term(admin):
    path = "vocabularies/event-type/sit-in"
    term = {"label": "Sit-in"}
    assert (await admin.put(path, term, None)).status_code == 428
    assert (await admin.put(path, term)).status_code == 412
    assert (await admin.put(path, term, None, **{"If-None-Match": "*"})).status_code == 201
    assert (await admin.put(path, {"id": "other", "label": "S"})).status_code == 422
    assert (await admin.patch(path, {"definition": "People stay."}, '"1"')).headers["etag"].startswith('"2-')
    assert (await admin.patch(path, {"definition": None}, '"1"')).status_code == 412
    assert (await admin.patch(path, [{"op": "test", "path": "/label", "value": "x"}])).status_code == 409
    assert (await admin.get(path)).json() == {"id": "sit-in", "label": "Sit-in", "definition": "People stay."}
    answers = await asyncio.gather(*(admin.patch(path, {"definition": str(n)}, '"2"') for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]


@pytest.mark.parametrize(
    "term",
    [
        {},
        {"id": "X", "label": "L"},
        {"id": "x"},
        {"id": "x", "label": "L", "colour": 1},
        {"id": "x", "label": "L", "inverse": "y"},
        [],
        7,
        {"id": "x", "label": "L", "joins": [{"from": ["actor"], "to": ["actor"]}]},
    ],
)
async def test_terms_that_cannot_be(admin, term):
    before = await ids(admin, "event-type")
    answer = await admin.post("vocabularies/event-type", term)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert await ids(admin, "event-type") == before


def faults(answer):
    assert answer.status_code == 422
    told = [(one["pointer"], one["code"], one.get("suggestion")) for one in answer.json()["errors"]]
    assert len({pointer for pointer, *_ in told}) == len(told)
    assert not any("Input" in one["detail"] or "instance" in one["detail"] for one in answer.json()["errors"])
    return set(told)


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (
            {"id": "A B", "label": 5, "zz": 1, "lable": "L", "joins": [1]},
            {
                ("/id", "invalid_id", "a-b"),
                ("/label", "wrong_type", None),
                ("/zz", "unknown_field", None),
                ("/lable", "unknown_field", "label"),
                ("/joins/0", "wrong_type", None),
            },
        ),
        (
            {"id": "x", "joins": [{"from": ["acter"], "to": []}, {"from_": ["actor"], "to": ["actor"]}]},
            {
                ("/label", "missing", None),
                ("/joins/0/from/0", "unknown_term", "actor"),
                ("/joins/0/to", "too_short", None),
                ("/joins/1/from", "missing", None),
                ("/joins/1/from_", "unknown_field", "from"),
            },
        ),
        ({"id": "x", "label": "L", "same_as": ["events/y z"]}, {("/same_as/0", "invalid_concept", None)}),
        (
            {"id": "x", "label": "L", "same_as": ["plover:\x85", "plover:\ufeff"]},
            {("/same_as/0", "invalid_concept", None), ("/same_as/1", "invalid_concept", None)},
        ),
        ([], {("", "wrong_type", None)}),
    ],
)
async def test_every_fault_of_a_term_is_told_in_the_words_of_records(admin, term, expected):
    assert faults(await admin.post("vocabularies/relation-type", term)) == expected


@pytest.mark.parametrize("term_id", ["sit-in", "Sit%20in"])
async def test_another_id_is_told_beside_all_else(admin, term_id):
    sent = {"id": 7, "label": "", "colour": "red"}
    answer = await admin.put(f"vocabularies/event-type/{term_id}", sent, None, **{"If-None-Match": "*"})
    assert faults(answer) == {
        ("/id", "wrong_id", None),
        ("/label", "too_short", None),
        ("/colour", "unknown_field", None),
    }


async def test_an_unknown_term_is_answered_with_the_nearest(admin):
    await admin.post("vocabularies/event-type", {"id": "sit-in", "label": "Sit-in"})
    path = "vocabularies/event-type/Sit_in"
    answers = [await admin.get(path), await admin.delete(path), await admin.patch(path, {"label": "L"})]
    assert [(one.status_code, one.json()["nearest"]) for one in answers] == [(404, "sit-in")] * 3
    assert (await admin.get("vocabularies/event-type/batle")).json()["nearest"] == "battle"
    assert "nearest" not in (await admin.get("vocabularies/event-type/qqqqqq")).json()


@pytest.mark.parametrize("path", ["vocabularies", "vocabularies/event-type"])
async def test_what_is_listed_is_not_sent_again_until_a_term_changes(admin, path):
    first = await admin.get(path)
    seen = {"If-None-Match": first.headers["etag"]}
    head = await admin.ask("HEAD", f"/v1/{path}")
    assert (head.headers["etag"], head.content) == (first.headers["etag"], b"")
    assert head.headers["content-length"] == first.headers["content-length"]
    for method in ("GET", "HEAD"):
        again = await admin.ask(method, f"/v1/{path}", headers=seen)
        assert (again.status_code, again.headers["etag"]) == (304, first.headers["etag"])
    await admin.post("vocabularies/event-type", {"id": "sit-in", "label": "Sit-in"})
    changed = await admin.ask("GET", f"/v1/{path}", headers=seen)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    "change",
    [
        {"inverse": None},
        {"joins": []},
        {"inverse": "part-of"},
        {"joins": [{"from": ["ghost"], "to": ["actor"]}]},
    ],
)
async def test_relations_that_do_not_hold_together(admin, change):
    before = await ids(admin, "relation-type")
    answer = await admin.post("vocabularies/relation-type", {**MENTOR, **change})
    assert answer.status_code == 422
    assert await ids(admin, "relation-type") == before


async def test_a_relation_comes_and_goes_with_its_inverse(admin):
    assert (await admin.post("vocabularies/relation-type", MENTOR)).status_code == 201
    inverse = (await admin.get("vocabularies/relation-type/taught-by")).json()
    assert (inverse["label"], inverse["inverse"]) == ("Taught by", "mentor-of")
    await admin.create("actors", id="a")
    await admin.create("actors", id="b", relations=[{"type": "taught-by", "target": "actors/a"}])
    assert (await admin.delete("vocabularies/relation-type/mentor-of")).status_code == 409
    wider = [{"from": ["actor", "place"], "to": ["actor"]}]
    assert (await admin.patch("vocabularies/relation-type/mentor-of", {"joins": wider})).status_code == 200
    turned = (await admin.get("vocabularies/relation-type/taught-by")).json()["joins"]
    assert turned == [{"from": ["actor"], "to": ["actor", "place"]}]
    narrower = [{"from": ["place"], "to": ["actor"]}]
    assert (await admin.patch("vocabularies/relation-type/mentor-of", {"joins": narrower})).status_code == 409
    await admin.delete("actors/b")
    assert (await admin.delete("vocabularies/relation-type/mentor-of")).status_code == 204
    assert not {"mentor-of", "taught-by"} & set(await ids(admin, "relation-type"))


USES = [
    ("event-type", "events", {"type": "own"}),
    ("participant-role", "events", {"participants": [{"actor": "actors/a", "role": "own"}]}),
    ("place-role", "events", {"places": [{"place": "places/p", "role": "own"}]}),
    ("party-role", "agreements", {"parties": [{"actor": "actors/a", "role": "own"}]}),
    ("provision-type", "agreements", {"provisions": [{"label": "L", "type": "own"}]}),
    ("figure-measure", "events", {"figures": [{"measure": "own", "best": 1}]}),
    ("actor-type", "actors", {"type": "own"}),
]


@pytest.mark.parametrize(("scheme", "collection", "document"), USES)
async def test_a_term_in_use_stays(admin, scheme, collection, document):
    path = f"vocabularies/{scheme}/own"
    await admin.create("actors", id="a")
    await admin.create("places", id="p")
    await admin.post(f"vocabularies/{scheme}", {"id": "own", "label": "Own"})
    await admin.create(collection, id="user", **document)
    refused = await admin.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "referenced")
    await admin.delete(f"{collection}/user")
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.post(f"{collection}/user/restore")).status_code == 422


async def test_what_ships_stays_as_it_is(admin):
    for scheme, term in (("event-type", "battle"), ("relation-type", "part-of")):
        path = f"vocabularies/{scheme}/{term}"
        assert (await admin.delete(path)).status_code == 403
        assert (await admin.patch(path, {"label": "Other"})).json()["code"] == "builtin_term"


async def test_a_write_never_commits_with_a_term_that_is_deleted_meanwhile(admin):
    for number in range(5):
        term = f"brief-{number}"
        await admin.post("vocabularies/event-type", {"id": term, "label": "B"})
        writes = [admin.post("events", {"title": f"E {number} {n}", "type": term}) for n in range(8)]
        writes.insert(4, admin.delete(f"vocabularies/event-type/{term}"))
        answers = await asyncio.gather(*writes)
        gone = answers.pop(4)
        assert {answer.status_code for answer in answers} <= {201, 422}
        if gone.status_code == 204:
            assert {answer.status_code for answer in answers} == {422}
        else:
            assert gone.status_code == 409
