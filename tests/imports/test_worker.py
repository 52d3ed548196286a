"""The process that helps an import: the same bytes come of it, and nothing hangs on its life."""

import errno
import gc
import multiprocessing.util
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

from app.database.engine.database import Database
from app.imports import service as importing
from app.imports import worker as helping
from app.imports.documents import ImportFile
from app.imports.readers import read
from app.imports.report import Options
from app.imports.service import import_documents
from app.imports.worker import Task, WorkerProcess, done, prefetch
from app.maintenance.check import check
from tests.imports.conftest import exported, lines

TERM = {"kind": "term", "scheme": "participant-role", "id": "tailor", "label": "Tailor"}


def documents(count: int = 150):
    yield {"kind": "source", "id": "paper", "title": "A paper"}
    for number in range(count):
        # Each waits for the one after it, and the last for the first.
        follows = {"type": "follows", "target": f"events/e-{(number + 1) % 9 + number // 9 * 9}"}
        yield {
            "kind": "event",
            "id": f"e-{number}",
            "title": f"Ça va, number {number}",
            "aliases": ["Another name", "a third, a fourth"],
            "date": ("1961-04-17", "196X?", "1959/..", "[1667,1668,1670..1672]")[number % 4],
            "tags": ["cold war", "***"],
            "participants": [{"actor": f"actors/p-{number % 7}", "role": "guest"}],
            "relations": [follows] if number < count // 9 * 9 else [],
            "evidence": [
                {
                    "source": "sources/paper",
                    "property": "date",
                    "value": "1962",
                    "selector": {"page": number + 1},
                }
            ]
            if number % 5 == 0
            else [],
        }
        if number % 20 == 0:
            yield {"kind": "actor", "id": f"p-{number // 20}", "title": f"Person {number}"}
    yield TERM
    yield {
        "kind": "event",
        "id": "later",
        "title": "After the term",
        "participants": [{"actor": "actors/p-1", "role": "tailor"}],
    }
    yield {"kind": "event", "title": "Without an id"}


@pytest.fixture
def _small(monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 20)
    monkeypatch.setattr("app.imports.write_order.GROUP", 20)


def run(database: Database, **options) -> bytes:
    body = lines(documents())
    report = import_documents(
        database,
        [ImportFile("in.ndjson", lambda: read("ndjson", [body]))],
        Options("me", keeps=True, **options),
    )
    assert report.faults == []
    assert check(database) == []
    assert report.counts.created == report.counts.read > 150
    return exported(database)


def without_times(body: bytes) -> bytes:
    import re

    return re.sub(rb'"(created|updated)_at":"[^"]*"', b"", body)


class Ready(WorkerProcess):
    """A helper that is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.tasks = 0
        while not self.is_there:
            time.sleep(0.01)

    def send(self, task):
        self.tasks += 1
        super().send(task)


@pytest.mark.slow
@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("dies_after", [None, 3, 12])
def test_it_makes_the_same_and_may_die(database, sqlite_databases, database_at, monkeypatch, dies_after):
    made = []

    class Mortal(Ready):
        def __init__(self):
            super().__init__()
            made.append(self)

        def send(self, task):
            super().send(task)
            if self.tasks == dies_after:
                self._process.kill()

    monkeypatch.setattr(importing, "WorkerProcess", Mortal)
    monkeypatch.setattr(importing, "is_worthwhile", lambda: True)
    helped = run(database, helped=True)
    assert len(made) == 1
    assert made[0].tasks >= (dies_after or 12)
    assert not made[0]._process.is_alive()
    alone = sqlite_databases.fresh(sqlite_databases.migrated)
    with database_at(alone) as other:
        assert without_times(run(other)) == without_times(helped)
    sqlite_databases.drop(alone)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize(("count", "processes"), [(20, 0), (21, 1)])
def test_only_a_second_batch_starts_it(database, monkeypatch, count, processes):
    made = []

    class Counted(WorkerProcess):
        def __init__(self):
            super().__init__()
            made.append(self)

    monkeypatch.setattr(importing, "WorkerProcess", Counted)
    monkeypatch.setattr(importing, "is_worthwhile", lambda: True)
    body = lines({"kind": "event", "id": f"e-{number}", "title": "An event"} for number in range(count))
    inputs = [ImportFile("in.ndjson", lambda: read("ndjson", [body]))]
    report = import_documents(database, inputs, Options("me", keeps=True, helped=True))
    assert report.counts.created == count
    assert len(made) == processes


@pytest.mark.usefixtures("_small")
def test_where_it_cannot_be_started_all_is_done_here(database, monkeypatch):
    def start(_process):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("multiprocessing.context.SpawnProcess.start", start)
    monkeypatch.setattr(importing, "is_worthwhile", lambda: True)
    run(database, helped=True)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_it_may_be_killed_while_it_sends_a_large_result():
    helper = Ready()
    large = Task(bytes, (50_000_000,))
    tasks = [(number, large) for number in range(3)]
    threading.Timer(0.05, helper._process.kill).start()
    assert [len(result()) for _, result in prefetch(lambda _: helper, tasks)] == [50_000_000] * 3
    assert not helper.is_there
    helper.close()


def test_results_come_in_order_with_tasks_done_here_between():
    helper = Ready()
    tasks = [(number, Task(divmod, (number, 3)) if number % 3 else done((0, 0))) for number in range(9)]
    found = [(label, result()) for label, result in prefetch(lambda _: helper, tasks)]
    assert found == [(number, divmod(number, 3) if number % 3 else (0, 0)) for number in range(9)]
    assert [result() for _, result in prefetch(lambda _: None, tasks)] == [result for _, result in found]
    helper.close()


def test_what_fails_there_fails_here():
    helper = Ready()
    [(_, result)] = prefetch(lambda _: helper, [("one", Task(divmod, (1, 0)))])
    with pytest.raises(ZeroDivisionError):
        result()
    helper.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_it_ends_when_its_parent_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        "from app.imports.worker import WorkerProcess\n"
        "if __name__ == '__main__':\n"
        "    helper = WorkerProcess()\n"
        "    while not helper.is_there: time.sleep(0.01)\n"
        "    print(helper._process.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(helping.__file__).parents[2])}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    for _ in range(2400):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if b") Z " in Path(f"/proc/{pid}/stat").read_bytes():
            return  # ended; nobody asks this process how
        time.sleep(0.05)
    pytest.fail("it lives on")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_signal_that_comes_while_it_starts_leaves_no_process_that_complains(monkeypatch, capfd):
    class StoppedError(Exception):
        pass

    def stop(*_):
        raise StoppedError

    def start_and_signal(*arguments):
        started.append(start(*arguments))
        os.kill(os.getpid(), signal.SIGUSR1)
        # Python runs what handles the signal before it goes on here.
        time.sleep(0)
        return started[0]

    started: list[int] = []
    start = multiprocessing.util.spawnv_passfds
    resource_tracker.ensure_running()
    monkeypatch.setattr(multiprocessing.util, "spawnv_passfds", start_and_signal)
    before = signal.signal(signal.SIGUSR1, stop)
    try:
        with pytest.raises(StoppedError):
            WorkerProcess()
    finally:
        signal.signal(signal.SIGUSR1, before)
    gc.collect()
    with suppress(ChildProcessError):
        os.waitpid(started[0], 0)
    assert capfd.readouterr().err == ""
