"""The map in a browser. What goes wrong in the page, and each request to another host, fails the test (`complaints`)."""

import json
import os
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from browsing import accessibility_faults, is_as_wide_as_its_window
from serving import free_port, serve, wait_until_ready

from app.explorer.static_files import address

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="alert(1)"> "Voyage"'


def point(x, y):
    return {"type": "Point", "coordinates": [x, y]}


def box(west, south, east, north):
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def place(name, geometry):
    return {"kind": "place", "id": name.lower(), "title": name, "type": "city", "geometry": geometry}


def event(title, date, *places, tag="atlas"):
    ref = "voyage" if title == HOSTILE else title.lower().replace(" ", "-")
    return {
        "kind": "event",
        "id": ref,
        "title": title,
        "type": "meeting",
        "date": date,
        "places": list(places),
        "tags": [tag],
    }


RECORDS = [
    place("Suva", point(178.4, -18.1)),
    place("Apia", point(-171.8, -13.8)),
    place("Lagoon", {"type": "Polygon", "coordinates": [[[10, 0], [12, 0], [12, 2], [10, 2], [10, 0]]]}),
    place("Hamlet", point(5, 45)),
    place("Rome", point(12.5, 41.9)),
    place("Turin", point(7.7, 45.1)),
    place(
        "Fiji", {"type": "MultiPolygon", "coordinates": [box(177, -19, 180, -16), box(-180, -19, -178, -16)]}
    ),
    place("Eastern", point(180, -17)),
    place("Western", point(-180, -17)),
    place("Pole", point(0, 90)),
    event("Landing", "1700", {"place": "places/eastern"}, tag="edges"),
    event("Departure", "1701", {"place": "places/western"}, tag="edges"),
    event("Expedition", "1650", {"place": "places/pole"}, tag="edges"),
    event(HOSTILE, "1850", {"place": "places/suva", "role": "site"}, {"place": "places/apia"}),
    event("Regatta", "1900~", {"place": "places/lagoon"}),
    event("Fire", "1901", {"place": "places/hamlet", "precision_m": 20000}),
    event("Rumour", "1902"),
    *(
        event(f"Session {n}", "1870", {"place": "places/rome" if n % 3 else "places/turin"})
        for n in range(600)
    ),
]


@pytest.fixture(scope="module")
def atlas(sqlite_databases, tmp_path_factory):
    """The address of a service on the seeds and these records."""
    url = sqlite_databases.fresh(sqlite_databases.seeded)
    folder = tmp_path_factory.mktemp("atlas")
    file = folder / "atlas.ndjson"
    file.write_text("\n".join(map(json.dumps, RECORDS)))
    command = [sys.executable, "-m", "app", "import", str(file)]
    subprocess.run(command, env={**os.environ, "ANNALS_DATABASE_URL": url}, check=True, capture_output=True)
    one = serve(url, folder, free_port(), 1, (), {})
    try:
        wait_until_ready(one)
        yield one.url
    finally:
        one.stop()
    sqlite_databases.drop(url)


@pytest.fixture(autouse=True)
def _still(page):
    page.emulate_media(reduced_motion="reduce")


def look(page, url):
    page.goto(url)
    settle(page)


def settle(page):
    page.wait_for_selector("annals-map:not([aria-busy]) .map-table > *", state="attached")


def told(page, text):
    page.locator(".map-told", has_text=text).wait_for()


def asked(page):
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def wait_until(page, holds):
    """Wait until something holds of what is asked: the page's policy lets nobody evaluate scripts in it."""
    page.wait_for_url(
        lambda url: holds({name: values[0] for name, values in parse_qs(urlsplit(url).query).items()})
    )


def zoom_of(question):
    return float(question.get("at", "0").split("/")[0])


def position(page):
    return tuple(round(float(part), 1) for part in asked(page)["at"].split("/"))


def size(page, selector):
    """Return how wide the widest of some elements is."""
    return max(one.bounding_box()["width"] for one in page.locator(selector).all())


def marks(page):
    return page.locator(".map-mark")


def rows(page):
    read = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    return page.locator(".map-table tbody tr").evaluate_all(read)


