"""The time line in Chromium: what it draws, how its window is moved, and that all of it can be read and reached by keys."""

import json
import random
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from serving import free_port, serve, wait_until_ready

from app.formats.svg.axis import year_label
from app.timeline.bucket_sizes import SIZES
from app.values.calendar import gregorian_from_days, iso_day
from app.values.edtf.value import parse_edtf

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]

HOSTILE = "<script>document.title='taken'</script> \"quoted\" \u200f'x'"
DAYS = 24
OTHERS = [
    ("place", {"id": "p", "title": "Place"}),
    ("actor", {"id": "b", "title": "Other actor"}),
    (
        "actor",
        {"id": "a", "title": "Actor", "type": "government", "date": "1961-05/1961-06", "tags": ["days"]},
    ),
]
EVENTS = [
    {"id": "certain", "title": "Certain", "date": "1950-03-01/1960-06-30", "type": "battle"},
    {"id": "fading", "title": "Fading", "date": "1950/1960", "type": "battle"},
    {"id": "within", "title": "Within", "date": "1955", "type": "reform"},
    {"id": "open", "title": "Open", "date": "1952/..", "type": "reform"},
    {"id": "doubtful", "title": HOSTILE, "date": "1953~/1958~"},
    {"id": "caesar", "title": "Ides of March", "date": "-0043-03-15", "tags": ["old"]},
    {"id": "year-one", "title": "First year", "date": "0001-02-03", "tags": ["old"]},
    {"id": "archean", "title": "Archean", "date": "Y-4000000000/Y-2500000000", "tags": ["deep"]},
    {"id": "boring-billion", "title": "Boring billion", "date": "Y-1800000000/Y-800000000", "tags": ["deep"]},
    {"id": "impact", "title": "Impact", "date": "Y-65000000", "tags": ["impact"]},
    {"id": "some-day", "title": "Some day", "date": "XXXX-01-03"},
    {"id": "undated", "title": "Undated"} | {"participants": [{"actor": "actors/b", "role": "host"}]},
    *(
        {"id": f"toll-{n}", "title": f"Toll {n}", "tags": ["toll"]}
        | {"figures": [{"measure": "deaths", "low": least, "high": 20}]}
        | ({"date": date} if date else {})
        for n, (least, date) in enumerate([(5, None), (12, None), (12, "1955-03")])
    ),
    {
        "id": "day-0",
        "title": "Day 0",
        "date": "1961-05-01",
        "tags": ["days"],
        "places": [{"place": "places/p"}],
    }
    | {"participants": [{"actor": "actors/a", "role": "host"}]},
    *(
        {"id": f"day-{n}", "title": f"Day {n}", "date": f"1961-05-{n + 1:02}", "tags": ["days"]}
        for n in range(1, DAYS)
    ),
    *(
        {
            "id": f"many-{n}",
            "title": f"Many {n}",
            "date": f"{1700 + n % 200}",
            "type": ("battle", "reform")[n % 2],
            "tags": ["many"],
        }
        for n in range(600)
    ),
]


@pytest.fixture(scope="module")
def service(database_with, tmp_path_factory):
    """The address of a running service."""
    url = database_with([*OTHERS, *(("event", one) for one in EVENTS)])
    running = serve(url, tmp_path_factory.mktemp("service"), free_port(), 1, ("--no-seed",), {})
    wait_until_ready(running)
    yield running.url
    running.stop()


def open_timeline(page, service, query=""):
    page.goto(f"{service}/explore?view=timeline{query}")
    page.wait_for_selector("annals-timeline:not([aria-busy]) .histogram .axis", state="attached")


def wait_until(page, true, argument=None):
    """Wait until a script says so; the page's policy forbids Playwright to do it there."""
    for _ in range(400):
        if page.evaluate(true, argument):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {true}, {argument}; {page.url}")


