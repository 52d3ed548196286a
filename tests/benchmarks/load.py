"""Floor and subject side by side: two servers on loopback, asked in turn by wrk.

The floor is a FastAPI route that answers the same bytes from memory: what the framework alone costs.
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
from pathlib import Path

import httpx

SECONDS = 3
ROUNDS = 5
CONNECTIONS = 32

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
from fastapi import FastAPI, Request
from fastapi.responses import Response

bodies = {path: body.encode() for path, body in json.load(open(os.environ["FLOOR_BODIES"])).items()}
app = FastAPI()

@app.get("/{path:path}")
async def answer(request: Request, path: str):
    asked = request.scope["raw_path"].decode() + "?" + request.scope["query_string"].decode()
    return Response(bodies.get(asked, b"{}"), media_type="application/json")
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
def subject(url: str, workers: int = 1, *, cached: bool = True) -> Iterator[tuple[int, int]]:
    """Serve a database, with or without keeping answers; gives the port and the process id."""
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
    environment = {"ANNALS_DATABASE_URL": url, "ANNALS_LOG_LEVEL": "warning"}
    if not cached:
        environment["ANNALS_ANSWER_CACHE_BYTES"] = "0"
    with serving(command, port, environment) as process:
        yield port, process.pid


@contextmanager
def floor(bodies_file: Path) -> Iterator[int]:
    """Serve the same bytes from memory with a plain FastAPI route."""
    port = free_port()
    source = bodies_file.with_name("floor_app.py")
    source.write_text(FLOOR)
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--app-dir",
        str(source.parent),
        "floor_app:app",
        "--port",
        str(port),
        "--no-access-log",
        "--log-level",
        "warning",
    ]
    with serving(command, port, {"FLOOR_BODIES": str(bodies_file)}):
        yield port


def rate(
    port: int, paths: Path, *, tags: Path | None = None, start: int = 0, seconds: int = SECONDS
) -> float:
    """Ask with wrk for some seconds; gives requests per second.

    Raises:
        RuntimeError: wrk is not installed, or the server answered errors.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("install wrk to run the benchmarks")
    script = paths.with_name("script.lua")
    script.write_text(SCRIPT)
    environment = {**os.environ, "WRK_PATHS": str(paths), "WRK_START": str(start)}
    if tags is not None:
        environment["WRK_TAGS"] = str(tags)
    done = subprocess.run(
        [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    if "Non-2xx" in done.stdout and tags is None:
        raise RuntimeError(done.stdout)
    found = re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)
    return float(found[1]) if found else 0.0


def compare(name: str, subject_port: int, paths: Sequence[str], *, conditional: bool = False) -> float:
    """Measure subject and floor in turn over the same paths; prints and gives the median ratio."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        path_file, bodies_file = where / "paths", where / "bodies.json"
        path_file.write_text("\n".join(paths))
        tags_file = where / "tags" if conditional else None
        bodies, tags = {}, []
        with httpx.Client(base_url=f"http://127.0.0.1:{subject_port}") as client:
            for path in paths:
                answer = client.get(path)
                answer.raise_for_status()
                bodies[path if "?" in path else f"{path}?"] = answer.text
                tags.append(answer.headers["etag"])
        if tags_file is not None:
            tags_file.write_text("\n".join(tags))
        bodies_file.write_text(json.dumps(bodies))
        ratios, subjects, floors = [], [], []
        with floor(bodies_file) as floor_port:
            for turn in range(ROUNDS):
                start = turn * len(paths) // ROUNDS
                floors.append(rate(floor_port, path_file, start=start))
                subjects.append(rate(subject_port, path_file, tags=tags_file, start=start))
                ratios.append(subjects[-1] / floors[-1])
    middle = statistics.median(ratios)
    print(
        f"{name:<44} {middle:6.2f} of the floor ({min(ratios):.2f}-{max(ratios):.2f}); "
        f"{statistics.median(subjects):8,.0f}/s against {statistics.median(floors):8,.0f}/s",
        flush=True,
    )
    return middle


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
