"""Densities over HTTP: forms, views of sources, what is refused, and which indexes are read."""

import csv
import io

import pytest

pytestmark = pytest.mark.anyio


async def write_some(writer):
    point = {"type": "Point", "coordinates": [28.98, 41.01]}
    await writer.create("sources", id="s", title="S")
    await writer.create("places", id="istanbul", title="Istanbul", geometry=point)
    await writer.create("places", id="nowhere", title="Nowhere")
    for name, links, date in (
        ("both", ["istanbul", "nowhere"], "1900"),
        ("there", ["istanbul"], "1900?"),
        ("lost", ["nowhere"], "1900"),
        ("none", [], "1900"),
    ):
        places = {"places": [{"place": f"places/{one}"} for one in links]} if links else {}
        await writer.create("events", id=name, title=name, date=date, **places)


async def test_json_and_a_table_have_the_same_numbers(writer):
    await write_some(writer)
    answer = await writer.get("density", cell=10, when="1900", explain="true")
    cell = {"west": 20.0, "south": 40.0, "east": 30.0, "north": 50.0, "certain": 1, "possible": 2}
    told = answer.json()
    assert told.pop("explanation") == (
        "Events whose date possibly overlaps 1900; read as they are written, and counted in cells of 10°, where their "
        "places possibly and where they certainly are."
    )
    assert told == {"items": [cell], "without_place": 2}
    table = await writer.get("density", cell=10, when="1900", format="csv", bom="true")
    assert table.headers["content-disposition"] == 'attachment; filename="density.csv"'
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"), newline="")))
    assert rows == [{name: str(value) for name, value in cell.items()}]


async def test_kinds_and_a_box_that_filters_nothing(writer):
    await write_some(writer)
    both = (await writer.get("density", cell=1, bbox="28.5,41,29.5,41.5", kind="event,place")).json()
    assert [one["possible"] for one in both["items"]] == [3]
    assert both["without_place"] == 3
    places = (await writer.get("density", cell=0.5, bbox="0,0,10,10", kind="place")).json()
    assert places == {"items": [], "without_place": 1}


async def test_a_source_has_places_elsewhere(writer):
    await write_some(writer)
    here = {"type": "Point", "coordinates": [-60.5, -10.5]}
    evidence = [{"source": "sources/s", "property": "geometry", "value": here}]
    place = (await writer.get("places/istanbul")).json()
    await writer.put("places/istanbul", place | {"evidence": evidence})
    event = (await writer.get("events/there")).json()
    told = [{"source": "sources/s", "property": "places/places/istanbul"}]
    await writer.put("events/there", event | {"evidence": told})
    for cell, place_at in ((10, (-70, -20)), (2.5, (-62.5, -12.5))):
        asked = {"cell": cell, "bbox": "-80,-40,80,60", "policy": "source:sources/s"}
        found = (await writer.get("density", kind="place", **asked)).json()["items"]
        assert [(one["west"], one["south"], one["certain"]) for one in found] == [(*place_at, 1)]
        # Others are where their places are written to be, as lists with `bbox` have it.
        found = (await writer.get("density", kind="event", **asked)).json()["items"]
        assert [one["possible"] for one in found] == [1]
        assert found[0]["west"] <= 28.98 < found[0]["east"]
        both = (await writer.get("density", kind="event,place", **asked)).json()
        assert [one["possible"] for one in both["items"]] == [1, 1]


@pytest.mark.parametrize(
    ("asked", "parameter", "code", "suggestion"),
    [
        ({}, "cell", "missing_parameter", None),
        ({"bbox": "0,0,1,1"}, "cell", "missing_parameter", None),
        ({"cell": "0"}, "cell", "out_of_range", None),
        ({"cell": "nan"}, "cell", "out_of_range", None),
        ({"cell": "91"}, "cell", "out_of_range", None),
        ({"cell": "ten"}, "cell", "out_of_range", None),
        ({"cell": "1"}, "cell", "too_many_cells", "5"),
        ({"cell": "0.0001", "bbox": "-180,-90,180,90"}, "cell", "too_many_cells", "5"),
        ({"cell": "0.001", "bbox": "170,0,-170,20"}, "cell", "too_many_cells", "0.2"),
        ({"cell": "5", "bbox": "0,0,1"}, "bbox", "invalid_bbox", None),
        ({"cell": "5", "limit": "1"}, "limit", "unknown_parameter", None),
        ({"cell": "5", "format": "csv", "explain": "true"}, "explain", "not_in_format", None),
        ({"cell": "5", "in_force_on": "2000", "kind": "event"}, "in_force_on", "wrong_kind", None),
    ],
)
async def test_what_is_refused(refused_writer, asked, parameter, code, suggestion):
    answer = await refused_writer.get("density", **asked)
    assert answer.status_code == 400
    [fault] = answer.json()["errors"]
    assert (fault["parameter"], fault["code"], fault.get("suggestion")) == (parameter, code, suggestion)


async def test_the_smallest_cells(writer):
    await write_some(writer)
    found = (await writer.get("density", cell="0.0001", bbox="28.98,41.01,28.98,41.01")).json()["items"]
    assert [(one["west"], one["south"], one["possible"]) for one in found] == [(28.98, 41.01, 2)]
