"""Keys: who may do what, how that is told, and how soon a revoked key is refused."""

import asyncio
from contextlib import contextmanager
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.database import tables
from app.database.api_keys import create_key, is_token, list_keys, new_token, note_uses, revoke_key
from app.database.engine.database import Database
from app.errors import Conflict, InvalidDocument, NotFound
from app.values.timestamps import now, parse_rfc3339
from app.web.rate_limit import PROBES

pytestmark = pytest.mark.anyio
SECOND = 1_000_000


@contextmanager
def opened(url):
    database = Database.open(url)
    try:
        yield database
    finally:
        database.dispose()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@given(st.integers(0, 44), st.sampled_from("0Az_ é"))
def test_a_mistyped_key_is_recognised(position, character):
    token = new_token()
    assert is_token(token)
    mistyped = token[:position] + character + token[position + 1 :]
    assert is_token(mistyped) == (mistyped == token)
    assert not is_token(token[:position])


def test_keys_are_random_and_of_one_shape():
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(len(token) == 45 and token.startswith("annals_") and token[7:].isalnum() for token in tokens)


async def test_only_a_hash_is_kept(database):
    token, key = database.write_now(lambda tx: create_key(tx, "me", ["write"]))
    with database.snapshot() as connection:
        row = connection.execute(select(tables.api_key)).one()
    assert token not in str(row)
    assert token.startswith(row.hint)
    assert len(row.hint) == 11
    assert key.allows("read")
    assert not key.allows("admin")


@pytest.mark.parametrize(
    ("label", "scopes", "expires"),
    [
        ("", ["read"], None),
        ("a\nb", ["read"], None),
        ("x" * 101, ["read"], None),
        ("a", [], None),
        ("a", ["root"], None),
        ("a", ["read"], 5),
    ],
)
async def test_keys_that_cannot_be(database, label, scopes, expires):
    with pytest.raises(InvalidDocument):
        database.write_now(lambda tx: create_key(tx, label, scopes, expires))


async def test_labels_are_told_apart_while_keys_are_good(database):
    database.write_now(lambda tx: create_key(tx, "me", ["read"]))
    with pytest.raises(Conflict):
        database.write_now(lambda tx: create_key(tx, "me", ["read"]))
    database.write_now(lambda tx: revoke_key(tx, "me"))
    token, _ = database.write_now(lambda tx: create_key(tx, "me", ["read"]))
    database.write_now(lambda tx: revoke_key(tx, token))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: revoke_key(tx, "me"))
    with database.snapshot() as connection:
        assert [key.revoked_at is None for key in list_keys(connection)] == [False, False]


