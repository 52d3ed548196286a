"""The Firefox of the system, driven by WebDriver BiDi, which it speaks itself (https://www.w3.org/TR/webdriver-bidi/)."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from waiting import HANG_SECONDS
from websockets.sync.client import ClientConnection, connect

FIREFOX: Final = next(filter(None, map(shutil.which, ("firefox", "firefox-esr"))), None)

_PREFERENCES: Final = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
    "ui.prefersReducedMotion": 1,
}
_LISTENING: Final = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class Firefox:
    """A window of the browser.

    Attributes:
        complaints: errors that were written to its console, and exceptions that nothing caught.
    """

    def __init__(self, connection: ClientConnection) -> None:
        """Begin a session."""
        self.complaints: list[str] = []
        self._connection = connection
        self._number = 0
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded"])
        self._context = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, url: str) -> None:
        """Open an address, and wait until it is loaded."""
        self._ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """Return what an expression of JavaScript gives: a text, a number, whether something is so."""
        answer = self._ask(
            "script.evaluate",
            expression=expression,
            target={"context": self._context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return answer["result"].get("value")

    def type(self, text: str) -> None:
        """Press the keys of a text, where the focus is."""
        keys = [{"type": kind, "value": one} for one in text for kind in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keyboard", "actions": keys}]
        self._ask("input.performActions", context=self._context, actions=actions)

    def wait(self, expression: str) -> None:
        """Wait until an expression is true.

        Raises:
            TimeoutError: it never was.
        """
        end = time.monotonic() + HANG_SECONDS
        while not self.evaluate(f"Boolean({expression})"):
            if time.monotonic() > end:
                raise TimeoutError(expression)
            time.sleep(0.05)

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._connection.recv(timeout=HANG_SECONDS))
            if told["type"] == "event":
                entry = told["params"]
                if entry["level"] == "error":
                    self.complaints.append(entry["text"])
            elif told["id"] == self._number:
                assert told["type"] == "success", told
                found: dict[str, Any] = told["result"]
                return found


@contextmanager
def running_firefox(folder: Path) -> Iterator[Firefox]:
    """Give a window of a browser that keeps what it keeps in a folder; a test is skipped where there is none."""
    if FIREFOX is None:
        pytest.skip("Firefox is not installed")
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items()]
    (folder / "user.js").write_text("\n".join(lines))
    command = [FIREFOX, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            found = next(filter(None, map(_LISTENING.search, process.stderr)), None)
            assert found is not None, "Firefox ended before it could be driven"
            with connect(f"{found[1]}/session", max_size=None) as connection:
                yield Firefox(connection)
        finally:
            process.kill()
