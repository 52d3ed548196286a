"""The explorer in the Firefox of the system: what the tests in Chromium say at length, here in short."""

import pytest
from firefox import running_firefox

pytestmark = pytest.mark.browser

DRAWN = {
    "list": "#found h3",
    "timeline": "annals-timeline:not([aria-busy]) .histogram .bars",
    "map": "annals-map:not([aria-busy]) .map-mark",
    "network": "annals-network:not([aria-busy]) svg.network[data-rests=true] .node",
}


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with running_firefox(tmp_path_factory.mktemp("firefox")) as one:
        yield one


@pytest.fixture(autouse=True)
def _without_complaints(window):
    yield
    # What is told late is told by then.
    window.open("about:blank")
    told = window.complaints[:]
    window.complaints.clear()
    # Firefox has what is under way fail, or be aborted, where a page is left.
    assert [one for one in told if "NetworkError" not in one and "AbortError" not in one] == []


def drawn(view):
    return f"document.querySelector({DRAWN[view]!r})"


@pytest.mark.parametrize("view", [*DRAWN])
def test_each_view_is_drawn(window, service, view):
    window.open(f"{service}/explore?view={view}&when=1990/1999&around=actors/fidel-castro")
    window.wait(drawn(view))
    assert "when=1990/1999" in window.evaluate("location.search")
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_filter_is_in_the_address_bar_and_in_the_history(window, service):
    window.open(f"{service}/explore")
    everything = window.evaluate("document.getElementById('number-found').textContent")
    window.evaluate("document.getElementById('filter-when').value = '1994'")
    window.evaluate("document.getElementById('filters').requestSubmit()")
    window.wait("location.search.includes('when=1994') && document.querySelector('.parts')")
    assert window.evaluate("document.getElementById('number-found').textContent") != everything
    for view in ("timeline", "map", "network", "list"):
        window.evaluate(f"document.getElementById('view-{view}').click()")
        window.wait(drawn(view))
        assert f"view={view}" in window.evaluate("location.search")
        assert "when=1994" in window.evaluate("location.search")
    window.evaluate("history.back()")
    window.wait(drawn("network"))
    assert "view=network" in window.evaluate("location.search")


def test_who_leaves_while_a_question_is_fetched_is_not_led_back(window, service):
    window.open(f"{service}/explore?when=1994")
    window.evaluate("document.getElementById('view-network').click()")
    window.open(f"{service}/explore/actors/cuba")
    assert window.evaluate("location.pathname") == "/explore/actors/cuba"


def test_pages_of_records_and_suggestions_work(window, service):
    window.open(f"{service}/explore/events/seizure-of-maduro-and-flores")
    window.wait("document.querySelector('annals-place-map .map-credit')")
    window.evaluate("document.getElementById('site-search').focus()")
    # A window without a screen is never in front, and its elements have the focus without telling so.
    told = "new FocusEvent('focusin', { bubbles: true })"
    window.evaluate(f"document.activeElement.dispatchEvent({told})")
    window.type("hugo ch")
    window.wait("document.querySelector('[role=option]')")
