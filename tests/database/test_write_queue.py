"""The queue of the processes that write to one SQLite file."""

import fcntl
import itertools
import subprocess
import sys
import threading
import time
from pathlib import Path

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


def test_turns_alternate_between_those_who_never_pause(tmp_path, monkeypatch):
    path, turns = str(tmp_path / "a.db"), []

    def write(name, other):
        own = WriteQueue(path)
        for _ in range(50):
            with own.turn():
                turns.append(name)
                while turns.count(other) < 50 and not is_locked(path + SUFFIXES[0]):
                    time.sleep(0.0001)  # until the other has queued up
        own.close()

    monkeypatch.setattr(gate, "PATIENCE_SECONDS", 1e6)
    threads = [threading.Thread(target=write, args=names) for names in ("ab", "ba")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(one != other for one, other in itertools.pairwise(turns))


def is_locked(path):
    with Path(path).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_process_that_dies_leaves_its_turn(tmp_path, monkeypatch):
    path = str(tmp_path / "a.db")
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "in\n"
    holder.kill()
    holder.communicate()
    monkeypatch.setattr(gate, "PATIENCE_SECONDS", 1e6)
    with WriteQueue(path).turn():
        pass  # who waited for the dead never comes here


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
