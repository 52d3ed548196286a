"""A worker process for what needs no database, while this one writes: it makes an import twice as fast.

The work is at most one batch ahead of the writing, so that memory is bounded. The worker has no state:
where it cannot be started or dies, its work is done in this process; when this process dies, however it
does, the worker finds its pipe closed and ends.

It is no executor of `concurrent.futures`: that keeps both ends of its pipes, so that it waits for ever for the rest of
a result when its process is killed while sending one, and its process outlives a parent that was killed.
"""

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

Label = TypeVar("Label")
Result = TypeVar("Result")
_PATIENCE_SECONDS = 5.0
_uncollected = 0
_counting = threading.Lock()


@dataclass(frozen=True)
class Task(Generic[Result]):
    """A pure function of a module with its arguments: all of it goes through a pipe, and so does the result."""

    function: Callable[..., Result]
    arguments: tuple[Any, ...]

    @cached_property
    def here(self) -> Result:
        """Run it in this process, once, if and when the result is needed."""
        return self.function(*self.arguments)


def done(result: Result) -> Task[Result]:
    """Return a task whose result is known."""
    return Task(_same, (result,))


def _same(result: Result) -> Result:
    return result


class WorkerProcess:
    """The worker process, which is absent until it is ready, and once it has died."""

    def __init__(self) -> None:
        """Start it; it is ready after a moment."""
        context = get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=serve, args=(there,), daemon=True, name="annals-helper")
        self._is_ready = False
        self._is_lost = False
        # A signal that interrupts this thread would leave a process behind that was not told what to do, and complains.
        is_started = threading.Event()
        starting = threading.Thread(target=self._start, args=(there, is_started), name="annals-helper-start")
        try:
            starting.start()
        except RuntimeError:
            # There is no room for another thread.
            there.close()
            self._is_lost = True
        else:
            # Python 3.11 takes a thread for ended whose `join` is interrupted, and does not wait for it when it exits.
            is_started.wait()

    def _start(self, there: Connection, is_started: threading.Event) -> None:
        try:
            # The process inherits that Ctrl+C waits, until it ignores it. The tracker lets it through when it has started.
            if hasattr(signal, "pthread_sigmask"):
                resource_tracker.ensure_running()
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            self._process.start()
        except OSError:
            # There is no room for another process.
            self._is_lost = True
        finally:
            there.close()
            is_started.set()

    @property
    def is_there(self) -> bool:
        """Whether tasks can be sent to it."""
        if not self._is_ready and not self._is_lost:
            try:
                self._is_ready = self._pipe.poll() and self._pipe.recv() is None
            except (EOFError, OSError):
                self._is_lost = True
        return self._is_ready and not self._is_lost

    def send(self, task: Task[Any]) -> None:
        """Send it a task; it must have none."""
        try:
            self._pipe.send((task.function, task.arguments))
        except OSError:
            self._is_lost = True

    def result(self, task: Task[Result]) -> Callable[[], Result]:
        """Return the result of the task that was sent; run it in this process where the worker has died."""
        if not self._is_lost:
            try:
                with gc_paused():
                    is_done, result = self._pipe.recv()
            except (EOFError, OSError):
                self._is_lost = True
            else:
                if is_done:
                    return lambda: result
        return lambda: task.here

    def close(self) -> None:
        """End it."""
        self._pipe.close()
        if self._process.pid is None:
            return
        self._process.join(_PATIENCE_SECONDS)
        if self._process.is_alive():
            self._process.kill()


def is_worthwhile() -> bool:
    """Return whether there is a processor for a worker."""
    allowed = getattr(os, "sched_getaffinity", None)
    return (len(allowed(0)) if allowed is not None else os.cpu_count() or 1) > 1


def prefetch(
    helper: Callable[[int], WorkerProcess | None], tasks: Iterable[tuple[Label, Task[Result]]]
) -> Iterator[tuple[Label, Callable[[], Result]]]:
    """Yield each label with the result of its task, in order.

    `helper` is given how many tasks came before, and returns the worker if there is one by then. While the caller uses
    a result, the worker runs the next task; without one each task is run when its result is needed.
    """
    sent: tuple[Label, Task[Result], WorkerProcess] | None = None
    for number, (label, task) in enumerate(tasks):
        found = None
        if sent is not None:
            before, earlier, found = sent
            result = found.result(earlier)
        mate = helper(number)
        if mate is not None and mate.is_there:
            mate.send(task)
        else:
            mate = None
        if found is not None:
            yield before, result
        sent = None if mate is None else (label, task, mate)
        if mate is None:
            yield label, lambda task=task: task.here  # type: ignore[misc]
    if sent is not None:
        label, task, mate = sent
        yield label, mate.result(task)


def serve(pipe: Connection) -> None:
    """Run tasks from the pipe until it is closed."""
    # Ctrl+C is for the import, which closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        pipe.send(None)
        while True:
            with gc_paused():
                function, arguments = pipe.recv()
                try:
                    answer = True, function(*arguments)
                except Exception:  # noqa: BLE001 - done again by whoever asked, who is told of it there
                    answer = False, None
                pipe.send(answer)
                del function, arguments, answer


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector, which would traverse thousands of objects that are about to be freed.

    It would find nothing, again and again: that doubles the time of an import.
    """
    global _uncollected  # noqa: PLW0603 - there is one collector for all imports of a process
    with _counting:
        _uncollected += 1
        gc.disable()
    try:
        yield
    finally:
        with _counting:
            _uncollected -= 1
            if not _uncollected:
                gc.enable()
