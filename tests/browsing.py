"""Pages in Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:  # it takes as long to import as all the rest of a file of tests, and most need none of it
    from playwright.sync_api import Browser, Page

HEIGHT: Final = 900
CHROMIUM: Final = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
"""The browser of the system: Playwright's own are not in its package."""

_WAITING_SECONDS: Final = 120
_OWN_SCHEMES: Final = ("data", "blob", "about")

_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    # Whatever a page asks of another host is seen, and goes nowhere.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@dataclass
class Complaints:
    """What the browser has to say against a page, and what it is expected to say."""

    told: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, text: str) -> None:
        """Expect complaints with this text, such as `status of 400`, at least one."""
        self.expected.append(text)

    def check(self) -> None:
        """Fail where something was told that is not expected, or not told what is."""
        assert [told for told in self.told if not any(text in told for text in self.expected)] == []
        assert [text for text in self.expected if not any(text in told for told in self.told)] == []


@contextmanager
def running_chromium() -> Iterator["Browser"]:
    """Give a browser; a test is skipped where there is none. While it runs, nothing else can run an event loop."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """The browser of a file of tests. No test of the file can be async: see `running_chromium`."""
    with running_chromium() as one:
        yield one


@pytest.fixture
def color_scheme() -> str:
    """What the user of the browser prefers; `parametrize("color_scheme", ["light", "dark"])` has both."""
    return "light"


@pytest.fixture
def width() -> int:
    """How many pixels the page is wide; parametrize it likewise."""
    return 1440


@pytest.fixture
def javascript() -> bool:
    """Whether the page may run scripts; parametrize it likewise."""
    return True


@pytest.fixture
def complaints() -> Complaints:
    """What is written to the console as an error, exceptions that nothing catches, and requests to other hosts."""
    return Complaints()


@pytest.fixture
def page(
    browser: "Browser", color_scheme: Any, width: int, javascript: bool, complaints: Complaints
) -> Iterator["Page"]:
    """A page in a context of its own, without cookies and with an empty cache.

    The test fails at its end where there are complaints that it did not expect.
    """
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme=color_scheme,
        java_script_enabled=javascript,
    )
    context.set_default_timeout(_WAITING_SECONDS * 1000)
    told = complaints.told
    context.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda raised: told.append(str(raised.error)))
    context.on("request", lambda request: told.extend(_elsewhere(request.url)))
    yield context.new_page()
    context.close()
    complaints.check()


def _elsewhere(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    if parts.hostname != "127.0.0.1" and parts.scheme not in _OWN_SCHEMES:
        yield f"another host was asked: {url}"


def accessibility_faults(page: "Page") -> list[str]:
    """Return what axe-core finds against the page as it is seen now, a line for each element."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def is_as_wide_as_its_window(page: "Page") -> bool:
    """Return whether nothing of the page lies to the right of what is seen."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    return wide
