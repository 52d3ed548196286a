"""A standby takes over without the last writes: the service goes on, and takes nothing that was lost for what there is."""

import httpx
import pytest
from listening import listening
from mirroring import mirrored
from replicating import address, started_pair

from app.database.api_keys import create_key
from app.database.engine.versions import order_of
from app.main import create_app
from app.maintenance.check import check
from app.maintenance.migrate import prepare
from app.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pair():
    """A primary and a standby for this file alone."""
    with started_pair() as one:
        yield one


@pytest.fixture
def url(pair, tmp_path):
    """The address of a database, at whichever server is the primary: `failover` leads it to the other."""
    pair.ask("CREATE DATABASE failing")
    (tmp_path / "servers").symlink_to(pair.sockets[0].parent)
    return address(pair.primary.get_uri(), "failing", tmp_path / "servers")


def failover(pair, tmp_path):
    pair.promote()
    (tmp_path / "next").symlink_to(pair.sockets[1].parent)
    (tmp_path / "next").replace(tmp_path / "servers")
    pair.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'failing'")


def test_what_was_lost_is_told_apart_from_what_there_is(pair, url, database_at, tmp_path):
    with database_at(url) as database:
        prepare(database, url)
        token, _ = database.write_now(lambda tx: create_key(tx, "editor", ("admin",)))
    with listening(create_app(Settings(database_url=url))) as port:
        service, file = f"http://127.0.0.1:{port}", tmp_path / "mirror.db"
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"{service}/v1/", headers=headers, timeout=30) as client:

            def write(title, match="*"):
                return client.patch("events/e", json={"title": title}, headers={"If-Match": match})

            assert client.post("events", json={"id": "e", "title": "Common"}).status_code == 201
            common = client.get("events/e").headers["etag"]
            [kept] = client.get("changes").json()["items"]
            pair.follow()
            pair.cut_off()

            lost = write("Lost").headers["etag"]
            assert client.post("events", json={"id": "lost", "title": "Lost as well"}).status_code == 201
            seen = {path: client.get(path) for path in ("events", "events/e", "changes", "vocabularies")}
            last = seen["changes"].json()["items"][-1]["seq"]
            assert mirrored(service, file).records == 2
            version = pair.ask("SELECT version_tag FROM database", "failing")

            failover(pair, tmp_path)
            # The first to notice is somebody who reads, before anything was written.
            told = client.get("changes", params={"after": last})
            assert (told.status_code, told.json()["code"]) == (410, "another_history")
            assert told.json()["last_common"] >= kept["seq"]
            assert client.get("changes", params={"after": told.json()["last_common"]}).json()["items"] == []
            for path, answer in seen.items():
                again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
                assert (again.status_code == 304) == (path == "vocabularies"), path
                assert "Lost" not in again.text
            assert order_of(pair.ask_standby("SELECT version_tag FROM database", "failing")) > order_of(
                version
            )
            assert pair.ask_standby("SELECT timeline FROM branch", "failing") == 2

            assert write("Mine", lost).status_code == 412
            assert write("Present", common).json()["revision"] == 2
            assert write("Mine", lost).status_code == write("Mine", '"2"').status_code == 412
            followed = mirrored(service, file)
            assert (followed.went_back, followed.records) == (True, 1)
            assert followed.after > last
            assert (
                client.get("changes", params={"after": kept["seq"]}).json()["items"][0]["seq"]
                == followed.after
            )
    with database_at(url) as database:
        assert check(database) == []
