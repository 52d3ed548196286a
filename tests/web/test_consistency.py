"""`Annals-Version`, `Annals-Min-Version` and `Prefer: consistency=latest` where one database answers everything."""

import pytest

from app.database.engine.database import Database

pytestmark = pytest.mark.anyio

FROM_THE_DATABASE = [
    "/v1/events",
    "/v1/events?format=csv",
    "/v1/events/e",
    "/v1/events/nothing-like-that",
    "/v1/events/e/revisions",
    "/v1/events/e/revisions/1",
    "/v1/events/e/evidence",
    "/v1/events/e?known_at=2100-01-01T00:00:00Z",
    "/v1/changes",
    "/v1/search?q=e",
    "/v1/coverage",
    "/v1/timeline?bucket=year",
    "/v1/vocabularies/event-type",
    "/v1/export",
    "/explore",
]
NOT_FROM_IT = [
    "/livez",
    "/readyz",
    "/version",
    "/v1",
    "/docs",
    "/openapi.json",
    "/v1/nowhere",
]


@pytest.fixture
def headers(api_key):
    return {"Authorization": f"Bearer {api_key('read', 'write')}"}


@pytest.fixture
async def written(client, headers):
    """The version that an event was written with."""
    answer = await client.post("/v1/events", json={"id": "e", "title": "E"}, headers=headers)
    assert answer.status_code == 201
    return answer.headers["annals-version"]


@pytest.mark.parametrize("path", FROM_THE_DATABASE)
async def test_what_is_read_tells_its_version(client, written, path):
    for asked in ({}, {}, {"Annals-Min-Version": written}, {"Prefer": "consistency=latest"}):
        answer = await client.get(path, headers=asked)
        assert answer.status_code in (200, 404), answer.text
        assert answer.headers.get_list("annals-version") == [written]
        applied = "consistency=latest" if "Prefer" in asked else None
        assert answer.headers.get("preference-applied") == applied
    assert (await client.head(path)).headers["annals-version"] == written
    if etag := answer.headers.get("etag"):
        unchanged = await client.get(path, headers={"If-None-Match": etag})
        assert (unchanged.status_code, unchanged.headers["annals-version"]) == (304, written)


@pytest.mark.parametrize("path", NOT_FROM_IT)
async def test_what_is_not_read_from_the_database_has_no_version(client, written, path):
    answer = await client.get(path, headers={"Annals-Min-Version": written})
    assert "annals-version" not in answer.headers


async def test_each_write_makes_a_later_version(client, headers, written):
    versions = [written]
    change = headers | {"If-Match": "*"}
    for method, path, body in (
        ("PUT", "/v1/events/e", {"title": "F"}),
        ("PATCH", "/v1/events/e", {"title": "G"}),
        ("DELETE", "/v1/events/e", None),
        ("POST", "/v1/events/e/restore", None),
    ):
        answer = await client.request(method, path, json=body, headers=change)
        assert answer.status_code < 300, answer.text
        versions.append(answer.headers["annals-version"])
        assert (await client.get("/v1/events/e")).headers["annals-version"] == versions[-1]
    lines = {"Content-Type": "application/x-ndjson"}
    report = await client.post(
        "/v1/imports", content=b'{"kind":"event","title":"H"}\n', headers=headers | lines
    )
    versions.append(report.headers["annals-version"])
    assert len(set(versions)) == len(versions)
    # Whoever asks for any of them is answered from the last.
    for version in versions:
        answer = await client.get("/v1/events", headers={"Annals-Min-Version": version})
        assert answer.headers["annals-version"] == versions[-1]


async def test_a_write_is_told_its_version_without_asking_for_that(client, headers, written, monkeypatch):
    """The statement that makes the version returns it; what makes none is told the newest."""
    asked, newest = [], Database.newest_version

    async def noting(self):
        asked.append(self)
        return await newest(self)

    lines = headers | {"Content-Type": "application/x-ndjson"}
    line = b'{"kind":"event","id":"h","title":"H"}\n'
    versions = [written]
    for sent, makes_one in (
        ({"url": "/v1/events", "json": {"title": "F"}, "headers": headers}, True),
        ({"url": "/v1/imports", "content": line, "headers": lines}, True),
        ({"url": "/v1/imports", "content": line, "headers": lines}, False),
    ):
        # What is known of a key is known for a version.
        await client.get("/v1/events", headers=headers)
        with monkeypatch.context() as patch:
            patch.setattr(Database, "newest_version", noting)
            answer = await client.post(**sent)
        versions.append(answer.headers["annals-version"])
        assert (versions[-1] != versions[-2]) == makes_one, answer.text
        assert (await client.get("/v1/events")).headers["annals-version"] == versions[-1]
        # The key is looked for again for each request.
        assert len(asked) == (1 if makes_one else 2), answer.text
        asked.clear()


async def test_a_write_that_is_refused_before_it_began_has_no_version(client, written):
    assert written
    answer = await client.post("/v1/events", json={"title": "E"})
    assert (answer.status_code, "annals-version" in answer.headers) == (401, False)


async def test_a_version_that_is_still_to_come_is_not_answered(client, written):
    number, _, token = written.rpartition("-")[0].rpartition(".")[2], "", written.rpartition("-")[2]
    later = written.replace(f"{number}-{token}", f"{int(number) + 1}-{token}")
    for path in FROM_THE_DATABASE:
        answer = await client.get(path, headers={"Annals-Min-Version": later})
        assert (answer.status_code, answer.json()["code"]) == (503, "version_not_reached"), path
        assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "value",
    ["", "1", "x-1", "1-", "1-xyz", "1-ab, 2-cd", "-1-ab", "1-ab ", "9" * 17 + "-ab", "1" * 4000, "é"],
)
async def test_a_malformed_version_is_refused_by_name(client, value):
    answer = await client.get("/v1/events", headers=[(b"annals-min-version", value.encode())])
    assert answer.status_code == 400, answer.text
    assert [(one["header"], one["code"]) for one in answer.json()["errors"]] == [
        ("Annals-Min-Version", "malformed_header")
    ]


@pytest.mark.parametrize(
    "value", ["consistency=eventual", "consistency", "handling=lenient", "consistency=latest2"]
)
async def test_other_preferences_are_passed_over(client, written, value):
    answer = await client.get("/v1/events", headers={"Prefer": value})
    assert answer.headers["annals-version"] == written
    assert "consistency" not in answer.headers.get("preference-applied", "")


async def test_scripts_of_other_origins_may_use_them(make_client):
    async with make_client(cors_origins=("https://a.test",)) as client:
        origin = {"Origin": "https://a.test"}
        asked = {
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "annals-min-version",
        }
        assert (await client.options("/v1/events", headers=origin | asked)).status_code == 200
        answer = await client.get("/v1/events", headers=origin)
        assert "Annals-Version" in answer.headers["access-control-expose-headers"]
