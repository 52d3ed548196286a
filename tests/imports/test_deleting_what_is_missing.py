"""`--sync LABEL --delete-missing`: what is deleted, what is kept and why, and who has to agree."""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import orjson
import pytest
from sqlalchemy import func, select

from app.database import tables
from app.database.engine.database import Database
from app.maintenance.check import check

ROOT = Path(__file__).parents[2]
JSON = {"Content-Type": "application/x-ndjson"}


def event(number, *targets, **members):
    relations = [{"type": "leads-to", "target": f"events/e{one}"} for one in targets]
    return {
        "kind": "event",
        "id": f"e{number}",
        "title": f"Event {number}",
        "relations": relations,
        **members,
    }


def lines(documents):
    return b"".join(orjson.dumps(one) + b"\n" for one in documents)


@pytest.fixture
def annals(annals, database_url):
    return partial(annals, url=database_url)


@pytest.fixture
def issued(annals, tmp_path):
    """Import an issue under a label, and give how the command ended."""

    def run(documents, *options, label="weekly"):
        file = tmp_path / f"{label}.ndjson"
        file.write_bytes(lines(documents))
        return annals("import", "--json", "--sync", label, *options, file)

    return run


def states(database):
    with database.snapshot() as connection:
        return dict(map(tuple, connection.execute(select(tables.record.c.id, tables.record.c.state))))


def live(database):
    return {name for name, state in states(database).items() if state == tables.LIVE}


def kept(ended):
    return {one["ref"]: one["code"] for one in ended.json["missing"]["kept"]}


def test_what_a_dry_run_listed_is_deleted_with_its_token(issued, database):
    first = [event(1, 2), event(2, 1), event(3, 1), event(4), event(5)]
    assert issued(first).code == 0
    new = [event(4), event(6)]
    token = issued(new, "--dry-run").json["missing"]["confirm"]
    assert issued(new, "--delete-missing", "--confirm", "0" * 16).code == 1
    assert live(database) == {"e1", "e2", "e3", "e4", "e5"}, "nothing is written unconfirmed"
    done = issued(new, "--delete-missing", "--confirm", token, "--comment", "issue 2")
    told = done.json["missing"]
    assert {**told, "refs": sorted(told["refs"])} == {
        "count": 4,
        "deleted": 4,
        "refs": ["events/e1", "events/e2", "events/e3", "events/e5"],
        "kept": [],
    }
    assert live(database) == {"e4", "e6"}
    with database.snapshot() as connection:
        deletions = select(tables.revision.c.import_, tables.revision.c.comment).where(
            tables.revision.c.action == "delete"
        )
        assert set(map(tuple, connection.execute(deletions))) == {(done.json["import"], "issue 2")}
    again = issued(new, "--delete-missing", "--confirm", token)
    assert (again.code, again.json["missing"]["count"]) == (0, 0)
    assert check(database) == []


async def test_what_is_kept_is_told_with_the_reason(issued, annals, database, writer, tmp_path):
    issued([event(number) for number in range(1, 7)] + [event(7, 8), event(8), event(9, 10), event(10, 9)])
    issued([event(3)], label="other")
    patch = {"Content-Type": "application/merge-patch+json", "If-Match": "*"}
    for ref in ("events/e2", "events/e9"):
        await writer.ask("PATCH", f"/v1/{ref}", content=b'{"summary":"Mine."}', headers=patch)
    await writer.ask("DELETE", "/v1/events/e4", headers={"If-Match": "*"})
    outside = tmp_path / "outside.ndjson"
    outside.write_bytes(lines([event("x", 7)]))
    assert annals("import", outside).code == 0
    done = issued([event(1)], "--delete-missing", "--delete-at-most", "90%")
    assert kept(done) == {
        "events/e2": "edited",
        "events/e3": "under_another_label",
        "events/e4": "gone",
        "events/e7": "referenced",
        "events/e8": "referenced",
        "events/e9": "edited",
        "events/e10": "referenced",
    }
    assert (done.json["missing"]["count"], done.json["missing"]["deleted"]) == (9, 2)
    assert live(database) == {"e1", "e2", "e3", "e7", "e8", "e9", "e10", "ex"}
    assert check(database) == []
    await writer.ask("DELETE", "/v1/events/ex", headers={"If-Match": "*"})
    later = issued([event(1)], "--delete-missing", "--delete-at-most", "10")
    assert set(kept(later)) == {"events/e2", "events/e3", "events/e9", "events/e10"}
    assert later.json["missing"]["deleted"] == 2, "what kept them is gone"


