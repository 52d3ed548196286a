"""The mappings that ship, on the tables that they are for and on small ones made up here."""

from pathlib import Path

import orjson
import pytest

from app.exports.service import export
from app.formats.format import Projection
from app.imports.documents import ImportFile
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import read_mapping
from app.imports.readers import format_of_name
from app.imports.report import Options
from app.imports.service import import_documents
from app.maintenance.check import check
from app.settings import data_dir

FOLDER = data_dir("seed_data") / "mappings"
SHARED = Path(__file__).parents[3] / "shared" / "data"
TABLES = {
    "ucdp-ged": ("ucdp_ged23_CAR.geojson", {"event": 1848, "source": 1}),
    "states": ("manystates_GW.csv", {"actor": 216, "source": 1}),
    "treaties": ("manytreaties_GPTAD.csv", {"agreement": 340, "source": 1}),
    "treaty-parties": ("manytreaties_parties_GPTAD.csv", {}),
    "cdb90-battles": ("cdb90_battles.csv", {"event": 660, "source": 1}),
}


MADE = {folder.name for folder in (Path(__file__).parent / "made_tables").iterdir()}
"""Mappings of tables that are not here: each has a folder with a small one made up in the documented columns, the first
by its name (a second is joined), and `expected.ndjson`, what becomes of it beside the source."""


def form_of(table):
    return format_of_name(table.name) or "csv"


def run(database, name, table):
    mapping = read_mapping(FOLDER / f"{name}.yaml")
    form = form_of(table)
    inputs = [ImportFile(table.name, lambda: read_mapped(mapping, form, [table.read_bytes()], table.parent))]
    return import_documents(database, inputs, Options("me"))


def stored(database):
    return {
        item.ref: orjson.loads(item.document)
        for items in export(database, Projection(), terms=False)
        for item in items
    }


def test_every_mapping_that_ships_is_tried_here():
    names = {path.stem for path in FOLDER.glob("*.yaml")}
    assert names == set(TABLES) | MADE | {"acled"}
    for name in names:
        read_mapping(FOLDER / f"{name}.yaml")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database_kind", "name"),
    [
        *(("sqlite", name) for name in TABLES),
        # What differs between the databases is asked of small tables below, and of one real one.
        ("postgresql", "treaties"),
        *(
            pytest.param("postgresql", name, marks=pytest.mark.torture)
            for name in TABLES
            if name != "treaties"
        ),
    ],
    indirect=["database_kind"],
)
def test_on_the_real_table(database, name):
    table = SHARED / TABLES[name][0]
    if not table.exists():
        pytest.skip("the tables that others made are not here (../shared/data)")
    report = run(database, name, table)
    assert report.faults == []
    kinds = [one["kind"] for one in stored(database).values()]
    assert {kind: kinds.count(kind) for kind in TABLES[name][1]} == TABLES[name][1]
    assert check(database) == []
    again = run(database, name, table)
    assert (again.counts.created, again.counts.updated) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(MADE))
def test_every_value_of_a_made_table(database, name):
    folder = Path(__file__).parent / "made_tables" / name
    expected = [orjson.loads(line) for line in (folder / "expected.ndjson").read_bytes().splitlines()]
    table = min(path for path in folder.iterdir() if path.name != "expected.ndjson")
    mapping = read_mapping(FOLDER / f"{name}.yaml")
    made = list(read_mapped(mapping, form_of(table), [table.read_bytes()], folder))
    assert [fault for one in made for fault in one.faults] == []
    sources, others = [], []
    for one in made:
        (sources if one.raw["kind"] == "source" else others).append(one.raw)
    assert others == expected
    # Whose data they are is said in the mapping, and in a source, but of tables that anybody may write.
    assert all(one["attribution"] and one["title"] for one in sources)
    assert bool(sources) == (name not in ("timelinejs", "timelinejs-json", "tei-dates"))

    report = run(database, name, table)
    assert report.faults == []
    assert report.counts.created == len(made)
    assert check(database) == []
    again = run(database, name, table)
    assert (again.counts.created, again.counts.updated) == (0, 0)


