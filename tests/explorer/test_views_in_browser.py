"""One question in every view: what a view is, its own tests say."""

import pytest

pytestmark = pytest.mark.browser

DRAWN = {
    "Time line": "annals-timeline svg",
    "Map": "annals-map .leaflet-container",
    "Network": "annals-network svg",
    "List": "#found h3",
}


def test_a_question_goes_through_every_view_back_and_forward(page, service):
    page.goto(f"{service}/explore?when=1990/1999")
    sentence = page.locator("#sentence").inner_text()
    views = page.get_by_role("navigation", name="Views")
    addresses = []
    for name, drawn in DRAWN.items():
        views.get_by_role("link", name=name, exact=True).click()
        page.locator(drawn).first.wait_for()
        assert views.locator("[aria-current=page]").inner_text() == name
        assert page.locator("#sentence").inner_text() == sentence
        assert page.locator("#found h3").count() > 1
        assert "when=1990/1999" in page.url
        addresses.append(page.url)
    assert len(set(addresses)) == len(DRAWN)
    for name in reversed([*DRAWN][:-1]):
        page.go_back()
        # The list stands beside the other views, too.
        views.locator("[aria-current=page]", has_text=name).wait_for()
        page.locator(DRAWN[name]).first.wait_for()
    for name, address in [*zip(DRAWN, addresses, strict=True)][1:]:
        page.go_forward()
        views.locator("[aria-current=page]", has_text=name).wait_for()
        page.locator(DRAWN[name]).first.wait_for()
        # The map says in its address which part of it is seen.
        assert page.url.split("&at=")[0] == address.split("&at=")[0]
    assert not page.evaluate("navigation.canGoForward")


def test_forward_leads_on_again_after_a_page_of_a_record(page, service):
    page.goto(f"{service}/explore?view=timeline&when=1990/1999")
    page.locator("annals-timeline:not([aria-busy]) .histogram .axis").first.wait_for(state="attached")
    page.locator("#facets a", has_text="meeting").first.click()
    page.locator("#facets a.chosen", has_text="meeting").wait_for()
    of_meetings = page.locator("#number-found").inner_text()
    page.locator("#found h3 a").first.click()
    page.wait_for_url("**/explore/events/*")
    for step in (page.go_back, page.go_back, page.go_forward):
        step()
        page.locator("#found").wait_for()
    page.locator("#facets a.chosen", has_text="meeting").wait_for()
    assert page.locator("#number-found").inner_text() == of_meetings
    page.locator("annals-timeline:not([aria-busy]) .histogram .axis").first.wait_for(state="attached")
    page.go_forward()
    page.wait_for_url("**/explore/events/*")


@pytest.mark.parametrize("name", [*DRAWN])
def test_a_view_can_be_bookmarked(page, service, name):
    view = name.replace(" ", "").lower()
    page.goto(f"{service}/explore?view={view}&when=1990/1999&around=actors/fidel-castro")
    page.locator(DRAWN[name]).first.wait_for()
    page.reload()
    page.locator(DRAWN[name]).first.wait_for()
    page.wait_for_load_state("networkidle")
