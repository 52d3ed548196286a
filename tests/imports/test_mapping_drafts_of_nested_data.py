"""Drafts for JSON, NDJSON and nested properties of GeoJSON; and tables that are recognised as those of known data sets."""

import re
from functools import partial
from pathlib import Path

import orjson
import pytest

from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared
from app.imports.mapping.guesses import unconfirmed_guesses
from app.values.failsafe_yaml import load_failsafe_yaml
from tests.imports.drafting import collection, drafted, form_of

CLASHES = [
    {
        "id": "a1",
        "name": "Clash at the Ford",
        "when": {"start": "1848-03-12", "end": "1848-03-14"},
        "where": {"town": "Ford", "lat": 5.5, "lon": 1.25},
        "losses": {"killed": 12},
        "tags": ["x"],
    },
    {
        "id": "a2",
        "name": "Clash at the Mill",
        "when": {"start": "1849-03-12", "end": "1849-03-12"},
        "where": {"town": "Mill", "lat": 6.5, "lon": 2.25},
        "losses": {"killed": 0},
    },
]
BECOME = [
    {
        "kind": "place",
        "id": "clashes-ford",
        "title": "Ford",
        "geometry": {"type": "Point", "coordinates": [1.25, 5.5]},
    },
    {
        "kind": "event",
        "id": "clashes-a1",
        "title": "Clash at the Ford",
        "date": "1848-03-12/1848-03-14",
        "places": [{"place": "places/clashes-ford"}],
        "figures": [{"measure": "deaths", "best": 12}],
        "evidence": [{"source": "sources/clashes"}],
    },
    {
        "kind": "place",
        "id": "clashes-mill",
        "title": "Mill",
        "geometry": {"type": "Point", "coordinates": [2.25, 6.5]},
    },
    {
        "kind": "event",
        "id": "clashes-a2",
        "title": "Clash at the Mill",
        "date": "1849-03-12",
        "places": [{"place": "places/clashes-mill"}],
        "figures": [{"measure": "deaths", "best": 0}],
        "evidence": [{"source": "sources/clashes"}],
    },
]


@pytest.fixture
def annals(annals, database_url):
    """Run a command on the test's own database."""
    return partial(annals, url=database_url)


def made(name, data):
    said = declared(load_failsafe_yaml(drafted(data, name)), Path())
    found = list(read_mapped(said, form_of(name), [data]))
    assert [fault for one in found for fault in one.faults] == []
    return [one.raw for one in found if one.raw["kind"] != "source"]


def without_points():
    """Give the clashes as features, with all but the position in their properties."""
    for one in CLASHES:
        where = one["where"]
        point = {"type": "Point", "coordinates": [where["lon"], where["lat"]]}
        yield {
            "type": "Feature",
            "geometry": point,
            "properties": {**one, "where": {"town": where["town"]}},
        }


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("clashes.json", orjson.dumps(CLASHES)),
        ("clashes.json", orjson.dumps({"items": CLASHES})),
        ("clashes.json", orjson.dumps({"about": {"by": "me"}, "result": {"clashes": CLASHES, "none": []}})),
        ("clashes.ndjson", b"\n".join(map(orjson.dumps, CLASHES))),
        ("clashes.geojson", collection(*without_points())),
    ],
)
def test_members_of_members_are_columns(name, data):
    assert made(name, data) == BECOME
    draft = drafted(data, name)
    assert "# Left out: tags: it holds lists or objects." in draft
    assert ("items:" in draft) == (b"result" in data)


def test_an_array_that_is_as_long_as_another_is_not_chosen():
    data = orjson.dumps({"about": "The Ford", "a": [{"x": 1}], "b": [{"y": 2}]})
    assert "items:" not in drafted(data, "clashes.json")


def test_a_document_with_an_id_of_its_own_is_a_row_whatever_it_holds():
    one = {"id": "a1", "clash": "The Ford", "names": [{"toponym": "A"}, {"toponym": "B"}]}
    for data in (one, [one], {"items": [one]}):
        draft = drafted(orjson.dumps(data), "clashes.json")
        assert "items:" not in draft
        assert '"{clash|line}"' in draft


def test_what_is_an_object_in_some_documents_and_a_text_in_others_is_left_out():
    documents = [
        {"id": 1, "name": "A clash", "place": "Ford"},
        {"id": 2, "name": "B clash", "place": {"town": "Mill"}},
    ]
    draft = drafted(orjson.dumps(documents), "clashes.json")
    assert "# Left out: place: it holds lists or objects." in draft
    assert "{place" not in draft.replace("{place: ", "").replace("{place.town", "")


def test_drafts_of_nested_data_are_followed_on_the_command_line(annals, tmp_path):
    (tmp_path / "clashes.ndjson").write_bytes(b"\n".join(map(orjson.dumps, CLASHES)))
    draft = annals("import", tmp_path / "clashes.ndjson", "--suggest-map")
    assert draft.code == 0
    (tmp_path / "map.yaml").write_text(draft.out)
    done = annals(
        "import", tmp_path / "clashes.ndjson", "--map", tmp_path / "map.yaml", "--accept-guesses", "--json"
    )
    assert (done.code, done.json["created"]) == (0, 5)


# Known tables.

MADE = Path(__file__).parent / "made_tables"


@pytest.mark.parametrize("name", sorted(folder.name for folder in MADE.iterdir() if folder.name != "sigacts"))
def test_tables_of_known_data_sets_are_recognised(name):
    folder = MADE / name
    table = min(path for path in folder.iterdir() if path.name != "expected.ndjson")
    draft = drafted(table.read_bytes(), table.name)
    assert draft.startswith("# This looks like ")
    assert re.search(rf"^#   annals import \S.* --as {name}$", draft, re.MULTILINE)
    assert ("beside it" in draft) == (name in ("cow-mids", "cow-alliances"))
    # It is said in comments, which nobody has to confirm.
    assert {guess.line for guess in unconfirmed_guesses(draft)} == {
        at for at, line in enumerate(draft.split("\n"), 1) if "  # guess: " in line
    }


def test_a_name_with_blanks_is_quoted_for_the_shell():
    table = MADE / "cow-mids" / "MIDA 5.0.csv"
    draft = drafted(table.read_bytes(), table.name)
    assert "#   annals import 'MIDA 5.0.csv' --as cow-mids\n" in draft
    assert "Try that, with MIDB 5.0.csv beside it:" in draft


@pytest.mark.parametrize(
    "table",
    [
        "id,label,when\n1,The Ford,1848\n",
        "id,name,date\n1,The Ford,1848\n",
        # All but one of what the mapping for disputes needs.
        "dispnum,stday,stmon,styear,endday,endmon,endyear,fatality,hostlev\n2,1,7,1902,24,1,1903,0,3\n",
    ],
)
def test_tables_of_few_common_columns_are_not_taken_for_others(table):
    assert "looks like" not in drafted(table)