UCDP = {
    "type": "Feature",
    "properties": {
        "id": 7,
        "type_of_violence": 3,
        "dyad_name": "Band - Civilians",
        "side_a_new_id": 40,
        "side_a": "Band",
        "side_b_new_id": 1,
        "side_b": "Civilians",
        "source_article": "A paper",
        "where_prec": 2,
        "where_coordinates": "Some town",
        "where_description": "",
        "country": "A Country",
        "country_id": 482,
        "region": "Africa",
        "date_prec": 2,
        "date_start": "2009-02-20T00:00:00",
        "date_end": "2009-02-25T00:00:00",
        "deaths_civilians": 3,
        "best": 3,
        "low": 4,
        "high": 9,
    },
    "geometry": {"type": "Point", "coordinates": [26.4, 5.3]},
}

LIMITED_AREA = "In a limited area around it (where_prec 2)."


def test_ucdp(database, tmp_path):
    table = tmp_path / "ged.geojson"
    table.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": [UCDP]}))
    assert run(database, "ucdp-ged", table).faults == []
    found = stored(database)
    event = found["events/ucdp-7"]
    assert event["date"]["edtf"] == "[2009-02-20..2009-02-25]"
    assert event["figures"][0] == {"id": "deaths", "measure": "deaths", "low": 3, "best": 3, "high": 9}
    assert event["participants"][1] == {"actor": "actors/ucdp-1", "role": "victim"}
    town = "places/ucdp-some-town-482-5-3-26-4"
    assert event["places"] == [{"place": town, "role": "site", "note": LIMITED_AREA}]
    assert event["evidence"][1]["note"] == "A paper"
    assert found["actors/ucdp-1"]["type"] == "people"
    assert found[town]["geometry"]["coordinates"] == [26.4, 5.3]


def test_ucdp_keeps_evidence_without_a_note_and_tells_towns_of_one_name_apart(database, tmp_path):
    other = {**UCDP["properties"], "id": 8, "source_article": "", "date_end": None}
    elsewhere = {"type": "Point", "coordinates": [20.5, 6.25]}
    features = [UCDP, {"type": "Feature", "properties": other, "geometry": elsewhere}]
    table = tmp_path / "ged.geojson"
    table.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features}))
    assert run(database, "ucdp-ged", table).faults == []
    found = stored(database)
    assert {
        tuple(one["geometry"]["coordinates"]) for ref, one in found.items() if ref.startswith("places/")
    } == {(26.4, 5.3), (20.5, 6.25)}
    event = found["events/ucdp-8"]
    assert event["date"]["edtf"] == "2009-02-20"
    assert [(one["property"], one.get("note")) for one in event["evidence"]] == [
        ("date", None),
        ("figures/deaths", None),
    ]


def test_cdb90(database, tmp_path):
    table = tmp_path / "cdb90_battles.csv"
    table.write_text("isqno,name,locn,war4,dbpedia\n429,ANZIO,ITALY,World War II,\n")
    sides = "isqno,attacker,nam,str,actors\n429,1,A,11500,Spain\n429,0,B,,Dutch Republic\n"
    (tmp_path / "cdb90_belligerents.csv").write_text(sides)
    times = "isqno,datetime_min,datetime_max\n429,,1944-02-09T13:00:00\n"
    (tmp_path / "cdb90_battle_durations.csv").write_text(times)
    assert run(database, "cdb90-battles", table).faults == []
    battle = stored(database)["events/cdb90-429"]
    assert battle["date"]["edtf"] == "/1944-02-09"
    assert [one["best"] for one in battle["figures"]] == [11500]


def test_states(database, tmp_path):
    table = tmp_path / "states.csv"
    table.write_text(
        "stateID,StateName,Begin,End,StateNameAlt,cowID,cowNR\n"
        "MMR,Myanmar,..1816-01-01,1885-12-31,Burma,MYA,775\nMMR,Myanmar,1948-01-04,2017-12-31..,Burma,MYA,775\n"
    )
    assert run(database, "states", table).faults == []
    found = stored(database)
    assert found["actors/myanmar-1816-01-01"]["date"]["edtf"] == "/1885-12-31"
    assert found["actors/myanmar-1948-01-04"]["date"]["edtf"] == "1948-01-04/.."


