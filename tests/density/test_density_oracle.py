"""Densities proven by asking of every record, cell by cell and in a plain way, where its places are."""

import math
import random
from bisect import bisect
from fractions import Fraction

import pytest
from sqlalchemy import text

from app.database.engine.database import Database
from app.database.index import count_rows
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.writing.write import NewRevision, write

pytestmark = pytest.mark.anyio

EARTH_RADIUS_KM = 6371.0088


def shape(chance):
    """Give a geometry, and the boxes that it lies in: (west, south, east, north)."""
    lon, lat = round(chance.uniform(-180, 180), 2), round(chance.uniform(-90, 90), 2)
    sort = chance.randrange(10)
    if sort < 5:
        # Many lie near each other, and some on edges of cells.
        lon, lat = chance.choice([(lon, lat), (10 + lon / 90, lat / 45), (round(lon), round(lat))])
        return {"type": "Point", "coordinates": [lon, lat]}, [(lon, lat, lon, lat)]
    if sort == 5:
        lon, lat = chance.choice([(180, 12.5), (-180, 12.5), (33, 90), (33, -90)])
        return {"type": "Point", "coordinates": [lon, lat]}, [(lon, lat, lon, lat)]
    if sort == 6:
        parts = [[179.2, lat], [-178.6, lat / 2]]
        boxes = [(x, y, x, y) for x, y in parts]
        return {"type": "MultiPoint", "coordinates": parts}, boxes
    wide, high = chance.choice([(0.4, 0.3), (7, 3), (150, 60)])
    east, north = min(180, lon + wide), min(90, lat + high)
    if sort < 9:
        return {"type": "LineString", "coordinates": [[lon, lat], [east, north]]}, [(lon, lat, east, north)]
    ring = [[lon, lat], [east, lat], [east, north], [lon, north], [lon, lat]]
    if east <= lon or north <= lat:
        return {"type": "Point", "coordinates": [lon, lat]}, [(lon, lat, lon, lat)]
    return {"type": "Polygon", "coordinates": [ring]}, [(lon, lat, east, north)]


def documents(seed, places=45, events=160):
    """Give places with the boxes of each, as (box, metres), and events with (place, metres) of each."""
    chance = random.Random(seed)
    made, boxes = [], {}
    for number in range(places):
        name = f"p-{number}"
        one = {"id": name, "title": name}
        boxes[name] = []
        if chance.random() < 0.8:
            one["geometry"], found = shape(chance)
            boxes[name] += [(box, 0) for box in found]
        if chance.random() < 0.2:
            geometry, found = shape(chance)
            metres = chance.choice([0, 2_000, 400_000])
            dated = {"geometry": geometry, "date": "1900", **({"precision_m": metres} if metres else {})}
            one["geometries"] = [dated]
            boxes[name] += [(box, metres) for box in found]
        made.append(("place", one))
    at = {}
    for number in range(events):
        name = f"e-{number}"
        links = []
        for place in chance.sample(range(places), chance.choice([0, 1, 1, 1, 2, 5])):
            metres = chance.choice([0, 0, 0, 5_000, 3_000_000])
            links.append({"place": f"places/p-{place}", **({"precision_m": metres} if metres else {})})
        at[name] = [(one["place"].removeprefix("places/"), one.get("precision_m", 0)) for one in links]
        date = chance.choice([None, "1962", "1962?", "196X", "1950/1970", "{1955,1968}", "[1961,1975]"])
        one = {"id": name, "title": name, **({"date": date} if date else {})}
        one |= {"places": links} if links else {}
        one["type"] = chance.choice(["battle", "meeting"])
        made.append(("event", one))
    at |= {name: [(name, 0)] for name in boxes}
    return made, boxes, at


