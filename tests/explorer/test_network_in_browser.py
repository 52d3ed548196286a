"""The network in a browser: grown from record to record, by time and sort of link, as paths, by keys, in words."""

import pytest
from browsing import accessibility_faults, is_as_wide_as_its_window

from app.graph.neighbourhood import MAX_NODES

pytestmark = pytest.mark.browser

HOSTILE = '<script>alert(1)</script> "Ω" & שלום'


def hub(width):
    yield "place", {"id": "world", "title": "World"}
    for n in range(width):
        yield "event", {"id": f"e{n}", "title": f"Event {n}", "places": [{"place": "places/world"}]}


def ties_of(date):
    """Someone with a hostile name, whose link to a friend is of a date."""
    yield "actor", {"id": "friend", "title": HOSTILE}
    link = {"type": "ally-of", "target": "actors/friend", "date": date}
    yield "actor", {"id": "one", "title": "One", "relations": [link]}


def look(page, service, asked):
    page.goto(f"{service}/explore?view=network&{asked}")
    return wait(page)


def wait(page):
    """Wait until all that is asked is drawn and has come to rest."""
    page.locator("annals-network:not([aria-busy]) svg.network[data-rests=true]").wait_for()
    return page


def drawn(page):
    """The records of the picture."""
    return {one.get_attribute("data-ref") for one in page.locator("svg.network .node").all()}


def said(page):
    """The network in words."""
    return page.locator(".network-said li[data-ends]").all_inner_texts()


def node(page, ref):
    return page.locator(f'svg.network .node[data-ref="{ref}"]')


def api(page, service, path):
    return page.request.get(f"{service}/v1/{path}").json()


def test_a_network_is_the_neighbourhood_in_a_picture_and_in_words(page, service):
    look(page, service, "around=actors/fidel-castro")
    graph = api(page, service, "graph?around=actors/fidel-castro")
    assert drawn(page) == {one["ref"] for one in graph["nodes"]}
    assert len(said(page)) == len({str(edge) for edge in graph["edges"]})
    assert "Fidel Castro was ally of Hugo Chávez, from 14 December 1994, end unknown" in said(page)
    link = page.locator(".network-said a", has_text="Hugo Chávez").first
    assert link.get_attribute("href") == f"{service}/explore/actors/hugo-chavez"
    assert page.locator("svg.network").get_attribute("role") == "group"
    assert "7 records" in page.locator("svg.network").get_attribute("aria-label")


def test_without_a_record_it_begins_with_the_first_that_was_found(page, service):
    look(page, service, "kind=actor&q=chavez")
    first = page.locator("#found h3 a").first.get_attribute("href").partition("explore/")[2]
    assert first in drawn(page)
    assert "the first record that was found" in page.locator(".network-status").inner_text()


def test_a_click_brings_the_neighbours_in_and_back_takes_them_out(page, service):
    look(page, service, "around=actors/fidel-castro")
    before = drawn(page)
    node(page, "actors/hugo-chavez").click()
    page.wait_for_url("**around=actors/fidel-castro,actors/hugo-chavez*")
    page.locator("svg.network .node").nth(len(before)).wait_for()
    wait(page)
    graph = api(page, service, "graph?around=actors/fidel-castro,actors/hugo-chavez")
    assert drawn(page) == {one["ref"] for one in graph["nodes"]} > before
    assert node(page, "actors/hugo-chavez").get_attribute("aria-expanded") == "true"
    page.go_back()
    page.locator("svg.network .node").nth(len(before)).wait_for(state="detached")
    assert drawn(page) == before


