"""kill -9 of the server while it undoes a long merge, again and again: in the end all is as it was, on either database."""

import time

import pytest
from killing import changed, check_database, client_of, count_of, kill_until_done, populate

pytestmark = pytest.mark.torture

REFERRERS = 4000
LEAST_KILLS = 2
PATH = "/v1/merges/1"


def until(client, status, state):
    """Ask how the merge stands until it has come to its end."""
    while True:
        told = client.get(PATH)
        if (told.status_code, told.json().get("merge", told.json())["state"]) == (status, state):
            return told.json()
        time.sleep(0.1)


def left(client):
    told = client.get(PATH)
    return told.json()["pending"] if told.status_code == 200 else 0


def test_kills_while_a_merge_is_undone(server, api_key, database_url):
    populate(database_url, "ab", REFERRERS)
    headers = {"Authorization": f"Bearer {api_key('read', 'write')}"}
    running = server("--no-seed")
    with client_of(running, headers) as client:
        client.post("/v1/merges", json={"from": "actors/a", "into": "actors/b"})
        until(client, 200, "done")
        assert client.delete(PATH).status_code == 202
    running, kills = kill_until_done(running, server, headers, left)
    with client_of(running, headers) as client:
        told = until(client, 410, "undone")
        assert (told["merge"]["moved"], "conflicts" in told) == (REFERRERS, False)
        changes = changed(client, "unmerge")
        assert [count_of(client, name) for name in "ab"] == [REFERRERS, 0]
    running.stop()
    assert sorted(changes) == sorted(["actors/a", *(f"events/e{number}" for number in range(REFERRERS))])
    print(f"\n{kills} kills")  # noqa: T201 - what was measured
    assert kills >= LEAST_KILLS
    check_database(database_url)