@pytest.fixture(scope="module")
def drawn(databases, migrated_template):
    url = databases.fresh(migrated_template)
    made, boxes, at = documents(3)
    database = Database.open(url)

    def fill(tx, some):
        kinds = [(kind_by_name(kind), document) for kind, document in some]
        drafts = [NewRevision(kind, validate_document(kind, one, vocabulary_of(tx))) for kind, one in kinds]
        write(tx, drafts, Attribution(by="test"))

    try:
        with pytest.MonkeyPatch.context() as patch:
            # So that some changes of counts are moved into the totals, and some are not yet.
            patch.setattr(count_rows, "FOLD_EVERY", 50)
            for start in range(0, len(made), 30):
                database.write_now(lambda tx, start=start: fill(tx, made[start : start + 30]))
        with database.snapshot() as connection:
            for table in ("area_tally", "place_set_count", "area_count", "area_total", "area_type_total"):
                assert connection.execute(
                    text(f"SELECT count(*) FROM {table} WHERE kind = 'event'")
                ).scalar_one()
    finally:
        database.dispose()
    yield url, boxes, at
    databases.drop(url)


@pytest.fixture(scope="module")
async def get(anyio_backend, drawn, client_at):  # noqa: ARG001 - tells anyio to run it
    async with client_at(drawn[0]) as client:

        async def ask(path, **parameters):
            answer = await client.get(f"/v1/{path}", params=parameters)
            assert answer.status_code == 200, answer.text
            return answer.json()

        yield ask


def around(box, metres):
    """Give the boxes of all that is within a distance of a box."""
    west, south, east, north = box
    if not metres:
        return [box]
    angle = metres / 1000 / EARTH_RADIUS_KM
    south, north = south - math.degrees(angle), north + math.degrees(angle)
    if south < -90 or north > 90:
        return [(-180, max(-90, south), 180, min(90, north))]
    widest = max(abs(box[1]), abs(box[3]))
    more = math.degrees(math.asin(math.sin(angle) / math.cos(math.radians(widest))))
    west, east = west - more, east + more
    if east - west >= 360:
        return [(-180, south, 180, north)]
    if west < -180:
        return [(west + 360, south, 180, north), (-180, south, east, north)]
    if east > 180:
        return [(west, south, 180, north), (-180, south, east - 360, north)]
    return [(west, south, east, north)]


def edges(low, high, size):
    found, number = [], 0
    while low + number * size < high:
        found.append(float(low + number * size))
        number += 1
    return [*found, float(high)]


def along(lines, low, high):
    """Give the cells that a range touches: each has the edge where it begins, and the last one both."""
    around = range(max(0, bisect(lines, low) - 2), min(len(lines) - 1, bisect(lines, high) + 1))
    for number in around:
        start, end = lines[number], lines[number + 1]
        if high >= start and (low < end or end == lines[-1] == low):
            yield number


def cells_of(across, up, box):
    """Give the columns and the rows that a box touches."""
    return tuple(along(across, box[0], box[2])), tuple(along(up, box[1], box[3]))


def wanted(across, up, bbox):
    """Give the columns and rows that a bbox touches with more than an edge; those it is in where it has no extent."""
    if bbox is None:
        return set(range(len(across) - 1)), set(range(len(up) - 1))
    west, south, east, north = map(float, bbox.split(","))

    def inside(lines, low, high):
        if low == high:
            return set(along(lines, low, high))
        return {n for n in range(len(lines) - 1) if lines[n] < high and lines[n + 1] > low}

    spans = [(west, east)] if west <= east else [(west, 180), (-180, east)]
    columns = set().union(*(inside(across, *span) for span in spans))
    return columns, inside(up, south, north)


def counted(drawn, possible, certain, size, bbox):
    """Give (certain, possible) by the edges of each cell, and how many are nowhere."""
    _, boxes, at = drawn
    across, up = edges(-180, 180, size), edges(-90, 90, size)
    columns, rows = wanted(across, up, bbox)
    found, nowhere = {}, 0
    for name in possible:
        may, must, anywhere = set(), set(), False
        for place, metres in at[name]:
            touched = {
                cells_of(across, up, part) for box, own in boxes[place] for part in around(box, own + metres)
            }
            anywhere = anywhere or bool(touched)
            for xs, ys in touched:
                may |= {(x, y) for x in columns.intersection(xs) for y in rows.intersection(ys)}
            if len(touched) == 1 and name in certain:
                [(xs, ys)] = touched
                must |= {(xs[0], ys[0])} if len(xs) == len(ys) == 1 else set()
        nowhere += not anywhere
        for x, y in may:
            cell = across[x], up[y], across[x + 1], up[y + 1]
            least, most = found.get(cell, (0, 0))
            found[cell] = least + ((x, y) in must), most + 1
    return found, nowhere


