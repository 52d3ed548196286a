"""Idempotency-Key: the same request is answered once more, another one refused, and nothing done twice."""

import asyncio

import pytest
from sqlalchemy import update

from app.database import tables
from app.web.idempotency import sweep

pytestmark = pytest.mark.anyio
DAY = 24 * 3_600_000_000


async def revisions(writer, ref):
    return len((await writer.get(f"{ref}/revisions")).json()["items"])


async def test_the_answer_is_given_once_more(writer, collection):
    first = await writer.post(collection, {"title": "T"}, **{"Idempotency-Key": "k1"})
    await writer.patch(f"{collection}/t", {"title": "Changed since"})
    again = await writer.post(collection, {"title": "T"}, **{"Idempotency-Key": "k1"})
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (again.headers["etag"], again.headers["location"]) == (
        first.headers["etag"],
        first.headers["location"],
    )
    assert len((await writer.get(collection)).json()["items"]) == 1


async def test_every_sort_of_write_may_be_repeated(writer):
    await writer.create("events", id="e", title="T")
    await writer.create("actors", id="a")
    await writer.create("actors", id="b")
    merge_patch = {"Content-Type": "application/merge-patch+json"}
    requests = [
        ("PUT", "events/e", {"json": {"title": "U"}}, {"If-Match": '"1"'}),
        ("PATCH", "events/e", {"json": {"summary": "s"}}, {"If-Match": '"2"', **merge_patch}),
        ("POST", "events/e/revert", {"json": {"to": 1}}, {"If-Match": '"3"'}),
        ("DELETE", "events/e", {}, {"If-Match": '"4"'}),
        ("POST", "events/e/restore", {}, {}),
        ("POST", "merges", {"json": {"from": "actors/a", "into": "actors/b"}}, {}),
        ("DELETE", "merges/1", {}, {}),
    ]
    for number, (method, path, body, headers) in enumerate(requests):
        headers["Idempotency-Key"] = f"key-{number}"
        first = await writer.ask(method, f"/v1/{path}", headers=headers, **body)
        assert first.status_code in (200, 201, 204), (method, path, first.text)
        again = await writer.ask(method, f"/v1/{path}", headers=headers, **body)
        assert again.headers["idempotency-replayed"] == "true"
        assert (again.status_code, again.content) == (first.status_code, first.content)
    assert await revisions(writer, "events/e") == 6


async def test_another_request_under_the_same_key_is_refused(writer):
    key = {"Idempotency-Key": "k"}
    assert (await writer.post("events", {"title": "T"}, **key)).status_code == 201
    for refused in (
        await writer.post("events", {"title": "U"}, **key),
        await writer.post("actors", {"title": "T"}, **key),
        await writer.put("events/t", {"title": "T"}, **key),
        await writer.post("events/t/restore", **key),
    ):
        assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
    assert await revisions(writer, "events/t") == 1


async def test_keys_are_told_apart_by_who_asks(writer, admin):
    key = {"Idempotency-Key": "k"}
    assert (await writer.post("events", {"title": "T"}, **key)).json()["id"] == "t"
    assert (await admin.post("events", {"title": "T"}, **key)).json()["id"] == "t-2"


async def test_a_request_that_fails_keeps_nothing(writer):
    key = {"Idempotency-Key": "k"}
    document = {"title": "E", "participants": [{"actor": "actors/a"}]}
    assert (await writer.post("events", document, **key)).status_code == 422
    await writer.create("actors", id="a")
    done = await writer.post("events", document, **key)
    assert (done.status_code, "idempotency-replayed" in done.headers) == (201, False)


async def test_one_word_is_a_key(writer):
    for key in ("", "two words", "x" * 256, "tab\there"):
        answer = await writer.post("events", {"title": "T"}, **{"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["errors"][0]["header"]) == (400, "Idempotency-Key")
    for key in ('"quoted"', "x" * 255, "~!@#$%^&*()"):
        assert (await writer.post("events", {"title": "T"}, **{"Idempotency-Key": key})).status_code == 201


async def test_many_at_once_do_it_once(make_client, writer):
    """Two applications on one database, as two workers have it."""
    async with make_client() as second:
        clients = (writer.client, second)
        for number in range(10):
            headers = {"Authorization": f"Bearer {writer.key}", "Idempotency-Key": f"k{number}"}
            body = {"title": f"T{number}"}
            answers = await asyncio.gather(
                *(clients[n % 2].post("/v1/events", json=body, headers=headers) for n in range(16))
            )
            assert {answer.status_code for answer in answers} <= {201, 409}
            made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
            assert made == {f"t{number}"}
            assert all(a.json()["code"] == "in_flight" for a in answers if a.status_code == 409)
    assert len((await writer.get("events")).json()["items"]) == 10


async def test_answers_are_kept_for_a_day_and_then_swept(writer, app):
    for number in range(3):
        await writer.post("events", {"title": "T"}, **{"Idempotency-Key": f"k{number}"})
    db = app.state.db
    table = tables.idempotency

    def age(tx):
        tx.execute(update(table).where(table.c.key != "k2").values(at=table.c.at - DAY - 1))

    db.write_now(age)
    assert (
        "idempotency-replayed"
        not in (await writer.post("events", {"title": "T"}, **{"Idempotency-Key": "k0"})).headers
    )
    assert db.write_now(lambda tx: sweep(tx, 24)) == 1
    assert db.write_now(lambda tx: sweep(tx, 24)) == 0
    assert (await writer.post("events", {"title": "T"}, **{"Idempotency-Key": "k2"})).headers[
        "idempotency-replayed"
    ]
