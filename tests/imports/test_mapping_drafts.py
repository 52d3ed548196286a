"""Drafted mappings: what is not certain is marked or asked, and nothing in them is wrong."""

import re
from functools import partial
from pathlib import Path

import pytest

from app.errors import InvalidDocument
from app.imports.documents import ImportFile
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared
from app.imports.mapping.shipped import read_mapping, shipped_mapping
from app.imports.report import Options
from app.imports.service import import_documents
from app.values.failsafe_yaml import load_failsafe_yaml
from tests.imports.drafting import SQUARE, collection, drafted, feature


@pytest.fixture
def annals(annals, database_url):
    """Run a command on the test's own database."""
    return partial(annals, url=database_url)


POINTS = (
    "id,event,country,location,latitude,longitude\n"
    "1,Clash,Examplia,North Town,10.5,20.5\n2,Clash,Examplia,South Town,1.5,2.5\n"
)


def made(name, table):
    """Give the documents that a table becomes by its draft, by their references."""
    data = table if isinstance(table, bytes) else table.encode()
    said = declared(load_failsafe_yaml(drafted(data, name)), Path())
    found = list(read_mapped(said, "geojson" if name.endswith("json") else "csv", [data]))
    assert [fault for one in found for fault in one.faults] == []
    return {f"{one.raw['kind']}s/{one.raw['id']}": one.raw for one in found}


def made_in_order(name, table):
    """Give the documents of a table whose rows have no id, or may have none."""
    data = table if isinstance(table, bytes) else table.encode()
    said = declared(load_failsafe_yaml(drafted(data, name)), Path())
    found = list(read_mapped(said, "geojson" if name.endswith("json") else "csv", [data]))
    assert [fault for one in found for fault in one.faults] == []
    return [one.raw for one in found]


def record_of(draft):
    """Give the template of what a row is: the last."""
    return load_failsafe_yaml(draft)["records"][-1]


def test_a_draft_can_be_followed_as_it_is():
    table = (
        "event_id,name,date_start,date_end,latitude,longitude,city,side_a,side_b,deaths_best,deaths_low,deaths_high,"
        "region,source_article\n"
        "1,Clash,2009-02-20,2009-02-21,5.3,26.4,Obo,LRA,Army,3,1,9,Africa,Reuters\n"
        "2,Raid,2010-01-01,2010-01-01,5.4,26.5,Zemio,LRA,Army,0,0,0,Africa,AFP\n"
    )
    found = made("my_events.csv", table)
    assert set(found) == {
        "sources/my-events",
        "actors/my-events-lra",
        "actors/my-events-army",
        "places/my-events-obo",
        "places/my-events-zemio",
        "events/my-events-1",
        "events/my-events-2",
    }
    assert found["events/my-events-1"] == {
        "kind": "event",
        "id": "my-events-1",
        "title": "Clash",
        "date": "2009-02-20/2009-02-21",
        "places": [{"place": "places/my-events-obo"}],
        "participants": [{"actor": "actors/my-events-lra"}, {"actor": "actors/my-events-army"}],
        "figures": [{"measure": "deaths", "low": 1, "best": 3, "high": 9}],
        "tags": ["Africa"],
        "evidence": [{"source": "sources/my-events", "note": "Reuters"}],
    }


# What a row is.


@pytest.mark.parametrize(
    ("name", "table", "what"),
    [
        # A column of that name may be what a row is about as well as what it is.
        ("table.csv", "treaty,date\nOf the Bridge,1950-03-01\n", "agreements"),
        ("table.csv", "ruler,start,end\nAnna I,1700,1720\n", "actors"),
        ("table.csv", "country,date\nExamplia,1900-01-02\n", "actors"),
        ("gefechte.csv", "König,Jahr\nAnna von X,1848\n", "actors"),
        # Nothing that a draft is made for.
        ("books.csv", "title,year\nOn History,1900\n", "sources"),
        ("library.csv", "title,isbn,year\nOn History,123,1900\n", "publications"),
        # Names that contradict each other.
        ("states.csv", "battle,date\nThe Ford,1848-03-12\n", "events"),
        ("battles.csv", "title,date\nTreaty of X,1848-03-12\n", "events"),
        ("towns.csv", "name,founded\nExampleton,1200\n", "places"),
        ("countries.csv", "country,capital,date\nExamplia,North Town,1900-01-02\n", "places"),
    ],
)
def test_what_may_be_no_event_is_asked(name, table, what):
    draft = drafted(table, name)
    assert re.search(
        f"^  - kind:  # choose: event, actor, agreement, mission or place; .*{what}", draft, re.MULTILINE
    )
    assert record_of(draft)["kind"] == ""
    with pytest.raises(InvalidDocument):
        declared(load_failsafe_yaml(draft), Path())


