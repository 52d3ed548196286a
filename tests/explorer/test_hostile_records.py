"""Records whose text is markup, quotes, another direction or has no end: shown as the text that it is, in its place."""

import pytest
from browsing import HEIGHT, is_as_wide_as_its_window

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]

MARKUP = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
QUOTES = "\"double\" 'single' `back` &amp; {{ 7 * 7 }} ${7 * 7} %22 </bdi></a>"
TO_THE_LEFT = "שלום \u200f(1994) ועוד"
ENDLESS = "x" * 300  # titles are no longer; summaries and questions are
OVERRIDE = "\u202edesrever \u2066open"

TITLES = [MARKUP, QUOTES, TO_THE_LEFT, ENDLESS]

WIDTHS = [1440, 390]

# What can turn other words around is isolated from them. Every text of SVG is on its own.
ENTANGLED = """(turning) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (!turning.some((one) => data.includes(one)) || parentElement.closest("bdi, script, option, svg")) continue;
    found.push(parentElement.outerHTML.slice(0, 200));
  }
  return found;
}"""


def documents():
    """An event, an actor and a place for each title, the last with a text that turns what follows it around."""
    for number, title in enumerate(TITLES):
        yield "actor", {"id": f"actor-{number}", "title": title, "type": "person", "summary": OVERRIDE}
        yield (
            "place",
            {
                "id": f"place-{number}",
                "title": title,
                "geometry": {"type": "Point", "coordinates": [number, number]},
            },
        )
        yield (
            "event",
            {
                "id": f"event-{number}",
                "title": title,
                "type": "meeting",
                "date": "1994",
                "summary": f"{title * 4} {OVERRIDE}",
                "participants": [{"actor": f"actors/actor-{number}"}],
                "places": [{"place": f"places/place-{number}"}],
            },
        )


@pytest.fixture(scope="module")
def hostile(database_with, service_on):
    return service_on(database_with(documents()))


def check_layout(page):
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        assert is_as_wide_as_its_window(page), width


def check_text(page):
    """Check that nothing became markup, and that text of another direction cannot turn what stands beside it."""
    assert page.locator("main :is(img[src=x], script)").count() == 0
    assert "taken" not in page.title().removeprefix(MARKUP)
    assert page.evaluate(ENTANGLED, [TO_THE_LEFT, OVERRIDE]) == []


def test_titles_are_listed_as_text(page, hostile):
    page.goto(f"{hostile}/explore?kind=event,actor,place&sort=title")
    assert sorted(set(page.locator("#found h3").all_inner_texts())) == sorted(TITLES)
    check_text(page)
    check_layout(page)


def test_titles_are_facets_and_filters_as_text(page, hostile):
    page.goto(
        f"{hostile}/explore?facets=participant&facets=place&participant=actors/actor-0&place=places/place-0"
    )
    assert page.locator("#found h3").all_inner_texts() == [MARKUP]
    check_text(page)
    check_layout(page)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("view", ["timeline", "map&bbox=-10,-10,10,10", "network&around=events/event-0"])
def test_titles_are_text_in_every_view(page, hostile, view):
    page.goto(f"{hostile}/explore?view={view}")
    page.wait_for_load_state("networkidle")
    page.locator("#view > :not(template, [aria-busy])").wait_for()
    check_text(page)
    assert is_as_wide_as_its_window(page)


@pytest.mark.parametrize("words", [MARKUP, QUOTES, ENDLESS * 3, OVERRIDE])
def test_words_that_are_asked_for_are_text(page, hostile, words):
    page.goto(f"{hostile}/explore")
    page.locator("#site-search").fill(words)
    page.locator("#site-search").press("Enter")
    page.wait_for_function("words => document.getElementById('filter-q').value === words", arg=words)
    check_text(page)
    check_layout(page)


def test_a_wrong_value_is_told_as_text(page, hostile, complaints):
    complaints.expect("status of 400")
    page.goto(f"{hostile}/explore")
    page.locator("#filter-when").fill(MARKUP)
    page.locator("#filter-when").press("Enter")
    page.locator("#fault-when").first.wait_for()
    assert page.locator("#filter-when").input_value() == MARKUP
    check_text(page)
    check_layout(page)
