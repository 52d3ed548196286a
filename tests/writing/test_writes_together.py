"""Requests whose writes are committed together: each is answered as if it had come alone, after those before it."""

import asyncio
import threading
from contextlib import asynccontextmanager

import psycopg
import pytest
from waiting import HANG_SECONDS

from app.database.engine import write_groups

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _one_group_at_a_time(monkeypatch):
    """Have whatever comes while a group runs be in that group, however slow the machine is."""
    monkeypatch.setattr(write_groups, "THREADS", 1)
    monkeypatch.setattr(write_groups, "GROUP_SECONDS", HANG_SECONDS)


@pytest.fixture
async def grouping(make_client, api_key):
    """A client of an application that was started under `_one_group_at_a_time`."""
    async with make_client() as client:
        client.headers["Authorization"] = f"Bearer {api_key('write')}"
        yield client


@pytest.fixture
def together(grouping, monkeypatch):
    """`await together(*requests)` makes requests whose writes are in one group, in this order; they are not made yet."""
    added, add = [], write_groups.WriteGroups.add

    def noting(self, verb, last, *, together):
        outcome = add(self, verb, last, together=together)
        if together:  # what the service does by itself is not
            added.append(outcome)
        return outcome

    monkeypatch.setattr(write_groups.WriteGroups, "add", noting)

    async def reached(count):
        async with asyncio.timeout(HANG_SECONDS):
            while len(added) < count:  # noqa: ASYNC110 - they are added by requests, which tell nobody
                await asyncio.sleep(0.001)

    @asynccontextmanager
    async def held():
        let = threading.Event()
        first = asyncio.ensure_future(
            grouping.app.state.db.write(lambda _tx: let.wait(HANG_SECONDS), together=True)
        )
        await reached(len(added) + 1)
        try:
            yield
        finally:
            let.set()
            await first

    async def make(*requests):
        tasks = []
        async with held():
            for method, path, options in requests:
                before = len(added)
                tasks.append(asyncio.ensure_future(grouping.request(method, f"/v1/{path}", **options)))
                await reached(before + 1)
        async with asyncio.timeout(HANG_SECONDS):
            return await asyncio.gather(*tasks)

    return make


def post(name, **headers):
    return "POST", "events", {"json": {"id": name, "title": name.upper()}, "headers": headers}


def put(name, title, match):
    return "PUT", f"events/{name}", {"json": {"title": title}, "headers": {"If-Match": match}}


async def changes(client):
    """List the changes, and see that their numbers have no gap."""
    found = (await client.get("/v1/changes?after=0&limit=1000")).json()["items"]
    numbers = [one["seq"] for one in found]
    assert numbers == list(range(numbers[0], numbers[0] + len(found)))
    return [(one["ref"], one["action"]) for one in found]


async def test_they_are_told_in_their_order_without_a_gap(grouping, together):
    made = await together(post("a"), post("b"), post("c"))
    assert [one.status_code for one in made] == [201] * 3
    assert await changes(grouping) == [(f"events/{name}", "create") for name in "abc"]
    for one in made:
        read = await grouping.get(one.headers["location"])
        assert (read.content, read.headers["etag"]) == (one.content, one.headers["etag"])


async def test_each_is_told_the_version_that_has_them_all(grouping, together):
    answers = await together(post("a"), post("a"), post("b"))
    assert [answer.status_code for answer in answers] == [201, 409, 201]
    newest = (await grouping.get("/v1/events")).headers["annals-version"]
    assert [answer.headers["annals-version"] for answer in answers] == [newest] * 3


async def test_one_that_is_refused_takes_no_number(grouping, together):
    made = await together(post("a"), post("a"), post("b"))
    assert [one.status_code for one in made] == [201, 409, 201]
    assert await changes(grouping) == [("events/a", "create"), ("events/b", "create")]


