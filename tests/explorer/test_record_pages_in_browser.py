"""Pages of records in a browser: for axe-core, narrow and wide, light and dark; without script; and their links."""

import pytest

from app.records.kinds import EXAMPLES, RECORD_KINDS

pytestmark = pytest.mark.browser

SOURCE = "sources/cuba-venezuela-cooperation"
SEIZURE = "events/seizure-of-maduro-and-flores"
PAGES = (
    *(f"{kind.collection}/{EXAMPLES[kind.kind]}" for kind in RECORD_KINDS),
    f"{SEIZURE}?policy=source:{SOURCE}",
    f"{SEIZURE}?revision=1",
    f"{SOURCE}?from=1000",
)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_pages_of_records_are_accessible_and_fit(service, page, color_scheme, width):
    from browsing import accessibility_faults, is_as_wide_as_its_window

    del color_scheme, width  # they are the page's
    for path in PAGES:
        page.goto(f"{service}/explore/{path}")
        assert not accessibility_faults(page), path
        assert is_as_wide_as_its_window(page), path


@pytest.mark.parametrize("javascript", [False])
def test_a_record_is_read_as_a_source_has_it_without_script(service, page, javascript):
    del javascript  # it is the page's
    page.goto(f"{service}/explore/{SEIZURE}")
    page.get_by_label("Read as").select_option(f"source:{SOURCE}")
    page.get_by_role("button", name="Read", exact=True).click()
    page.wait_for_url(f"**/explore/{SEIZURE}?policy=*")
    assert page.get_by_text("So the source; the record says: seizure-of-person").is_visible()
    page.get_by_role("link", name="Cilia Flores").first.click()
    page.wait_for_url(f"**/explore/actors/cilia-flores?policy=source:{SOURCE}")
    page.get_by_role("link", name="The record as it is written").click()
    page.wait_for_url("**/explore/actors/cilia-flores")


def test_evidence_leads_to_its_passage_and_back(service, page):
    page.goto(f"{service}/explore/{SEIZURE}")
    table = page.get_by_role("region", name="Evidence: Type")
    table.get_by_role("link").first.click()
    page.wait_for_url(f"**/explore/{SOURCE}?from=4302#{SEIZURE}:e2")
    passage = page.locator(":target")
    assert passage.get_by_text("that led to the kidnapping of President Nicolás Maduro").is_visible()
    passage.get_by_role("link", name="Seizure of Nicolás Maduro and Cilia Flores").click()
    page.wait_for_url(f"**/explore/{SEIZURE}")


def test_a_small_map_shows_where_it_was(service, page):
    page.goto(f"{service}/explore/events/castro-chavez-meeting-1994")
    page.locator("annals-place-map .map-shape").wait_for()
    shown = page.locator("annals-place-map .map").bounding_box()
    place = page.locator("annals-place-map .map-shape").bounding_box()
    assert abs(place["x"] + place["width"] / 2 - shown["x"] - shown["width"] / 2) < 5
    assert page.get_by_text("Land: Natural Earth").is_visible()
    page.goto(f"{service}/explore/events/castro-chavez-meeting-1994?revision=1")
    assert page.locator("annals-place-map").count() == 0