def test_it_is_walked_and_changed_by_keys_alone(page, service):
    look(page, service, "around=actors/fidel-castro")
    focused = "document.activeElement.dataset.ref"
    node(page, "actors/fidel-castro").focus()
    passed = {"actors/fidel-castro"}
    for key in ["ArrowLeft", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft"]:
        page.keyboard.press(key)
        passed.add(page.evaluate(focused))
    assert len(passed) > 2
    assert page.locator("svg.network .node[tabindex='0']").count() == 1
    before, ref = drawn(page), "actors/hugo-chavez"
    node(page, ref).focus()
    page.keyboard.press("p")
    page.locator(f"svg.network .node.pinned[data-ref='{ref}']").wait_for()
    page.keyboard.press("Enter")
    page.locator("svg.network .node").nth(len(before)).wait_for()
    wait(page)
    assert page.evaluate(focused) == ref
    page.keyboard.press("Delete")
    assert ref not in drawn(page)
    assert page.locator(f".network-said [data-ref='{ref}']").count() == 0
    assert said(page)
    page.get_by_role("button", name="Bring back 1 record taken away").press("Enter")
    assert ref in drawn(page)


def test_a_record_is_dragged_and_stays_there(page, service):
    look(page, service, "around=actors/fidel-castro")
    box = node(page, "actors/cuba").locator(".shape").bounding_box()
    page.mouse.move(box["x"] + 7, box["y"] + 7)
    page.mouse.down()
    page.mouse.move(box["x"] + 67, box["y"] + 47, steps=5)
    page.mouse.up()
    wait(page)
    moved = node(page, "actors/cuba").locator(".shape").bounding_box()
    assert (round(moved["x"] - box["x"]), round(moved["y"] - box["y"])) == (60, 40)
    assert "pinned" in node(page, "actors/cuba").get_attribute("class")
    assert "cuba" not in page.url


def test_time_and_sorts_of_link_narrow_it(page, service):
    look(page, service, "around=actors/fidel-castro&when=1994")
    graph = api(page, service, "graph?around=actors/fidel-castro&when=1994")
    assert drawn(page) == {one["ref"] for one in graph["nodes"]}
    page.locator(".network-links summary").click()
    for sort in page.locator(".network-sorts input").all():
        if sort.input_value() != "ally-of":
            sort.uncheck()
    page.locator(".network-said li[data-ends]").nth(1).wait_for(state="detached")
    assert said(page) == ["Fidel Castro was ally of Hugo Chávez, from 14 December 1994, end unknown"]
    assert page.url.endswith("link=ally-of")
    page.reload()
    wait(page)
    assert page.locator(".network-sorts input").count() > 1


def test_what_the_whole_filter_finds_stands_out(page, service):
    look(page, service, "around=actors/fidel-castro&kind=event,actor&q=chavez")
    found = {
        f"{kind}s/{one['id']}"
        for kind in ("event", "actor")
        for one in api(page, service, f"{kind}s?q=chavez&limit=200")["items"]
    }
    bright = {one for one in drawn(page) if "found" in node(page, one).get_attribute("class").split()}
    pale = {one for one in drawn(page) if "pale" in node(page, one).get_attribute("class").split()}
    assert bright == drawn(page) & found
    assert pale == drawn(page) - found
    assert "actors/hugo-chavez" in bright
    listed = page.locator(".network-marked a").evaluate_all("links => links.map((link) => link.dataset.ref)")
    assert set(listed) == bright
    told = page.locator(".network-status").inner_text()
    assert f"{len(bright)} record" in told
    assert "; what is pale is not." in told
    assert "not found by the filter" in node(page, min(pale)).get_attribute("aria-label")
    assert accessibility_faults(page) == []


@pytest.mark.parametrize(
    ("asked", "found", "links"),
    [
        ("type=reform", "1 record found by the whole filter.", "Alone has no link."),
        ("type=reform&when=1950", "1 record found by the whole filter.", "Alone has no link at this time."),
        (
            "type=reform&link=part-of",
            "1 record found by the whole filter.",
            "Alone has no link of these sorts.",
        ),
        (
            "kind=actor&q=alone&around=events/alone",
            "0 records found by the whole filter; what is pale is not.",
            "",
        ),
        (
            "around=events/alone,events/else&type=reform",
            "1 record found by the whole filter; what is pale is not.",
            "Alone Else have no link.",
        ),
    ],
)
def test_what_is_said_fits_what_is_shown(page, lone, asked, found, links):
    look(page, lone, asked)
    assert found in page.locator(".network-status").inner_text()
    assert links in page.locator(".network-said").inner_text()


@pytest.fixture(scope="module")
def lone(own_service):
    """A service on events without a link."""
    made = [("alone", "reform"), ("else", "battle")]
    return own_service(
        ("event", {"id": name, "title": name.capitalize(), "type": of, "date": "1950"}) for name, of in made
    )


def test_a_time_alone_makes_nothing_pale(page, service):
    look(page, service, "around=actors/fidel-castro&kind=event&when=1994&certainty=possible&sort=title")
    assert page.locator("svg.network .pale, svg.network .found, .network-marked").count() == 0


@pytest.mark.parametrize(("date", "dashed"), [("1950~", 1), ("1950", 0)])
def test_what_only_may_have_been_is_dashed_and_hostile_titles_are_text(page, own_service, date, dashed):
    look(page, own_service(ties_of(date)), "around=actors/one&when=1950")
    assert page.locator("svg.network .tie.possible").count() == dashed
    assert page.locator(".network-said .possible").count() == dashed
    assert HOSTILE in said(page)[0]
    assert ("(possibly then)" in said(page)[0]) is bool(dashed)
    assert HOSTILE in node(page, "actors/friend").get_attribute("aria-label")
    assert page.locator("annals-network script").count() == 0


def test_how_two_are_connected(page, service):
    look(page, service, "around=actors/fidel-castro")
    page.get_by_label("Path to").fill("Cilia Flor")
    page.get_by_label("Path in the order of time").check()
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**to=actors/cilia-flores*")
    page.locator(".network-path").first.wait_for()
    wait(page)
    assert "order=time" in page.url
    found = api(
        page, service, "graph/path?from=actors/fidel-castro&to=actors/cilia-flores&all=true&order=time"
    )
    assert page.locator(".network-path").count() == len(found["paths"])
    hops = page.locator(".network-path").first.locator("ol > li")
    assert hops.count() == found["length"]
    quoted = [
        one["selector"]["exact"] for one in found["paths"][0]["hops"][0]["evidence"] if "selector" in one
    ]
    assert quoted
    assert all(text in hops.first.inner_text() for text in quoted)
    assert drawn(page) == {one["ref"] for path in found["paths"] for one in path["nodes"]}
    assert page.locator("svg.network .tie.hop").count() == page.locator("svg.network .tie").count() > 0


def test_what_cannot_be_found_is_said_and_leaves_the_form(page, service, complaints):
    complaints.expect("400")
    page.goto(f"{service}/explore?view=network&around=actors/nobody-at-all")
    page.locator(".network-status .fault", has_text="There is no such record").wait_for()
    page.get_by_label("Begin with").fill("Hugo Chavez")
    page.get_by_role("button", name="Show", exact=True).click()
    node(page, "actors/hugo-chavez").wait_for()
    assert page.locator(".network-status .fault").count() == 0


def test_five_hundred_records_are_drawn_and_what_is_cut_is_told(page, own_service):
    page.emulate_media(reduced_motion="reduce")
    look(page, own_service(hub(600)), "around=places/world")
    assert len(drawn(page)) == MAX_NODES
    assert "There is more" in page.locator(".network-status").inner_text()
    boxes = [one.bounding_box() for one in page.locator("svg.network text.of-record").all()]
    assert boxes
    for n, box in enumerate(boxes):
        for other in boxes[n + 1 :]:
            # What a letter takes is estimated: some pixels more or less.
            apart = max(abs(box["x"] - other["x"]) - max(box["width"], other["width"]), 0)
            assert apart or abs(box["y"] - other["y"]) > 11
    scale = "document.querySelector('svg.network .node').getBoundingClientRect().width"
    small = page.evaluate(scale)
    for _ in range(8):
        page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate(scale) >= small
    assert page.locator("svg.network text.of-record").count() > 0


@pytest.mark.parametrize(
    "asked", ["around=actors/fidel-castro&depth=2", "around=actors/fidel-castro&to=actors/cilia-flores"]
)
@pytest.mark.parametrize(("color_scheme", "width"), [("light", 1440), ("dark", 390)])
def test_nothing_is_found_against_it(page, service, asked):
    page.emulate_media(reduced_motion="reduce")
    look(page, service, asked)
    assert accessibility_faults(page) == []
    assert is_as_wide_as_its_window(page)


@pytest.mark.parametrize("javascript", [False])
def test_without_script_the_links_are_on_the_pages_of_the_records(page, service):
    page.goto(f"{service}/explore?view=network&around=actors/fidel-castro,actors/cuba")
    links = page.locator("annals-network a").evaluate_all("links => links.map((link) => link.href)")
    assert links == [f"{service}/explore/actors/{one}" for one in ("fidel-castro", "cuba")]
    page.goto(f"{service}/explore?view=network&when=1994")
    first = page.locator("#found h3 a").first
    assert page.locator("annals-network a").get_attribute("href") == first.get_attribute("href")