@pytest.mark.parametrize(("bound", "code"), [("1", 1), ("2", 0), ("49%", 1), ("50%", 0)])
def test_more_than_the_bound_is_not_deleted_and_nothing_is_written(issued, database, bound, code):
    issued([event(number) for number in range(4)])
    ended = issued([event(0), event(1), event(9)], "--delete-missing", "--delete-at-most", bound)
    assert ended.code == code, ended.err
    assert live(database) == ({"e0", "e1", "e9"} if code == 0 else {"e0", "e1", "e2", "e3"})


@pytest.mark.parametrize(
    "options",
    [
        ["--sync", "x", "--delete-missing"],
        ["--delete-missing", "--confirm", "t"],
        ["--sync", "x", "--confirm", "t"],
        ["--sync", "x", "--delete-missing", "--delete-at-most", "101%"],
        ["--sync", "x", "--delete-missing", "--delete-at-most", "1", "--confirm", "t"],
    ],
)
def test_options_that_consent_to_nothing_are_refused(annals, tmp_path, options):
    file = tmp_path / "f.ndjson"
    file.write_bytes(lines([event(1)]))
    assert annals("import", *options, file).code == 2


def test_an_import_with_faults_deletes_nothing(issued, database):
    issued([event(1), event(2)])
    ended = issued(
        [event(3, type="batle")], "--on-error", "skip", "--delete-missing", "--delete-at-most", "9"
    )
    assert "missing" not in ended.json
    assert live(database) == {"e1", "e2"}


async def test_over_http(writer, database):
    async def issued(documents, query=""):
        return await writer.ask("POST", f"/v1/imports?sync=x{query}", content=lines(documents), headers=JSON)

    await issued([event(1), event(2)])
    token = (await issued([event(2)], "&dry_run=true")).json()["missing"]["confirm"]
    for query in ("&delete_missing=true", "&confirm=x"):
        assert (await issued([event(2)], query)).status_code == 400
    wrong = await issued([event(2)], "&delete_missing=true&confirm=x")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "not_confirmed")
    done = (await issued([event(2)], f"&delete_missing=true&confirm={token}")).json()
    assert (done["missing"]["deleted"], done["missing"]["kept"]) == (1, [])
    assert live(database) == {"e2"}


@pytest.mark.torture
def test_one_that_is_killed_while_it_deletes_goes_on(issued, annals, database, database_url, tmp_path):
    """Chains and circles, so that the order of deletion matters."""
    count = 3_000
    many = [event(n, n // 10 * 10 + (n + 1) % 10) for n in range(count)]
    assert issued(many).code == 0
    file = tmp_path / "weekly.ndjson"
    file.write_bytes(lines([event("new")]))
    options = [
        "import",
        "--json",
        "--sync",
        "weekly",
        "--delete-missing",
        "--delete-at-most",
        "100%",
        str(file),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *options],
        cwd=ROOT,
        env={**os.environ, "ANNALS_DATABASE_URL": database_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deleted = select(func.count()).where(tables.record.c.state == tables.DELETED)
    watching = Database.open(database_url)
    while process.poll() is None:
        with watching.snapshot() as connection:
            if connection.execute(deleted).scalar_one():
                break
        time.sleep(0.01)
    watching.dispose()
    process.kill()
    process.communicate()
    assert 1 < len(live(database)) < count
    assert check(database) == [], "no reference leads to nothing"
    done = annals(*options)
    assert done.code == 0, done.err
    told = done.json["missing"]
    assert (told["count"], told["deleted"], len(told["refs"]), told["kept"]) == (count, count, count, [])
    assert live(database) == {"enew"}
    assert check(database) == []
