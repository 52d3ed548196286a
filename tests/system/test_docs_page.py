"""The docs page in a browser: how it opens, and that "Try it out" works as it stands."""

from collections.abc import Callable
from typing import Any

import pytest
from browsing import Complaints
from documented import openapi
from serving import Server

pytestmark = pytest.mark.browser

# What the page does with an answer is the same on either database; what the answers are, `test_trying_it_out` sees on both.
ONCE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

# What cannot be read as it stands, and why.
UNREADABLE = {
    "get_merge": (404, "nothing of the seeds was merged"),
    "get_text": (403, "texts are read only where a setting says so"),
}


@pytest.fixture
def docs(page: Any, server: Callable[..., Server], seeded_url: str) -> Any:
    page.goto(f"{server(url=seeded_url).url}/docs")
    page.locator(".opblock-tag").first.wait_for()
    return page


def authorize(docs: Any, token: str) -> None:
    """Give the key in the dialog of the page."""
    docs.locator(".btn.authorize").first.click()
    docs.locator(".auth-container input").fill(token)
    docs.locator(".auth-container .btn.authorize").click()
    docs.locator(".modal-ux .close-modal").click()


def unfold(docs: Any, tag: str, operation: str) -> Any:
    """Open an operation, and give where it stands."""
    block = docs.locator(f"#operations-{tag}-{operation}")
    if block.count() == 0:
        docs.locator(f"#operations-tag-{tag}").click()
    block.locator(".opblock-summary-control").click()
    return block


def try_out(docs: Any, tag: str, operation: str, **typed: str) -> tuple[int, str]:
    """Execute an operation with what the page fills in, and what is `typed`; gives the status and the body."""
    block = unfold(docs, tag, operation)
    block.locator(".try-out__btn").click()
    for name, text in typed.items():
        block.locator(f'tr[data-param-name="{name}"] input').fill(text)
    block.locator(".execute").click()
    answer = block.locator(".live-responses-table tbody")
    status = int(answer.locator(".response-col_status").first.inner_text().split()[0])
    body = "".join(answer.locator("pre").first.all_inner_texts())
    block.locator(".opblock-summary-control").click()
    return status, body


@ONCE
def test_it_opens_folded_and_as_dark_as_the_browser_is(docs: Any) -> None:
    assert docs.locator(".opblock").count() == 0
    assert "dark-mode" not in (docs.locator("html").get_attribute("class") or "")
    light = docs.evaluate("getComputedStyle(document.body).backgroundColor")
    docs.emulate_media(color_scheme="dark")
    docs.reload()
    docs.locator("html.dark-mode .opblock-tag").first.wait_for()
    assert docs.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light


@ONCE
def test_schemas_are_looked_up_however_deep_they_lie(docs: Any) -> None:
    answer = unfold(docs, "events", "list_events").locator(".responses-table").first
    answer.locator(".tablinks", has_text="Schema").first.click()
    schema = answer.locator("article").first
    for name in ("items", "Items", "evidence", "Items", "selector"):
        schema.locator(".json-schema-2020-12-accordion").get_by_text(name, exact=True).last.click()
    schema.get_by_text("Where in the source.").first.wait_for()
    assert "#/components" not in schema.inner_text()


@pytest.mark.torture
@ONCE
def test_a_record_is_found_written_and_changed(
    docs: Any, api_key: Any, seeded_url: str, complaints: Complaints
) -> None:
    status, body = try_out(docs, "events", "list_events")
    assert (status, "castro-chavez-meeting-1994" in body) == (200, True)
    authorize(docs, api_key("write", url=seeded_url))
    assert try_out(docs, "events", "create_event")[0] == 201
    assert try_out(docs, "events", "patch_event", **{"If-Match": '"1"'})[0] == 200
    complaints.expect("status of 412")
    status, body = try_out(docs, "events", "delete_event", **{"If-Match": '"1"'})
    assert (status, "see what changed" in body) == (412, True)
    assert try_out(docs, "across", "create_import")[0] == 200


@pytest.mark.torture
def test_every_operation_does_what_it_shows(
    docs: Any, api_key: Any, seeded_url: str, complaints: Complaints
) -> None:
    authorize(docs, api_key("admin", url=seeded_url))
    for refused, _ in UNREADABLE.values():
        complaints.expect(f"status of {refused}")
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
