"""The command line at a terminal: a process of its own on a pseudo-terminal."""

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


class Terminal:
    """The command line in a process of its own, on a pseudo-terminal."""

    def __init__(self, *arguments: object, url: str, folder: Path, stderr: Any = None) -> None:
        """Begin; standard error goes to the terminal, too, unless it is said where."""
        self.screen, line = pty.openpty()
        environment = {**os.environ, "ANNALS_DATABASE_URL": url, "PYTHONPATH": str(ROOT), "TERM": "dumb"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", *map(str, arguments)],
            stdin=line,
            stdout=line,
            stderr=line if stderr is None else stderr,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        os.close(line)
        self.seen = ""

    def wait_for(self, text: str) -> str:
        """Read until a text is on the screen, and forget what came before, which is returned."""
        assert self._is_seen(text, 120), self.seen
        before, _, self.seen = self.seen.partition(text)
        return before

    def _is_seen(self, text: str, patience: float) -> bool:
        """Read until a text is on the screen; False where nothing more came in that many seconds."""
        while text not in self.seen:
            if not select.select([self.screen], [], [], patience)[0]:
                return False
            try:
                piece = os.read(self.screen, 4096)
            except OSError:
                piece = b""
            assert piece, self.seen
            self.seen += piece.decode()
        return True

    def type(self, text: str) -> None:
        os.write(self.screen, text.encode())

    def interrupt(self, until: str) -> None:
        """Send SIGINT until a text is on the screen.

        One that comes after a question is written, and before its answer is waited for, is heeded only after the answer.
        """
        for _ in range(24):
            self.process.send_signal(signal.SIGINT)
            if self._is_seen(until, 5):
                break
        self.wait_for(until)

    def end(self) -> int:
        code = self.process.wait(120)
        os.close(self.screen)
        return code
