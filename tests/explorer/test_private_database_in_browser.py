"""A private database, coverage and changes in a real browser: signing in and out, and what other sites can do meanwhile."""

import pytest
from browsing import accessibility_faults, is_as_wide_as_its_window

pytestmark = pytest.mark.browser

LOOKS = [("light", 1440), ("dark", 390)]


def enter(page, service):
    page.get_by_label("API key").fill(service.key)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{service.url}/explore?**")


def status_of(page, method):
    return page.evaluate(
        "async (method) => (await fetch('v1/events', { method, body: method === 'POST' ? '{}' : undefined,"
        " headers: { 'Content-Type': 'application/json' } })).status",
        method,
    )


def follow(page, url, element):
    """Follow a link, or send a form, of a page of another site."""
    page.goto("data:text/html,nothing yet")
    page.set_content(element.replace("URL", url))
    page.locator("a, button").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_key_is_asked_for_once_and_signing_out_ends_it(page, private_service, javascript, complaints):
    asked = f"{private_service.url}/explore?when=1994"
    page.goto(asked)
    assert page.url == f"{private_service.url}/explore/sign-in?next=explore?when=1994"
    enter(page, private_service)
    assert page.url == asked
    assert page.get_by_text("Signed in as reader").is_visible()
    assert page.locator(".records > li").count() > 0
    [cookie] = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("annals_key", True, "Strict")
    if javascript:
        assert page.evaluate("document.cookie") == ""
        assert status_of(page, "GET") == 200
        assert status_of(page, "POST") == 401
        complaints.expect("status of 401")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/explore/sign-in")
    assert page.context.cookies() == []
    page.go_back()
    page.wait_for_url("**/explore/sign-in?next=**")
    assert page.locator(".records").count() == 0


def test_a_wrong_key_is_said_to_be_one(page, private_service, complaints):
    complaints.expect("status of 401")
    page.goto(f"{private_service.url}/explore/sign-in")
    page.get_by_label("API key").fill("annals_wrong")
    page.get_by_role("button", name="Sign in").click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "no key of this database" in alert.inner_text()
    assert page.get_by_label("API key").input_value() == ""
    assert accessibility_faults(page) == []


def test_a_link_of_another_site_leads_to_the_page_for_who_has_signed_in(page, private_service):
    asked = f"{private_service.url}/explore?when=1994"
    page.goto(asked)
    enter(page, private_service)
    follow(page, asked, '<a href="URL">Look</a>')
    page.wait_for_url(asked)
    assert page.get_by_text("Signed in as reader").is_visible()
    page.context.clear_cookies()
    follow(page, asked, '<a href="URL">Look</a>')
    page.wait_for_url("**/explore/sign-in?next=explore?when=1994")
    page.get_by_label("API key").wait_for()
    page.wait_for_load_state("networkidle")
    assert "sign-in" in page.url


def test_a_form_of_another_site_signs_nobody_in_or_out(page, private_service, complaints):
    complaints.expect("status of 400")
    complaints.expect("status of 404")  # the icon, which a problem document names none of
    page.goto(f"{private_service.url}/explore?when=1994")
    enter(page, private_service)
    for path, field in (("sign-out", ""), ("sign-in", f'<input name="key" value="{private_service.key}">')):
        form = f'<form method="post" action="URL">{field}<button>Win</button></form>'
        follow(page, f"{private_service.url}/explore/{path}", form)
        page.wait_for_url(f"**/explore/{path}")
        assert "cross_site_form" in page.content()
    page.goto(f"{private_service.url}/explore")
    assert page.get_by_text("Signed in as reader").is_visible()


def test_who_is_no_longer_let_in_is_led_to_signing_in_by_scripts_too(page, private_service):
    page.goto(f"{private_service.url}/explore?when=1990/1999")
    enter(page, private_service)
    page.context.clear_cookies()
    page.locator(".facets a").first.click()
    page.wait_for_url("**/explore/sign-in?next=explore**")
    enter(page, private_service)
    assert page.locator(".records > li").count() > 0


@pytest.mark.parametrize("path", ["coverage", "coverage?until=1950&kind=event", "coverage?kind=x", "coverage/statements?kind=event",
    "coverage/statements?decade=1963", "changes", "changes?ref=events/never"])  # fmt: skip
def test_nothing_is_found_against_the_pages(path, page, service, complaints):
    if page.goto(f"{service}/explore/{path}").status == 400:
        complaints.expect("status of 400")
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert accessibility_faults(page) == []
        assert is_as_wide_as_its_window(page)


def test_a_cell_leads_to_its_records_and_a_change_to_its_record_by_keys_alone(page, service):
    page.goto(f"{service}/explore/coverage")
    cell = page.locator(".matrix td a").first
    number = int(cell.inner_text().split()[0])
    cell.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/coverage/statements?*")
    assert page.locator(".records > li").count() == min(number, 50)
    page.goto(f"{service}/explore/changes")
    page.get_by_label("By", exact=True).fill("nobody")
    page.keyboard.press("Enter")
    page.wait_for_url("**/explore/changes?*by=nobody*")
    assert page.get_by_text("There are no changes like that.").is_visible()