def asked(page):
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def shapes(page, title):
    """Give what the bar of a record is made of: the class of each piece, and how wide it is."""
    bar = page.locator("a.bar", has=page.locator("title", has_text=title)).first
    found = bar.locator("rect:not(.target), path").evaluate_all(
        "all => all.map(one => [one.getAttribute('class'), Number(one.getAttribute('width'))])"
    )
    return dict(found)


def test_a_bar_is_what_is_known_of_a_date(page, service):
    open_timeline(page, service, "&when=1940/1969")
    certain, fading = shapes(page, "Certain"), shapes(page, "Fading")
    assert certain["solid"] > fading["solid"] > fading["fading-in"]
    assert fading["fading-in"] == pytest.approx(fading["fading-out"], abs=1)
    assert set(shapes(page, "Within")) == {"within"}
    assert set(shapes(page, "quoted")) == {"within"}
    assert "open" in shapes(page, "Open")
    assert "open" not in certain


def test_titles_are_text_whatever_is_in_them(page, service):
    open_timeline(page, service, "&when=1940/1969")
    title = page.title()
    bar = page.locator("a.bar", has=page.locator("title", has_text="quoted")).first
    assert bar.get_attribute("aria-label").startswith(HOSTILE)
    assert HOSTILE[:30] in bar.locator("text").text_content()
    assert bar.get_attribute("href") == "/explore/events/doubtful"
    page.locator(".numbers summary").click()
    assert page.locator(".numbers td bdi", has_text="quoted").text_content() == HOSTILE
    assert page.title() == title


@pytest.mark.parametrize(
    ("query", "told", "first_tick"),
    [
        ("&tag=old", "44 BCE to 1 CE, by year", "40 BCE"),
        ("&tag=old&when=-0001/0002", "2 BCE to 2 CE, by month", " BCE"),
        ("&tag=deep", "4 billion BCE to 800 million BCE, by 100,000,000 years", "3 billion BCE"),
        ("&tag=deep&when=Y-2000000000/Y-1000000000", "2 billion BCE to 1 billion BCE", "1.4 billion BCE"),
        ("&tag=days", "1 May 1961 to 24 May 1961, by day", "May 1961"),
        ("&when=1961-05-03", "3 May 1961, by day", "3 May 1961"),
        # The axis ends with the dates, however long the last bucket of the whole span is.
        ("&when=1850/..", "1850 to 1961, by year", "1860"),
        ("&tag=impact,days&when=1850/..", "1850 to 1961, by year", "1860"),
        ("&tag=impact,many", "1.998 million BCE to 1899, by millennium", "1.5 million BCE"),
        ("&tag=impact,days&when=1850/Y900000", "1850 to 900,000, by day", "200,000"),
    ],
)
def test_years_are_those_that_people_write(page, service, query, told, first_tick):
    open_timeline(page, service, query)
    assert told in page.locator(".told").text_content()
    labels = page.locator(".histogram .tick text").all_text_contents()
    assert any(first_tick in label for label in labels), labels
    assert not [label for label in labels if re.search(r"(^|[ -])0( |$)|-\d", label)]
    assert len(set(labels)) == len(labels)


def drag(page, handle, by, steps=6):
    box = page.locator(handle).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, steps + 1):
        page.mouse.move(x + by * step / steps, y)
        page.wait_for_timeout(30)


def test_dragging_a_handle_sets_when_once(page, service):
    open_timeline(page, service, "&tag=many")
    before = page.evaluate("history.length")
    drag(page, "#timeline-from", 300)
    wait_until(page, "location.search.includes('when=')")
    assert page.evaluate("history.length") == before
    page.mouse.up()
    wait_until(page, f"history.length === {before + 1}")
    first, _, last = asked(page)["when"].partition("/")
    assert 1700 < int(first[:4]) < 1899
    assert last == "1899"
    wait_until(page, "document.querySelector('#found h2').textContent !== '600 records'")
    assert int(page.locator("#found h2").text_content().split()[0]) == 3 * (1900 - int(first[:4]))
    assert asked(page)["tag"] == "many"
    page.go_back()
    wait_until(page, "document.querySelector('#found h2').textContent === '600 records'")
    assert "when" not in asked(page)
    told = "document.querySelector('#timeline-from').getAttribute('aria-valuetext')"
    wait_until(page, f"{told} === '1 January 1700'")