@pytest.mark.parametrize(
    ("name", "table", "kind"),
    [
        ("treaties.csv", "id,title,date\n1,Peace of X,1848-01-02\n", "agreement"),
        ("manytreaties_X.csv", "id,title,date\n1,Peace of X,1848-01-02\n", "agreement"),
        ("table.csv", "id,title,date\n1,Treaty of X,1848-01-02\n2,Treaty of Y,1850\n", "agreement"),
        ("table.csv", "id,Title,Signature,Force\n1,X with Y,1950-03-01,1951-01-01\n", "agreement"),
        ("rulers.csv", "name,start,end\nAnna I,1700,1720\n", "actor"),
        ("kings_of_x.csv", "name,start,end\nAnna I,1700,1720\n", "actor"),
        ("table.csv", "name,reign_start,reign_end\nAnna,1700,1720\n", "actor"),
        ("table.csv", "name,born,died\nAnna,1700,1720\n", "actor"),
        (
            "manystates.csv",
            "stateID,StateName,Begin,End\nAFG,Afghanistan,1816-01-01,1888-12-30\n",
            "actor",
        ),
        ("table.csv", "id,who,start,end\n1,Cabinet A,2020-07-16,2025-01-01\n", "actor"),
        ("organisations.csv", "name,date\nThe League,1919-06-28\n", "actor"),
        ("towns.csv", "name,date\nExampleton,1200\n", "place"),
        ("missions.csv", "name,date\nOf the doctors,1999\n", "mission"),
        ("traites.csv", "nom,date\nPaix de X,1848-03-12\n", "agreement"),
    ],
)
def test_what_all_names_speak_of_is_a_guess(name, table, kind):
    assert re.search(f"^  - kind: {kind}  # guess: .* speaks? of ", drafted(table, name), re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "table", "dates"),
    [
        ("rulers.csv", "name,start,end\nAnna,1700,1720\n", {}),
        ("table.csv", "name,reign_start,reign_end\nAnna,1700,1720\n", {}),
        ("organisations.csv", "name,date\nThe League,1919-06-28\n", {}),
        ("towns.csv", "name,date\nExampleton,1200\n", {}),
        ("table.csv", "name,born,died\nAnna,1700,1720\n", {"date": "1700/1720"}),
        ("table.csv", "name,born,died\nAnna,1700,\nBen,1701,1720\n", {"date": "1700/"}),
        ("persons.csv", "name,born\nAnna,1700-02-03\n", {"date": "1700-02-03/"}),
        ("organisations.csv", "name,founded\nThe League,1919\n", {"date": "1919/"}),
        ("states.csv", "name,begin,end\nX,1700,1720\n", {"date": "1700/1720"}),
        ("table.csv", "who,start,end\nCabinet A,1700,\nCabinet B,1701,1720\n", {"date": "1700/.."}),
        (
            "treaties.csv",
            "title,signed,in_force,expiry_date\nOf X,1950-03-01,1951-04-01,1960-01-01\n",
            {"date": "1950-03-01", "in_force": "1951-04-01/"},
        ),
        (
            "treaties.csv",
            "title,signed,in_force\nOf X,1950-03-01,\nOf Y,1951-01-02,1952-01-02\n",
            {"date": "1950-03-01"},
        ),
        ("treaties.csv", "title,date\nOf X,1950-03-01\n", {"date": "1950-03-01"}),
        ("missions.csv", "title,start,end\nOf X,1950,\nOf Y,1951,1952\n", {"date": "1950/.."}),
    ],
)
def test_dates_are_those_of_what_a_row_is(name, table, dates):
    found = [one for one in made_in_order(name, table) if one["kind"] != "source"]
    assert {member: found[0][member] for member in ("date", "in_force") if member in found[0]} == dates


def test_what_nothing_tells_is_asked():
    assert "- kind:  # choose: event, actor, agreement, mission or place; no name" in drafted("a,b\nx y,1\n")


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("table.csv", "name,date\nThe Ford,1848-03-12\n"),
        ("battles.csv", "name\nThe Ford\n"),
        ("table.csv", "event\nThe Ford\n"),
        ("table.csv", "name,killed\nThe Ford,12\n"),
        ("table.csv", "name,note\nBattle of X,a\nBattle of Y,b\n"),
        ("treaty_signings_and_battles.csv", "event,date\nThe Ford,1848-03-12\n"),
        ("table.csv", "kind,title\nevent,The Ford\n"),
        ("schlachten.csv", "Name\nAn der Furt\n"),
    ],
)
def test_events_are_a_guess(name, table):
    assert re.search("^  - kind: event  # guess: ", drafted(table, name), re.MULTILINE)


