"""Floor and subject side by side: two servers on loopback, asked in turn by wrk.

The floor is a FastAPI route that answers bodies of the same sizes from memory: what the framework alone costs.
Ratios of rates in one run say what machines and days do not change.
"""

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

CONNECTIONS = 32
SAMPLE = 300
"""How many answers the floor holds, and how many questions are asked again."""

SCRIPT = """
local paths = {}
for line in io.lines(os.getenv("WRK_PATHS")) do paths[#paths + 1] = line end
local at = tonumber(os.getenv("WRK_START")) or 0
local tag = os.getenv("WRK_TAGS")
local tags = {}
if tag then for line in io.lines(tag) do tags[#tags + 1] = line end end
request = function()
  at = at % #paths + 1
  if tag then return wrk.format("GET", paths[at], {["If-None-Match"] = tags[at]}) end
  return wrk.format("GET", paths[at])
end
"""

FLOOR = """
import json, os
from itertools import cycle
from fastapi import FastAPI, Request
from fastapi.responses import Response

bodies = cycle([body.encode() for body in json.load(open(os.environ["FLOOR_BODIES"]))])
app = FastAPI()

@app.get("/{path:path}")
async def answer(request: Request, path: str):
    return Response(next(bodies), media_type="application/json")
"""


def free_port() -> int:
    """Give a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    command: Sequence[str], port: int, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; it has answered once when the block begins."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                httpx.get(f"http://127.0.0.1:{port}/livez", timeout=1)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def subject(
    url: str, workers: int = 1, *, cached: bool = True, replicas: str = ""
) -> Iterator[tuple[int, int]]:
    """Serve a database, with or without keeping answers, or reading from replicas; gives the port and the process id."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "app",
        "serve",
        "--port",
        str(port),
        "--workers",
        str(workers),
        "--no-seed",
    ]
    environment = {
        "ANNALS_DATABASE_URL": url,
        "ANNALS_READ_DATABASE_URL": replicas,
        "ANNALS_LOG_LEVEL": "warning",
    }
    if not cached:
        environment["ANNALS_ANSWER_CACHE_BYTES"] = "0"
    with serving(command, port, environment) as process:
        yield port, process.pid


@contextmanager
def floor(bodies: Sequence[str]) -> Iterator[int]:
    """Answer these bodies from memory with a plain FastAPI route, one after another, whatever is asked; gives the port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "floor_app.py").write_text(FLOOR)
        file = Path(folder, "bodies.json")
        file.write_text(json.dumps(bodies))
        command = [sys.executable, "-m", "uvicorn", "--app-dir", folder, "floor_app:app", "--port", str(port)]
        with serving(
            [*command, "--no-access-log", "--log-level", "warning"], port, {"FLOOR_BODIES": str(file)}
        ):
            yield port


@dataclass(frozen=True)
class Asked:
    """How a server fared: requests in all, those refused of them, and those answered each second.

    Then what half and 99 in 100 of all took at most, in milliseconds.
    """

    requests: int
    refused: int
    rate: float
    half: float
    most: float


class Questions:
    """Paths that wrk asks for, each with the entity tag that is known of it where there are any."""

    def __init__(self, folder: Path, paths: Sequence[str], tags: Sequence[str] = ()) -> None:
        """Write them to where wrk reads them; `folder` has nothing else in it."""
        folder.mkdir()
        self.count = len(paths)
        self._script = folder / "script.lua"
        self._script.write_text(SCRIPT)
        self._environment = {"WRK_PATHS": str(folder / "paths")}
        (folder / "paths").write_text("\n".join(paths))
        if tags:
            self._environment["WRK_TAGS"] = str(folder / "tags")
            (folder / "tags").write_text("\n".join(tags))

    def ask(self, port: int, start: int, seconds: int, connections: int = CONNECTIONS) -> Asked:
        """Ask a server for some seconds, beginning with the question at `start`.

        Raises:
            RuntimeError: wrk is not installed, connections broke, or a lone client was refused something. Where there are
                more the service may be busy, and says so at once (503): what it refuses is no answer.
        """
        wrk = shutil.which("wrk")
        if wrk is None:
            raise RuntimeError("install wrk to run the benchmarks")
        options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
        done = subprocess.run(
            [wrk, *options, "-s", str(self._script), f"http://127.0.0.1:{port}"],
            env={**os.environ, **self._environment, "WRK_START": str(start)},
            capture_output=True,
            text=True,
            check=True,
        )
        errors = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
        refused = int(errors[1]) if errors else 0
        if "Socket errors" in done.stdout or (refused and connections == 1):
            raise RuntimeError(done.stdout)
        requests = int(_found(r"(\d+) requests in", done.stdout))
        answered = (requests - refused) / max(requests, 1)
        return Asked(
            requests,
            refused,
            float(_found(r"Requests/sec:\s+([0-9.]+)", done.stdout)) * answered,
            _milliseconds(_found(r"^ +50%\s+(\S+)", done.stdout)),
            _milliseconds(_found(r"^ +99%\s+(\S+)", done.stdout)),
        )


def _found(pattern: str, output: str) -> str:
    found = re.search(pattern, output, re.MULTILINE)
    if found is None:
        raise RuntimeError(output)
    return found[1]


def _milliseconds(written: str) -> float:
    """Read a time as wrk writes it."""
    for unit, factor in (("us", 0.001), ("ms", 1.0), ("s", 1000.0), ("m", 60_000.0)):
        if written.endswith(unit):
            return float(written.removesuffix(unit)) * factor
    raise RuntimeError(written)


@dataclass(frozen=True)
class Ratio:
    """What share of the floor's rate a subject had, round by round."""

    rounds: tuple[float, ...]
    rate: float
    floor: float
    refused: float
    """Which share of what the subject was asked it was too busy for."""

    def __str__(self) -> str:
        """Give the median, and what was refused."""
        refused = f" ({self.refused:.0%} refused)" if self.refused else ""
        return f"{statistics.median(self.rounds):.2f}{refused}"

    @property
    def spread(self) -> str:
        """Give the same, and between what the rounds were."""
        return f"{self} ({min(self.rounds):.2f}-{max(self.rounds):.2f})"