def test_a_window_is_moved_by_keys_alone(page, service):
    open_timeline(page, service, "&tag=many&when=1800/1849")
    for handle, key, expected in (
        ("#timeline-from", "ArrowRight", "1801/1849"),
        ("#timeline-from", "PageDown", "1791/1849"),
        ("#timeline-to", "ArrowLeft", "1791/1848"),
        ("#timeline-to", "PageUp", "1791/1858"),
        ("#timeline-to", "End", "1791/1899"),
        ("#timeline-from", "Home", None),
    ):
        page.locator(handle).focus()
        page.keyboard.press(key)
        wait_until(page, "when => new URLSearchParams(location.search).get('when') === when", expected)
        page.wait_for_timeout(150)
        assert page.evaluate("document.activeElement.id") == handle[1:]
    slider = page.locator("#timeline-to")
    assert slider.get_attribute("role") == "slider"
    assert slider.get_attribute("aria-valuetext") == "31 December 1899"
    page.keyboard.press("+")
    wait_until(page, "location.search.includes('when=')")


def test_back_and_forward_lead_from_window_to_window(page, service):
    open_timeline(page, service, "&tag=many&when=1800/1849")
    for key, expected in (("ArrowRight", "1801/1849"), ("PageUp", "1811/1849")):
        page.locator("#timeline-from").focus()
        page.keyboard.press(key)
        wait_until(page, "when => new URLSearchParams(location.search).get('when') === when", expected)
        # Where it has ended is an address of its own.
        page.wait_for_timeout(700)
    windows = ("1800/1849", "1801/1849", "1811/1849")
    for step, expected in (
        (page.go_back, windows[1]),
        (page.go_back, windows[0]),
        (page.go_forward, windows[1]),
        (page.go_forward, windows[2]),
    ):
        step()
        assert asked(page)["when"] == expected
        told = f"{expected[:4]} to 1849,"
        wait_until(page, "told => document.querySelector('.told').textContent.startsWith(told)", told)
        slider = page.locator("#timeline-from").get_attribute("aria-valuetext")
        assert slider == f"1 January {expected[:4]}"
    assert not page.evaluate("navigation.canGoForward")


def test_going_back_at_once_leaves_the_way_forward(page, service):
    open_timeline(page, service, "&tag=many&when=1800/1849")
    page.locator("#filter-tag").first.fill("old")
    page.locator("#filter-tag").first.press("Enter")
    wait_until(page, "location.search.includes('tag=old')")
    page.wait_for_selector("annals-timeline:not([aria-busy]) .histogram .axis", state="attached")
    page.locator("#timeline-from").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(150)
    page.go_back()
    wait_until(page, "location.search.includes('tag=many')")
    page.wait_for_timeout(1000)
    assert asked(page) == {"view": "timeline", "tag": "many", "when": "1800/1849"}
    assert page.evaluate("navigation.canGoForward")
    page.go_forward()
    wait_until(page, "location.search.includes('tag=old')")


def test_a_handle_stays_within_what_there_is(page, service):
    open_timeline(page, service, "&tag=impact,days&when=1850/..")
    address = page.url
    page.locator("#timeline-to").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(700)
    assert page.url == address
    earlier = page.locator("#timeline-from").get_attribute("aria-valuenow")
    page.locator("#timeline-from").focus()
    page.keyboard.press("ArrowRight")
    wait_until(page, "address => location.href !== address", address)
    at, last, most = (
        int(page.locator(f"#timeline-{handle}").get_attribute(f"aria-{name}"))
        for handle, name in (("from", "valuenow"), ("to", "valuenow"), ("to", "valuemax"))
    )
    # A step of the whole span is thousands of years, one of the window a month.
    assert int(earlier) < at < int(earlier) + 365
    assert last == most