def test_polygons_without_dates_are_places():
    squares = collection(
        feature(SQUARE, name="Northern March", code="n"), feature(None, name="Nowhere", code="w")
    )
    assert "  - kind: place  # guess: " in drafted(squares, "areas.geojson")
    found = made("areas.geojson", squares)
    assert found["places/areas-n"]["geometry"] == SQUARE
    assert not [ref for ref in found if ref.startswith("events/")]


def test_points_of_which_nothing_tells_more_are_places():
    points = collection(feature({"type": "Point", "coordinates": [1, 2]}, n="a"), feature(None))
    found = made_in_order("points.geojson", points)[1:]
    assert "  - kind: place  # guess: features are Point" in drafted(points, "points.geojson")
    assert [(one["kind"], one["title"], one.get("geometry")) for one in found] == [
        ("place", "points, row 1", {"type": "Point", "coordinates": [1, 2]}),
        ("place", "points, row 2", None),
    ]


def test_polygons_that_are_dated_are_asked():
    squares = collection(feature(SQUARE, name="Northern March", start="1800", end="1900"))
    draft = drafted(squares, "areas.geojson")
    assert "  - kind:  # choose: event, actor, agreement, mission or place; features are Polygon" in draft
    assert "{geometry}" not in draft


def test_columns_are_those_of_all_features():
    draft = drafted(
        collection(
            feature(None, event="First"),
            feature(None, event="Second", killed=3),
            feature(None, event="Third"),
        ),
        "x.geojson",
    )
    assert 'best: "{killed}"' in draft


def test_drafts_of_all_sorts_can_be_imported(database, tmp_path):
    """What they become is tested below, without a database."""
    tables = {
        "ymd.csv": (b"id,name,year,month,day\n1,Signing,1919,6,28\n", {"source": 1, "event": 1}),
        "ranges.csv": (
            b"id,name,start_date,end_date\n1,Siege,1861-04-12,1861-06-01\n",
            {"source": 1, "event": 1},
        ),
        "pandas-index.csv": (b",who,date\n0,Anna,2001\n1,Ben,2002\n", {"source": 1, "event": 2}),
        "points.csv": (POINTS.encode(), {"source": 1, "event": 2, "place": 2}),
        "sides.csv": (
            b"event,side_a,side_b,killed\nThe Ford,Army of X,Army of Y,3\n",
            {"source": 1, "event": 1, "actor": 2},
        ),
        "areas.geojson": (collection(feature(SQUARE, name="March")), {"source": 1, "place": 1}),
    }
    for name, (data, kinds) in tables.items():
        file = tmp_path / f"{name}.yaml"
        file.write_text(drafted(data, name), encoding="utf-8")
        mapping = read_mapping(file, accept_guesses=True)
        form = name.rpartition(".")[2]
        report = import_documents(
            database, [ImportFile(name, partial(read_mapped, mapping, form, [data]))], Options("me")
        )
        assert report.faults == []
        assert report.counts.created == sum(kinds.values()), name


# Figures.


@pytest.mark.parametrize(
    ("header", "figures"),
    [
        ("casualties", [{"measure": "casualties", "best": "{casualties}"}]),
        ("deaths", [{"measure": "deaths", "best": "{deaths}"}]),
        ("total_killed", [{"measure": "deaths", "best": "{total_killed}"}]),
        ("Fatalities", [{"measure": "deaths", "best": "{Fatalities}"}]),
        ("Tote", [{"measure": "deaths", "best": "{Tote}"}]),
        ("décès", [{"measure": "deaths", "best": "{décès}"}]),
        ("muertos", [{"measure": "deaths", "best": "{muertos}"}]),
        ("mortos", [{"measure": "deaths", "best": "{mortos}"}]),
        ("morti", [{"measure": "deaths", "best": "{morti}"}]),
        ("wounded", [{"measure": "injured", "best": "{wounded}"}]),
        ("injured", [{"measure": "injured", "best": "{injured}"}]),
        (
            "deaths_low,deaths_best,deaths_high",
            [{"measure": "deaths", "low": "{deaths_low}", "best": "{deaths_best}", "high": "{deaths_high}"}],
        ),
        # Bounds of one are none of another.
        (
            "deaths,casualties_low,casualties_high,injured_min",
            [
                {"measure": "deaths", "best": "{deaths}"},
                {"measure": "casualties", "low": "{casualties_low}", "high": "{casualties_high}"},
                {"measure": "injured", "low": "{injured_min}"},
            ],
        ),
        ("deaths_civilians", [{"measure": "deaths", "group": "civilians", "best": "{deaths_civilians}"}]),
        # What is counted is likely what other columns count, and left out where no name says it.
        (
            "best,low,high,deaths_a",
            [
                {"measure": "deaths", "low": "{low}", "best": "{best}", "high": "{high}"},
                {"measure": "deaths", "group": "a", "best": "{deaths_a}"},
            ],
        ),
        ("best,low,high", None),
        ("low,high", None),
        ("best", None),
        ("death_rate", None),
        ("cause_of_death", None),
        ("deaths_source", None),
        ("death", None),
        ("score", None),
        ("killed_or_wounded", None),
    ],
)
def test_figures_count_what_their_columns_say(header, figures):
    count = header.count(",") + 1
    draft = drafted(f"event,{header}\nThe Ford,{','.join(['12'] * count)}\n")
    assert record_of(draft).get("figures") == figures


