"""What axe-core, and a narrow window, find against the pages."""

import pytest
from browsing import HEIGHT, accessibility_faults, is_as_wide_as_its_window

pytestmark = pytest.mark.browser

LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1440, 390)]
OPPOSITE = [LOOKS[0], LOOKS[-1]]

PAGES = [
    "/",
    "/docs/problems",
    "/docs/evidence",
    "/explore",
    "/explore?when=1990/1999&type=meeting",
    "/explore?q=castro",
    "/explore?kind=agreement&facets=tag&facets=participant&facets=place&facets=source",
    "/explore?view=timeline&when=1990/1999&group=participant",
    "/explore?view=map&when=1990/1999",
    "/explore?view=network&around=actors/fidel-castro",
    "/explore?when=9999",
    "/explore?when=x&nonsense=1&sort=up",
]
SOURCE = "sources/cuba-venezuela-cooperation"
MORE_PAGES = [
    "/explore/coverage",
    "/explore/changes",
    f"/explore/{SOURCE}",
    "/explore/events/seizure-of-maduro-and-flores",
    f"/explore?policy=source:{SOURCE}",
    f"/explore?view=network&around=actors/fidel-castro&q=chavez&policy=source:{SOURCE}",
]
WIDEST = [(scheme, 3840) for scheme in ("light", "dark")]
WRONG = {"/explore?when=x&nonsense=1&sort=up": 400}


def look_at(page, path, looks, service, complaints):
    """Open a page, and look at it light or dark, wide or narrow."""
    expected = WRONG.get(path, 200)
    if expected != 200:
        complaints.expect(f"status of {expected}")
    assert page.goto(f"{service}{path}").status == expected
    page.wait_for_load_state("networkidle")
    for scheme, width in looks:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": HEIGHT})
        assert accessibility_faults(page) == [], (scheme, width)
        assert is_as_wide_as_its_window(page), (scheme, width)


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_found_against_a_page(path, page, service, complaints):
    look_at(page, path, OPPOSITE, service, complaints)


@pytest.mark.torture
@pytest.mark.parametrize("path", [*PAGES, *MORE_PAGES])
def test_nothing_is_found_against_a_page_in_any_look(path, page, service, complaints):
    look_at(page, path, [*LOOKS, *WIDEST], service, complaints)


def test_nothing_is_found_against_signing_in_in_any_look(page, private_service, complaints):
    look_at(page, "/explore/sign-in", [*LOOKS, *WIDEST], private_service.url, complaints)


@pytest.mark.parametrize("view", ["list", "timeline", "map", "network"])
def test_most_of_a_wide_screen_is_used(view, page, service, complaints):
    page.set_viewport_size({"width": 3840, "height": 2160})
    page.goto(f"{service}/explore?view={view}&when=1990/1999")
    page.wait_for_load_state("networkidle")
    assert page.locator("main").bounding_box()["width"] > 0.8 * 3840
    assert complaints.told == []
