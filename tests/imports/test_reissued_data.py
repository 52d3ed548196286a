"""Data that are issued again and again: what an import leaves of itself, and what a new issue no longer has."""

from functools import partial
from hashlib import sha256

import orjson
import pytest
from sqlalchemy import select

from app.database import tables
from app.maintenance.check import check
from app.values.one_line import MAX_COMMENT_LENGTH


@pytest.fixture
def annals(annals, database_url):
    return partial(annals, url=database_url)


@pytest.fixture
def issue(tmp_path):
    """Write a file of events with these numbers."""

    def write(*numbers, name="issue.ndjson", **members):
        file = tmp_path / name
        made = [{"kind": "event", "id": f"e{one}", "title": f"Event {one}", **members} for one in numbers]
        file.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in made))
        return file

    return write


def rows(database, statement):
    with database.snapshot() as connection:
        return connection.execute(statement).all()


def comments(database):
    return {comment for (comment,) in rows(database, select(tables.revision.c.comment))}


def file_of(path):
    return {"name": path.name, "sha256": sha256(path.read_bytes()).hexdigest()}


async def history(writer, ref):
    return (await writer.get(f"{ref}/revisions")).json()["items"]


@pytest.mark.parametrize(("sent", "kept"), [(" weekly e\u0301dition ", "weekly édition"), ("  ", None)])
def test_a_comment_is_kept_with_the_revisions(annals, issue, database, sent, kept):
    assert annals("import", issue(1, 2), "--comment", sent).code == 0
    assert comments(database) == {kept}


@pytest.mark.parametrize("sent", ["x" * (MAX_COMMENT_LENGTH + 1), "two\nlines"])
def test_what_is_no_comment_is_refused(annals, issue, sent):
    ended = annals("import", issue(1), "--comment", sent)
    assert (ended.code, ended.out) == (2, "")
    assert "--comment" in ended.err


async def test_revisions_tell_the_import_that_wrote_them_and_its_files(annals, issue, database, writer):
    first, second = issue(1, 2), issue(2, name="second.ndjson", summary="Revised.")
    told = annals("import", first, "--json").json
    assert "import" not in annals("import", second, "--dry-run", "--json").json
    again = annals("import", second, "--comment", "a correction", "--json").json
    assert (told["import"], again["import"]) == (1, 2)
    newer, older = await history(writer, "events/e2")
    assert newer["import"] == {"id": 2, "comment": "a correction", "files": [file_of(second)]}
    assert older["import"] == {"id": 1, "files": [file_of(first)]}
    patch = {"Content-Type": "application/merge-patch+json", "If-Match": "*"}
    await writer.ask("PATCH", "/v1/events/e2", content=b'{"summary":"By hand."}', headers=patch)
    assert "import" not in (await history(writer, "events/e2"))[0]
    kept = rows(database, select(tables.import_.c.pk, tables.import_.c.counts, tables.import_.c.ended_at))
    assert [(pk, orjson.loads(counts)["updated"], ended is not None) for pk, counts, ended in kept] == [
        (1, 0, True),
        (2, 1, True),
    ]
    assert check(database) == []


def test_a_mapping_is_among_the_files(annals, database, tmp_path):
    table, mapping = tmp_path / "battles.csv", tmp_path / "battles.yaml"
    table.write_text("name\nLodi\n")
    mapping.write_text("records:\n  - kind: event\n    fields:\n      title: '{name}'\n")
    ended = annals("import", table, "--map", mapping)
    assert ended.code == 0, ended.err
    [(files,)] = rows(database, select(tables.import_.c.files))
    assert orjson.loads(files) == [file_of(table), file_of(mapping)]


async def test_over_http_the_file_is_the_body(writer, database):
    body = b'{"kind":"event","id":"e","title":"E"}\n'
    headers = {"Content-Type": "application/x-ndjson", "X-Edit-Comment": "sent%20anew"}
    answer = await writer.ask("POST", "/v1/imports", content=body, headers=headers)
    assert answer.json()["import"] == 1
    [revision] = await history(writer, "events/e")
    file = {"name": "body", "sha256": sha256(body).hexdigest()}
    assert revision["import"] == {"id": 1, "comment": "sent anew", "files": [file]}
    assert rows(database, select(tables.import_.c.by)) == [("editor",)]


def test_an_import_that_is_refused_leaves_no_row(annals, issue, database):
    assert annals("import", issue(1, type="batle")).code == 1
    assert rows(database, select(tables.import_)) == []