WRITES = [
    ("POST", "/v1/events", {"title": "T"}),
    ("PUT", "/v1/events/x", {"title": "T"}),
    ("PATCH", "/v1/events/x", {"title": "T"}),
    ("DELETE", "/v1/events/x", None),
    ("POST", "/v1/events/x/restore", None),
    ("POST", "/v1/events/x/revert", {"to": 1}),
    ("POST", "/v1/merges", {"from": "events/x", "into": "events/y"}),
    ("DELETE", "/v1/merges/1", None),
    ("POST", "/v1/vocabularies/event-type", {"id": "x", "label": "X"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_writes_need_a_key_with_the_scope(client, api_key, method, path, body):
    nobody = await client.request(method, path, json=body)
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, 'Bearer realm="annals"')
    wrong = [new_token(), new_token()[:-1], "x", "", "annals_" + "é" * 38]
    for token in wrong:
        headers = {b"Authorization": f"Bearer {token}".encode()}
        unknown = await client.request(method, path, json=body, headers=headers)
        assert unknown.status_code == 401, token
        assert 'error="invalid_token"' in unknown.headers["www-authenticate"]
    basic = await client.request(method, path, json=body, headers={"Authorization": "Basic eDp5"})
    assert basic.status_code == 401
    reader = await client.request(method, path, json=body, headers=bearer(api_key("read")))
    assert reader.status_code == 403
    assert reader.json()["scope"] in reader.headers["www-authenticate"]
    scope = "admin" if "vocabularies" in path else "write"
    assert (reader.json()["scope"], reader.json()["code"]) == (scope, "missing_scope")
    admitted = await client.request(method, path, json=body, headers=bearer(api_key("admin")))
    assert admitted.status_code not in (401, 403)


async def test_two_authorizations_are_none(client, api_key):
    headers = [("Authorization", f"Bearer {api_key('write')}")] * 2
    assert (await client.post("/v1/events", json={"title": "T"}, headers=headers)).status_code == 400


READS = [
    "/v1/events",
    "/v1/events/x",
    "/v1/events/x/revisions",
    "/v1/changes",
    "/v1/vocabularies",
    "/v1/vocabularies/event-type",
]


@pytest.mark.parametrize("path", READS)
async def test_reads_can_be_closed(make_client, api_key, path):
    async with make_client(public_reads=False) as client:
        assert (await client.get(path)).status_code == 401
        admitted = await client.get(path, headers=bearer(api_key("read")))
        assert admitted.status_code in (200, 404)


@pytest.mark.slow
async def test_a_bad_credential_is_refused_on_every_path_that_can_be_read(make_client, api_key):
    token = api_key("read")
    bad = [f"Bearer {new_token()}", f"Bearer {token[:-1]}", "Bearer", "Basic eDp5", "x"]
    async with make_client() as client:
        described = (await client.get("/openapi.json")).json()["paths"]
        documented = {path for path, operations in described.items() if "get" in operations}
        unlisted = {
            "/",
            "/docs",
            "/docs/evidence",
            "/docs/problems",
            "/docs/static/start.js",
            "/openapi.json",
        }
        paths = [path for path in sorted(documented | unlisted) if path not in PROBES] + ["/v1/nowhere"]
        assert len(paths) > 50
        for path in paths:
            assert (await client.get(path)).status_code != 401 or path == "/v1/me"
            if path in described:
                assert "401" in described[path]["get"]["responses"], path
            for credential in bad if path in ("/v1/events", "/docs") else bad[:1]:
                answer = await client.get(path, headers={"Authorization": credential})
                assert answer.status_code == 401, (path, credential)
                assert answer.json()["code"] == "invalid_key"
                assert "Bearer" in answer.headers["www-authenticate"]
        for path in PROBES:
            assert (await client.get(path, headers={"Authorization": bad[0]})).is_success, path


async def test_a_cached_answer_is_not_given_to_a_key_that_was_revoked_elsewhere(
    make_client, database_url, api_key
):
    token = api_key("read", label="short")
    async with make_client() as one, make_client() as other:
        for client in (one, other):
            for _ in range(2):
                assert (await client.get("/v1/events", headers=bearer(token))).status_code == 200
        with opened(database_url) as database:
            database.write_now(lambda tx: revoke_key(tx, "short"))
        for client in (one, other):
            assert (await client.get("/v1/events", headers=bearer(token))).status_code == 401
            assert (await client.get("/v1/events")).status_code == 200


async def test_a_key_can_be_asked_whose_it_is(make_client, database_url, api_key):
    async with make_client() as client:
        nobody = await client.get("/v1/me")
        assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, 'Bearer realm="annals"')
        answer = await client.get("/v1/me", headers=bearer(api_key("read", "write", label="Ana")))
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert abs(parse_rfc3339(told.pop("last_used_at")) - now()) < 60 * SECOND
        assert told == {"label": "Ana", "scopes": ["read", "write"], "expires_at": None}
        until = now() + 3600 * SECOND
        with opened(database_url) as database:
            token, _ = database.write_now(lambda tx: create_key(tx, "brief", ["admin"], until))
        told = (await client.get("/v1/me", headers=bearer(token))).json()
        assert (told["scopes"], parse_rfc3339(told["expires_at"])) == (["admin"], until)
        assert (await client.get("/v1/me?x=1", headers=bearer(token))).status_code == 400


@pytest.mark.slow
async def test_a_revoked_or_expired_key_is_refused_at_once_by_any_worker(make_client, database_url, api_key):
    token = api_key("write", label="short")
    async with make_client() as one, make_client() as other:
        for client in (one, other):
            assert (
                await client.post("/v1/events", json={"title": "T"}, headers=bearer(token))
            ).status_code == 201
        with opened(database_url) as database:
            database.write_now(lambda tx: revoke_key(tx, "short"))
        for client in (one, other):
            assert (
                await client.post("/v1/events", json={"title": "T"}, headers=bearer(token))
            ).status_code == 401
        with opened(database_url) as database:
            token, _ = database.write_now(lambda tx: create_key(tx, "brief", ["write"], now() + SECOND))
        assert (await one.post("/v1/events", json={"title": "T"}, headers=bearer(token))).status_code == 201
        await asyncio.sleep(1.1)
        assert (await one.post("/v1/events", json={"title": "T"}, headers=bearer(token))).status_code == 401


async def test_when_a_key_was_used_is_noted_when_the_service_stops_at_the_latest(
    make_client, database_url, api_key
):
    token = api_key("write", label="used")
    before = now()
    async with make_client() as client:
        for _ in range(3):
            await client.post("/v1/events", json={"title": "T"}, headers=bearer(token))
    with opened(database_url) as database:
        with database.snapshot() as connection:
            (key,) = list_keys(connection)
        assert before <= key.used_at <= now()
        database.write_now(lambda tx: note_uses(tx, [(key.pk, before - 5)]))
        with database.snapshot() as connection:
            assert list_keys(connection) == [key]


@pytest.mark.slow
def test_the_command_line_shows_a_key_once(annals, database_url):
    annals = partial(annals, url=database_url)
    label = "a long label of several words"
    scopes = ("--scopes", "read,write,admin")
    # However narrow the screen is: a key is copied whole.
    made = annals("keys", "create", "--label", label, *scopes, "--expires", "90d", columns=20)
    assert made.code == 0, made.err
    token = made.out.splitlines()[-1].split()[-1]
    assert is_token(token)
    listed = annals("keys", "list", "--json")
    (key,) = listed.json
    assert key["scopes"] == ["read", "write", "admin"]
    assert token not in listed.out
    assert token not in annals("keys", "list").out
    assert annals("keys", "create", "--label", label).code == 1
    assert annals("keys", "create", "--label", "x", "--scopes", "root").code == 2
    assert annals("keys", "create", "--label", "x", "--expires", "soon").code == 2
    assert annals("keys", "revoke", key["number"]).code == 0
    assert annals("keys", "revoke", key["number"]).code == 1