QUESTIONS = {
    "all": ({}, {}),
    "type": ({"type": "battle"}, {}),
    "types": ({"type": "battle,meeting"}, {}),
    "time": ({"when": "1960/1969"}, {"certainty": "certain"}),
    "certain": ({"when": "1960/1969", "certainty": "certain"}, {}),
    "within": ({"when": "1900/1965", "relation": "within"}, {"certainty": "certain"}),
    "before": ({"when": "1965", "relation": "before"}, {"certainty": "certain"}),
    "few": ({"ids": "e-1,e-2,e-3,e-4,e-5,e-6,e-7"}, {}),
    "near": ({"near": "0,10", "within_km": "300"}, {}),
    "near then": (
        {"near": "0,10", "within_km": "3000", "when": "1900/1965"},
        {"certainty": "certain"},
    ),
}
CELLS = [
    (90, None),
    (20, None),
    (5, None),
    (15, "170,-40,-170,20"),
    (30, "-60,-30,90,45"),
    (1, "5,-3,20,5"),
    (1, "-40,-30,30,35"),
    (2, "-179,-60,-60,60"),
    (2, "150,-80,-120,80"),
    (3, None),
    (4, "-100,-90,60,90"),
    (12, "-60,-30,90,45"),
    (60, None),
    (25, None),
    (7, "170,-40,-170,20"),
    (10, "10,0,20,10"),
    (45, "10,-90,5,90"),
    (2.75, "-10,-20,15,10"),
    (0.7, "176.5,-3,-177,3"),
    (0.25, "8,-1,12,1"),
    (22.5, None),
    (1.5, "-179,-60,-60,60"),
    (3, "180,80,180,90"),
    (0.3, "10.1,0.2,10.1,0.2"),
]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["event", "event,place"])
@pytest.mark.parametrize("question", QUESTIONS)
async def test_every_cell_has_what_lies_in_it(get, drawn, question, kind):
    asked, surely = QUESTIONS[question]
    if question.startswith("type") and kind != "event":
        pytest.skip("Places are of no such type.")
    matches = []
    for more in ({}, surely):
        names = set()
        for one in kind.split(","):
            page = await get(f"{one}s", limit=1000, **(asked | more))
            names |= {item["id"] for item in page["items"]}
        matches.append(names)
    for size, bbox in CELLS:
        expected, nowhere = counted(drawn, *matches, Fraction(str(size)), bbox)
        area = {} if bbox is None else {"bbox": bbox}
        answer = await get("density", cell=size, kind=kind, **area, **asked)
        found = {
            (one["west"], one["south"], one["east"], one["north"]): (one["certain"], one["possible"])
            for one in answer["items"]
        }
        assert found == expected, (size, bbox)
        assert answer["without_place"] == nowhere
        assert len(found) == len(answer["items"])
        assert all(least <= most for least, most in found.values())


async def test_plain_points_are_counted_as_lists_with_their_box_count_them(get, drawn):
    _, boxes, at = drawn
    plain = {
        name
        for name, found in boxes.items()
        if len(found) == 1 and not found[0][1] and found[0][0][:2] == found[0][0][2:]
        # Not on the edge of any cell below.
        and found[0][0][0] % 10 and found[0][0][1] % 10
    }  # fmt: skip
    names = [name for name, links in at.items() if links and all(one in plain and not m for one, m in links)]
    ids = ",".join(sorted(name for name in names if name.startswith("e-")))
    answer = await get("density", cell=10, ids=ids)
    assert len(answer["items"]) > 3
    for one in answer["items"]:
        box = ",".join(str(one[edge]) for edge in ("west", "south", "east", "north"))
        page = await get("events", ids=ids, bbox=box, count="exact", limit=1)
        assert page["count"] == one["possible"]
