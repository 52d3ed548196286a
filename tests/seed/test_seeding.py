"""Seeding: as often as wanted, all or nothing, and never over somebody else's work."""

import hashlib
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text
from versions import version_of

from app import settings as app_settings
from app.database import tables
from app.database.lookup import find
from app.database.revisions import Attribution
from app.errors import Conflict, InvalidDocument
from app.maintenance.check import check
from app.records.kinds import kind_by_collection
from app.records.validation.document import load_stored
from app.seed import service as loading
from app.seed.service import seed, seed_when_empty
from app.writing.service import delete
from app.writing.write import NewRevision, write

SOURCE = "- {id: a-source, title: A source}\n"
PLACE = "- {id: 1967, title: no, geometry: {type: Point, coordinates: [1.5, -2]}}\n"
ACTORS = """
- id: one
  title: "1967"
  evidence: [{source: sources/a-source, selector: {page: 12}}]
- id: two
  title: no
  relations: [{type: ally-of, target: actors/one}]
"""


@pytest.fixture
def folder(tmp_path):
    write_file(tmp_path, "first/source.yaml", SOURCE)
    write_file(tmp_path, "first/actors.yaml", ACTORS)
    write_file(tmp_path, "second/places.yaml", PLACE)
    return tmp_path


def write_file(folder, name, content):
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(content, encoding="utf-8")


def stored(database, ref):
    collection, _, record_id = ref.partition("/")
    with database.snapshot() as connection:
        return find(connection, kind_by_collection(collection), record_id)


def edit(database, ref, by, **changes):
    kind = kind_by_collection(ref.partition("/")[0])
    with database.transaction() as tx:
        current = find(tx, kind, ref.partition("/")[2], lock=True)
        record = load_stored(kind, current.document).changed(**changes)
        write(tx, [NewRevision(kind, record, "update", current)], Attribution(by=by))


def remove(database, ref):
    with database.transaction() as tx:
        current = find(tx, kind_by_collection(ref.partition("/")[0]), ref.partition("/")[2], lock=True)
        delete(tx, current, Attribution(by="somebody"))


def faults(database, folder):
    with pytest.raises(InvalidDocument) as caught:
        seed(database, folder)
    assert stored(database, "sources/a-source") is None
    return {(fault.pointer, fault.code) for fault in caught.value.faults}


def test_everything_is_written_once(database, folder):
    report = seed(database, folder)
    assert sorted(report.created) == ["actors/one", "actors/two", "places/1967", "sources/a-source"]
    version = version_of(database)
    again = seed(database, folder)
    assert sorted(again.unchanged) == sorted(report.created)
    assert again.created == again.updated == again.kept == again.deleted == []
    assert version_of(database) == version
    assert check(database) == []


def test_scalars_are_text_and_numbers_where_a_number_is_meant(database, folder):
    seed(database, folder)
    assert orjson.loads(stored(database, "actors/one").document)["title"] == "1967"
    assert orjson.loads(stored(database, "actors/two").document)["title"] == "no"
    place = orjson.loads(stored(database, "places/1967").document)
    assert place["geometry"]["coordinates"] == [1.5, -2]
    assert place["title"] == "no"


def test_a_changed_fixture_is_a_new_revision(database, folder):
    seed(database, folder)
    write_file(folder, "first/actors.yaml", ACTORS.replace("title: no", "title: yes"))
    report = seed(database, folder)
    assert report.updated == ["actors/two"]
    assert len(report.unchanged) == 3
    two = stored(database, "actors/two")
    assert (two.revision, orjson.loads(two.document)["title"]) == (2, "yes")
    with database.snapshot() as connection:
        by = connection.execute(text("SELECT DISTINCT by FROM revision")).scalars().all()
    assert by == ["seed"]


def test_what_somebody_else_edited_last_is_kept(database, folder):
    seed(database, folder)
    edit(database, "actors/two", "somebody", title="Edited")
    report = seed(database, folder)
    assert report.kept == ["actors/two"]
    assert orjson.loads(stored(database, "actors/two").document)["title"] == "Edited"
    write_file(folder, "first/actors.yaml", ACTORS.replace("title: no", "title: yes"))
    assert seed(database, folder).kept == ["actors/two"]


def test_an_edit_to_the_same_effect_is_no_difference(database, folder):
    seed(database, folder)
    edit(database, "actors/two", "somebody", title="Edited")
    edit(database, "actors/two", "somebody", title="no")
    assert "actors/two" in seed(database, folder).unchanged


def test_what_was_deleted_is_not_revived(database, folder):
    seed(database, folder)
    remove(database, "actors/two")
    report = seed(database, folder)
    assert report.deleted == ["actors/two"]
    assert stored(database, "actors/two").state == tables.DELETED