def test_single_records_are_told_with_their_places_as_text(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=atlas&when=1850")
    told(page, "1 record in view.")
    assert marks(page).evaluate_all("all => all.map(one => one.ariaLabel)") == [HOSTILE, HOSTILE]
    marks(page).first.focus()
    page.keyboard.press("Enter")
    popup = page.locator(".map-popup")
    assert [line for line in popup.inner_text().split("\n") if line] == [
        "Suva",
        HOSTILE,
        "1850 · meeting · site",
    ]
    assert popup.locator("a").get_attribute("href") == f"{atlas}/explore/events/voyage"
    assert popup.locator("a").evaluate("one => one === document.activeElement")
    assert rows(page) == [[HOSTILE, "1850", "meeting", "Suva (site)Apia"]]
    page.keyboard.press("Escape")
    assert popup.count() == 0
    assert page.evaluate("document.activeElement.ariaLabel") == HOSTILE


def test_the_antimeridian_is_no_edge(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=atlas&bbox=170,-30,-160,0")
    told(page, "1 record in view.")
    suva, apia = (one.bounding_box() for one in marks(page).all())
    wide = page.locator(".map").bounding_box()["width"]
    assert 0 < apia["x"] - suva["x"] < wide / 2
    assert 0 < size(page, ".map-joined") < wide / 2
    assert 0 < size(page, ".map-filter") < wide
    page.click("#map-in-view")
    wait_until(page, lambda now: not now["bbox"].startswith("170,"))
    west, _, east, _ = map(float, asked(page)["bbox"].split(","))
    assert west > 100 > -100 > east
    assert page.locator("#found h2").inner_text() == "1 record"


def test_a_place_across_the_antimeridian_fills_the_small_map(page, atlas):
    page.goto(f"{atlas}/explore/places/fiji")
    page.locator("annals-place-map .map-shape").wait_for()
    whole = page.locator("annals-place-map .map").bounding_box()["width"]
    assert whole / 10 < size(page, "annals-place-map .map-shape") < whole / 2


def test_the_two_sides_of_the_antimeridian_are_one_meridian(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=edges&when=1700/1701")
    told(page, "2 records in view.")
    assert [one.get_attribute("aria-label") for one in marks(page).all()] == ["2 records at Eastern, Western"]
    marks(page).click()
    assert page.locator(".map-popup a").all_inner_texts() == ["Landing", "Departure"]
    look(page, f"{atlas}/explore?view=map&tag=edges&when=1700/1701&at=2/0/0")
    told(page, "2 records in view.")
    left, right = sorted(one.bounding_box()["x"] for one in marks(page).all())
    assert right - left == pytest.approx(256 * 2**2, abs=2)


def test_what_lies_beyond_the_map_stands_at_its_edge(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=edges&when=1650")
    told(page, "1 record in view. What lies beyond 85° of latitude stands at the map's edge.")
    assert [name for name, *_ in rows(page)] == ["Expedition"]
    assert marks(page).bounding_box()["y"] < page.locator(".map").bounding_box()["y"] + 100
    marks(page).click()
    page.locator(".map-popup a").click(trial=True)
    look(page, f"{atlas}/explore?view=map&tag=edges&when=1650&at=5/0/0")
    told(page, "0 records in view.")
    page.click("#map-fit")
    told(page, "1 record in view.")
    page.click("#map-in-view")
    wait_until(page, lambda now: "bbox" in now)
    assert asked(page)["bbox"].endswith(",90")
    page.locator("#found h2", has_text="1 record").wait_for()


def test_one_place_is_shown_with_what_is_around_it(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=edges&when=1700")
    told(page, "1 record in view.")
    assert 5.5 < zoom_of(asked(page)) < 8


def test_what_is_certain_is_solid_and_what_is_possible_is_pale(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=atlas&when=1900/1901&at=3/22/8")
    told(page, "2 records in view.")
    solid = (
        "all => Object.fromEntries(all.map(one => [one.ariaLabel, one.querySelector('.certain') !== null]))"
    )
    assert marks(page).evaluate_all(solid) == {"Regatta": False, "Fire": True}
    assert size(page, ".map-shape") > 5
    assert page.locator(".map-precision").count() == 1


def test_many_are_counted_in_cells_that_lead_closer(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=atlas&at=3/44/10")
    told(page, "Counted in cells of 10°")
    told(page, "found without a place on the map.")
    counted = httpx.get(f"{atlas}/v1/density?tag=atlas&cell=10&bbox=0,40,20,50").json()["items"]
    expected = {(str(one["certain"]), str(one["possible"])) for one in counted}
    assert {(certain, possible) for _, certain, possible in rows(page)} >= expected
    largest = page.get_by_role("button", name="Zoom in").first
    largest.focus()
    page.keyboard.press("Enter")
    wait_until(page, lambda now: zoom_of(now) > 3)
    assert page.evaluate("document.activeElement.classList.contains('map')")


def test_a_cell_of_the_table_is_a_filter(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=atlas&at=5/43/10")
    told(page, "Counted in cells of 5°")
    page.click(".map-numbers summary")
    name, _, possible = rows(page)[0]
    page.get_by_role("link", name=name).click()
    wait_until(page, lambda now: "bbox" in now)
    page.locator("#found h2", has_text=f"{possible} records").wait_for()


def test_only_what_is_in_view_and_back(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=atlas&when=1850/1901&at=8/45/5.5")
    page.locator("#found h2", has_text="603 records").wait_for()
    page.click("#map-in-view")
    page.locator("#found h2", has_text="201 records").wait_for()
    settle(page)
    narrowed = asked(page)
    assert position(page) == (8, 45, 5.5)
    page.go_back()
    page.locator("#found h2", has_text="603 records").wait_for()
    assert "bbox" not in asked(page)
    page.go_forward()
    page.locator("#found h2", has_text="201 records").wait_for()
    assert asked(page)["bbox"] == narrowed["bbox"]


def test_where_the_map_is_stands_in_the_address_bar(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=atlas&when=1901")
    told(page, "1 record in view.")
    zoom = zoom_of(asked(page))
    assert zoom > 6
    page.locator(".map").focus()
    page.keyboard.press("-")
    wait_until(page, lambda now: zoom_of(now) == zoom - 1)
    page.keyboard.press("ArrowRight")
    before = asked(page)["at"]
    wait_until(page, lambda now: now["at"] != before)
    moved = asked(page)["at"]
    page.reload()
    settle(page)
    _, latitude, longitude = map(float, moved.split("/"))
    assert position(page) == (zoom - 1, round(latitude, 1), round(longitude, 1))
    assert longitude > 5


def test_another_question_is_seen_from_where_one_is_and_each_place_is_come_back_to(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=atlas&when=1901&at=5/44/6")
    page.locator("#filter-when").fill("1850/1901")
    page.keyboard.press("Enter")
    told(page, "Counted in cells of 5°")
    assert position(page) == (5, 44, 6)
    page.locator(".map").focus()
    page.keyboard.press("+")
    wait_until(page, lambda now: zoom_of(now) == 6)
    page.go_back()
    told(page, "1 record in view.")
    assert position(page) == (5, 44, 6)
    page.go_forward()
    wait_until(page, lambda now: zoom_of(now) == 6)


def test_what_is_asked_to_be_near_is_drawn_and_seen(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=atlas&near=places/hamlet&within_km=100")
    told(page, "1 record in view.")
    assert size(page, ".map") / 8 < size(page, ".map-filter") < size(page, ".map")


def test_what_is_refused_is_told_and_does_not_stay(page, atlas, complaints):
    complaints.expect("status of 400")
    look(page, f"{atlas}/explore?view=map&tag=atlas&when=1901")
    page.locator("#filter-when").fill("1901-13")
    page.keyboard.press("Enter")
    page.locator("#fault-when").wait_for()
    page.locator("#filter-when").fill("1850")
    page.keyboard.press("Enter")
    told(page, "1 record in view.")


@pytest.mark.parametrize(("width", "color_scheme"), [(390, "dark"), (1440, "light")])
def test_the_map_is_accessible(page, atlas):
    look(page, f"{atlas}/explore?view=map&tag=atlas&when=1850/1901&at=5/44/8")
    told(page, "Counted in cells")
    assert [fault for fault in accessibility_faults(page) if "map" in fault.split(": ")[1]] == []
    look(page, f"{atlas}/explore?view=map&tag=atlas&when=1850")
    told(page, "1 record in view.")
    page.click(".map-numbers summary")
    marks(page).first.focus()
    page.keyboard.press("Enter")
    assert [fault for fault in accessibility_faults(page) if "map" in fault.split(": ")[1]] == []
    assert is_as_wide_as_its_window(page)


@pytest.fixture(scope="module")
def with_tiles(sqlite_databases, service_on):
    """The address of a service whose map has tiles."""
    url = sqlite_databases.fresh(sqlite_databases.migrated)
    yield service_on(
        url,
        map_tiles="https://tiles.example.org/{z}/{x}/{y}.png",
        map_attribution="© <b>Somebody</b>, see https://tiles.example.org/terms",
    )
    sqlite_databases.drop(url)


def test_tiles_come_from_the_one_host_that_is_set(page, with_tiles, complaints):
    complaints.expect("another host was asked: https://tiles.example.org/3/")
    tile = bytes.fromhex(
        "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
    )
    page.route(
        "https://tiles.example.org/**", lambda route: route.fulfill(body=tile, content_type="image/gif")
    )
    policy = httpx.get(f"{with_tiles}/explore").headers["content-security-policy"]
    assert "img-src 'self' data: https://tiles.example.org;" in policy
    look(page, f"{with_tiles}/explore?view=map&at=3/20/0")
    page.locator(".leaflet-tile-loaded").first.wait_for()
    assert "© <b>Somebody</b>" in page.locator(".map-credit").inner_text()
    assert page.locator(".map-credit a").get_attribute("href") == "https://tiles.example.org/terms"


WINDOWS = [
    ("wrapped(190)", -170),
    ("wrapped(-540)", -180),
    ("wrapped(180)", 180),
    ("windowOf('170,-30,-160,0')", {"west": 170, "south": -30, "east": 200, "north": 0}),
    ("windowOf('170,-30,x,0')", None),
    ("windowOf(null)", None),
    ("bboxOf({ west: 170, south: -95, east: 200.00001, north: 91 })", "170,-90,-160,90"),
    ("bboxOf({ west: -300, south: 0, east: 300, north: 1 })", "-180,0,180,1"),
    ("turns({ west: -181, east: 179 })", [-1, 0]),
    ("turns({ west: 170, east: 200 })", [0, 1]),
    (
        "common(windowOf('160,-10,-170,10'), windowOf('-175,-5,0,50'))",
        {"west": 185, "south": -5, "east": 190, "north": 10},
    ),
    ("common(windowOf('0,0,1,1'), windowOf('2,0,3,1'))", None),
    ("common(windowOf('0,0,1,1'), windowOf('0,2,1,3'))", None),
    # Both ends of the box are in view, but not what is between them: all of it is asked for.
    (
        "common({ west: -190, south: 0, east: 160, north: 9 }, windowOf('150,0,-170,9'))",
        {"west": 150, "south": 0, "east": 190, "north": 9},
    ),
    (
        "around([windowOf('170,0,175,1'), windowOf('-175,2,-170,3')])",
        {"west": 170, "south": 0, "east": 190, "north": 3},
    ),
    (
        "around([windowOf('-80,0,-70,1'), windowOf('10,0,20,1')])",
        {"west": -80, "south": 0, "east": 20, "north": 1},
    ),
    ("around([windowOf('-180,0,180,1')])", {"west": -180, "south": 0, "east": 180, "north": 1}),
    ("positionOf('4/12.5/-190')", {"zoom": 4, "at": [12.5, 170]}),
    ("positionOf('4//1')", None),
    ("positionOf('4/91/1')", None),
    ("positionOf(null)", None),
    ("[0, 3, 5, 9, 18].map(cellAt)", [90, 10, 5, 0.2, 0.001]),
    ("inWords(windowOf('-85,-5,0,0'))", "5° S to 0°, 85° W to 0°"),
]


def test_windows(page, service):
    page.goto(f"{service}/explore")
    calls = ", ".join(f"() => {call}" for call, _ in WINDOWS)
    module = f"import('{service}/{address('map_window.js')}')"
    given = page.evaluate(f"{module}.then(m => {{ with (m) {{ return [{calls}].map(call => call()) }} }})")
    assert list(zip((call for call, _ in WINDOWS), given, strict=True)) == WINDOWS
