"""Writes a second of 1, 4, 16 and 64 writers over HTTP, with commits as fast as they are and with each delayed.

`python tests/benchmarks/bench_writers.py [sqlite postgresql] [--delay MILLISECONDS] [--workers N]`. Each writer posts the event
of `bench_writing` on a connection of its own, as soon as the last one is answered. A commit is delayed where the database
waits for its disk: `fsync` and `fdatasync` of a small library that is loaded before libc (LD_PRELOAD, compiled by `cc`)
sleep, and Postgres takes the commits that come meanwhile together, as it does with a slow disk. The goals are ratios: with
commits of 10 ms sixteen writers do at least four times as much as one, 64 no less than sixteen.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench_writing import KINDS, Poster, databases, event, populate

sys.path.insert(0, str(Path(__file__).parents[1]))
from serving import free_port, serve, wait_until_ready

WRITERS = (1, 4, 16, 64)
SECONDS, WARM_SECONDS = 5.0, 2.0
UNLIMITED = {"rate_limit_per_key": "off", "rate_limit_per_address": "off"}
SLOW_DISK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static int later(const char *name, int file) {
    char text[16] = {0};
    const char *path = getenv("ANNALS_BENCH_DELAY");
    int said = path ? open(path, O_RDONLY) : -1;
    if (said >= 0) {
        long us = read(said, text, 15) > 0 ? atol(text) : 0;
        struct timespec pause = {us / 1000000, us % 1000000 * 1000};
        close(said);
        if (us > 0) nanosleep(&pause, 0);
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}
int fsync(int file) { return later("fsync", file); }
int fdatasync(int file) { return later("fdatasync", file); }
"""


@contextmanager
def slow_disk() -> Iterator[Path]:
    """Have processes that are started meanwhile wait for their disk as long as a file says, in microseconds."""
    folder = Path(tempfile.mkdtemp(prefix="annals-bench-"))
    folder.chmod(0o755)  # Postgres may run as a user of its own
    library, delay = folder / "slow.so", folder / "delay"
    (folder / "slow.c").write_text(SLOW_DISK)
    command = ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(folder / "slow.c"), "-ldl"]
    subprocess.run(command, check=True)
    delay.write_text("0")
    os.environ |= {"LD_PRELOAD": str(library), "ANNALS_BENCH_DELAY": str(delay)}
    try:
        yield delay
    finally:
        del os.environ["LD_PRELOAD"], os.environ["ANNALS_BENCH_DELAY"]


def write(address: str, token: str, name: str, last: float, seconds: list[float]) -> None:
    """Post events up to a moment, and note how long each took."""
    poster, number = Poster(address, token), 0
    while time.perf_counter() < last:
        began = time.perf_counter()
        poster.post({**event(number), "id": f"{name}-{number}"})
        seconds.append(time.perf_counter() - began)
        number += 1
    poster.close()


def measure(address: str, token: str, name: str, writers: int, seconds: float) -> tuple[float, list[float]]:
    """Return the writes a second of so many writers, and how long each write took, sorted."""
    found: list[float] = []
    began = time.perf_counter()
    threads = [
        threading.Thread(target=write, args=(address, token, f"{name}-{one}", began + seconds, found))
        for one in range(writers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(found) / (time.perf_counter() - began), sorted(found)


def compare(kind: str, milliseconds: int, workers: int) -> None:
    """Print what writers do on one database."""
    with slow_disk() as delay, databases(kind) as url:
        token = populate(url)
        running = serve(
            url,
            Path(tempfile.mkdtemp(prefix="annals-bench-")),
            free_port(),
            workers,
            ("--no-seed",),
            UNLIMITED,
        )
        try:
            wait_until_ready(running)
            measure(running.url, token, "warm", 4, WARM_SECONDS)
            for late in (0, milliseconds):
                delay.write_text(str(late * 1000))
                alone = None
                for writers in WRITERS:
                    rate, took = measure(running.url, token, f"w{late}-{writers}", writers, SECONDS)
                    alone = alone or rate
                    print(
                        f"{kind}, commits delayed by {late} ms, {writers} writers: {rate:.0f}/s, "
                        f"{rate / alone:.1f} times one; p99 {took[int(len(took) * 0.99)] * 1000:.0f} ms"
                    )
        finally:
            delay.write_text("0")
            running.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=KINDS, help="sqlite, postgresql")
    parser.add_argument("--delay", type=int, default=10, help="milliseconds of a delayed commit")
    parser.add_argument("--workers", type=int, default=1, help="processes of the service")
    given = parser.parse_args()
    for one in given.kinds:
        compare(one, given.delay, given.workers)
