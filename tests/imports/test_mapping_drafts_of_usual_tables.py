"""Drafts of tables as people have them: with their guesses accepted they are followed, and nothing that they make is wrong.

Each table has its truth beside it, written by hand: what a careful reader would make of its rows, or less.
"""

import csv
from pathlib import Path

import pytest

from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared, read_mapping
from app.imports.mapping.shipped import shipped_mapping
from app.imports.readers import format_of_name
from app.values.failsafe_yaml import load_failsafe_yaml
from tests.imports.drafting import drafted

SHARED = Path(__file__).parents[3] / "shared" / "data"


def place(identity, title, point=None):
    geometry = {"geometry": {"type": "Point", "coordinates": point}} if point is not None else {}
    return {"kind": "place", "id": identity, "title": title, **geometry}


def actor(identity, title):
    return {"kind": "actor", "id": identity, "title": title}


def record(kind, source, title, note=None, **members):
    evidence = [{"source": f"sources/{source}", **({"note": note} if note is not None else {})}]
    return {"kind": kind, "title": title, **members, "evidence": evidence}


def event(*arguments, **members):
    return record("event", *arguments, **members)


def sides(attacker, defender):
    return [
        {"actor": f"actors/battles-army-of-{attacker}", "role": "attacker"},
        {"actor": f"actors/battles-army-of-{defender}", "role": "defender"},
    ]


def at(reference):
    return [{"place": f"places/{reference}"}]


def written(edtf, text):
    return {"edtf": edtf, "as_written": text}


def deaths(best):
    return [{"measure": "deaths", "best": best}]


