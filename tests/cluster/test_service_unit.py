"""The shipped unit of systemd and its environment file: what it starts answers, and ends in the time that it is given.

systemd itself is asked whether it takes the unit, where it is installed; what it would start runs as an ordinary process.
"""

import configparser
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from serving import Server, free_port, wait_until_ready
from shipped import shipped, shipped_environment

from app.open_files import SPARE_FILES
from app.settings import Settings

pytestmark = pytest.mark.cluster

PROGRAM = "/opt/annals/bin/annals"


@pytest.fixture(scope="module")
def unit():
    parsed = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=False)
    parsed.optionxform = str
    parsed.read_string(shipped("annals.service"))
    return parsed


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit(tmp_path):
    path = tmp_path / "annals.service"
    path.write_text(shipped("annals.service", {PROGRAM: sys.executable}))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def command(unit, environment):
    """What systemd would start: each variable is replaced by one word."""
    words = shlex.split(unit["Service"]["ExecStart"])
    assert words[0] == PROGRAM
    assert unit["Service"]["EnvironmentFile"] == "/etc/annals/annals.env"
    return [
        sys.executable,
        "-m",
        "app",
        *(re.sub(r"\$\{(\w+)\}", lambda one: environment[one[1]], word) for word in words[1:]),
    ]


@pytest.fixture
def started(unit, database_url, tmp_path):
    """The service as the unit starts it, on a database of the test."""
    environment = shipped_environment()
    own = {
        "SERVE_HOST": "127.0.0.1",
        "SERVE_PORT": str(free_port()),
        "ANNALS_DATABASE_URL": database_url,
        "ANNALS_DIRECT_DATABASE_URL": database_url,
    }
    assert own.keys() <= environment.keys()
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(unit, environment | own),
            env={**os.environ, **environment, **own, "PYTHONPATH": str(Path(__file__).parents[2])},
            cwd=tmp_path,
            umask=int(unit["Service"]["UMask"], 8),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    one = Server(f"http://127.0.0.1:{own['SERVE_PORT']}", process, log)
    wait_until_ready(one)
    yield one
    one.stop()


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_what_the_unit_starts_answers_and_ends_in_time(unit, started, api_key):
    environment = shipped_environment()
    with httpx.Client(base_url=started.url) as client:
        assert client.get("/readyz?for=write").json()["status"] == "ready"
        assert client.get("/v1/events").json()["items"] == []
        card = client.get("/v1/export?format=jsonld")
        assert card.status_code == 200
        assert environment["ANNALS_PUBLIC_URL"] in card.text
    children = Path(f"/proc/{started.process.pid}/task/{started.process.pid}/children").read_text().split()
    workers = [child for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    assert len(workers) == int(environment["SERVE_WORKERS"])
    # A client that never comes to the end of what it sends: it is waited for as long as is set.
    head = f"POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api_key()}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    with socket.create_connection(("127.0.0.1", started.port)) as connection:
        connection.sendall(f"{head}{{".encode())
        time.sleep(0.5)
        began = time.monotonic()
        assert started.stop(signal.SIGTERM) == 0
    seconds = time.monotonic() - began
    print(f"\nended after {seconds:.1f} s")
    assert seconds > float(environment["ANNALS_SHUTDOWN_SECONDS"]) - 1
    assert seconds < float(unit["Service"]["TimeoutStopSec"])


def test_there_is_room_for_the_connections_of_a_worker(unit):
    assert (
        int(unit["Service"]["LimitNOFILE"]) >= Settings.model_fields["max_connections"].default + SPARE_FILES
    )


def test_stopping_is_given_longer_than_the_service_takes(unit):
    set_to = float(shipped_environment()["ANNALS_SHUTDOWN_SECONDS"])
    assert float(unit["Service"]["TimeoutStopSec"]) >= 2 * set_to
    # Workers that are told as well would be started anew by the first process.
    assert unit["Service"]["KillMode"] == "mixed"


def test_each_setting_is_one_of_the_service():
    names = {
        name.removeprefix("ANNALS_").lower() for name in shipped_environment() if name.startswith("ANNALS_")
    }
    assert names <= Settings.model_fields.keys()
    Settings(_env_file=None, **{name: shipped_environment()[f"ANNALS_{name.upper()}"] for name in names})
