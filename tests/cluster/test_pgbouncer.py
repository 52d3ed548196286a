"""The shipped PgBouncer, with passwords, between a service and its Postgres; the settings of the service lead through it.

`pytest -m cluster -n 0 -s` prints how many sessions the workers had with the database, with PgBouncer and without.
"""

import asyncio
import itertools
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from pooling import BOUNCER, running_bouncer
from replicating import own_server, plain
from serving import free_port
from shipped import shipped, shipped_environment
from sqlalchemy import make_url

from app.settings import Settings

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.cluster,
    pytest.mark.skipif(
        BOUNCER is None or os.geteuid() != 0, reason="PgBouncer is not installed, or the tests are not root's"
    ),
]

WORKERS = int(shipped_environment()["SERVE_WORKERS"])


@pytest.fixture(scope="module")
def postgres():
    with own_server("annals-bounced-", "fsync = off\nmax_connections = 200\n") as one:
        one.psql("CREATE ROLE annals LOGIN PASSWORD 'secret-of-annals'")
        one.psql("CREATE DATABASE annals OWNER annals")
        yield one


@contextmanager
def shipped_bouncer(postgres):
    """Run the shipped PgBouncer, on another port and with its files in a folder of the test."""
    folder = Path(tempfile.mkdtemp(prefix="annals-bouncer-", dir="/tmp"))
    port = free_port()
    users, settings = folder / "userlist.txt", folder / "pgbouncer.ini"
    users.write_text('"annals" "secret-of-annals"\n')
    settings.write_text(
        shipped(
            "pgbouncer.ini",
            {
                "host=127.0.0.1 port=5000": f"host={make_url(postgres.get_uri()).query['host']} port=5432",
                "listen_port = 6432": f"listen_port = {port}",
                "/etc/pgbouncer": str(folder),
                "/var/log/postgresql": str(folder),
                "/run/postgresql": str(folder),
            },
        )
    )
    folder.chmod(0o777)
    try:
        with running_bouncer(settings, postgres.system_user, ("127.0.0.1", port)):
            yield port
    finally:
        shutil.rmtree(folder)


def urls(postgres, port):
    """The addresses in the shipped settings, with where PgBouncer and Postgres are in this test."""
    environment = shipped_environment()
    folder = make_url(postgres.get_uri()).query["host"]
    pooled, direct = environment["ANNALS_DATABASE_URL"], environment["ANNALS_DIRECT_DATABASE_URL"]
    assert "@127.0.0.1:6432/" in pooled
    assert "@127.0.0.1:5000/" in direct
    return (
        pooled.replace("127.0.0.1:6432", f"127.0.0.1:{port}"),
        direct.replace("@127.0.0.1:5000/", "@/") + f"?host={folder}",
    )


def sessions(postgres):
    """How many sessions the user of the service has with the database."""
    with psycopg.connect(plain(postgres.get_uri()), autocommit=True) as connection:
        return connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'annals'"
        ).fetchone()[0]


def test_who_has_no_password_is_refused(postgres):
    with shipped_bouncer(postgres) as port:
        url = plain(urls(postgres, port)[0])
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("annals",)
        with pytest.raises(psycopg.OperationalError, match="authentication"):
            psycopg.connect(url.replace("secret-of-annals", "guessed"))


def test_who_has_lost_a_session_may_wait_for_a_second_one_in_the_time_that_the_service_waits():
    found = re.search(r"^query_wait_timeout = (\d+)$", shipped("pgbouncer.ini"), re.MULTILINE)
    assert 2 * float(found[1]) == Settings.model_fields["database_timeout_seconds"].default


POOLED = int(re.search(r"^default_pool_size = (\d+)$", shipped("pgbouncer.ini"), re.MULTILINE)[1])
POOL = Settings.model_fields["database_pool_size"].default
PAST_POOLER = POOL
"""Connections of a worker that go past the pooler: for the locks of imports."""
OF_WORKER = 3 * POOL + Settings.model_fields["exports_at_once"].default
"""Connections of a worker: for reading, writing and snapshots, and one for each export."""
PROBES = 2
"""Connections that are open for a moment, to see whether the server answers."""

READS = (
    "/v1/events?limit=200",
    "/v1/events?limit=5&count=exact",
    "/v1/search?q=number",
    "/v1/timeline",
    "/v1/changes",
)


async def ask_much(url, headers, name, look):
    """Read, write, import and export at once for some seconds; gives the answers, and the most that was seen meanwhile."""
    answers, seen = [], []
    last = time.monotonic() + 10
    line = b'{"kind":"event","id":"%b-%d","title":"Number %d","summary":"%b"}\n'

    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:

        async def ask(method, path, **sent):
            answers.append(await client.request(method, path, **sent))

        async def read(path):
            while time.monotonic() < last:
                await ask("GET", path)

        async def write(name):
            for step in itertools.count():
                if time.monotonic() >= last:
                    return
                await ask("POST", "/v1/events", json={"id": f"{name}-{step}", "title": "A title"})

        async def import_(name):
            lines = b"".join(line % (name.encode(), n, n, b"x" * 500) for n in range(2000))
            await ask("POST", "/v1/imports", content=lines, headers={"Content-Type": "application/x-ndjson"})

        async def count():
            while time.monotonic() < last:
                seen.append(await asyncio.to_thread(look))
                await asyncio.sleep(0.05)

        await import_(f"{name}-first")
        await asyncio.gather(
            *map(read, READS * 6),
            *map(read, ["/v1/export"] * 4),
            *(write(f"{name}-written-{number}") for number in range(16)),
            *(import_(f"{name}-imported-{number}") for number in range(2)),
            count(),
        )
    return answers, max(seen)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # the fixtures' own is not used
@pytest.mark.parametrize("is_pooled", [False, True])
async def test_a_service_under_load(postgres, server, api_key, is_pooled):
    with shipped_bouncer(postgres) as port:
        pooled, direct = urls(postgres, port)
        settings = {"direct_database_url": direct} if is_pooled else {}
        running = server(
            "--no-seed",
            url=pooled if is_pooled else direct,
            workers=WORKERS,
            rate_limit_per_key="off",
            exports_per_client="4",
            **settings,
        )
        name = "pooled" if is_pooled else "direct"
        headers = {"Authorization": f"Bearer {api_key('admin', url=direct, label=name)}"}
        answers, most = await ask_much(running.url, headers, name, lambda: sessions(postgres))
        assert running.stop() == 0
    told = Counter((answer.request.url.path, answer.status_code) for answer in answers)
    limit = POOLED + WORKERS * PAST_POOLER if is_pooled else WORKERS * OF_WORKER
    print(
        f"\n{len(answers)} answers of {WORKERS} workers, at the most {most} of {limit} sessions with the database"
    )
    assert {status for _, status in told} <= {200, 201}, told
    assert most <= limit + PROBES
