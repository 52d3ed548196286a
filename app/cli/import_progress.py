"""The progress of `annals import`, on standard error."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import typer

from app.imports.files import BytesRead
from app.values.counted import counted

Progress = Callable[[str, int, int | None], None]
"""Called with the stage, how many documents are done, and how many there are, if known."""

LINE_SECONDS: Final = 10
"""This many seconds lie between two lines at least."""

_RATE_SECONDS: Final = 1
"""A rate is counted over so many seconds at least."""


class ProgressLines:
    """Progress as lines, for logs: the stage, the documents that are done, and the rate since the line before."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._line_at: float | None = None
        self._stage = ""
        self._since = 0.0
        self._before = 0

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Write a line if it is time for one; the first report of a stage is what its rate is counted from."""
        now = self._clock()
        if self._line_at is None:
            self._line_at = now
        if stage != self._stage:
            self._stage, self._since, self._before = stage, now, done
            return
        elapsed = now - self._since
        if now - self._line_at < LINE_SECONDS or elapsed < _RATE_SECONDS:
            return
        documents = (
            counted(done, "document") if total is None else f"{done:,} of {counted(total, 'document')}"
        )
        self._write(f"{stage} {documents}, {(done - self._before) / elapsed:,.0f}/s")
        self._line_at, self._since, self._before = now, now, done


@contextmanager
def shown_progress(files: list[Path], seen: BytesRead) -> Iterator[Progress]:
    """Show progress on standard error: bars on a terminal, elsewhere a line every ten seconds."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    if not console.is_terminal:
        yield ProgressLines(lambda line: typer.echo(line, err=True))
        return
    size = sum(path.stat().st_size for path in files)
    columns = (
        TextColumn("{task.description:<22}"),
        BarColumn(),
        TextColumn("{task.fields[documents]:,} documents, {task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show_progress(stage: str, done: int, total: int | None) -> None:
            if stage == "confirming":
                # A question is asked on the terminal next.
                bars.stop()
                return
            bars.start()
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total or size, documents=0, rate=0.0)
            task = next(one for one in bars.tasks if one.id == tasks[stage])
            elapsed = task.elapsed or 0.0
            bars.update(
                tasks[stage],
                completed=seen.bytes if total is None else done,
                documents=done,
                rate=done / elapsed if elapsed else 0.0,
            )

        yield show_progress