async def test_of_two_that_mean_the_same_revision_the_second_is_412(grouping, together):
    (made,) = await together(post("a"))
    first, second, third = await together(
        put("a", "First", made.headers["etag"]),
        put("a", "Second", made.headers["etag"]),
        put("a", "Third", "*"),
    )
    assert [one.status_code for one in (first, second, third)] == [200, 412, 200]
    assert second.headers["etag"] == first.headers["etag"]
    assert (await grouping.get("/v1/events/a")).json()["title"] == "Third"
    revisions = (await grouping.get("/v1/events/a/revisions")).json()["items"]
    assert [one["revision"] for one in revisions] == [3, 2, 1]


async def test_one_may_refer_to_what_another_has_just_written(together):
    event = {"id": "e", "title": "E", "participants": [{"actor": "actors/a"}]}
    made = await together(
        ("POST", "actors", {"json": {"id": "a", "title": "A"}}), ("POST", "events", {"json": event})
    )
    assert [one.status_code for one in made] == [201, 201]


async def test_ids_that_are_given_are_told_apart(together):
    titled = ("POST", "events", {"json": {"title": "The same"}})
    made = await together(titled, titled, titled)
    assert [one.json()["id"] for one in made] == ["the-same", "the-same-2", "the-same-3"]


async def test_every_one_is_answered_once_more(grouping, together):
    requests = [post(name, **{"Idempotency-Key": name}) for name in "abc"]
    made = await together(*requests)
    for (method, path, options), first in zip(requests, made, strict=True):
        again = await grouping.request(method, f"/v1/{path}", **options)
        assert again.headers["idempotency-replayed"] == "true"
        assert (again.status_code, again.content) == (first.status_code, first.content)
    assert len(await changes(grouping)) == 3


async def test_what_was_refused_keeps_no_answer_for_its_key(grouping, together):
    _, refused = await together(post("a"), post("a", **{"Idempotency-Key": "k"}))
    assert refused.status_code == 409
    await grouping.delete("/v1/events/a", headers={"If-Match": "*"})
    method, path, options = post("a", **{"Idempotency-Key": "k"})
    again = await grouping.request(method, f"/v1/{path}", **options)
    assert "idempotency-replayed" not in again.headers


async def test_a_deletion_and_a_reference_to_what_is_deleted(grouping, together):
    await together(("POST", "actors", {"json": {"id": "a", "title": "A"}}))
    event = {"id": "e", "title": "E", "participants": [{"actor": "actors/a"}]}
    gone, dangling = await together(
        ("DELETE", "actors/a", {"headers": {"If-Match": "*"}}), ("POST", "events", {"json": event})
    )
    assert (gone.status_code, dangling.status_code) == (204, 422)
    assert dangling.json()["errors"][0]["code"] == "reference_deleted"
    assert await changes(grouping) == [("actors/a", "create"), ("actors/a", "delete")]


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
async def test_one_that_waits_for_what_it_refers_to_holds_up_no_other(grouping, together, database_url):
    await together(("POST", "actors", {"json": {"id": "a", "title": "A"}}))
    event = {"id": "e", "title": "E", "participants": [{"actor": "actors/a"}]}
    with psycopg.connect(database_url.replace("+psycopg", "")) as other:
        other.execute("SELECT 1 FROM record WHERE id = 'a' FOR UPDATE")
        waiting = asyncio.ensure_future(together(post("b"), ("POST", "events", {"json": event}), post("c")))
        async with asyncio.timeout(HANG_SECONDS):
            while (await grouping.get("/v1/events/c")).status_code != 200:  # noqa: ASYNC110 - others write it
                await asyncio.sleep(0.01)
        assert not waiting.done()
        assert (await grouping.get("/v1/events/e")).status_code == 404
        other.rollback()
        assert [one.status_code for one in await waiting] == [201, 201, 201]
    assert await changes(grouping) == [
        ("actors/a", "create"),
        *((f"events/{name}", "create") for name in "bce"),
    ]
