"""The docs page in a browser: how it opens, and that "Try it out" works as it stands."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import CHROMIUM, Page, browser
from documented import openapi
from serving import Server

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

# What the page does with an answer is the same on either database; what the answers are, `test_trying_it_out` sees on both.
ONCE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

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


def unfold(page: Page, tag: str, operation: str) -> str:
    """Open an operation, and give the selector of where it stands."""
    at = f"#operations-{tag}-{operation}"
    if not page.run(f"document.querySelector('{at}') !== null"):
        page.run(f"document.querySelector('#operations-tag-{tag}').click()")
        page.wait_for(f"document.querySelector('{at}') !== null")
    page.run(f"document.querySelector('{at} .opblock-summary-control').click()")
    return at


def try_out(page: Page, tag: str, operation: str, **typed: str) -> tuple[int, str]:
    """Execute an operation with what the page fills in, and what is `typed`; gives the status and the body."""
    at = unfold(page, tag, operation)
    page.wait_for(f"document.querySelector('{at} .try-out__btn') !== null")
    page.run(f"document.querySelector('{at} .try-out__btn').click()")
    for name, text in typed.items():
        fill_in(page, f'{at} tr[data-param-name="{name}"] input', text)
    page.wait_for(f"document.querySelector('{at} .execute') !== null")
    page.run(f"document.querySelector('{at} .execute').click()")
    told = f"{at} .live-responses-table tbody .response-col_status"
    page.wait_for(f"document.querySelector('{told}') !== null")
    status = page.run(f"parseInt(document.querySelector('{told}').innerText)")
    body = page.run(f"(document.querySelector('{at} .live-responses-table pre') || {{}}).textContent || ''")
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
def test_schemas_are_looked_up_however_deep_they_lie(docs: Page) -> None:
    unfold(docs, "events", "list_events")
    answer = "#operations-events-list_events .responses-table"
    schema_tab = (
        f"[...document.querySelectorAll('{answer} .tablinks')].find(tab => tab.textContent === 'Schema')"
    )
    docs.wait_for(f"{schema_tab} !== undefined")
    docs.run(f"{schema_tab}.click()")
    buttons = f"[...document.querySelectorAll('{answer} article .json-schema-2020-12-accordion')]"
    for name in ("items", "Items", "evidence", "Items", "selector"):
        button = f"{buttons}.findLast(button => button.textContent === '{name}')"
        docs.wait_for(f"{button} !== undefined")
        docs.run(f"{button}.click()")
    docs.wait_for(f"document.querySelector('{answer} article').textContent.includes('Where in the source.')")
    assert "#/components" not in docs.run(f"document.querySelector('{answer} article').textContent")


@ONCE
def test_a_record_is_found_written_and_changed(docs: Page, api_key: Any, seeded_url: str) -> None:
    status, body = try_out(docs, "events", "list_events")
    assert (status, "castro-chavez-meeting-1994" in body) == (200, True)
    authorize(docs, api_key("write", url=seeded_url))
    assert try_out(docs, "events", "create_event")[0] == 201
    assert try_out(docs, "events", "patch_event", **{"If-Match": '"1"'})[0] == 200
    status, body = try_out(docs, "events", "delete_event", **{"If-Match": '"1"'})
    assert (status, "see what changed" in body) == (412, True)
    assert try_out(docs, "across", "create_import")[0] == 200


@pytest.mark.browser
def test_every_operation_does_what_it_shows(docs: Page, api_key: Any, seeded_url: str) -> None:
    authorize(docs, api_key("admin", url=seeded_url))
    tried = 0
    for path, operations in openapi()["paths"].items():
        if (told := operations.get("get")) is None:
            continue
        tag, operation = told["tags"][0], told["operationId"]
        status, body = try_out(docs, tag, operation)
        assert status == UNREADABLE.get(operation, (200, ""))[0], (path, body)
        tried += 1
    assert tried > 50
    match = {"If-Match": "*"}
    for tag, operation, typed, expected in (
        ("events", "create_event", {}, 201),
        ("events", "replace_event", match, 200),
        ("events", "patch_event", match, 200),
        ("events", "add_event_evidence", match, 201),
        ("events", "replace_event_evidence", match, 200),
        ("events", "delete_event_evidence", match, 200),
        ("events", "delete_event", match, 204),
        ("events", "restore_event", {}, 200),
        ("events", "revert_event", match, 200),
        ("across", "merge_records", {}, 201),
        ("across", "undo_merge", {}, 200),
        ("events", "rename_event", match, 200),
        ("across", "create_import", {}, 200),
        ("vocabularies", "create_term", {}, 201),
        ("vocabularies", "replace_term", match, 200),
        ("vocabularies", "patch_term", match, 200),
        ("vocabularies", "delete_term", match, 204),
        ("sources", "create_source", {}, 201),
        ("sources", "attach_text", {}, 201),
        ("sources", "verify_source", {}, 200),
        ("sources", "remove_text", {}, 204),
    ):
        status, body = try_out(docs, tag, operation, **typed)
        assert status == expected, (operation, body)