def test_casualties_are_not_deaths():
    found = made("casualties.csv", "id,name,casualties\n1,Battle of Two Hills,51000\n")
    assert found["events/casualties-1"]["figures"] == [{"measure": "casualties", "best": 51000}]


def test_counts_below_nothing_are_left_out():
    draft = drafted("event,killed\nThe Ford,-99\nThe Bridge,3\n")
    assert "figures" not in record_of(draft)
    assert '# Left out: killed: it has "-99", less than nothing' in draft


@pytest.mark.parametrize(
    "cells", [["6.500"], ["1,234"], ["6.500", "12"], ["1.234", "5.678"], ["1,234", "20"]]
)
def test_numbers_that_can_be_read_in_two_ways_are_asked(cells):
    draft = drafted("event;killed\n" + "".join(f"The Ford;{cell}\n" for cell in cells), asks=True)
    assert '        best:  # choose: {from: "{killed}", decimal: ' in draft
    assert shown_values(draft) == {float(cells[0].replace(",", ".")), float(re.sub("[.,]", "", cells[0]))}
    with pytest.raises(InvalidDocument) as refused:
        declared(load_failsafe_yaml(draft), Path())
    assert "/records/1/figures/0/best" in {fault.pointer for fault in refused.value.faults}


@pytest.mark.parametrize("cells", [["6.500"], ["1,234", "20"]])
def test_numbers_that_can_be_read_in_two_ways_are_left_out_where_nobody_is_asked(cells):
    table = "event;killed;killed_low\n" + "".join(f"The Ford;{cell};1\n" for cell in cells)
    draft = drafted(table)
    assert "figures" not in record_of(draft)
    assert (
        '# Left out: killed: a count that can be read in two ways, as {from: "{killed}", decimal: ' in draft
    )
    assert "# Left out: killed_low: " in draft


@pytest.mark.parametrize(
    ("point", "cell", "best"),
    [
        ("52,5", "6.500", {"from": "{killed}", "decimal": ",", "thousands": "."}),
        ("52.5", "6,500", {"from": "{killed}", "decimal": ".", "thousands": ","}),
        # No count is 6 and a half, and whole degrees do not tell.
        ("52.5", "6.500", None),
        ("52", "6.500", None),
    ],
)
def test_the_decimal_sign_of_a_table_decides_how_its_counts_are_read(point, cell, best):
    draft = drafted(f"event;killed;lat;lon\nThe Ford;{cell};{point};13\n")
    figures = [{"measure": "deaths", "best": best}] if best is not None else None
    assert record_of(draft).get("figures") == figures


def test_bounds_that_do_not_enclose_the_best_estimate_give_way_to_it():
    header = "id,event,deaths_low,deaths_best,deaths_high\n"
    rows = "1,The Ford,5,3,9\n2,The Mill,1,2,3\n3,The Hill,,2,1\n"
    assert "in_order" not in record_of(drafted(header + "2,The Mill,1,2,3\n"))["figures"][0]
    draft = drafted(header + rows)
    assert "in_order: true  # guess: in 2 rows" in draft
    figures = [one["figures"] for one in made_in_order("t.csv", header + rows) if one["kind"] == "event"]
    assert [(one.get("low"), one["best"], one["high"]) for [one] in figures] == [
        (3, 3, 9),
        (1, 2, 3),
        (None, 2, 2),
    ]


def shown_values(draft):
    return {float(one) for one in re.findall(r"\} for ([0-9.]+)", draft)}


