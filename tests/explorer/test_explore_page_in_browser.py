"""The explorer in a browser: one question in the address bar, asked and changed with the mouse, by keys, without script."""

import re

import pytest
from browsing import is_as_wide_as_its_window

pytestmark = pytest.mark.browser

NARROW = 390


def titles(page):
    """The records that are listed."""
    return page.locator("#found h3").all_inner_texts()


def query(page):
    """What is asked in the address bar."""
    return page.url.partition("?")[2]


def shown(page, text):
    """Wait until the sentence over the answer has a text."""
    page.locator("#sentence", has_text=text).wait_for()


def test_a_question_is_kept_in_the_address_bar(page, service):
    page.goto(f"{service}/explore")
    everything = titles(page)
    page.locator("#filter-when").fill("1994")
    page.get_by_role("button", name="Apply").click()
    shown(page, "1994")
    of_1994, address = titles(page), page.url
    assert 0 < len(of_1994) < len(everything)
    assert (query(page).count("when=1994"), "participant" in query(page)) == (1, False)
    page.reload()
    assert (titles(page), page.url) == (of_1994, address)
    other = page.context.new_page()
    other.goto(address)
    assert titles(other) == of_1994
    assert other.locator("#filter-when").input_value() == "1994"


def test_back_and_forward_lead_through_the_questions(page, service):
    page.goto(f"{service}/explore")
    everything = titles(page)
    page.locator("#facets a", has_text=re.compile("^meeting$")).click()
    shown(page, "meeting")
    meetings = titles(page)
    page.get_by_role("link", name=re.compile("Take away: .*meeting")).click()
    page.locator("#question .parts").wait_for(state="detached")
    assert titles(page) == everything
    page.go_back()
    shown(page, "meeting")
    assert titles(page) == meetings
    assert query(page) == "type=meeting"
    page.go_back()
    page.locator("#question .parts").wait_for(state="detached")
    page.go_forward()
    shown(page, "meeting")
    assert titles(page) == meetings
    page.go_back()
    page.locator("#question .parts").wait_for(state="detached")
    assert (titles(page), query(page)) == (everything, "")


def test_a_wrong_filter_is_told_beside_its_field_and_the_rest_is_kept(page, service, complaints):
    complaints.expect("status of 400")
    page.goto(f"{service}/explore?when=19945&type=meeting&nonsense=1")
    field = page.locator("#filter-when")
    assert field.input_value() == "19945"
    assert page.locator(f"#{field.get_attribute('aria-describedby')}").inner_text().strip()
    assert page.locator("#filter-type").first.input_value() == "meeting"
    assert "nonsense" in page.get_by_role("alert").first.inner_text()
    page.get_by_role("alert").get_by_role("link", name="Take it away").first.click()
    page.locator("#answer [role=alert]").wait_for(state="detached")
    assert "nonsense" not in query(page)
    field.fill("1994")
    page.get_by_role("button", name="Apply").click()
    shown(page, "1994")
    assert titles(page)


def focused(page):
    """What has the focus, and whether that can be seen in the window."""
    return page.evaluate(
        """() => { const at = document.activeElement, box = at.getBoundingClientRect();
        return [at.id || at.textContent.trim() || at.name, box.width > 1 && box.bottom > 0 && box.top < innerHeight]; }"""
    )


@pytest.mark.parametrize("width", [1440, NARROW])
def test_it_is_used_by_keys_alone(page, service):
    page.goto(f"{service}/explore")
    page.keyboard.press("Tab")
    assert focused(page) == ["To the content", True]
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash === '#main'")
    walked = []
    while "filter-when" not in walked:
        page.keyboard.press("Tab")
        name, seen = focused(page)
        assert seen, name
        walked.append(name)
        assert len(walked) < 40, walked
        if name == "Filter" and not page.locator("#filter-when").is_visible():
            page.keyboard.press("Enter")
    assert "site-search" not in walked
    page.keyboard.type("1994")
    page.keyboard.press("Enter")
    shown(page, "1994")
    assert focused(page) == ["filter-when", True]
    assert "when=1994" in query(page)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert focused(page)[0] == "filter-when"


def test_every_link_and_field_can_be_reached_by_tab_in_the_order_of_the_page(page, service):
    page.goto(f"{service}/explore?type=meeting&when=1994")
    order = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, select, summary")]
        .filter((one) => one.type !== "hidden" && one.checkVisibility())
        .map((one, number) => (one.dataset.number = number))"""
    )
    reached = []
    for _ in order:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("Number(document.activeElement.dataset.number)"))
    assert reached == order


@pytest.mark.parametrize("javascript", [False])
def test_without_script_it_is_complete(page, service):
    page.goto(f"{service}/explore")
    page.locator("#filter-when").fill("1990/1999")
    page.get_by_role("button", name="Apply").click()
    page.locator("#facets a", has_text=re.compile("^meeting$")).click()
    assert "when=1990/1999" in query(page)
    assert "type=meeting" in query(page)
    meetings = titles(page)
    assert meetings
    page.get_by_role("link", name=re.compile("Take away: .*meeting")).click()
    assert len(titles(page)) > len(meetings)
    page.goto(f"{service}/explore?limit=3&sort=title")
    first = titles(page)
    page.locator("a[rel=next]").click()
    second = titles(page)
    page.locator("a[rel=prev]").click()
    assert (titles(page), set(first) & set(second), len(second)) == (first, set(), 3)


@pytest.mark.parametrize("width", [NARROW])
def test_pages_of_a_list_are_turned_on_a_narrow_page(page, service):
    page.goto(f"{service}/explore?limit=3&sort=title")
    first = titles(page)
    page.locator("a[rel=next]").click()
    page.locator("a[rel=prev]").wait_for()
    assert set(titles(page)).isdisjoint(first)
    assert is_as_wide_as_its_window(page)
    page.go_back()
    page.locator("a[rel=prev]").wait_for(state="detached")
    assert titles(page) == first
