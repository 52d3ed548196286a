"""Linked Places delimited (LP-TSV), read by Python's reader of tables and by our own."""

import csv
import io

import pytest
from format_items import BASE, about, documents, make, write_whole
from hypothesis import given

from app.formats import FORMATS
from app.imports.readers import format_of_file, format_of_head, head_of, read
from app.records.place import Place


def written(*items):
    return write_whole(FORMATS["lp-tsv"], items, about(None))


def rows(*items):
    text = written(*items).decode()
    found = list(csv.DictReader(io.StringIO(text), dialect="excel-tab"))
    return [{name: cell for name, cell in row.items() if cell} for row in found]


def test_a_place_is_told():
    raw = {
        "title": "Havana",
        "type": "city",
        "labels": {"es": "La Habana"},
        "aliases": ["San Cristóbal", "Old; older", "a@b"],
        "summary": "A port,\nand\ta town.",
        "date": "1519",
        "geometry": {"type": "Point", "coordinates": [-82.37, 23.13]},
        "same_as": ["http://www.wikidata.org/entity/Q1563", "https://example.org/a;b"],
        "relations": [{"type": "part-of", "target": "places/nowhere"}],
        "evidence": [
            {"source": "sources/book", "property": "title"},
            {"source": "sources/book", "property": "geometry"},
        ],
    }
    assert rows(make("place", raw)) == [
        {
            "id": f"{BASE}/v1/places/thing",
            "title": "Havana",
            "title_source": 'A book; "quoted"',
            "title_uri": f"{BASE}/v1/sources/book",
            "start": "1519",
            "end": "1519",
            "fclasses": "P",
            "aat_types": "300008389",
            "types": "city",
            "matches": "wd:Q1563;https://example.org/a%3Bb",
            "variants": "La Habana@es;San Cristóbal",
            "parent_name": "Nowhere",
            "parent_id": f"{BASE}/v1/places/nowhere",
            "lon": "-82.37",
            "lat": "23.13",
            "geo_source": 'A book; "quoted"',
            "geo_id": f"{BASE}/v1/sources/book",
            "description": "A port, and a town.",
            "date_edtf": "1519",
        }
    ]


@pytest.mark.parametrize(
    ("edtf", "start", "end"),
    [
        ("1519-03-02/1520-04", "1519-03-02", "1520-04"),
        ("-0319", "-320", "-320"),
        ("0000", "-1", "-1"),
        ("1850~", "1850", "1850"),
        ("196X", "1960-01-01", "1969-12-31"),
        ("1962/..", "1962", None),
        ("../1962", None, "1962"),
        ("XXXX-01-03", None, None),
        ("Y-170000002", "-170000003", "-170000003"),
    ],
)
def test_dates(edtf, start, end):
    (row,) = rows(make("place", {"title": "T", "date": edtf}))
    assert (row.get("start"), row.get("end"), row["date_edtf"]) == (start, end, edtf)


@pytest.mark.parametrize(
    ("geometry", "wkt"),
    [
        ({"type": "Point", "coordinates": [1, 2.5, 3]}, "POINT Z (1 2.5 3)"),
        ({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, "LINESTRING (1 2, 3 4)"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
            "POLYGON ((0 0, 1 0, 1 1, 0 0))",
        ),
        (
            {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]},
                    {"type": "Point", "coordinates": [1, 2]},
                ],
            },
            "GEOMETRYCOLLECTION (MULTIPOINT (1 2, 3 4), POINT (1 2))",
        ),
    ],
)
def test_shapes(geometry, wkt):
    item = make("place", {"title": "T", "geometry": geometry})
    assert rows(item)[0]["geowkt"] == wkt
    (back,) = read("lp-tsv", [written(item)])
    assert back.raw["geometry"] == geometry


@pytest.mark.anyio
async def test_what_was_had_over_http_changes_nothing_when_it_is_imported_again(writer):
    shape = {"type": "LineString", "coordinates": [[1, 2.0], [3, 4.5]]}
    places = [
        {"kind": "place", "id": "w", "title": "W", "geometry": {"type": "Point", "coordinates": [-79, 22]}},
        {
            "kind": "place",
            "id": "p",
            "title": "P",
            "aliases": ["a; b"],
            "geometry": shape,
            "date": "1850~/..",
        },
    ]
    places[1]["relations"] = [
        {"type": "part-of", "target": "places/w", "date": "1900"},
        {"type": "related-to", "target": "places/w"},
    ]
    await writer.ask("POST", "/v1/imports", json=places)
    table = await writer.ask("GET", "/v1/places?format=lp-tsv")
    assert table.headers["content-type"].startswith("text/tab-separated-values")
    done = await writer.ask(
        "POST", "/v1/imports", content=table.content, headers={"Content-Type": "text/csv"}
    )
    assert (done.status_code, done.json()["read"], done.json()["unchanged"]) == (200, 2, 2), done.text


def test_what_is_no_place_has_no_row(battle):
    assert rows(battle) == []


@given(documents(), documents())
def test_our_own_reader_takes_it_back(one, other):
    items = [make(*one), make(*other)]
    data = written(*items)
    assert format_of_head(head_of([data])[0]) == "lp-tsv"
    assert format_of_file("p.lp.tsv", [data])[0] == "lp-tsv"
    places = [item.record for item in items if isinstance(item.record, Place)]
    found = [one for one in read("lp-tsv", [data]) if not one.if_missing]
    assert len(found) == len(places)
    for place, back in zip(places, found, strict=True):
        assert (back.faults, back.notes) == ((), ())
        assert back.raw["id"] == place.id
        assert back.raw["title"] == " ".join(place.title.split())
        assert back.raw.get("type") == place.type
        assert back.raw.get("geometry") == (None if place.geometry is None else dict(place.geometry))
        assert (back.raw.get("date") or {}).get("edtf") == (place.date.edtf if place.date else None)
        # The words and the note of a date, which are not written, stay as they are.
        assert ("date" in back.members, "date.edtf" in back.members) == (False, place.date is not None)
        assert "evidence" not in back.members
        assert back.added >= {"aliases", "labels", "same_as", "relations"} & back.members
