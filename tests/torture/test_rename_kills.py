"""kill -9 of the server while a record that many refer to is renamed, again and again: in the end all name it, on either database."""

import pytest
from killing import changed, check_database, client_of, count_of, kill_until_done, populate

pytestmark = pytest.mark.torture

REFERRERS = 1500
LEAST_KILLS = 2


def renamed_events(client):
    return [ref for ref in changed(client, "rename") if ref.startswith("events/")]


def left(client):
    """Count the events that are not rewritten yet, of which all are found by either name."""
    assert [count_of(client, name) for name in ("a", "alpha")] == [REFERRERS, REFERRERS]
    assert client.get("/v1/actors/a").headers["location"] == "/v1/actors/alpha"
    return REFERRERS - len(renamed_events(client))


def test_kills_while_a_record_is_renamed(server, api_key, database_url):
    populate(database_url, "a", REFERRERS)
    headers = {"Authorization": f"Bearer {api_key('read', 'write')}", "If-Match": "*"}
    running = server("--no-seed")
    with client_of(running, headers) as client:
        renamed = client.post("/v1/actors/a/rename", json={"to": "alpha"})
        assert (renamed.status_code, renamed.json()["id"]) == (200, "alpha")
    running, kills = kill_until_done(running, server, headers, left)
    with client_of(running, headers) as client:
        rewritten = renamed_events(client)
    running.stop()
    assert sorted(rewritten) == sorted(f"events/e{number}" for number in range(REFERRERS))
    print(f"\n{kills} kills")  # noqa: T201 - what was measured
    assert kills >= LEAST_KILLS
    check_database(database_url)