@pytest.mark.parametrize(
    ("cells", "best"),
    [
        (["6500"], "{n}"),
        (["6.5"], "{n}"),
        (["0.500"], "{n}"),
        (["1234.567"], "{n}"),
        (["6,5"], {"from": "{n}", "decimal": ","}),
        (["6.500", "1.234.567"], {"from": "{n}", "decimal": ",", "thousands": "."}),
        (["6.500,5"], {"from": "{n}", "decimal": ",", "thousands": "."}),
        (["6,500.5", "1,234"], {"from": "{n}", "decimal": ".", "thousands": ","}),
        (["6 500"], {"from": "{n}", "decimal": ".", "thousands": " "}),
        (["6'500"], {"from": "{n}", "decimal": ".", "thousands": "'"}),
        # In two ways at once: no way to read both.
        (["6.500,5", "6,500.5"], None),
        (["many"], None),
    ],
)
def test_numbers_are_read_as_all_of_them_are_written(cells, best):
    draft = drafted("event;killed\n" + "".join(f"The Ford;{cell}\n" for cell in cells)).replace(
        "{killed}", "{n}"
    )
    figures = record_of(draft).get("figures")
    assert figures == (None if best is None else [{"measure": "deaths", "best": best}])
    assert ("# Left out: killed: by its name a count" in draft) == (best is None)


def test_numbers_of_json_are_in_no_doubt():
    draft = drafted(collection(feature(None, event="The Ford", killed=1.234)), "x.geojson")
    assert record_of(draft)["figures"] == [{"measure": "deaths", "best": "{killed}"}]


# Dates.


@pytest.mark.parametrize(
    ("table", "date"),
    [
        ("event,year,month,day\nA b,1919,6,28\n", {"year": "{year}", "month": "{month}", "day": "{day}"}),
        (
            "event,year,month,day\nA b,1919,6,\nC d,1919,6,28\n",
            {"year": "{year}", "month": "{month}", "day": "{day}"},
        ),
        ("event,Jahr,Monat\nA b,1919,6\n", {"year": "{Jahr}", "month": "{Monat}"}),
        ("event,year\nA b,44\nC d,1066\n", {"year": "{year}"}),
        ("event,date\nA b,1919-06-28\n", "{date}"),
        ("event,date\nA b,1919~\nC d,1919/1920\n", "{date}"),
        ("event,date\nA b,1919-06-28T10:00:00Z\nC d,1919-06-28\n", "{date|day}"),
        ("event,datum\nA b,1919-06-28 10:00\n", "{datum|day}"),
        (
            "event,start_date,end_date\nA b,1861-04-12,1861-06-01\n",
            {"start": "{start_date}", "end": "{end_date}"},
        ),
        ("event,Begin,End\nA b,1861-04-12,1861-06-01\n", {"start": "{Begin}", "end": "{End}"}),
        ("event,from,to\nA b,1861,1865\n", {"start": "{from}", "end": "{to}"}),
        (
            "event,year,date_start,date_end\nA b,1,1861-04-12,1861-06-01\n",
            {"start": "{date_start}", "end": "{date_end}"},
        ),
        (
            "event,start_year,start_month,end_year,end_month\nA b,1861,4,1865,5\n",
            {
                "start": {"year": "{start_year}", "month": "{start_month}"},
                "end": {"year": "{end_year}", "month": "{end_month}"},
            },
        ),
        ("event,date,year\nA b,1919-06-28,1919\n", "{date}"),
        (
            "event,begin,end\nA b,..1816-01-01,1888-12-30\n",
            {"start": "{begin}", "end": "{end}", "ranges": "true"},
        ),
        # Several, and nothing says which.
        ("event,signature_date,arrival_date\nA b,1919-06-28,1919-07-01\n", None),
        # No dates: flags, pages, counts.
        ("event,active_year\nA b,1\n", None),
        ("event,from,to\nA b,12,30\n", None),
        ("event,from,to\nA b,Paris,London\n", None),
        ("event,start_strength\nA b,5000\n", None),
        ("event,updated_at\nA b,2020-01-02\n", None),
    ],
)
def test_dates_keep_ends_months_and_days(table, date):
    assert record_of(drafted(table)).get("date") == date


def test_days_of_three_columns_are_kept():
    found = made("ymd.csv", "id,name,year,month,day\n1,Signing,1919,6,28\n2,Meeting,1920,,\n")
    assert found["events/ymd-1"]["date"] == "1919-06-28"
    assert found["events/ymd-2"]["date"] == "1920"


