"""Filters by links over HTTP: several roles of one reference, and what parties did."""

import orjson
import pytest
from writers import Writer, key_of

pytestmark = pytest.mark.anyio

EVENTS = {
    "as-host": [("a", "host")],
    "as-guest": [("a", "guest")],
    "as-both": [("a", "host"), ("a", "guest")],
    "as-victim": [("a", "victim")],
    "as-nothing": [("a", None)],
    "with-another": [("a", "host"), ("b", "guest")],
}
PARTIES = {
    "signed": [("a", "party", ["signed"])],
    "ratified": [("a", "guarantor", ["signed", "ratified"])],
    "both": [("a", "party", ["signed"]), ("b", "party", ["signed", "withdrew"])],
    "other": [("a", "party", []), ("b", "party", ["signed"])],
    "twice": [("a", "party", ["acceded"]), ("a", "guarantor", ["terminated"])],
    "nothing": [("a", "party", [])],
}
SOURCE_SAYS = [{"actor": "actors/a", "actions": [{"action": "reserved"}]}]


def documents():
    yield from ({"kind": "actor", "id": name, "title": name} for name in ("a", "b"))
    yield {"kind": "source", "id": "s", "title": "S"}
    for name, given in EVENTS.items():
        people = [{"actor": f"actors/{one}"} | ({"role": role} if role else {}) for one, role in given]
        yield {"kind": "event", "id": name, "title": name, "participants": people}
    for name, given in PARTIES.items():
        parties = [
            {
                "actor": f"actors/{one}",
                "role": role,
                "actions": [{"action": action, "date": date} for action in did for date in ("1990", "1991")],
            }
            for one, role, did in given
        ]
        said = [{"property": "parties", "source": "sources/s", "value": SOURCE_SAYS}] * (name == "nothing")
        yield {"kind": "agreement", "id": name, "title": name, "parties": parties, "evidence": said}


@pytest.fixture(scope="module")
async def written(anyio_backend, databases, migrated_template, client_at):  # noqa: ARG001 - tells anyio to run it
    url = databases.fresh(migrated_template)
    async with client_at(url) as client:
        writer = Writer(client, await key_of(client, "editor", "read", "write"))
        body = b"\n".join(map(orjson.dumps, documents()))
        headers = {"Content-Type": "application/x-ndjson"}
        answer = await writer.ask("POST", "/v1/imports", content=body, headers=headers)
        assert answer.json()["created"] == 3 + len(EVENTS) + len(PARTIES), answer.text
        yield writer
    databases.drop(url)


async def ids(writer, path, query):
    answer = await writer.client.get(f"/v1/{path}?{query}")
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json()["items"]}


@pytest.mark.parametrize("count", ["none", "exact"])
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("participant=actors/a:host", {"as-host", "as-both", "with-another"}),
        ("participant=actors/a:host,guest", {"as-host", "as-guest", "as-both", "with-another"}),
        ("participant=actors/a:host%2Cguest", {"as-host", "as-guest", "as-both", "with-another"}),
        ("participant=actors/a:host&participant=actors/a:guest", {"as-both"}),
        ("participant=actors/a:host,actors/a:guest", {"as-both"}),
        ("participant=actors/a:host,guest,actors/b", {"with-another"}),
        ("participant=actors/a:victim,host&participant=actors/b:host,victim", set()),
        ("participant=actors/a", set(EVENTS)),
    ],
)
async def test_several_roles_of_one_reference(written, query, found, count):
    assert await ids(written, "events", f"{query}&count={count}") == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("party=actors/a&action=signed", {"signed", "ratified", "both"}),
        ("party=actors/b&action=signed", {"both", "other"}),
        ("party=actors/a&action=ratified,acceded", {"ratified", "twice"}),
        ("party=actors/a&action=ratified&action=acceded", {"ratified", "twice"}),
        ("party=actors/a,actors/b&action=signed", {"both"}),
        ("party=actors/a,actors/b&action=withdrew", set()),
        ("party=actors/a:guarantor&action=signed", {"ratified"}),
        ("party=actors/a:guarantor&action=acceded", set()),
        ("party=actors/a:party,guarantor&action=acceded,signed", {"signed", "ratified", "both", "twice"}),
        ("party=actors/a&action=reserved", set()),
        ("party=actors/a&action=reserved&policy=source:sources/s", {"nothing"}),
        ("party=actors/a&action=signed&policy=source:sources/s", set()),
        ("party=actors/a", set(PARTIES)),
    ],
)
async def test_what_parties_did(written, query, found):
    assert await ids(written, "agreements", query) == found
    assert await ids(written, "agreements", f"{query}&sort=title&count=exact&facets=type") == found
    timeline = (await written.client.get(f"/v1/timeline?{query}&kind=agreement")).json()
    assert timeline["undated"] == len(found)