def test_treaties(database, tmp_path):
    table = tmp_path / "treaties.csv"
    table.write_text(
        "manyID,treatyID,Title,Begin,AgreementType,DocType,GeogArea,Signature,Force,gptadID\n"
        "X_1957,X_1957,Treaty of X,1957-03-25,A,P,,1957-03-25,1958-01-01,130\n"
        "Y_1958,Y_1958,Treaty of Y,1958-04-02,A,B,,1958-04-02,,131\n"
    )
    parties = "stateID,treatyID,Begin,Title,Signature,Force\nAUT,X_1957,,Treaty of X,1957-03-25,1958-01-01\n"
    (tmp_path / "manytreaties_parties_GPTAD.csv").write_text(parties)
    assert run(database, "treaties", table).faults == []
    treaty = stored(database)["agreements/gptad-130"]
    assert treaty["parties"][0]["actor"] == "actors/state-aut"
    assert [one["action"] for one in treaty["parties"][0]["actions"]] == ["signed", "in-force"]
    assert treaty["in_force"]["edtf"] == "1958-01-01/.."
    # One that never came into force is not in force for all time.
    assert "in_force" not in stored(database)["agreements/gptad-131"]
    assert run(database, "treaty-parties", tmp_path / "manytreaties_parties_GPTAD.csv").faults == []
    signing = stored(database)["events/signing-x-1957-treaty-of-x-aut-1957-03-25"]
    assert signing["relations"] == [{"type": "signing-of", "target": "agreements/treaty-x-1957"}]


ACLED_NAMES = (
    "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,assoc_actor_1,inter1,actor2,"
    "assoc_actor_2,inter2,interaction,civilian_targeting,iso,region,country,admin1,admin2,admin3,location,latitude,longitude,"
    "geo_precision,source,source_scale,notes,fatalities,tags,timestamp"
)
ACLED_ROWS = """
XYZ1,07 March 2022,2022,1,Political violence,Battles,Armed clash,Army of X,,State forces,Front of Y,,Rebel group,,,999,R,Xland,P,D,,Ford,5.5,18.25,1,Daily X,National,They fought.,12,,1
XYZ2,2022-03-08,2022,2,Political violence,Violence against civilians,Abduction/forced disappearance,Front of Y,,2,Civilians (X),,7,27,Civilian targeting,999,R,Xland,P,D,,Ford,5.5,18.25,1,Daily X,National,,0,,1
XYZ3,15 May 2022,2022,3,Demonstrations,Protests,Peaceful protest,Protesters (X),,6,,,,60,,999,R,Xland,P,D,,Ford,6,18.25,3,Daily X,National,Calm.,0,,1
"""


def test_acled(database, tmp_path):
    table = tmp_path / "acled.csv"
    table.write_text(ACLED_NAMES + ACLED_ROWS)
    report = run(database, "acled", table)
    assert report.faults == []
    found = stored(database)
    events = [found[f"events/acled-xyz{number}"] for number in (1, 2, 3)]
    assert [(one["type"], one["date"]["edtf"]) for one in events] == [
        ("battle", "2022-03-07"),
        ("abduction", "2022-03-08~"),
        ("protest", "2022-05"),
    ]
    assert [[(one["actor"], one["role"]) for one in event["participants"]] for event in events] == [
        [("actors/acled-army-of-x", "combatant"), ("actors/acled-front-of-y", "combatant")],
        [("actors/acled-front-of-y", "perpetrator"), ("actors/acled-civilians-x", "victim")],
        [("actors/acled-protesters-x", "protester")],
    ]
    first = events[0]
    assert (first["title"], first["summary"], first["tags"]) == (
        "Armed clash, Ford",
        "They fought.",
        ["R", "Xland"],
    )
    assert [(one["measure"], one["best"]) for one in first["figures"]] == [("deaths", 12)]
    assert [one.get("note") for one in first["evidence"]] == [None, "Daily X"]
    assert {ref: one["type"] for ref, one in found.items() if ref.startswith("actors/")} == {
        "actors/acled-army-of-x": "armed-force",
        "actors/acled-front-of-y": "armed-group",
        "actors/acled-civilians-x": "people",
        "actors/acled-protesters-x": "group",
    }
    places = {ref: one["geometry"]["coordinates"] for ref, one in found.items() if ref.startswith("places/")}
    assert sorted(places.values()) == [[18.25, 5.5], [18.25, 6]]
    assert first["places"][0]["place"] in places
    assert check(database) == []