def test_what_was_merged_is_followed_and_stays(database, folder):
    seed(database, folder)
    edit(database, "actors/two", "seed", relations=())
    one, two = stored(database, "actors/one"), stored(database, "actors/two")
    remove(database, "actors/one")
    with database.transaction() as tx:
        tx.execute(
            tables.record.update()
            .where(tables.record.c.pk == one.pk)
            .values(state=tables.MERGED, merged_into=two.pk)
        )
    write_file(folder, "first/events.yaml", "- {id: e, title: E, participants: [{actor: actors/one}]}\n")
    report = seed(database, folder)
    assert report.deleted == ["actors/one"]
    assert report.created == ["events/e"]
    assert orjson.loads(stored(database, "events/e").document)["participants"] == [{"actor": "actors/two"}]
    assert "events/e" in seed(database, folder).unchanged


def test_a_folder_can_be_named_itself(database, folder):
    assert sorted(seed(database, folder / "first").created) == [
        "actors/one",
        "actors/two",
        "sources/a-source",
    ]


def test_every_fault_of_every_file_is_told(database, folder):
    write_file(
        folder,
        "first/actors.yaml",
        "- {id: one, title: A, typ: person}\n- {title: B}\n- {id: two, date: 1967-13, title: C}\n",
    )
    write_file(folder, "second/places.yaml", "- {id: x, title: X}\n- {id: x, title: Y}\n- just text\n")
    write_file(folder, "second/battles.yaml", "[]")
    write_file(folder, "second/events.yaml", "- {id: e, id: f, title: E}\n")
    write_file(folder, "second/missions.yaml", "- {id: m, title: M, type: litracy}\n")
    assert faults(database, folder) == {
        ("first/actors.yaml#one/typ", "unknown_field"),
        ("first/actors.yaml#/1/id", "missing"),
        ("first/actors.yaml#two/date", "invalid_edtf"),
        ("second/places.yaml#x/id", "duplicate"),
        ("second/places.yaml#/2", "wrong_type"),
        ("second/battles.yaml", "unknown_kind"),
        ("second/events.yaml", "invalid_yaml"),
        ("second/missions.yaml#m/type", "unknown_term"),
    }


def test_references_to_nothing_are_told_with_their_record(database, folder):
    write_file(
        folder,
        "first/actors.yaml",
        ACTORS.replace("actors/one", "actors/on").replace("sources/a-", "sources/b-"),
    )
    assert faults(database, folder) == {
        ("first/actors.yaml#one/evidence/0/source", "unknown_reference"),
        ("first/actors.yaml#two/relations/0/target", "unknown_reference"),
    }


def test_a_new_reference_to_a_deleted_record_is_refused(database, folder):
    seed(database, folder)
    remove(database, "actors/two")
    write_file(folder, "first/events.yaml", "- {id: e, title: E, participants: [{actor: actors/two}]}\n")
    with pytest.raises(InvalidDocument) as caught:
        seed(database, folder)
    assert [fault.pointer for fault in caught.value.faults] == ["first/events.yaml#e/participants/0/actor"]


def test_a_file_that_is_no_text_or_no_folder(database, folder, tmp_path):
    (folder / "first/events.yaml").write_bytes(b"- {id: e, title: \xff}")
    assert faults(database, folder) == {("first/events.yaml", "invalid_text")}
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "nowhere", folder / "first/actors.yaml"):
        with pytest.raises(FileNotFoundError):
            seed(database, path)


def test_a_database_without_vocabulary_is_refused(database, folder):
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM term"))
    with pytest.raises(Conflict, match="annals migrate"):
        seed(database, folder)


def test_only_an_empty_database_is_seeded_on_its_own(database, folder, monkeypatch):
    monkeypatch.setattr(loading, "data_dir", lambda _: folder)
    assert len(seed_when_empty(database).created) == 4
    assert seed_when_empty(database) is None


# SQLite has one writer: there nobody can come in between.
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_writer_in_between_is_seen(database, folder, monkeypatch):
    seed(database, folder)
    write_file(folder, "first/actors.yaml", ACTORS.replace("title: no", "title: yes"))
    last_editors = loading._last_editors

    def edited_meanwhile(tx, found):
        editors = last_editors(tx, found)
        if len(editors) > 1:
            edit(database, "actors/two", "somebody", title="Edited")
        return editors

    monkeypatch.setattr(loading, "_last_editors", edited_meanwhile)
    assert seed(database, folder).kept == ["actors/two"]


def digest(folder):
    return hashlib.sha256(
        b"".join(path.read_bytes() for path in sorted(Path(folder).rglob("*.yaml")))
    ).hexdigest()


@pytest.mark.slow
def test_the_fixtures_of_the_project_are_left_alone(database):
    before = digest(app_settings.data_dir("seed_data"))
    report = seed(database)
    assert len(report.created) > 50
    assert digest(app_settings.data_dir("seed_data")) == before
    assert seed(database).created == []