async def test_actions_are_asked_of_agreements_where_no_kind_is_named(written):
    asked = "party=actors/a&action=signed,ratified"
    listed = (await written.client.get(f"/v1/agreements?{asked}&explain=true")).json()
    assert "with ratified or signed among the actions of actors/a" in listed["explanation"]
    assert (await written.client.get(f"/v1/timeline?{asked}")).json()["undated"] == len(listed["items"]) == 3
    found = (await written.client.get(f"/v1/search?q=signed&{asked}")).json()
    assert [item["ref"] for item in found["items"]] == ["agreements/signed"]


async def test_actions_follow_what_is_written(writer):
    for name in ("a", "b"):
        await writer.create("actors", id=name)
    done = {"role": "party", "actions": [{"action": "signed"}]}
    for name in ("t", "u"):
        await writer.create(
            "agreements", id=name, parties=[{"actor": f"actors/{one}", **done} for one in "ab"]
        )
    asked = "party=actors/b&action=signed"
    assert await ids(writer, "agreements", asked) == {"t", "u"}
    await writer.patch("agreements/t", {"parties": [{"actor": "actors/b", "role": "party"}]})
    assert await ids(writer, "agreements", asked) == {"u"}
    await writer.merge("actors/b", "actors/a")
    assert (
        await ids(writer, "agreements", asked)
        == await ids(writer, "agreements", asked.replace("/b", "/a"))
        == {"u"}
    )
    await writer.delete("agreements/u")
    assert await ids(writer, "agreements", asked) == set()


@pytest.mark.parametrize(
    ("path", "query", "parameter", "code", "suggestion"),
    [
        ("agreements", "action=signed", "party", "missing_parameter", None),
        ("agreements", "action=sined&party=actors/a", "action", "unknown_value", "signed"),
        ("agreements", "action=&party=actors/a", "action", "empty_value", None),
        ("events", "action=signed&party=actors/a", "action", "unknown_parameter", None),
        ("search", "q=a&kind=event&action=signed&party=actors/a", "action", "wrong_kind", None),
        ("search", "q=a&kind=event,place&in_force_on=1990", "in_force_on", "wrong_kind", None),
        ("timeline", "kind=event,place&action=signed&party=actors/a", "action", "wrong_kind", None),
        ("agreements", "action=signed&party=actors/aa", "party", "unknown_reference", "actors/a"),
        ("events", "participant=actors/a:host,hots", "participant", "unknown_term", "host"),
        ("events", "participant=actors/a:host,", "participant", "empty_value", None),
        ("events", "participant=actors/a:host,Guest", "participant", "invalid_role", None),
        ("events", "participant=actors/a,guest", "participant", "invalid_reference", "actors/guest"),
        (
            "events",
            f"participant=actors/a:{','.join(f'r{n}' for n in range(21))}",
            "participant",
            "too_many",
            None,
        ),
    ],
)
async def test_what_is_refused(written, path, query, parameter, code, suggestion):
    answer = await written.client.get(f"/v1/{path}?{query}")
    assert answer.status_code == 400, answer.text
    [fault] = [one for one in answer.json()["errors"] if one["parameter"] == parameter]
    assert (fault["code"], fault.get("suggestion")) == (code, suggestion)