def test_both_ends_are_kept():
    found = made("ranges.csv", "id,name,start_date,end_date\n1,Long siege,1861-04-12,1861-06-01\n")
    assert found["events/ranges-1"]["date"] == "1861-04-12/1861-06-01"


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("when", ["c. 1850", "early modern times"]),
        ("date", ["12/03/1848"]),
        ("date", ["12/13/1848", "13/12/1848"]),
        ("year", ["48", "67"]),
        ("date", ["n.d."]),
        ("date", ["1921-22"]),
        ("time", ["+1950-00-00T00:00:00Z"]),
        ("time", ["March 1848", "about 999 men"]),
    ],
)
def test_dates_that_cannot_be_read_are_named_and_left_out(header, cells):
    draft = drafted(f"event,{header}\n" + "".join(f"The Ford,{cell}\n" for cell in cells))
    assert "date" not in record_of(draft)
    assert f"# Left out: {header}: by its name a date, but " in draft


@pytest.mark.parametrize(
    ("header", "cells", "date", "remark"),
    [
        ("when", ["c. 1850", "1914-18"], {}, '"c. 1850" is taken as "c. 1850"'),
        ("date", ["13/03/1848", "1/2/1849"], {"order": "dmy"}, '"13/03/1848" is taken as "13 March 1848"'),
        ("date", ["3/25/1848", "1/2/1849"], {"order": "mdy"}, '"3/25/1848" is taken as "25 March 1848"'),
        ("date", ["3.25.1848", "1.2.1849"], {"order": "mdy"}, '"3.25.1848" is taken as "25 March 1848"'),
        ("Datum", ["12.03.1848"], {}, '"12.03.1848" is taken as "12 March 1848"'),
        ("Datum", ["12. März 1848", "um 1850", "o. J."], {}, '"12. März 1848" is taken as "12 March 1848"'),
        ("year", ["1457 BC", "1066"], {}, '"1457 BC" is taken as "1457 BCE"'),
        ("date", ["1848-03-12", "n.d."], {}, '"1848-03-12" is taken as "12 March 1848"'),
        ("date", ["1980-00-00"], {}, '"1980-00-00" is taken as "1980"'),
        ("start", ["March 1848"], {}, '"March 1848" is taken as "March 1848"'),
        ("date", [*(f"c. 185{n}" for n in range(9)), "x y"], {}, 'not read as one date: "x y"'),
        ("date", [*(f"c. 185{n}" for n in range(9)), "3/4/1848"], {}, 'not read as one date: "3/4/1848"'),
    ],
)
def test_dates_as_people_write_them_are_read_where_nearly_all_can_be(header, cells, date, remark):
    draft = drafted(f"event,{header}\n" + "".join(f"The Ford {at},{cell}\n" for at, cell in enumerate(cells)))
    assert record_of(draft)["date"] == {"text": f"{{{header}}}", **date}
    (line,) = (line for line in draft.splitlines() if line.strip().startswith("date:"))
    assert "# guess: " in line
    assert remark in line


def test_ends_as_people_write_them_are_read_as_one_date_each():
    draft = drafted("event,start,end\nThe Ford,12. März 1848,Mai 1849\nThe Weir,um 1850,\n")
    assert record_of(draft)["date"] == {
        "start": {"text": "{start}"},
        "end": {"text": "{end}", "same": "true"},
    }


def test_what_goes_with_a_date_that_cannot_be_read_is_left_out_with_it():
    # A beginning alone would be a date of one day; a day without its month, one of the wrong month.
    draft = drafted("event,start,end\nThe Ford,1848-03-12,harvest of 1849\n")
    assert "date" not in record_of(draft)
    assert "# Left out: start: the end that goes with it" in draft
    draft = drafted("event,year,month,day\nThe Ford,1848,March,12\n")
    assert record_of(draft)["date"] == {"year": "{year}"}
    assert '# Left out: month: by its name a date, but it has "March"' in draft
    assert "# Left out: day: " in draft
    draft = drafted("event,date,calendar\nThe Ford,1648-03-12,Julian\n")
    assert "date" not in record_of(draft)
    assert "# Left out: date: calendar says" in draft


@pytest.mark.parametrize(
    ("rows", "kind", "end"),
    [
        (["1848-03-12,1848-04-01", "1850-01-02,"], "event", "same"),
        (["1848-03-12,1848-03-12", "1850-01-02,"], "event", "unknown"),
        (["1848-03-12,1848-04-01", "1850-01-02,"], "state", "open"),
    ],
)
def test_what_an_empty_end_means_is_a_guess(rows, kind, end):
    draft = drafted(
        f"{kind},start,end\n" + "".join(f"The {at},{row}\n" for at, row in enumerate(rows)), f"{kind}s.csv"
    )
    assert record_of(draft)["date"] == {"start": "{start}", "end": {"from": "{end}", end: "true"}}
    assert f"{end}: true}}  # guess: 1 of 2 rows have none: " in draft


