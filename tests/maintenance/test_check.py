"""`check` proves that everything derived agrees; each way of tampering with it is found, and reindexing mends it."""

from dataclasses import fields

import orjson
import pytest
from sqlalchemy import select, text
from versions import version_of

from app.database import tables
from app.database.index import rows
from app.database.index.derive import IndexRows
from app.database.lookup import find
from app.database.revisions import Attribution
from app.database.vocabulary import read_terms
from app.errors import DiskFull
from app.maintenance import reindex as reindexing
from app.maintenance.check import check
from app.maintenance.index_diff import COMPARED
from app.maintenance.reindex import reindex
from app.records.kinds import kind_by_collection
from app.records.validation.document import validate_document
from app.writing.service import create, delete
from app.writing.write import NewRevision, write

EDIT = Attribution(by="test")


def run(database, *statements):
    with database.transaction() as connection:
        for statement in statements:
            connection.execute(text(statement))


def everything(database):
    """All that documents and their index say, apart from the numbers of entries and boxes."""
    said = {}
    with database.snapshot() as connection:
        for table in tables.metadata.sorted_tables:
            numbered = table in (tables.entry, tables.box)
            columns = [column for column in table.c if not (numbered and column.name == "pk")]
            # How records are counted in depends on the order of writes; that the sums are right is checked.
            uncompared = (
                tables.database,
                tables.tally,
                tables.area_tally,
                tables.place_set_count,
                tables.area_count,
                tables.area_total,
                tables.area_type_total,
            )
            if table not in uncompared:
                said[table.name] = sorted(map(repr, connection.execute(select(*columns))))
    return said


def test_every_sort_of_row_is_compared():
    compared = {name for _, name in COMPARED} | {"texts", "words", "cells", "counts", "place_sets", "placed"}
    assert compared == {field.name for field in fields(IndexRows)}


def test_the_seeds_agree(seeded_database):
    assert check(seeded_database) == []


def test_an_empty_database_agrees(database):
    assert check(database) == []