TABLES = {
    "battles.csv": (
        (
            "battle_id,battle_name,start_date,end_date,country,location,latitude,longitude,attacker,defender,casualties,notes,source\n"
            '1,Battle of the Ford,1861-04-12,1861-04-13,Xland,North Town,10.5,20.5,Army of X,Army of Y,51000,A hard fight.,"Miller, p. 12"\n'
            "2,Battle of the Mill,1862-05-01,1862-05-01,Xland,South Town,1.5,2.5,Army of Y,Army of X,,,\n"
            '3,Siege of North Town,1863-01-02,1863-06-30,Xland,North Town,10.5,20.5,Army of X,Army of Y,1200,"Long, and cold.",\n'
        ),
        [
            actor("battles-army-of-x", "Army of X"),
            actor("battles-army-of-y", "Army of Y"),
            place("battles-north-town-xland", "North Town", [20.5, 10.5]),
            event(
                "battles",
                "Battle of the Ford",
                "Miller, p. 12",
                id="battles-1",
                date="1861-04-12/1861-04-13",
                summary="A hard fight.",
                places=at("battles-north-town-xland"),
                participants=sides("x", "y"),
                figures=[{"measure": "casualties", "best": 51000}],
                tags=["Xland"],
            ),
            place("battles-south-town-xland", "South Town", [2.5, 1.5]),
            event(
                "battles",
                "Battle of the Mill",
                id="battles-2",
                date="1862-05-01",
                places=at("battles-south-town-xland"),
                participants=sides("y", "x"),
                tags=["Xland"],
            ),
            event(
                "battles",
                "Siege of North Town",
                id="battles-3",
                date="1863-01-02/1863-06-30",
                summary="Long, and cold.",
                places=at("battles-north-town-xland"),
                participants=sides("x", "y"),
                figures=[{"measure": "casualties", "best": 1200}],
                tags=["Xland"],
            ),
        ],
    ),
    "schlachten.csv": (
        (
            "Nr;Ereignis;Datum;Ort;Breite;Länge;Tote;Quelle\n"
            "1;Schlacht an der Furt;12. März 1848;Neustadt;52,5;13,4;6500;Müller 1901\n"
            "2;Aufstand in der Mühle;um 1850;Altdorf;48,25;11,75;12;\n"
            "3;Belagerung von Neustadt;1851-05;Neustadt;52,5;13,4;0;Müller 1901\n"
        ),
        [
            place("schlachten-neustadt", "Neustadt", [13.4, 52.5]),
            event(
                "schlachten",
                "Schlacht an der Furt",
                "Müller 1901",
                id="schlachten-1",
                date=written("1848-03-12", "12. März 1848"),
                places=at("schlachten-neustadt"),
                figures=deaths(6500),
            ),
            place("schlachten-altdorf", "Altdorf", [11.75, 48.25]),
            event(
                "schlachten",
                "Aufstand in der Mühle",
                id="schlachten-2",
                date=written("1850~", "um 1850"),
                places=at("schlachten-altdorf"),
                figures=deaths(12),
            ),
            event(
                "schlachten",
                "Belagerung von Neustadt",
                "Müller 1901",
                id="schlachten-3",
                date=written("1851-05", "1851-05"),
                places=at("schlachten-neustadt"),
                figures=deaths(0),
            ),
        ],
    ),
    "batailles.csv": (
        (
            "id;nom;début;fin;lieu;morts\n"
            "1;Bataille du Gué;1er mars 1848;3 mars 1848;Villeneuve;120\n"
            "2;Bataille du Moulin;15 juin 1849;16 juin 1849;Bourg;4\n"
        ),
        [
            place("batailles-villeneuve", "Villeneuve"),
            event(
                "batailles",
                "Bataille du Gué",
                id="batailles-1",
                date=written("1848-03-01/1848-03-03", "1er mars 1848 – 3 mars 1848"),
                places=at("batailles-villeneuve"),
                figures=deaths(120),
            ),
            place("batailles-bourg", "Bourg"),
            event(
                "batailles",
                "Bataille du Moulin",
                id="batailles-2",
                date=written("1849-06-15/1849-06-16", "15 juin 1849 – 16 juin 1849"),
                places=at("batailles-bourg"),
                figures=deaths(4),
            ),
        ],
    ),
    "treaties.csv": (
        (
            "treaty_id,title,signed,in_force,place\n"
            "t1,Treaty of the Bridge,1950-03-01,1951-01-01,North Town\nt2,Treaty of the Well,1952-05-02,,South Town\n"
        ),
        [
            record(
                "agreement",
                "treaties",
                "Treaty of the Bridge",
                id="treaties-t1",
                date="1950-03-01",
                in_force="1951-01-01/",
            ),
            record("agreement", "treaties", "Treaty of the Well", id="treaties-t2", date="1952-05-02"),
        ],
    ),
    "rulers.csv": (
        "id,name,country,start,end\n1,Anna I,Xland,1700,1720\n2,Otto II,Xland,1720,1731\n",
        [
            # Years of office are no years of life.
            record("actor", "rulers", "Anna I", id="rulers-1", tags=["Xland"]),
            record("actor", "rulers", "Otto II", id="rulers-2", tags=["Xland"]),
        ],
    ),
    "persons.csv": (
        "id,name,born,died,occupation\np1,Anna Meyer,1810-02-03,1880-05-06,writer\np2,Otto Weber,1820-01-02,,printer\n",
        [
            record("actor", "persons", "Anna Meyer", id="persons-p1", date="1810-02-03/1880-05-06"),
            record("actor", "persons", "Otto Weber", id="persons-p2", date="1820-01-02/"),
        ],
    ),
    "states.csv": (
        "code,state,begin,end,capital\nXLA,Xland,1816-01-01,1888-12-30,North Town\nWLA,Wland,1900-05-01,,South Town\n",
        [
            record("actor", "states", "Xland", id="states-xla", date="1816-01-01/1888-12-30"),
            record("actor", "states", "Wland", id="states-wla", date="1900-05-01/.."),
        ],
    ),
    "towns.csv": (
        "id,name,latitude,longitude,population\n1,North Town,10.5,20.5,5000\n2,South Town,1.5,2.5,700\n",
        [
            record(
                "place",
                "towns",
                f"{name} Town",
                id=f"towns-{number}",
                geometry={"type": "Point", "coordinates": point},
            )
            for number, name, point in ((1, "North", [20.5, 10.5]), (2, "South", [2.5, 1.5]))
        ],
    ),
    "strikes.csv": (
        (
            ",Event,Year,Month,Day,City,Country,Killed,Injured\n"
            "0,Dock strike,1889,8,14,North Town,Xland,0,2\n1,Bread riot,1890,5,,South Town,Xland,3,\n"
            "2,Mill strike,1891,,,South Town,Xland,,\n"
        ),
        [
            place("strikes-north-town-xland", "North Town"),
            event(
                "strikes",
                "Dock strike",
                id="strikes-0",
                date="1889-08-14",
                places=at("strikes-north-town-xland"),
                figures=[*deaths(0), {"measure": "injured", "best": 2}],
                tags=["Xland"],
            ),
            place("strikes-south-town-xland", "South Town"),
            event(
                "strikes",
                "Bread riot",
                id="strikes-1",
                date="1890-05",
                places=at("strikes-south-town-xland"),
                figures=deaths(3),
                tags=["Xland"],
            ),
            event(
                "strikes",
                "Mill strike",
                id="strikes-2",
                date="1891",
                places=at("strikes-south-town-xland"),
                tags=["Xland"],
            ),
        ],
    ),
    "incidents.csv": (
        (
            "event_id,date,actor1,actor2,type,location,latitude,longitude,fatalities_low,fatalities_best,fatalities_high,source_url\n"
            "e-1,2020-01-02T00:00:00,Front of Y,Army of X,clash,Ford,5.5,1.25,1,3,9,https://example.org/1\n"
            "e-2,2020-01-03,Front of Y,,attack,Mill,6.5,2.25,0,0,0,https://example.org/2\n"
        ),
        [
            actor("incidents-front-of-y", "Front of Y"),
            actor("incidents-army-of-x", "Army of X"),
            place("incidents-ford", "Ford", [1.25, 5.5]),
            event(
                "incidents",
                "clash",
                "https://example.org/1",
                id="incidents-e-1",
                date="2020-01-02",
                places=at("incidents-ford"),
                participants=[
                    {"actor": "actors/incidents-front-of-y"},
                    {"actor": "actors/incidents-army-of-x"},
                ],
                figures=[{"measure": "deaths", "low": 1, "best": 3, "high": 9}],
            ),
            place("incidents-mill", "Mill", [2.25, 6.5]),
            event(
                "incidents",
                "attack",
                "https://example.org/2",
                id="incidents-e-2",
                date="2020-01-03",
                places=at("incidents-mill"),
                participants=[{"actor": "actors/incidents-front-of-y"}],
                figures=[{"measure": "deaths", "low": 0, "best": 0, "high": 0}],
            ),
        ],
    ),
    "timeline.csv": (
        (
            "when,what happened,tags\nc. 1850,The mill is built,trade; mills\n1914-18,The war comes to town,war\n"
            "early 1920s,The mill closes,trade\n"
        ),
        [
            event("timeline", "The mill is built", date=written("1850~", "c. 1850"), tags=["trade", "mills"]),
            event("timeline", "The war comes to town", date=written("1914/1918", "1914-18"), tags=["war"]),
            event(
                "timeline",
                "The mill closes",
                date=written("[1920..1923]", "early 1920s"),
                tags=["trade"],
            ),
        ],
    ),
    "missions.csv": (
        "id,mission,start,end,host\nm1,Mission of the doctors,1999-01,2001-06,Xland\nm2,Mission of the teachers,2005,,Wland\n",
        [
            record("mission", "missions", "Mission of the doctors", id="missions-m1", date="1999-01/2001-06"),
            record("mission", "missions", "Mission of the teachers", id="missions-m2", date="2005/.."),
        ],
    ),
    "cabinets.csv": (
        (
            "id,who,start,start_precision,end,end_precision\n"
            "1,Cabinet A,2020-07-16,11,2025-01-01,9\n2,Cabinet B,2017-05-01,10,2021-03-04,11\n3,Cabinet C,2017-10-26,11,,\n"
        ),
        [
            record("actor", "cabinets", "Cabinet A", id="cabinets-1", date="2020-07-16/2025"),
            record("actor", "cabinets", "Cabinet B", id="cabinets-2", date="2017-05/2021-03-04"),
            record("actor", "cabinets", "Cabinet C", id="cabinets-3", date="2017-10-26/.."),
        ],
    ),
    "old.csv": (
        "id,name,year\n1,Battle of the Ford,1457 BC\n2,Siege of Tall Gate,1850 or later\n3,Battle of the Mill,1066\n",
        [
            event("old", "Battle of the Ford", id="old-1", date=written("-1456", "1457 BC")),
            event("old", "Siege of Tall Gate", id="old-2", date=written("[1850..]", "1850 or later")),
            event("old", "Battle of the Mill", id="old-3", date=written("1066", "1066")),
        ],
    ),
    "durations.csv": (
        (
            '"isqno","datetime_min","datetime_max","duration"\n'
            '1,"1600-07-02T14:30:00","1600-07-02T19:30:00",1\n2,"1620-11-08T12:00:00","1620-11-09T13:00:00",2\n'
            '3,,"1622-05-06T19:00:00",1\n'
        ),
        [
            event("durations", "durations, isqno 1", id="durations-1", date="1600-07-02"),
            event("durations", "durations, isqno 2", id="durations-2", date="1620-11-08/1620-11-09"),
            event("durations", "durations, isqno 3", id="durations-3", date="/1622-05-06"),
        ],
    ),
    "belligerents.csv": (
        "battle_no,attacker,nam,strength\n1,1,Army of X,100\n1,0,Army of Y,200\n2,1,Army of Y,50\n2,0,Army of X,60\n",
        [
            record("actor", "belligerents", "Army of X", id="belligerents-army-of-x"),
            record("actor", "belligerents", "Army of Y", id="belligerents-army-of-y"),
        ],
    ),
    "treaties_parties.csv": (
        (
            "stateID,treatyID,Title,Signature,Force\n"
            "AAA,A_1957,Treaty of the Ford,1957-03-25,1958-01-01\nBBB,A_1957,Treaty of the Ford,1957-03-25,1958-01-01\n"
            "AAA,B_1960,Treaty of the Mill,1960-04-01,\nAAA,A_1957,Treaty of the Ford,1957-03-25,1958-01-01\n"
            "AAA,B_1960,Treaty of the Mill,1960-04-01,\n"
        ),
        [
            record(
                "agreement",
                "treaties-parties",
                "Treaty of the Ford",
                id="treaties-parties-a-1957",
                date="1957-03-25",
                in_force="1958-01-01/",
            ),
            record(
                "agreement",
                "treaties-parties",
                "Treaty of the Mill",
                id="treaties-parties-b-1960",
                date="1960-04-01",
            ),
        ],
    ),
    "times.csv": (
        (
            "item,label,time,precision,calendar\n"
            "Q1,Battle of the Ford,-0044-03-15T00:00:00Z,11,Q1985786\nQ2,Battle of the Mill,+1950-00-00T00:00:00Z,9,Q1985727\n"
            "Q3,Battle of the Hill,-0400-00-00T00:00:00Z,7,Q1985786\n"
        ),
        [
            event(
                "times",
                "Battle of the Ford",
                id="times-q1",
                date={"edtf": "-0043-03-15", "calendar": "julian"},
            ),
            event("times", "Battle of the Mill", id="times-q2", date={"edtf": "1950"}),
            event("times", "Battle of the Hill", id="times-q3", date={"edtf": "-03XX", "calendar": "julian"}),
        ],
    ),
    "zahlen.csv": (
        "Nr;Ereignis;Tote;Länge;Breite\n1;Aufstand;6.500;13,4;52,5\n2;Brand;12;13,5;52\n",
        [
            place("zahlen-52-5-13-4", "52,5 / 13,4", [13.4, 52.5]),
            event("zahlen", "Aufstand", id="zahlen-1", places=at("zahlen-52-5-13-4"), figures=deaths(6500)),
            place("zahlen-52-13-5", "52 / 13,5", [13.5, 52]),
            event("zahlen", "Brand", id="zahlen-2", places=at("zahlen-52-13-5"), figures=deaths(12)),
        ],
    ),
    "coded.csv": (
        "id,event,date,date_precision,deaths\n1,The Ford,1848-01-01,y,4\n2,The Mill,1849-05-02,d,0\n",
        [
            event("coded", "The Ford", id="coded-1", figures=deaths(4)),
            event("coded", "The Mill", id="coded-2", figures=deaths(0)),
        ],
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_what_a_draft_makes_is_what_a_reader_would(tmp_path, name):
    table, truth = TABLES[name]
    (tmp_path / "map.yaml").write_text(drafted(table, name), encoding="utf-8")
    mapping = read_mapping(tmp_path / "map.yaml", accept_guesses=True)
    made = list(read_mapped(mapping, "csv", [table.encode()]))
    assert [fault for one in made for fault in one.faults] == []
    assert [one.raw for one in made if one.raw["kind"] != "source"] == truth


@pytest.mark.parametrize(
    ("name", "kind", "rows"),
    [
        ("cdb90_battles.csv", "event", 660),
        ("cdb90_battle_durations.csv", "event", 660),
        # As many as there are names, and treaties.
        ("cdb90_belligerents.csv", "actor", 672),
        ("manytreaties_parties_GPTAD.csv", "agreement", 345),
        ("ucdp_ged23_CAR.geojson", "event", 1848),
        ("manystates_GW.csv", "actor", 216),
        ("messy/german-numbers.csv", "event", 1),
        ("messy/wikidata-times.csv", "event", 3),
        ("messy/feature-columns.geojson", "place", 3),
        ("messy/twins.csv", "event", 502),
        ("messy/no-note.csv", "event", 2),
        ("messy/cp1252.csv", "event", 1),
        ("messy/utf16.csv", "event", 1),
        ("messy/bc.csv", "event", 5),
        ("messy/casualties.csv", "event", 1),
        ("messy/country-points.csv", "event", 2),
        ("messy/never-in-force.csv", "agreement", 2),
        ("messy/pandas-index.csv", "event", 2),
        ("messy/ranges.csv", "event", 1),
        ("messy/two-precisions.csv", "actor", 3),
        ("messy/written-dates.csv", "event", 13),
        ("messy/ymd.csv", "event", 1),
    ],
)
def test_four_fifths_of_the_rows_of_real_tables_and_more_can_be_read_by_their_drafts(name, kind, rows):
    table = SHARED / name
    if not table.exists():
        pytest.skip("the tables that others made are not here (../shared/data)")
    data = table.read_bytes()
    said = declared(load_failsafe_yaml(drafted(data, table.name)), Path())
    made = [one.raw for one in read_mapped(said, format_of_name(table.name), [data]) if one.raw]
    assert sum(1 for one in made if one["kind"] == kind) * 5 >= rows * 4


def test_every_date_and_count_that_the_draft_of_real_events_makes():
    table = SHARED / "ucdp_ged23_CAR.geojson"
    if not table.exists():
        pytest.skip("the tables that others made are not here (../shared/data)")
    data = table.read_bytes()
    said = declared(load_failsafe_yaml(drafted(data, table.name)), Path())
    made = [one.raw for one in read_mapped(said, "geojson", [data])]
    shipped = [one.raw for one in read_mapped(shipped_mapping("ucdp-ged"), "geojson", [data])]
    events, truth = ([one for one in found if one["kind"] == "event"] for found in (made, shipped))
    for one, true in zip(events, truth, strict=True):
        assert one["id"].removeprefix("ucdp-ged23-car-") == true["id"].removeprefix("ucdp-")
        assert one["date"] == true["date"]
        counts = [{**figure, "measure": "deaths"} for figure in true["figures"] if "group" not in figure]
        assert [figure for figure in one["figures"] if "group" not in figure] == counts
    points = {one["geometry"]["coordinates"][0] for one in made if one["kind"] == "place"}
    assert points == {one["geometry"]["coordinates"][0] for one in shipped if one["kind"] == "place"}


def read_by_draft(name):
    table = SHARED / name
    if not table.exists():
        pytest.skip("the tables that others made are not here (../shared/data)")
    data = table.read_bytes()
    said = declared(load_failsafe_yaml(drafted(data, table.name)), Path())
    made = [one.raw for one in read_mapped(said, "csv", [data])]
    with table.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines)), [one for one in made if one["kind"] != "source"]


def test_every_value_that_the_draft_of_a_real_table_of_treaties_makes():
    rows, made = read_by_draft("manytreaties_GPTAD.csv")
    absent = ("", "NA")
    for row, one in zip(rows, made, strict=True):
        assert one["id"] == f"manytreaties-gptad-{row['gptadID']}"
        assert one["title"] == " ".join(row["Title"].split())
        assert one.get("date") == (None if row["Signature"] in absent else row["Signature"])
        assert one.get("in_force") == (None if row["Force"] in absent else f"{row['Force']}/")
        assert one.keys() <= {"kind", "id", "title", "date", "in_force", "tags", "evidence"}


def test_the_draft_of_a_real_table_of_states_makes_the_dates_that_its_own_mapping_makes():
    rows, made = read_by_draft("manystates_GW.csv")
    table = SHARED / "manystates_GW.csv"
    shipped = [one.raw for one in read_mapped(shipped_mapping("states"), "csv", [table.read_bytes()])]
    assert [(one["title"], one["date"]) for one in made] == [
        (one["title"], one["date"]["edtf"]) for one in shipped if one["kind"] == "actor"
    ]
    assert len(made) == len(rows) == 216