def test_each_end_is_known_as_well_as_its_column_says():
    draft = drafted(
        "id,event,start,start_precision,end,end_precision\n1,The Ford,2020-07-16,11,2025-01-01,9\n"
    )
    assert record_of(draft)["date"] == {
        "start": {"from": "{start}", "precision": {"from": "{start_precision}", "look_up": {"11": "day"}}},
        "end": {"from": "{end}", "precision": {"from": "{end_precision}", "look_up": {"9": "year"}}},
    }


@pytest.mark.parametrize(
    "table",
    [
        "event,date_start,date_end,date_prec\nThe Ford,2009-02-20,2009-02-25,2\n",
        "event,date,date_prec\nThe Ford,2009-02-20,2\n",
    ],
)
def test_a_date_of_which_nobody_says_how_well_it_is_known_is_asked_or_left_out(table):
    asked = drafted(table, asks=True)
    assert record_of(asked)["date"]["precision"] == ""
    assert "      precision:  # choose: what each code of date_prec means" in asked
    draft = drafted(table)
    assert "date" not in record_of(draft)
    assert "      # precision:  # choose: what each code of date_prec means" in draft
    # Completed, the comment is what was asked for.
    lines = re.sub("^( +)# (date|start|end|precision):", r"\1\2:", draft, flags=re.MULTILINE)
    assert load_failsafe_yaml(lines) == load_failsafe_yaml(asked)


def test_codes_of_a_table_that_is_known_are_those_of_its_mapping():
    columns = ",".join(shipped_mapping("ucdp-ged").required)
    row = ",".join(
        {"date_start": "2009-02-20", "date_end": "2009-02-25", "date_prec": "2"}.get(name, "1")
        for name in columns.split(",")
    )
    date = record_of(drafted(f"{columns}\n{row}\n"))["date"]
    assert date["precision"] == {"from": "{date_prec}", "look_up": {"2": "within"}}


# Places.


def test_a_country_does_not_get_the_coordinates_of_its_first_event():
    found = made(
        "country-points.csv",
        "id,event,country,location,latitude,longitude\n"
        "1,Clash,Examplia,North Town,10.5,20.5\n2,Clash,Examplia,South Town,1.5,2.5\n",
    )
    places = {ref: one for ref, one in found.items() if one["kind"] == "place"}
    assert {one["title"]: one["geometry"]["coordinates"] for one in places.values()} == {
        "North Town": [20.5, 10.5],
        "South Town": [2.5, 1.5],
    }
    for event in (found["events/country-points-1"], found["events/country-points-2"]):
        assert event["tags"] == ["Examplia"]
        [link] = event["places"]
        assert link["place"] in places


def test_places_of_a_country_without_names_are_one_for_each_position():
    found = made(
        "x.csv",
        "id,event,country,lat,lon\n1,Clash,Examplia,10.5,20.5\n2,Clash,Examplia,1.5,2.5\n3,Clash,Examplia,1.5,2.5\n",
    )
    places = {
        one["title"]: one["geometry"]["coordinates"] for one in found.values() if one["kind"] == "place"
    }
    assert places == {"10.5 / 20.5 (Examplia)": [20.5, 10.5], "1.5 / 2.5 (Examplia)": [2.5, 1.5]}


def test_towns_of_one_name_are_not_one():
    found = made(
        "x.csv",
        "id,event,country,town,lat,lon\n1,A clash,X,Newtown,1,2\n2,B clash,Y,Newtown,3,4\n3,C clash,X,Newtown,1,2\n",
    )
    assert [one["geometry"]["coordinates"] for one in found.values() if one["kind"] == "place"] == [
        [2, 1],
        [4, 3],
    ]
    found = made("y.csv", "id,event,town,lat,lon\n1,A clash,Newtown,1,2\n2,B clash,Newtown,3,4\n")
    titles = [one["title"] for ref, one in found.items() if ref.startswith("places/y-")]
    assert titles == ["Newtown", "Newtown"]


@pytest.mark.parametrize(
    "rows",
    [
        # One town, in two places, and without a position at times: nothing to tell which is meant.
        ["Newtown,1,2", "Newtown,3,4", "Newtown,,"],
        ["Newtown,95,2"],
        ["Newtown,N 1,2"],
    ],
)
def test_positions_that_belong_to_no_place_are_left_out(rows):
    draft = drafted("event,town,lat,lon\n" + "".join(f"Clash,{row}\n" for row in rows))
    assert "geometry" not in draft.split("records:")[1].replace("# Left out", "")
    assert "# Left out: lat: " in draft
    assert "places" in record_of(draft)