TAMPERINGS = {
    "entry gone": ("DELETE FROM entry WHERE pk = (SELECT min(pk) FROM entry)", "entry"),
    "entry other": (
        "UPDATE entry SET s1 = s1 + 1 WHERE pk = (SELECT min(pk) FROM entry WHERE span_class = 0)",
        "entry",
    ),
    "entry contested": (
        "UPDATE entry SET contested = NOT contested WHERE pk = (SELECT min(pk) FROM entry)",
        "entry",
    ),
    "entry of a view": (
        "UPDATE entry SET document = '{}' WHERE pk = (SELECT min(pk) FROM entry WHERE view > 0)",
        "entry",
    ),
    "member": ("UPDATE member SET e2 = e2 + 1 WHERE record = (SELECT min(record) FROM member)", "member"),
    "in force": ("INSERT INTO in_force SELECT 0, max(pk), 0, 0, 0, 0, (1 = 0) FROM record", "in_force"),
    "link": (
        "UPDATE link SET role = 'other' WHERE position = 0 AND record = (SELECT min(record) FROM link)",
        "link",
    ),
    "word": ("DELETE FROM word WHERE word = (SELECT max(word) FROM word)", "word"),
    "tally": ("INSERT INTO tally (cell, n) SELECT min(pk), 1 FROM cell", "tally"),
    "place set gone": ("DELETE FROM place_set WHERE pk = (SELECT min(pk) FROM place_set)", "place_set"),
    "place set other": (
        "UPDATE place_set SET area = area + 1 WHERE pk = (SELECT max(pk) FROM place_set)",
        "place_set",
    ),
    "member of a place set": (
        "DELETE FROM place_set_member WHERE place = (SELECT max(place) FROM place_set_member)",
        "place_set_member",
    ),
    "area": ("INSERT INTO area (pk, extents) VALUES (4611686018427387904, '0,0,1,1')", "area"),
    "change of a count": (
        "INSERT INTO area_tally (kind, type, place_set, area, n) SELECT kind, 'o', place_set, area, 1 FROM area_tally LIMIT 1",
        "area_count",
    ),
    "type of a change": ("UPDATE area_tally SET type = 'other'", "area_type_total"),
    "set of a change": ("UPDATE area_tally SET place_set = place_set + 1", "place_set_count"),
    "count of a set": ("INSERT INTO place_set_count VALUES (1, 'event', '', 1, 1, 1)", "place_set_count"),
    "count of an area": ("INSERT INTO area_count (area, kind, n) VALUES (1, 'event', 1)", "area_count"),
    "total": ("INSERT INTO area_total VALUES ('event', 5, 1, 0, 1, 0)", "area_total"),
    "total of nothing": ("INSERT INTO area_total VALUES ('event', 5, 3, 0, 0, 0)", "area_total"),
    "certain total": ("INSERT INTO area_total VALUES ('event', 5, 2, 1, 0, 0)", "area_total"),
    "total from a cell on": ("INSERT INTO area_total VALUES ('event', 5, 4, 0, 0, 1)", "area_total"),
    "total of a type": (
        "INSERT INTO area_type_total VALUES ('event', 'battle', 5, 1, 0, 1, 0)",
        "area_type_total",
    ),
    "cell gone": ("DELETE FROM cell WHERE pk = (SELECT min(pk) FROM cell)", "cell"),
    "cell other": ("UPDATE cell SET decades = 'other' WHERE pk = (SELECT max(pk) FROM cell)", "cell"),
    "link member": (
        "INSERT INTO link_member SELECT 0, min(record), 0, 0, 0, 0, 0, 0 FROM link",
        "link_member",
    ),
    "reference": ("DELETE FROM reference WHERE record = (SELECT max(record) FROM reference)", "reference"),
    "tag gone": ("DELETE FROM tag WHERE record = (SELECT min(record) FROM tag)", "tag"),
    "tag elsewhere": ("UPDATE tag SET cell = 0 WHERE record = (SELECT min(record) FROM tag)", "tag"),
    "tag more": (
        "INSERT INTO tag (view, tag, record, cell) SELECT view, 'extra', record, cell FROM entry WHERE pk = 1",
        "tag",
    ),
    "figure": ("UPDATE figure SET high = high + 1 WHERE position = 0", "figure"),
    "evidence": ("UPDATE evidence SET start = start + 1 WHERE position = 0", "evidence"),
    "coverage": (
        "UPDATE coverage SET one = one + 1 WHERE record = (SELECT min(record) FROM coverage)",
        "coverage",
    ),
    "statement": ("DELETE FROM statement WHERE record = (SELECT min(record) FROM statement)", "statement"),
    "support": (
        "UPDATE support SET several = several + 1 WHERE record = (SELECT max(record) FROM support)",
        "support",
    ),
    "box": ("UPDATE box SET east = east + 1 WHERE pk = (SELECT min(pk) FROM box)", "box"),
    "time of a box": ("UPDATE box SET s1 = s1 + 1 WHERE pk = (SELECT max(pk) FROM box)", "box"),
    "card": ("UPDATE record SET card = '{}' WHERE pk = 1", "record"),
    "columns": ("UPDATE record SET updated_at = updated_at + 1 WHERE pk = 1", "record"),
    "rendering": (
        "UPDATE record SET document = replace(document, ',\"title\"', ' ,\"title\"') WHERE pk = 1",
        "record",
    ),
    "unreadable": ("UPDATE record SET document = '{' WHERE pk = 1", "record"),
    "older rendering": ("UPDATE record SET rendering = 0 WHERE pk = 1", "record"),
    "state": ("UPDATE record SET merged_into = 2 WHERE pk = 1", "record"),
    "revision gone": ("DELETE FROM revision WHERE record = 1", "revision"),
    "revision other": (
        "UPDATE revision SET document = replace(document, 'a', 'b') WHERE record = 1",
        "revision",
    ),
    "revision more": ("UPDATE record SET revision = 2 WHERE pk = 1", "revision"),
    "change gone": ("DELETE FROM change WHERE seq = (SELECT max(seq) FROM change)", "change"),
    "change other": (
        "UPDATE change SET action = 'delete' WHERE seq = (SELECT max(seq) FROM change)",
        "change",
    ),
    "version": ("UPDATE database SET version = 5", "database"),
    "term": ("DELETE FROM term WHERE scheme = 'relation-type' AND id = 'part-of'", "term"),
}
MENDED = {
    "place_set",
    "place_set_member",
    "place_set_count",
    "area",
    "area_count",
    "area_total",
    "area_type_total",
    "coverage",
    "statement",
    "support",
    "word",
    "tally",
    "cell",
    "link_member",
    "entry",
    "member",
    "in_force",
    "link",
    "reference",
    "tag",
    "figure",
    "evidence",
    "box",
}


@pytest.mark.slow
@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_tampering_is_found(seeded_database, tampering):
    statement, table = TAMPERINGS[tampering]
    run(seeded_database, statement)
    assert table in {finding.table for finding in check(seeded_database)}


def test_reindexing_mends_every_index(seeded_database):
    before = everything(seeded_database)
    run(seeded_database, *(statement for statement, table in TAMPERINGS.values() if table in MENDED))
    assert {finding.table for finding in check(seeded_database)} >= MENDED
    reindex(seeded_database)
    assert check(seeded_database) == []
    assert everything(seeded_database) == before


def test_a_text_that_is_not_indexed_is_found(seeded_database):
    if seeded_database.dialect == "sqlite":
        place, other = "rowid", "line = 'tother'"
    else:
        place, other = "place", "vector = CAST('tother' AS tsvector)"
    with seeded_database.snapshot() as connection:
        some = connection.execute(text(f"SELECT max({place}) FROM text_index")).scalar_one()
    run(seeded_database, f"UPDATE text_index SET {other} WHERE {place} = {some}")
    assert {finding.table for finding in check(seeded_database)} == {"text_index"}
    reindex(seeded_database)
    assert check(seeded_database) == []
    run(seeded_database, f"DELETE FROM text_index WHERE {place} = (SELECT max({place}) FROM text_index)")
    assert {finding.table for finding in check(seeded_database)} == {"text_index"}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_broken_inverted_index_and_tree_are_found(seeded_database):
    run(
        seeded_database,
        "UPDATE text_index_content SET c0 = 'tother' WHERE id = (SELECT max(id) FROM text_index_content)",
    )
    assert {finding.table for finding in check(seeded_database)} >= {"sqlite", "text_index"}
    run(seeded_database, "DELETE FROM box_tree WHERE pk = (SELECT min(pk) FROM box)")
    assert "box_tree" in {finding.table for finding in check(seeded_database)}


