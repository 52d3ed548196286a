"""What is said to whoever asks in a wrong way: each text tells how to go on, and none is the title of the error again."""

import pytest

from app.errors import Fault, InvalidDocument


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("/v1/vocabularies/nope", 404, "; /v1/vocabularies lists those there are."),
        ("/v1/vocabularies/event-type/nope", 404, "; /v1/vocabularies/event-type lists those there are."),
        ("/v1/formats/csv/nope", 404, "there are sources, places, actors, agreements, missions, events."),
        ("/v1/formats/csv/event", 404, "Did you mean events?"),
        ("/v1/sources/s/text", 404, "; PUT attaches one."),
    ],
)
async def test_what_is_not_there_is_told_with_where_to_look(make_client, api_key, asked, status, told):
    async with make_client(public_texts=True) as client:
        headers = {"Authorization": f"Bearer {api_key()}"}
        await client.post("/v1/sources", json={"id": "s", "title": "S"}, headers=headers)
        answer = await client.get(asked)
    assert (answer.status_code, answer.json()["detail"].endswith(told)) == (status, True), answer.text


@pytest.mark.parametrize(
    ("asked", "some"),
    [
        ("/v1/places?fields=title,nope", "; there are aliases, created_at, "),
        ("/v1/graph?around=actors/a&link=nope", "; there are participant, "),
    ],
)
async def test_a_value_that_is_none_of_a_few_is_told_with_those(client, writer, asked, some):
    await writer.create("actors", id="a", title="A")
    answer = await client.get(asked)
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, some in fault["detail"]) == (400, True), fault


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        ({"from": "actors/a", "into": 1}, "There is a fault; `errors` says how to mend it."),
        ({"from": 1, "into": 1, "x": 1}, "There are 3 faults; `errors` says how to mend each."),
    ],
)
async def test_an_error_of_many_faults_says_where_they_are(writer, document, detail):
    await writer.create("actors", id="a", title="A")
    answer = await writer.post("merges", document)
    assert (answer.status_code, answer.json()["detail"]) == (422, detail)
    assert answer.json()["detail"].rstrip(".") != answer.json()["title"]


def test_an_error_without_a_text_counts_its_faults():
    assert InvalidDocument().detail == "Invalid document."
    assert InvalidDocument(faults=[Fault("missing", "Give it.")]).detail.startswith("There is a fault; ")
    assert InvalidDocument("So.", faults=[Fault("missing", "Give it.")]).detail == "So."


@pytest.mark.parametrize(
    ("kind", "member", "given", "shown", "meant"),
    [
        ("events", "places", "places/havana", '{"place": …}', '{"place": "places/havana"}'),
        ("events", "participants", "actors/a", '{"actor": …}', '{"actor": "actors/a"}'),
        ("agreements", "parties", "actors/a", '{"actor": …}', '{"actor": "actors/a"}'),
        ("events", "participants", "places/havana", '{"actor": …}', None),
        ("events", "places", "Havana", '{"place": …}', None),
        ("events", "relations", "events/x", '{"type": …, "target": …}', None),
        ("events", "figures", 51, '{"measure": …}', None),
        ("events", "evidence", "sources/s", '{"property": …}', None),
        ("places", "names", "Habana", '{"name": …}', None),
    ],
)
async def test_an_object_that_is_wanted_is_shown(refused_writer, kind, member, given, shown, meant):
    answer = await refused_writer.post(kind, {"title": "T", member: [given]})
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"], fault["code"]) == (422, f"/{member}/0", "wrong_type")
    assert (fault["detail"], fault.get("suggestion")) == (f"Give an object, such as {shown}.", meant)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"If-Match": '"7"'}, "This is at revision 1, which If-Match does not name: read it again, "),
        ({"If-None-Match": "*"}, "This is here already: read it, and send If-Match to change it."),
    ],
)
@pytest.mark.parametrize("path", ["actors/a", "vocabularies/event-type/sit-in"])
async def test_a_precondition_that_does_not_hold_says_what_does(client, api_key, path, headers, told):
    key = {"Authorization": f"Bearer {api_key('write', 'admin')}"}
    assert (await client.post("/v1/actors", json={"id": "a", "title": "A"}, headers=key)).status_code == 201
    term = {"id": "sit-in", "label": "Sit-in"}
    await client.post("/v1/vocabularies/event-type", json=term, headers=key)
    document = {"title": "B"} if path == "actors/a" else {"label": "Other"}
    answer = await client.put(f"/v1/{path}", json=document, headers={**key, **headers})
    assert (answer.status_code, answer.json()["detail"].startswith(told)) == (412, True), answer.text
