"""The explore page in a browser: questions are exchanged in place, and records are suggested while one types."""

import pytest
from browsing import accessibility_faults

pytestmark = pytest.mark.browser


def number_found(page):
    return page.locator("#number-found").inner_text()


def test_a_facet_is_counted_when_it_is_opened_and_a_value_is_chosen_and_taken_away(page, service):
    page.goto(f"{service}/explore?view=list")
    everything = number_found(page)
    page.locator("#facet-participant").press("Enter")
    values = page.locator("details:has(#facet-participant) li a")
    values.first.wait_for()
    assert page.evaluate("document.activeElement.id") == "facet-participant"
    assert values.first.locator("bdi").inner_text() == "Cuba"
    values.first.click()
    page.locator("a.chosen", has_text="Cuba").wait_for()
    assert "participant=actors/cuba" in page.url
    assert number_found(page) != everything
    assert page.locator("#told").inner_text() == number_found(page)
    page.locator(".parts a").first.press("Enter")
    page.wait_for_function(
        "number => document.getElementById('number-found').innerText === number", arg=everything
    )
    assert page.evaluate("document.activeElement.id") == "sentence"
    page.locator("#facet-participant").click()
    page.wait_for_function("() => !document.getElementById('facet-participant').parentElement.open")
    assert "facets" not in page.url


def test_what_is_shown_follows_the_history(page, service):
    page.goto(f"{service}/explore?limit=20")
    page.evaluate("window.same = true; scrollTo(0, 600)")
    page.wait_for_function("() => history.state?.scroll === 600")
    page.locator("#facets a", has_text="campaign").first.click()
    page.locator("#facets a.chosen").wait_for()
    page.go_back()
    page.locator("#facets a.chosen").wait_for(state="detached")
    page.wait_for_function("() => scrollY === 600")
    page.go_forward()
    page.locator("#facets a.chosen").wait_for()
    assert page.locator("#filter-type").first.input_value() == "campaign"
    assert page.evaluate("window.same")


def test_the_link_to_the_content_asks_nothing_again(page, service):
    page.goto(f"{service}/explore")
    asked = []
    page.route("**/explore*", lambda route: (asked.append(route.request.url), route.continue_()))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.hash === '#main'")
    page.go_back()
    page.wait_for_function("() => location.hash === ''")
    assert asked == []


def test_the_list_goes_on_from_its_top(page, service):
    page.goto(f"{service}/explore?limit=20")
    first = page.locator(".records h3").first.inner_text()
    page.locator("[rel=next]").press("Enter")
    page.locator("[rel=prev]").wait_for()
    assert page.locator(".records h3").first.inner_text() != first
    assert page.evaluate("document.activeElement.id") == "number-found"


def test_the_search_suggests_records_and_leads_to_them(page, service):
    page.goto(f"{service}/explore")
    search = page.get_by_role("combobox", name="Search")
    page.locator("#site-search").focus()
    search.press_sequentially("hugo ch")
    option = page.get_by_role("option", name="Hugo Chávez actor")
    option.wait_for()
    assert search.get_attribute("aria-expanded") == "true"
    assert search.get_attribute("aria-activedescendant") is None
    search.press("ArrowDown")
    assert search.get_attribute("aria-activedescendant") == page.locator(
        "[aria-selected=true]"
    ).get_attribute("id")
    assert accessibility_faults(page) == []
    search.press("ArrowUp")
    assert search.get_attribute("aria-activedescendant") is None
    search.press("Escape")
    assert search.get_attribute("aria-expanded") == "false"
    assert search.input_value() == "hugo ch"
    search.press("Enter")
    page.wait_for_url("**/explore?q=hugo+ch")
    page.locator("h1").wait_for(state="attached")


def test_choosing_a_suggestion_opens_the_record(page, service):
    page.goto(service)
    # The page of the record is none of this test.
    page.route(
        "**/explore/actors/**",
        lambda route: route.fulfill(body="<title>the record</title>", content_type="text/html"),
    )
    search = page.locator("#site-search")
    search.press_sequentially("hugo ch")
    page.locator(".suggestions [role=option]").first.wait_for()
    search.press("ArrowDown")
    search.press("Enter")
    page.wait_for_url("**/explore/actors/hugo-chavez")


def test_a_field_for_references_takes_the_record_that_is_chosen(page, service):
    page.goto(f"{service}/explore")
    page.locator("#group-2").click()
    field = page.locator("#filter-participant")
    field.press_sequentially("fidel")
    page.locator(".suggestions [role=option]").first.click()
    page.locator("#filter-participant-2").wait_for()
    assert "participant=actors/fidel-castro" in page.url
    assert page.locator(".field .named").first.inner_text() == "Fidel Castro"
    assert page.locator("#group-2").evaluate("summary => summary.parentElement.open")
    page.locator("#filter-participant-2").press_sequentially("hugo")
    page.locator(".suggestions [role=option]").first.click()
    page.locator("#filter-participant-3").wait_for()
    assert "participant=actors/fidel-castro&participant=actors/hugo-chavez" in page.url


def test_what_is_wrong_is_told_beside_its_field_and_corrected_with_a_click(page, service, complaints):
    complaints.expect("status of 400")
    page.goto(f"{service}/explore")
    page.locator("#filter-when").fill("May 1994")
    page.locator("#filter-when").press("Enter")
    page.locator("#fault-when").wait_for()
    assert page.evaluate("document.activeElement.id") == "filter-when"
    assert page.locator("#told").inner_text().startswith("This question cannot be answered")
    assert page.locator("#filter-when").input_value() == "May 1994"
    assert accessibility_faults(page) == []
    page.get_by_role("link", name="Use 1994-05").click()
    page.locator("#found").wait_for()
    assert page.locator("#filter-when").input_value() == "1994-05"


def test_the_addresses_elsewhere_can_be_copied(page, service):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{service}/explore?when=1994")
    page.locator("#elsewhere summary").click()
    page.get_by_role("button", name="Copy the address of events as csv").click()
    page.get_by_role("button", name="Copy the address of events as csv").get_by_text("copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{service}/v1/events?when=1994&format=csv"
    page.keyboard.press("Escape")
    assert not page.locator("#elsewhere").evaluate("menu => menu.open")


@pytest.mark.parametrize("width", [390])
def test_the_filter_is_folded_on_a_narrow_screen(page, service, complaints):
    complaints.expect("status of 400")
    page.goto(f"{service}/explore")
    assert not page.locator("#filter-when").is_visible()
    page.locator("#folding > summary").click()
    page.locator("#filter-when").fill("x")
    page.locator("#filter-when").press("Enter")
    page.locator("#fault-when").wait_for()
    page.reload()
    assert page.locator("#fault-when").is_visible()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs/evidence",
        "/docs/problems",
        "/explore?when=1990/1999&type=meeting&facets=participant,place",
    ],
)
def test_pages_have_no_faults_for_axe(page, service, path):
    page.goto(f"{service}{path}")
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