class Turns:
    """Floor and subject, asked the same in turn; no question of a list is asked of the subject twice while it lasts."""

    def __init__(self, floor_port: int, subject_port: int, seconds: int, rounds: int) -> None:
        """Take the ports of both, and how often each is asked for how long."""
        self._floor, self._subject = floor_port, subject_port
        self._seconds, self._rounds = seconds, rounds

    def compare(self, questions: Questions, *, once: bool) -> tuple[Ratio, int]:
        """Ask both; gives the ratio, and how many questions the subject was asked.

        Where each is to be asked but `once` it ends before the last round if the questions might not last for another.
        """
        subjects: list[float] = []
        floors: list[float] = []
        start = requests = refused = 0
        while len(subjects) < self._rounds:
            floors.append(self._ask(self._floor, questions, start).rate)
            asked = self._ask(self._subject, questions, start)
            subjects.append(asked.rate)
            requests, refused = requests + asked.requests, refused + asked.refused
            # wrk draws one to look at, and may have one under way on each connection.
            drawn = asked.requests + CONNECTIONS + 1
            start += drawn
            if once and start + 1.2 * drawn > questions.count:
                break
        ratios = tuple(ours / theirs for ours, theirs in zip(subjects, floors, strict=True))
        share = refused / max(requests, 1)
        return Ratio(ratios, statistics.median(subjects), statistics.median(floors), share), start

    def _ask(self, port: int, questions: Questions, start: int) -> Asked:
        return questions.ask(port, start, self._seconds)


def answers_of(port: int, paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Ask for each path once; gives the bodies and the entity tags.

    Raises:
        HTTPStatusError: something else than 200 was answered.
        RuntimeError: what has not changed was sent again.
    """
    bodies, tags = [], []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for path in paths:
            answer = client.get(path)
            answer.raise_for_status()
            bodies.append(answer.text)
            tags.append(answer.headers["etag"])
        if client.get(path, headers={"If-None-Match": tags[-1]}).status_code != httpx.codes.NOT_MODIFIED:
            raise RuntimeError(f"{path} is sent again though it has not changed")
    return bodies, tags


def resident_megabytes(pid: int) -> float:
    """Give the anonymous resident memory of a process and its children, in megabytes."""
    total = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        parent = re.search(r"PPid:\s+(\d+)", text)
        if status.parent.name == str(pid) or (parent and parent[1] == str(pid)):
            found = re.search(r"RssAnon:\s+(\d+) kB", text)
            total += int(found[1]) / 1024 if found else 0
    return total
