"""The explorer in a browser: one question in the address bar, whatever it is."""

from browsing import accessibility_faults


def test_the_page_of_every_event_is_shown_and_accessible(page, service):
    page.goto(f"{service}/explore")
    assert page.locator("#found li").count() > 10
    assert accessibility_faults(page) == []
