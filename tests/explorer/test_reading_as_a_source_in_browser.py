"""The views as one source has them: what that is silent on is grey, what it has otherwise is marked, and both are said."""

import pytest
from browsing import accessibility_faults, is_as_wide_as_its_window
from talks import DIARY, HOSTILE, MORE, TALKS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def diary(own_service):
    return own_service(TALKS)


def look(page, service, view, asked=""):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{service}/explore?view={view}&{DIARY}{asked}")
    page.wait_for_selector(f"annals-{view}:not([aria-busy])")


def test_the_lanes_have_what_the_source_lacks_in_grey(page, diary):
    look(page, diary, "timeline")
    page.locator("a.bar").nth(4).wait_for()
    bars = page.locator("a.bar")
    said = {one.get_attribute("aria-label"): one.get_attribute("class") for one in bars.all()}
    assert said == {
        "Talk agreed, 1950": "bar same",
        "Talk otherwise, 1955; the record says: date 1952": "bar own",
        "Talk undated, 1953; sources/diary is silent on its date": "bar silent",
        "Talk unheard, 1954; sources/diary says nothing of it": "bar silent",
        f"{HOSTILE}, 1951; sources/diary says nothing of it": "bar silent",
    }
    assert page.locator("a.bar.own text").text_content() == "≠ Talk otherwise"
    written = page.locator("a.bar .as-written")
    assert written.count() == page.locator("a.bar.own .as-written").count() == 1
    own = page.locator("a.bar.own .within").bounding_box()
    assert written.bounding_box()["width"] == pytest.approx(own["width"], rel=0.02)
    # Three years before.
    assert own["x"] - written.bounding_box()["x"] == pytest.approx(3 * own["width"], rel=0.02)
    assert page.get_by_text("as the record has it", exact=True).is_visible()
    assert "2 records, 3 in grey" in page.locator(".lane h3").inner_text()
    assert (
        "3 records that sources/diary does not have so, in grey where drawn."
        in page.locator(".outside").inner_text()
    )
    page.locator(".numbers summary").click()
    page.locator(".numbers td", has_text="the record says: date 1952").wait_for()
    assert accessibility_faults(page) == []


def test_the_map_has_what_the_source_lacks_in_grey(page, diary):
    look(page, diary, "map")
    page.wait_for_selector("annals-map .map-table > table", state="attached")
    assert page.locator(".map-told").inner_text() == (
        "4 records in view. 2 records that sources/diary does not have so, in grey where drawn. "
        "1 found without a place on the map."
    )
    page.locator(".map-numbers summary").click()
    rows = [one.inner_text() for one in page.locator(".map-table tbody tr").all()]
    assert ["Talk agreed" in one for one in rows].count(True) == 1
    assert any("Talk otherwise (the record says: date 1952, places places/rome)" in one for one in rows)
    assert any("Talk undated (sources/diary is silent on its date and places)" in one for one in rows)
    assert any("Talk unheard (sources/diary says nothing of it)" in one for one in rows)
    assert page.locator(".map-mark.own").count() == 2
    assert accessibility_faults(page) == []
    look(page, diary, "map", "&when=1954")
    page.wait_for_selector(".map-mark.silent")


def test_much_that_the_source_lacks_is_not_shown_and_that_is_said(page, own_service):
    others = [("event", {"id": f"e{n}", "title": f"E{n}", "date": "1953"}) for n in range(500)]
    service = own_service([*TALKS, *others])
    look(page, service, "timeline")
    page.locator("a.bar").nth(1).wait_for()
    assert page.locator("a.bar.own").count() == 1
    told = "More than 500 are found as they are written: what sources/diary does not have is not shown."
    assert told in page.locator(".outside").inner_text()


def test_the_network_has_what_the_source_lacks_in_grey(page, diary):
    look(page, diary, "network", "&around=actors/ana")
    page.wait_for_selector("svg.network[data-rests=true] .node")
    nodes = page.locator("svg.network .node").all()
    standing = {one.get_attribute("data-ref"): one.get_attribute("class").split()[1] for one in nodes}
    assert standing == {
        "actors/ana": "silent",
        "events/agreed": "same",
        "events/otherwise": "own",
        "events/undated": "same",
        "events/unheard": "silent",
    }
    said = page.locator(".network-said").inner_text()
    assert "Ana was host in Talk otherwise, 1952 (sources/diary has it as guest, dated 1955)" in said
    assert "Ana took part in Talk undated, 1953 (sources/diary has it undated)" in said
    undated = page.locator(".network-said li", has_text="has it undated")
    assert undated.locator(".silent").all_inner_texts() == [", 1953"]
    assert "Ana took part in Talk unheard, 1954 (sources/diary does not have it)" in said
    assert "Talk otherwise: the record says: date 1952" in said
    assert page.locator("svg.network .tie.silent").count() == 1
    told = page.locator(".network-status").inner_text()
    assert "sources/diary does not have 2 records and 1 link, which are grey" in told
    assert accessibility_faults(page) == []
    assert is_as_wide_as_its_window(page)


@pytest.fixture(scope="module")
def fuller_diary(own_service):
    return own_service([*TALKS, *MORE])


def test_the_network_has_what_the_source_alone_has(page, fuller_diary):
    look(page, fuller_diary, "network", "&around=actors/ana")
    page.wait_for_selector("svg.network[data-rests=true] .node")
    said = page.locator(".network-said").inner_text()
    assert "Ana was witness in Talk secret, 1956 (only sources/diary has it)" in said
    assert "Ben" not in said
    assert page.locator("svg.network .tie.added").count() == 1
    assert "+ witness, 1956" in page.locator("svg.network .of-tie").all_text_contents()
    told = page.locator(".network-status").inner_text()
    assert "what it alone has (1 link) a +." in told
    assert accessibility_faults(page) == []
    # At the time of the diary, the host of the record is a guest: it is neither silent nor alone.
    look(page, fuller_diary, "network", "&around=actors/ana&when=1955")
    page.locator(".network-said li", has_text="Ana was guest in Talk otherwise, 1955").wait_for()
    assert (
        "Ana was guest in Talk otherwise, 1955 (the record has it as host, dated 1952)"
        in page.locator(".network-said").inner_text()
    )
    assert page.locator("svg.network .tie.added").count() == 0


def test_what_the_source_disputes_is_not_silence(page, fuller_diary):
    look(page, fuller_diary, "timeline", "&when=1958&relation=overlaps")
    page.locator("a.bar").first.wait_for()
    said = "Talk denied, 1958; sources/diary disputes its date"
    assert [one.get_attribute("aria-label") for one in page.locator("a.bar").all()] == [said]
    look(page, fuller_diary, "map")
    page.wait_for_selector("annals-map .map-table > table", state="attached")
    page.locator(".map-numbers summary").click()
    rows = page.locator(".map-table tbody th").all_inner_texts()
    assert "Talk denied (sources/diary disputes its date and places)" in rows
    assert "Talk undated (sources/diary is silent on its date and places)" in rows


def test_a_record_that_the_source_does_not_have_is_on_the_small_map_as_it_is_written(page, diary):
    page.goto(f"{diary}/explore/events/unheard?{DIARY}")
    page.locator("annals-place-map .map path").first.wait_for()
    assert "says nothing of this record" in page.locator(".banner").inner_text()