def test_the_wheel_zooms_about_the_pointer_down_to_a_day(page, service):
    open_timeline(page, service, "&tag=days")
    box = page.locator(".histogram").bounding_box()
    # Below the pointer is 12 May, and it stays there.
    page.mouse.move(box["x"] + box["width"] * 11.5 / 24, box["y"] + 60)
    for _ in range(30):
        page.mouse.wheel(0, -400)
    wait_until(page, "new URLSearchParams(location.search).get('when') === '1961-05-12'")
    wait_until(page, "document.querySelector('#found h2').textContent === '1 record'")
    for _ in range(30):
        page.mouse.wheel(0, 400)
    wait_until(page, "!location.search.includes('when=')")


def test_bars_are_walked_by_keys(page, service):
    open_timeline(page, service, "&tag=days")
    assert page.locator("a.bar[tabindex='0']").count() == 1
    page.locator("a.bar[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Day 2, 3 May 1961"
    assert page.locator("a.bar[tabindex='0']").count() == 1
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Day 23")


def test_labels_never_cover_each_other(page, service):
    open_timeline(page, service, "&when=1940/1969")
    boxes = page.locator("a.bar text").evaluate_all(
        "all => all.map(one => { const b = one.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
    )
    assert len(boxes) > DAYS
    for at, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[at + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart, (boxes[at], other)


@pytest.mark.parametrize("group", ["type", "participant", "place"])
def test_too_many_records_are_counts(page, service, group):
    open_timeline(page, service, f"&tag=many&group={group}")
    assert page.locator("a.bar").count() == 0
    assert "600 records: more than 500" in page.locator(".outside").text_content()
    lanes = page.locator(".lane h3").all_text_contents()
    assert lanes == (["battle", "reform"] if group == "type" else [])
    if group == "type":
        page.locator(".lane h3 a", has_text="battle").click()
        wait_until(page, "document.querySelector('#found h2').textContent === '300 records'")
        page.wait_for_selector("a.bar")
        assert asked(page)["type"] == "battle"


def test_a_lane_of_nothing_dated_is_left_out(page, service):
    open_timeline(page, service, "&group=participant")
    assert page.locator(".lane h3").all_text_contents() == ["Actor"]
    picture = page.locator(".lane svg").get_attribute("aria-label")
    assert picture == "Actor: at most 1 certain in 1 May 1961"


@pytest.mark.parametrize("group", ["type", "participant", "place"])
def test_every_kind_of_record_has_lanes(page, service, group):
    kinds = "".join(f"&kind={kind}" for kind in ("event", "actor", "agreement", "mission", "place", "source"))
    open_timeline(page, service, f"&tag=days&group={group}{kinds}")
    assert page.locator("a.bar").count() == DAYS + 1
    lanes = page.locator(".lane h3").all_text_contents()
    none = {"type": "No type", "participant": "No participants", "place": "No places"}[group]
    named = {"type": "government", "participant": "Actor", "place": "Place"}[group]
    assert lanes[-1].startswith(none)
    assert lanes[0].startswith(named)


def test_undated_records_are_one_click_away(page, service):
    open_timeline(page, service)
    link = page.locator(".outside a")
    assert link.text_content().startswith("4 ")
    link.click()
    wait_until(page, "document.querySelectorAll('.records h3').length === 4")
    assert page.locator(".records h3").all_text_contents() == ["Some day", "Toll 0", "Toll 1", "Undated"]


def test_the_link_to_undated_records_lists_as_many_as_it_says(page, service):
    for certainty, expected in (("certain", ["Toll 1"]), ("possible", ["Toll 0", "Toll 1"])):
        open_timeline(page, service, f"&tag=toll&figure=deaths>=10&certainty={certainty}&when=1950/1959")
        link = page.locator(".outside a")
        assert link.text_content().startswith(f"{len(expected)} ")
        link.click()
        listed = "[...document.querySelectorAll('.records h3')].map(one => one.textContent).join()"
        wait_until(page, f"titles => {listed} === titles", ",".join(expected))


def test_where_nothing_is_dated_that_is_said(page, service):
    open_timeline(page, service, "&year=unknown")
    assert page.locator(".told").text_content().startswith("Nothing that was found has a date")
    assert page.locator(".outside").text_content().startswith("4 without a date")
    assert page.locator(".outside a").count() == 0
    assert not page.locator("#timeline-from").is_visible()


@pytest.fixture
def calendar(page, service):
    """Call a function of the calendar for many arguments."""
    open_timeline(page, service)
    found = page.locator("script[type=module]").get_attribute("src")
    address = f"{service}/{found.removesuffix('explorer.js')}calendar.js"

    def call(name, arguments):
        script = "async ([at, name, all]) => { const found = await import(at); return all.map(one => found[name](...one)); }"
        return page.evaluate(script, [address, name, arguments])

    return call


def test_days_are_those_of_the_service(calendar):
    chance = random.Random(20)
    reach = (400, 40_000, 4_000_000, 2_000_000_000_000)
    days = [chance.randint(-n, n) for n in reach for _ in range(300)]
    assert calendar("dateOf", [[day] for day in days]) == [list(gregorian_from_days(day)) for day in days]
    assert calendar("dayOf", [gregorian_from_days(day) for day in days]) == days
    assert calendar("dayOfIso", [[iso_day(day)] for day in days]) == days
    years = [gregorian_from_days(day)[0] for day in days]
    assert calendar("yearLabel", [[year] for year in years]) == [year_label(year) for year in years]


def test_a_window_is_written_as_the_days_it_is(calendar):
    chance = random.Random(21)
    windows = []
    for _ in range(400):
        size = chance.choice(SIZES)
        first = size.number_of(chance.randint(-1_000_000, 200_000))
        windows.append(size.days_of((first, first + chance.randint(0, 3))))
    written = calendar("edtfOf", windows)
    for text, days in zip(written, windows, strict=True):
        bounds = parse_edtf(text).span.bounds
        assert (bounds.s1, bounds.e2) == days, text
    assert calendar("edtfOf", [[-3653, -1], [-3653, -3288], [-3653, -3623], [-3653, -3653]]) == [
        "1960/1969",
        "1960",
        "1960-01",
        "1960-01-01",
    ]


def test_the_numbers_say_what_the_picture_shows(page, service):
    open_timeline(page, service, "&tag=days&type=")
    page.locator(".numbers summary").click()
    page.locator(".numbers table").nth(1).wait_for()
    rows = page.locator(".numbers table").first.locator("tbody tr").all_text_contents()
    assert len(rows) == DAYS
    told = page.evaluate(
        """async () => (await (await fetch('v1/timeline?tag=days&bucket=auto')).json()).items.map(
        one => [one.certain, one.possible].join())"""
    )
    assert [",".join(re.findall(r"(\d)(\d)$", row)[0]) for row in rows] == told
    assert page.locator(".numbers table").nth(1).locator("tbody tr").count() == DAYS


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("query", ["&when=1940/1969", "&tag=many"])
def test_nothing_stands_in_the_way_of_anybody(page, service, query, width, color_scheme):  # noqa: ARG001 - the page has it
    page.emulate_media(reduced_motion="reduce")
    open_timeline(page, service, query)
    page.locator(".numbers summary").click()
    # Of the view alone: the page around it has tests of its own.
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, context="annals-timeline").response["violations"]
    assert found == [], json.dumps(found)[:2000]
    assert page.evaluate("document.querySelector('annals-timeline').scrollWidth") <= width


@pytest.mark.parametrize("javascript", [False])
def test_without_script_there_is_a_picture(page, service, javascript):  # noqa: ARG001 - the page has it
    page.goto(f"{service}/explore?view=timeline&sort=-date&lang=en&when=1940/1969")
    picture = page.locator("annals-timeline img")
    assert picture.evaluate("one => one.complete && one.naturalWidth > 0")
