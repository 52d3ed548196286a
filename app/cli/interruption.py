"""Commands that are stopped by Ctrl+C (SIGINT) or SIGTERM end with a word on how to go on, and no traceback."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible(advice: str) -> Iterator[Callable[[], bool]]:
    """End the command when a signal stops it: `advice` goes to standard error, the exit code is 128 and the signal.

    Gives a function that tells whether a signal came: an exception raised by its handler is lost where it comes
    while a callback of a C library runs, so long work asks from time to time.
    """
    received: list[int] = []

    def stop(number: int, _frame: Any) -> None:
        received.append(number)
        # Drivers cancel what they wait for, and clean up, after this exception.
        raise KeyboardInterrupt

    try:
        with _handled_by(stop):
            yield lambda: bool(received)
    except BaseException:
        if not received:
            raise
        typer.echo(advice, err=True)
        raise typer.Exit(128 + received[0]) from None


@contextmanager
def _handled_by(handler: Callable[[int, Any], None]) -> Iterator[None]:
    """Let signals be handled so, except those that whoever started the command lets it ignore (`nohup`)."""
    before: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        before = {one: signal.getsignal(one) for one in _SIGNALS}
    heeded = {one: old for one, old in before.items() if old is not signal.SIG_IGN}
    for one in heeded:
        signal.signal(one, handler)
    try:
        yield
    finally:
        for one, old in heeded.items():
            signal.signal(one, old)