def test_a_dangling_row_is_found(seeded_database):
    with seeded_database.engine.connect() as connection:
        if seeded_database.dialect == "sqlite":
            connection.rollback()
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute(
                text("UPDATE link SET target = 999999 WHERE record = (SELECT min(record) FROM link)")
            )
            connection.commit()
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")
        else:
            connection.execute(text("SET session_replication_role = replica"))
            connection.execute(
                text("UPDATE link SET target = 999999 WHERE record = (SELECT min(record) FROM link)")
            )
            connection.execute(text("SET session_replication_role = DEFAULT"))
            connection.commit()
    assert ("damaged", "link") in {(finding.code, finding.table) for finding in check(seeded_database)}


def test_a_reference_to_a_deleted_record_is_found(seeded_database):
    run(seeded_database, "UPDATE record SET state = 1 WHERE kind = 'actor' AND id = 'fidel-castro'")
    found = check(seeded_database)
    assert {"dangling", "index", "revision"} <= {finding.code for finding in found}
    assert any(finding.ref == "actors/fidel-castro" for finding in found)


def test_what_writing_leaves_agrees(seeded_database):
    kind = kind_by_collection("events")
    with seeded_database.transaction() as tx:
        vocabulary = read_terms(tx)
        draft = validate_document(
            kind, {"title": "Märchen", "tags": ["x"], "date": "{1960,1961}", "aliases": ["It's"]}, vocabulary
        )
        made = create(tx, kind, draft, EDIT)
    with seeded_database.transaction() as tx:
        current = find(tx, kind, made.id, lock=True)
        changed = validate_document(kind, {**orjson.loads(current.document), "title": "Other"}, vocabulary)
        write(tx, [NewRevision(kind, changed.changed(id=made.id), "update", current)], EDIT)
    assert check(seeded_database) == []
    with seeded_database.transaction() as tx:
        delete(tx, find(tx, kind, made.id, lock=True), EDIT)
    assert check(seeded_database) == []


def test_findings_are_limited_and_told_as_they_come(seeded_database, monkeypatch):
    run(seeded_database, "DELETE FROM tag", "DELETE FROM figure")
    monkeypatch.setattr(reindexing, "BATCH", 10)
    told = []
    assert len(check(seeded_database, most=3)) == 3
    assert len(check(seeded_database, progress=lambda done, total: told.append((done, total)))) > 3
    assert told[-1][0] == told[-1][1]


def test_reindexing_changes_nothing_where_all_agrees(seeded_database):
    before, version = everything(seeded_database), version_of(seeded_database)
    told = []
    report = reindex(seeded_database, progress=lambda done, total: told.append((done, total)))
    assert report.records == told[-1][0] == told[-1][1]
    assert report.skipped == []
    assert everything(seeded_database) == before
    assert version_of(seeded_database) > version
    assert check(seeded_database) == []


def test_reindexing_renders_anew_without_a_revision(seeded_database):
    before = everything(seeded_database)
    run(
        seeded_database,
        """UPDATE record SET document = replace(document, '"latest":"1', '"latest":"2'), rendering = 0""",
    )
    assert check(seeded_database) != []
    reindex(seeded_database)
    assert everything(seeded_database) == before


def test_reindexing_goes_on_where_it_was_broken_off(seeded_database, monkeypatch):
    monkeypatch.setattr(reindexing, "BATCH", 20)
    monkeypatch.setattr(reindexing, "_NEXT", reindexing._NEXT.limit(20))
    before = everything(seeded_database)
    run(seeded_database, "DELETE FROM tag", "DELETE FROM link")
    insert_index, calls = rows.insert_index, []

    def insert_two_times(*arguments):
        calls.append(1)
        if len(calls) > 2:
            raise DiskFull
        insert_index(*arguments)

    monkeypatch.setattr(rows, "insert_index", insert_two_times)
    with pytest.raises(DiskFull):
        reindex(seeded_database)
    monkeypatch.setattr(rows, "insert_index", insert_index)
    total = len(before["record"])
    assert reindex(seeded_database).records == total - 40
    assert everything(seeded_database) == before
    assert reindex(seeded_database).records == total


def test_reindexing_leaves_what_it_cannot_read(seeded_database):
    run(seeded_database, "UPDATE record SET document = '{' WHERE pk = 1")
    report = reindex(seeded_database)
    assert [ref for ref, _ in report.skipped] == ["sources/cuba-venezuela-cooperation"]
    assert {finding.code for finding in check(seeded_database)} == {"unreadable"}
