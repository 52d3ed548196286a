"""`annals serve` as it is run: from nothing to answers, by several processes at once."""

import re
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest
from serving import Server, wait_until_ready
from sqlalchemy import make_url
from waiting import HANG_SECONDS

from app.maintenance.check import check

# uvicorn ends by the signal that it was sent, once it has finished; its parent of several workers exits.
ENDED = {0, -signal.SIGTERM}

# What processes that start at once do to each database is tested with its migrations.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.mark.slow
def test_servers_that_start_at_once_on_nothing_make_one_seeded_database(server, bare_url, database_at):
    started = [server(url=bare_url, workers=2, wait=False), server(url=bare_url, wait=False)]
    for one in started:
        wait_until_ready(one)
    for one in started:
        answer = httpx.get(f"{one.url}/v1/events/castro-chavez-meeting-1994")
        assert answer.status_code == 200
        assert answer.json()["revision"] == 1
    assert {one.stop() for one in started} <= ENDED
    with database_at(bare_url) as database:
        assert check(database) == []


@pytest.mark.slow
def test_a_server_told_not_to_seed_leaves_an_empty_database_empty(server):
    one = server("--no-seed")
    assert httpx.get(f"{one.url}/v1/events").json()["items"] == []
    assert one.stop() in ENDED


def test_a_port_that_is_taken_is_told_before_anything_is_made(annals, bare_url):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = annals("serve", "--port", str(port), url=bare_url)
    assert done.code == 1
    assert done.err == (
        f"Port {port} of 127.0.0.1 is taken: another service listens there. Stop it, or choose another port: "
        f"annals serve --port {port % 65535 + 1}\n"
    )
    assert not Path(make_url(bare_url).database).exists()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_of_this_machine_is_wrong_usage(annals, bare_url, host):
    done = annals("serve", "--host", host, "--port", "0", url=bare_url)
    assert done.code == 2
    assert f"no address {host}" in " ".join(done.err.split())
    assert not Path(make_url(bare_url).database).exists()


@pytest.mark.slow
def test_the_address_that_is_told_can_be_asked_though_the_port_was_left_open(server):
    one = server("--no-seed", "--port", "0", wait=False)
    told = re.compile(r"Serving on (http://127\.0\.0\.1:[1-9][0-9]*),")
    try:
        for _ in range(10 * HANG_SECONDS):
            if found := told.search(one.log.read_text()):
                break
            time.sleep(0.1)
        wait_until_ready(Server(found[1], one.process, one.log))
    finally:
        assert one.stop() in ENDED


@pytest.mark.usefixtures("restored_logs")
def test_a_service_that_only_reads_makes_no_database(annals, bare_url):
    done = annals("serve", "--read-only", "--port", "0", url=bare_url)
    assert done.code == 1
    assert not Path(make_url(bare_url).database).exists()


@pytest.mark.usefixtures("restored_logs")
def test_a_service_that_only_reads_refuses_another_schema(annals, database_url, database_at):
    with database_at(database_url) as database, database.transaction() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = 'later'")
    done = annals("serve", "--read-only", "--port", "0", url=database_url)
    assert done.code == 1
    assert "read-only" in done.err
    assert "later" in done.err


@pytest.mark.slow
def test_several_workers_that_only_read(server, seeded_url):
    one = server("--read-only", url=seeded_url, workers=2)
    assert httpx.get(f"{one.url}/v1/events/castro-chavez-meeting-1994").status_code == 200
    told = [httpx.get(f"{one.url}/readyz?for=write").status_code for _ in range(8)]
    assert told == [503] * 8
    assert one.stop() in ENDED