# Titles, ids, who took part.


@pytest.mark.parametrize(
    ("table", "title"),
    [
        ("Nr,Ereignis\n1,Aufstand in X\n", "{Ereignis|line}"),
        ("id,code,name\n1,X1,The Ford\n", "{name|line}"),
        ("id,who,date\n1,Anna Meyer,1900\n", "{who|line}"),
        ("name,event,date\n7,The Ford,1900\n", "{event|line}"),
        # Nothing names a row: its id or number does.
        ("id,deaths,date\n1,3,1900\n", "table, id {id|line}"),
        ("id,conflict_name,deaths\n1,X war,3\n2,X war,4\n3,X war,1\n", "table, id {id|line}"),
        ("deaths,date\n3,1900\n", "table, row {number of the row}"),
    ],
)
def test_names_go_before_numbers_as_titles(table, title):
    assert record_of(drafted(table))["title"] == title


def test_an_id_tells_every_row_apart():
    def line(table):
        return next(line for line in drafted(table, "t.csv").splitlines()[12:] if "id:" in line).strip()

    assert line("id,event\n1,A b\n2,A b\n") == 'id: "t-{id|slug}"'
    assert line("no,event\n1,A b\n2,A b\n").startswith('id: "t-{no|slug}"  # guess: ')
    for header, first, second in (("id", "1", "1"), ("id", "1", ""), ("no", "a-1", "A 1"), ("id", "!", "?!")):
        assert line(f"{header},event\n{first},A b\n{second},A b\n").startswith("# id: no column tells")


def test_an_unnamed_first_column_is_called_by_its_place(annals, tmp_path):
    found = made("pandas-index.csv", ",who,date\n0,Anna,2001\n1,Ben,2002\n")
    assert found["events/pandas-index-0"]["title"] == "Anna"
    assert found["events/pandas-index-1"]["date"] == "2002"
    # Without a mapping it is no column of a record, as ever.
    (tmp_path / "events.csv").write_text(",title\n0,Anna\n")
    assert annals("import", tmp_path / "events.csv").code == 1


def test_unnamed_columns_are_named_apart_or_refused():
    mapping = 'records:\n  - {kind: event, id: "{column 1}", title: "{column 3}{b}"}\n'
    said = declared(load_failsafe_yaml(mapping), Path())
    [made] = read_mapped(said, "csv", [b",b,\n1,2,3\n"])
    assert made.raw == {"kind": "event", "id": "1", "title": "32"}
    [made] = read_mapped(said, "csv", [b",b,column 1\n1,2,3\n"])
    assert [fault.code for fault in made.faults] == ["duplicate_column"]


def test_several_in_a_cell_are_not_one_actor():
    draft = drafted("event,actors,side_a\nThe Ford,Spain & Holy Roman Empire,Army of X\n")
    assert [one["actor"] for one in record_of(draft)["participants"]] == ["actors/table-{side_a|slug}"]
    assert (
        '# Left out: actors: it seems to name several in a cell, such as "Spain & Holy Roman Empire"' in draft
    )


def test_words_for_nothing_are_a_guess_for_the_whole_table():
    draft = drafted("event,date,killed\nThe Ford,1900,NA\nThe Bridge,NA,3\n")
    assert '  empty: ["NA"]  # guess: ' in draft
    assert record_of(draft)["figures"] == [{"measure": "deaths", "best": "{killed}"}]
    assert "empty:" not in drafted("event,country\nThe Ford,NA\nThe Bridge,DE\n")


def test_another_encoding_is_a_guess():
    found = made("x.csv", "id;event;date\n1;Fête à Liège;1994\n".encode("windows-1252"))
    assert found["events/x-1"]["title"] == "Fête à Liège"


def test_a_table_without_a_row_is_refused_with_the_reason(annals, tmp_path):
    for table, why in (
        ("", "no row that can be read."),
        ("a,b\n", "no row that can be read."),
        ("a,b\n1,2,3\n", "Line 2: This row has 3 cells where the header names 2."),
        ("a,a\n1,2\n", "Line 1: Name each column once"),
    ):
        (tmp_path / "t.csv").write_text(table)
        refused = annals("import", tmp_path / "t.csv", "--suggest-map")
        assert (refused.code, refused.out) == (1, "")
        assert why in refused.err
