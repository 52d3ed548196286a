"""The docs page in a browser: how it opens, and that "Try it out" works as it stands."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import CHROMIUM, Page, browser
from documented import openapi
from serving import Server

from app.records.kinds import RECORD_KINDS

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

# What the page does with an answer is the same on either database; what the answers are, `test_trying_it_out` sees on both.
ONCE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

_OTHER_KINDS = {kind.collection for kind in RECORD_KINDS} - {"events"}

# What cannot be read as it stands, and why.
UNREADABLE = {
    "get_merge": (404, "nothing of the seeds was merged"),
    "get_text": (403, "texts are read only where a setting says so"),
}


@pytest.fixture(scope="module")
def new_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Page]]:
    with browser(tmp_path_factory.mktemp("profile")) as opening:
        yield opening


@pytest.fixture
def docs(new_page: Callable[[], Page], server: Callable[..., Server], seeded_url: str) -> Page:
    page = new_page()
    page.open(f"{server(url=seeded_url).url}/docs")
    page.wait_for("document.querySelectorAll('.opblock-tag').length > 0")
    return page


def authorize(page: Page, token: str) -> None:
    """Give the key in the dialog of the page."""
    page.run("document.querySelector('.btn.authorize').click()")
    page.wait_for("document.querySelector('.auth-container input') !== null")
    fill_in(page, ".auth-container input", token)
    page.run("document.querySelector('.auth-container .btn.authorize').click()")
    page.run("document.querySelector('.modal-ux .close-modal').click()")


def fill_in(page: Page, selector: str, text: str) -> None:
    """Put a text into a field, as if it was typed."""
    page.wait_for(f"document.querySelector({selector!r}) !== null")
    page.run(
        f"""{{ const field = document.querySelector({selector!r});
        const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set;
        set.call(field, {text!r}); field.dispatchEvent(new Event("input", {{bubbles: true}}));
        field.dispatchEvent(new FocusEvent("focusout", {{bubbles: true}})); }}"""
    )


def try_out(page: Page, tag: str, operation: str, **typed: str) -> tuple[int, str]:
    """Execute an operation with what the page fills in, and what is `typed`; gives the status and the body."""
    at = f"#operations-{tag}-{operation}"
    if not page.run(f"document.querySelector('{at}') !== null"):
        page.run(f"document.querySelector('#operations-tag-{tag}').click()")
        page.wait_for(f"document.querySelector('{at}') !== null")
    page.run(f"document.querySelector('{at} .opblock-summary-control').click()")
    page.wait_for(f"document.querySelector('{at} .try-out__btn') !== null")
    page.run(f"document.querySelector('{at} .try-out__btn').click()")
    for name, text in typed.items():
        fill_in(page, f'{at} tr[data-param-name="{name}"] input', text)
    page.wait_for(f"document.querySelector('{at} .execute') !== null")
    page.run(f"document.querySelector('{at} .execute').click()")
    told = f"{at} .live-responses-table tbody .response-col_status"
    page.wait_for(f"document.querySelector('{told}') !== null")
    status = page.run(f"parseInt(document.querySelector('{told}').innerText)")
    body = page.run(f"(document.querySelector('{at} .live-responses-table pre') || {{}}).innerText || ''")
    page.run(f"document.querySelector('{at} .opblock-summary-control').click()")
    return status, body


@ONCE
def test_it_opens_folded_and_as_dark_as_the_browser_is(docs: Page, new_page: Callable[[], Page]) -> None:
    assert docs.run("document.querySelectorAll('.opblock').length") == 0
    light = docs.run("getComputedStyle(document.body).backgroundColor")
    dark_page = new_page()
    dark_page.prefer_dark()
    dark_page.open(docs.run("location.href"))
    dark_page.wait_for("document.querySelectorAll('.opblock-tag').length > 0")
    dark = dark_page.run("getComputedStyle(document.documentElement).backgroundColor")
    assert dark_page.run("document.documentElement.classList.contains('dark-mode')")
    assert not docs.run("document.documentElement.classList.contains('dark-mode')")
    assert dark != light


@pytest.mark.browser
@ONCE
def test_a_record_is_found_written_and_changed(docs: Page, api_key: Any, seeded_url: str) -> None:
    status, body = try_out(docs, "events", "list_events")
    assert (status, "castro-chavez-meeting-1994" in body) == (200, True)
    authorize(docs, api_key("write", url=seeded_url))
    assert try_out(docs, "events", "create_event")[0] == 201
    assert try_out(docs, "events", "patch_event", **{"If-Match": '"1"'})[0] == 200
    status, body = try_out(docs, "events", "delete_event", **{"If-Match": '"1"'})
    assert (status, "see what changed" in body) == (412, True)


@pytest.mark.browser
def test_every_operation_does_what_it_shows(docs: Page, api_key: Any, seeded_url: str) -> None:
    authorize(docs, api_key("admin", url=seeded_url))
    tried = {}
    for path, operations in openapi()["paths"].items():
        told = operations.get("get")
        if told is None or told["tags"][0] in _OTHER_KINDS - {"sources"}:
            continue
        tried[told["operationId"]] = try_out(docs, told["tags"][0], told["operationId"])[0]
        assert tried[told["operationId"]] == UNREADABLE.get(told["operationId"], (200, ""))[0], path
    assert len(tried) > 30
    match = {"If-Match": "*"}
    for tag, operation, typed, expected in (
        ("events", "create_event", {}, 201),
        ("events", "replace_event", match, 200),
        ("events", "patch_event", match, 200),
        ("events", "delete_event", match, 204),
        ("events", "restore_event", {}, 200),
        ("events", "revert_event", match, 200),
        ("across", "merge_records", {}, 201),
        ("vocabularies", "create_term", {}, 201),
        ("sources", "create_source", {}, 201),
        ("sources", "attach_text", {}, 201),
        ("sources", "verify_source", {}, 200),
    ):
        status, body = try_out(docs, tag, operation, **typed)
        assert status == expected, (operation, body)
