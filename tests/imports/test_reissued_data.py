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
    assert told["import"] < again["import"]
    newer, older = await history(writer, "events/e2")
    assert newer["import"] == {"id": again["import"], "comment": "a correction", "files": [file_of(second)]}
    assert older["import"] == {"id": told["import"], "files": [file_of(first)]}
    patch = {"Content-Type": "application/merge-patch+json", "If-Match": "*"}
    await writer.ask("PATCH", "/v1/events/e2", content=b'{"summary":"By hand."}', headers=patch)
    assert "import" not in (await history(writer, "events/e2"))[0]
    kept = rows(database, select(tables.import_.c.pk, tables.import_.c.counts, tables.import_.c.ended_at))
    assert [(pk, orjson.loads(counts)["updated"], ended is not None) for pk, counts, ended in kept] == [
        (told["import"], 0, True),
        (again["import"], 1, True),
    ]
    assert check(database) == []


def test_a_mapping_is_among_the_files(annals, database, tmp_path):
    table, mapping = tmp_path / "battles.csv", tmp_path / "battles.yaml"
    table.write_text("name\nLodi\n")
    mapping.write_text("records:\n  - kind: event\n    title: '{name}'\n")
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


def test_a_new_issue_tells_what_it_no_longer_has(annals, issue, database):
    sync = partial(annals, "import", "--json", "--sync", "weekly")
    assert sync(issue(1, 2, 3)).json["missing"] == {"count": 0, "refs": []}
    assert sync(issue(1, 2, 3)).json["missing"]["count"] == 0
    shown = sync("--dry-run", issue(2, 4)).json
    assert (shown["missing"]["count"], shown["missing"]["refs"]) == (2, ["events/e1", "events/e3"])
    written = sync(issue(2, 4)).json["missing"]
    assert (written["count"], written["refs"]) == (2, ["events/e1", "events/e3"])
    told = annals("import", "--sync", "weekly", issue(2, 3, 4))
    assert told.out.splitlines()[-1] == "1 that earlier imports under this label had is missing: events/e1"
    assert sync("--on-error", "skip", issue(2, type="batle")).json.get("missing") is None
    assert sync(issue(2)).json["missing"]["refs"] == ["events/e1", "events/e3", "events/e4"]
    assert annals("import", "--json", "--sync", "other", issue(2)).json["missing"]["count"] == 0
    noted = rows(database, select(tables.import_record.c.import_).distinct())
    assert len(noted) == 2, "what was superseded is deleted"
    assert check(database) == []


def test_ids_that_were_made_up_are_remembered_too(annals, tmp_path):
    def issued(*titles):
        file = tmp_path / "issue.ndjson"
        made = [orjson.dumps({"kind": "event", "title": title}) + b"\n" for title in titles]
        file.write_bytes(b"".join(made))
        return annals("import", "--json", "--sync", "x", file).json

    issued("Strike", "Protest", "Strike")
    assert issued("Strike", "Protest", "Strike")["missing"]["count"] == 0
    assert issued("Strike", "Lockout")["missing"]["refs"] == ["events/protest", "events/strike-2"]


def test_what_a_template_gave_way_to_belongs_to_whoever_made_it(annals, tmp_path):
    """Actors that a mapping makes where there are none are the label's own only if its imports made them."""
    mapping = tmp_path / "m.yaml"
    mapping.write_text(
        "records:\n"
        "  - kind: actor\n    if_missing: true\n    id: '{by}'\n    title: '{by}'\n"
        "  - kind: event\n    id: 'e{n}'\n    title: 'Event {n}'\n"
    )
    curated = tmp_path / "curated.ndjson"
    curated.write_bytes(b'{"kind":"actor","id":"cuba","title":"Republic of Cuba"}\n')
    assert annals("import", curated).code == 0

    def issued(*rows):
        table = tmp_path / "t.csv"
        table.write_text("n,by\n" + "".join(f"{n},{by}\n" for n, by in rows))
        ended = annals("import", "--json", "--sync", "x", "--map", mapping, table)
        assert ended.code == 0, ended.err + ended.out
        return ended.json["missing"]["refs"]

    assert issued((1, "cuba"), (2, "rebels")) == []
    assert issued((1, "cuba"), (2, "rebels")) == []
    assert sorted(issued((3, "others"))) == ["actors/rebels", "events/e1", "events/e2"]


async def test_over_http(writer):
    async def issued(*numbers, query=""):
        body = b"".join(orjson.dumps({"kind": "event", "id": f"e{n}", "title": "E"}) + b"\n" for n in numbers)
        headers = {"Content-Type": "application/x-ndjson"}
        return await writer.ask("POST", f"/v1/imports?sync=weekly{query}", content=body, headers=headers)

    assert (await issued(1, 2)).json()["missing"]["count"] == 0
    assert (await issued(2)).json()["missing"]["refs"] == ["events/e1"]
    answer = await writer.ask("POST", "/v1/imports?sync=%0A", content=b"", headers={})
    assert answer.json()["errors"][0]["parameter"] == "sync"


@pytest.mark.parametrize("label", ["", " ", "x" * 101, "a\nb"])
def test_what_is_no_label_is_refused(annals, issue, label):
    ended = annals("import", "--sync", label, issue(1))
    assert (ended.code, "--sync" in ended.err) == (2, True)
