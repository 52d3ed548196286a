"""kill -9 of the server in the middle of writes, again and again: what was acknowledged is there, on either database."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest

pytestmark = pytest.mark.torture
KILLS = int(os.environ.get("ANNALS_TEST_KILLS", "50"))


@pytest.mark.parametrize("turn", range(KILLS))
def test_no_acknowledged_write_is_lost(server, api_key, database_url, turn):
    headers = {"Authorization": f"Bearer {api_key('write')}"}
    acknowledged, chance = {}, random.Random(turn)
    running, stopped = server("--no-seed"), threading.Event()

    def write(number):
        with httpx.Client(base_url=running.url, headers=headers, timeout=10) as client:
            for step in range(100_000):
                if stopped.is_set():
                    return
                name = f"k-{number}-{step}"
                try:
                    answer = client.post("/v1/events", json={"id": name, "title": name})
                except httpx.TransportError:
                    return
                assert answer.status_code == 201, answer.text
                acknowledged[name] = answer.json()

    # So many that their writes are committed in groups, or so few that most are alone.
    writers = [threading.Thread(target=write, args=(number,)) for number in range(24 if turn % 2 else 4)]
    for writer in writers:
        writer.start()
    while not acknowledged and any(writer.is_alive() for writer in writers):
        time.sleep(0.01)
    time.sleep(chance.uniform(0.05, 0.7))
    os.killpg(running.process.pid, signal.SIGKILL)
    running.process.wait()
    stopped.set()
    for writer in writers:
        writer.join()
    again = server("--no-seed")
    found, path = {}, "/v1/events?limit=1000"
    with httpx.Client(base_url=again.url, timeout=30) as client:
        while path:
            page = client.get(path).json()
            found |= {item["id"]: item for item in page["items"]}
            path = page["next"]
    again.stop()
    lost = acknowledged.keys() - found.keys()
    print(f"\n{len(acknowledged)} acknowledged, {len(found)} found, {len(lost)} lost")  # noqa: T201 - what was measured
    assert not lost
    checked = subprocess.run(
        [sys.executable, "-m", "app", "check"],
        env={**os.environ, "ANNALS_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
