"""What earlier imports left wrong is noted where it shows, mended by importing again, and never cried out over nothing."""

import orjson
import pytest

from app.database.engine.database import Database
from app.exports.service import export
from app.formats.format import Projection
from app.imports.documents import ImportFile
from app.imports.readers import read
from app.imports.report import Options
from app.imports.service import import_documents
from app.maintenance.import_damage import BY_IMPORT, SHOWN, damage_by_imports

SOURCE = {"kind": "source", "id": "s", "title": "S"}
OTHER = {"kind": "source", "id": "t", "title": "T"}


def bring(database, documents, by=BY_IMPORT):
    text = b"".join(orjson.dumps(one) + b"\n" for one in documents)
    report = import_documents(
        database, [ImportFile("in.ndjson", lambda: read("ndjson", [text]))], Options(by, keeps=True)
    )
    assert report.faults == []


def noted(database):
    with database.snapshot() as connection:
        return [(one.code, one.count, one.refs) for one in damage_by_imports(connection)]


def treaty(number, **members):
    return {"kind": "agreement", "id": f"treaty-{number}", "title": "T", **members}


def riot(name, *sources):
    evidence = [{"source": f"sources/{one}"} for one in sources]
    return {"kind": "event", "id": f"riot-{name}", "title": "R", "evidence": evidence}


def test_intervals_of_which_neither_end_is_known(database):
    hurt = [treaty(n, in_force="/..") for n in range(SHOWN + 1)]
    bring(database, hurt)
    bring(database, [treaty(n, in_force="1950/..") for n in (7, 8)])
    bring(database, [treaty(9, date="../.."), treaty(10, date={"edtf": "/..", "note": "by the table"})])
    # These say what they rest on, or were not made by a mapping.
    bring(database, [treaty(11, date={"edtf": "/..", "as_written": "..1816 to 2017.."})])
    bring(
        database, [treaty(12, date={"edtf": "/..", "calendar": "julian", "as_written": "..1816 to 2017.."})]
    )
    bring(database, [treaty(13, in_force="/..")], by="somebody")
    refs = tuple(f"agreements/treaty-{n}" for n in range(SHOWN))
    assert noted(database) == [
        ("no_end_known", SHOWN + 1, refs),
        ("no_end_known", 2, ("agreements/treaty-10", "agreements/treaty-9")),
    ]
    bring(database, [treaty(n) for n in (*range(SHOWN + 1), 9, 10)])
    assert noted(database) == []


def test_records_that_lack_the_evidence_that_others_have(database):
    bring(database, [SOURCE, OTHER, riot("a", "s"), riot("b"), riot("c", "s"), riot("d")])
    # Nobody knows what these were meant to have: one rests on another source, or none has any.
    bring(
        database,
        [
            {**riot("a", "s"), "id": "raid-a"},
            {**riot("a", "t"), "id": "raid-b"},
            {**riot("a"), "id": "raid-c"},
        ],
    )
    bring(database, [{**riot("a"), "id": "feast-a"}, {"kind": "place", "id": "riot-place", "title": "P"}])
    bring(database, [riot("e")], by="somebody")
    assert noted(database) == [("no_evidence", 2, ("events/riot-b", "events/riot-d"))]
    bring(database, [riot("b", "s"), riot("d", "s")])
    assert noted(database) == []


def test_nothing_is_noted_of_the_seeds(seeded_database):
    assert noted(seeded_database) == []


def test_nothing_is_noted_of_the_seeds_where_they_were_imported(seeded_database, databases):
    chunks = export(seeded_database, Projection(), terms=True)
    documents = [orjson.loads(item.document) for items in chunks for item in items]
    url = databases.fresh(databases.migrated)
    other = Database.open(url)
    try:
        bring(other, documents)
        assert noted(other) == []
    finally:
        other.dispose()
        databases.drop(url)


@pytest.mark.parametrize("as_json", [True, False])
def test_check_and_doctor_note_it_and_find_nothing_wrong(annals, database, database_url, as_json):
    bring(database, [treaty(1, in_force="/..")])
    checked = annals("check", *(["--json"] if as_json else []), url=database_url)
    assert checked.code == 0
    if as_json:
        assert [(one["level"], one["code"], one["refs"]) for one in checked.json] == [
            ("note", "no_end_known", ["agreements/treaty-1"])
        ]
        advice = annals("doctor", "--json", url=database_url).json["advice"]
        (note,) = (one for one in advice if one["subject"] == "imports")
        assert note["level"] == "note"
        assert "agreements/treaty-1" in note["detail"]
        assert "annals import TABLE --map" in note["remedy"]
    else:
        assert "annals import TABLE --map" in checked.out
        assert "agrees with the documents" in checked.out
