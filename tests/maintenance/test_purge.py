"""`purge` erases a record everywhere: its own tested promise (api.md §8)."""

from pathlib import Path

import pytest
from sqlalchemy import inspect, make_url, text
from versions import version_of

from app.database.api_keys import create_key
from app.database.lookup import find
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.errors import Conflict, NotFound
from app.maintenance.purge import purge
from app.merges.service import merge_records
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.web.idempotency import IdempotentRequest, StoredResponse, keep
from app.writing.service import create, delete, replace

pytestmark = pytest.mark.anyio
ME = Attribution("me", "why")
SECRET = "zebrafinch"


def write(database, kind_name, record_id, **document):
    kind = kind_by_name(kind_name)

    def verb(tx):
        raw = {"id": record_id, "title": record_id, **document}
        return create(tx, kind, validate_document(kind, raw, vocabulary_of(tx)), ME)

    return database.write_now(verb)


def everything(database):
    """Read every row of every table as text."""
    with database.snapshot() as connection:
        names = inspect(connection).get_table_names()
        return "\n".join(
            str(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row))
            for name in names
            for row in connection.execute(text(f'SELECT * FROM "{name}"'))
        )


async def test_nothing_of_it_is_left(database, database_url):
    write(database, "actor", "dup", title="Zebrafinch double")
    stored = write(
        database, "actor", "zf", title="Zebrafinch", summary="Zebrafinch himself", aliases=["Zebrafinch Z"]
    )
    write(database, "actor", "other", title="Other")
    kind = kind_by_name("actor")

    def more(tx):
        current = find(tx, kind, "zf", lock=True)
        raw = {"title": "Zebrafinch again", "labels": {"es": "Zebrafinch"}}
        replace(tx, current, validate_document(kind, raw, vocabulary_of(tx)), ME)
        merge_records(tx, "actors/dup", "actors/zf", ME)
        _, key = create_key(tx, "k", ["write"])
        keep(
            tx,
            IdempotentRequest(key.pk, "a", b"d"),
            StoredResponse(201, b'{"title":"Zebrafinch"}', record=stored.pk),
        )
        keep(
            tx,
            IdempotentRequest(key.pk, "b", b"d"),
            StoredResponse(201, b'{"linked":{"actors/zf":{"title":"Zebrafinch"}}}'),
        )
        keep(tx, IdempotentRequest(key.pk, "c", b"d"), StoredResponse(201, b'{"title":"something else"}'))

    database.write_now(more)
    assert SECRET in everything(database).lower()
    before = version_of(database)
    purged = purge(database, "actors/zf")
    assert purged.refs == ("actors/zf", "actors/dup")
    # Three of actors/zf, the last of which merging wrote, and two of actors/dup.
    assert (purged.revisions, purged.answers) == (5, 2)
    left = everything(database).lower()
    assert SECRET not in left
    assert "'zf'" not in left
    assert "something else" in left
    assert version_of(database) > before
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        for file in Path(url.database).parent.glob(Path(url.database).name + "*"):
            assert SECRET.encode() not in file.read_bytes().lower(), file
    with pytest.raises(NotFound):
        purge(database, "actors/zf")
    assert write(database, "actor", "zf").revision == 1


async def test_what_is_referred_to_is_not_purged(database):
    write(database, "actor", "a")
    event = write(database, "event", "e", participants=[{"actor": "actors/a"}])
    with pytest.raises(Conflict) as caught:
        purge(database, "actors/a")
    assert caught.value.extra["referrers"] == ["events/e"]
    database.write_now(lambda tx: delete(tx, event, ME))
    purge(database, "actors/a")
    with database.snapshot() as connection:
        assert find(connection, kind_by_name("actor"), "a") is None


async def test_a_merged_record_can_be_purged_alone(database):
    write(database, "actor", "a")
    write(database, "actor", "b")
    database.write_now(lambda tx: merge_records(tx, "actors/a", "actors/b", ME))
    assert purge(database, "actors/a").refs == ("actors/a",)
    with database.snapshot() as connection:
        assert find(connection, kind_by_name("actor"), "b") is not None


@pytest.mark.parametrize("aliases", [True, False])
async def test_who_was_given_its_names_is_told(database, aliases):
    write(database, "actor", "a", title="Zebrafinch")
    write(database, "actor", "b", title="B")
    write(database, "actor", "c", title="C")
    database.write_now(lambda tx: merge_records(tx, "actors/a", "actors/b", ME, aliases=aliases))
    told = [one for one in purge(database, "actors/a").remains if "actors/b" in one]
    assert len(told) == aliases
    assert ("zebrafinch" in everything(database).lower()) == aliases
    assert not any("merged" in one for one in purge(database, "actors/c").remains)


async def test_what_a_reader_keeps_from_being_erased_is_said_and_finished_later(
    annals, database, database_url, database_kind, monkeypatch
):
    for module in ("sqlite_connect", "writer"):
        monkeypatch.setattr(f"app.database.engine.{module}.BUSY_MS", 50)
    write(database, "actor", "zf", title="Zebrafinch")

    def files():
        path = Path(make_url(database_url).database)
        return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*")).lower()

    with database.snapshot() as reader:
        reader.execute(text("SELECT 1 FROM record")).all()
        ended = annals("purge", "--yes", "actors/zf", url=database_url)
        if database_kind == "sqlite":
            assert SECRET.encode() in files()
            assert (ended.code, "--finish" in ended.err) == (1, True)
    assert "Backups" in ended.err
    ended = annals("purge", "--finish", url=database_url)
    assert ended.code == 0, ended.err
    if database_kind == "sqlite":
        assert SECRET.encode() not in files()
        assert ended.err == ""
    else:
        assert "VACUUM FULL" in ended.err
        assert "Write-ahead log" in ended.err


def test_a_record_or_finish_is_wanted(annals, database_url):
    for arguments in ((), ("actors/x", "--finish")):
        assert annals("purge", *arguments, url=database_url).code == 2
