"""A page in Chromium, driven over the DevTools protocol."""

import base64
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
from websockets.sync.client import ClientConnection, connect

CHROMIUM: Final = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
_START_SECONDS: Final = 60.0
_PAGE_SECONDS: Final = 60.0


class Page:
    """One page of a browser."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Have a command of the protocol done, and return its result; events are passed over."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv(timeout=_PAGE_SECONDS))
            if message.get("id") == number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result

    def open(self, url: str) -> None:
        """Go to an address."""
        self.command("Page.enable")
        self.command("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """Run a script in the page, await the promise that it gives, if any, and return its value."""
        result = self.command("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait_for(self, script: str) -> Any:
        """Return the value of a script once that is true of the page."""
        last = time.monotonic() + _PAGE_SECONDS
        while not (found := self.run(script)):
            assert time.monotonic() < last, f"This never came true: {script}"
            time.sleep(0.02)
        return found

    def prefer_dark(self) -> None:
        """Have the page in a browser whose user prefers dark colours."""
        dark = {"name": "prefers-color-scheme", "value": "dark"}
        self.command("Emulation.setEmulatedMedia", features=[dark])

    def screenshot(self) -> bytes:
        """Return what is seen, as PNG."""
        return base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"])


@contextmanager
def browser(profile: Path) -> Iterator[Callable[[], Page]]:
    """Give what opens pages in a browser with a profile of its own."""
    assert CHROMIUM is not None
    arguments = (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--remote-debugging-port=0",
        "--window-size=1200,1000",
        f"--user-data-dir={profile}",
    )
    process = subprocess.Popen([CHROMIUM, *arguments, "about:blank"], stderr=subprocess.DEVNULL)
    try:
        port = _port(process, profile / "DevToolsActivePort")

        with ExitStack() as connections:

            def new_page() -> Page:
                target = httpx.put(f"http://127.0.0.1:{port}/json/new", timeout=_PAGE_SECONDS).json()
                return Page(connections.enter_context(connect(target["webSocketDebuggerUrl"], max_size=None)))

            yield new_page
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


def _port(process: "subprocess.Popen[bytes]", told: Path) -> int:
    last = time.monotonic() + _START_SECONDS
    while time.monotonic() < last and process.poll() is None:
        if told.exists() and (lines := told.read_text().split()):
            return int(lines[0])
        time.sleep(0.05)
    raise AssertionError("The browser did not start.")
