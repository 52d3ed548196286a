"""One question in every view: what a view is, its own tests say."""

import pytest

pytestmark = pytest.mark.browser

DRAWN = {
    "Time line": "annals-timeline svg",
    "Map": "annals-map .leaflet-container",
    "Network": "annals-network svg",
    "List": "#found h3",
}


def test_a_question_goes_through_every_view_and_back(page, service):
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


@pytest.mark.parametrize("name", [*DRAWN])
def test_a_view_can_be_bookmarked(page, service, name):
    view = name.replace(" ", "").lower()
    page.goto(f"{service}/explore?view={view}&when=1990/1999&around=actors/fidel-castro")
    page.locator(DRAWN[name]).first.wait_for()
    page.reload()
    page.locator(DRAWN[name]).first.wait_for()
    page.wait_for_load_state("networkidle")
