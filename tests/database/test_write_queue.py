"""The queue of the processes that write to one SQLite file."""

import itertools
import subprocess
import sys
import threading
import time

import pytest

from app.database.engine import write_queue as gate
from app.database.engine.write_queue import SUFFIXES, WriteQueue

HOLDER = """
import sys, time
from app.database.engine.write_queue import WriteQueue
with WriteQueue(sys.argv[1]).turn():
    print("in", flush=True)
    time.sleep(60)
"""


def test_turns_alternate_between_those_who_never_pause(tmp_path):
    path, turns, ended = str(tmp_path / "a.db"), [], threading.Event()

    def write(name):
        own = WriteQueue(path)
        while not ended.is_set():
            with own.turn():
                turns.append(name)
                time.sleep(0.002)
        own.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    ended.set()
    for thread in threads:
        thread.join()
    first = max(turns.index("a"), turns.index("b"))
    settled = turns[first:-3]
    assert sum(one != other for one, other in itertools.pairwise(settled)) > 0.9 * len(settled)


def test_a_process_that_dies_leaves_its_turn(tmp_path):
    path = str(tmp_path / "a.db")
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "in\n"
    holder.kill()
    holder.communicate()
    began = time.monotonic()
    with WriteQueue(path).turn():
        assert time.monotonic() - began < 1


def test_whoever_waited_long_enough_leaves_it_to_sqlite(tmp_path, monkeypatch):
    monkeypatch.setattr(gate, "PATIENCE_SECONDS", 0.05)
    path = str(tmp_path / "a.db")
    with WriteQueue(path).turn(), WriteQueue(path).turn():
        pass


@pytest.mark.parametrize("path", ["/nowhere/at/all/a.db", "/proc/a.db"])
def test_where_nothing_can_be_made_nobody_queues(path):
    with WriteQueue(path).turn():
        pass


def test_the_files_stay(tmp_path):
    own = WriteQueue(str(tmp_path / "a.db"))
    with own.turn():
        pass
    own.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(f"a.db{suffix}" for suffix in SUFFIXES)
