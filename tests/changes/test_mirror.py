"""`annals mirror` against real servers: it ends with the same documents, whatever happens meanwhile."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import orjson
import pytest
from listening import listening

from app.database.engine.process_lock import claimed_file
from app.errors import Unavailable
from app.main import create_app
from app.mirror.client import TRIES, ServiceClient
from app.mirror.file import REMEMBERED, MirrorFile, SeenChange
from app.mirror.service import follow
from app.records.kinds import RECORD_KINDS
from app.settings import Settings

ROOT = Path(__file__).parents[2]


def rows(file, statement="SELECT ref, document FROM record"):
    with closing(sqlite3.connect(file)) as opened:
        return opened.execute(statement).fetchall()


def held(file):
    return {ref: orjson.loads(document) for ref, document in rows(file)}


@contextmanager
def asking(url, key):
    headers = {"Authorization": f"Bearer {key}", "If-Match": "*"}
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:

        def one(method, path, expected, document=None, **options):
            answer = client.request(method, path, json=document, **options)
            assert answer.status_code == expected, answer.text
            return answer.json() if answer.content else None

        one.url = url
        yield one


@pytest.fixture
def ask(database_url, api_key):
    """`ask("POST", "/v1/events", 201, {…})` writes; `ask.url` is where."""
    service = create_app(Settings(database_url=database_url))
    with listening(service) as port, asking(f"http://127.0.0.1:{port}", api_key("admin")) as one:
        yield one


@pytest.fixture
def ask_process(server, api_key):
    """The same of a server in a process of its own, `ask_process.running`, which can be ended."""
    running = server("--no-seed")
    with asking(running.url, api_key("admin")) as one:
        one.running = running
        yield one


def mirror(annals, database_url, ask, file):
    ended = annals("mirror", ask.url, file, url=database_url)
    assert ended.code == 0, ended.err
    return held(file)


@pytest.fixture
def mirrored(annals, ask, database_url):
    """`mirrored(file)` brings a mirror up to date and returns its documents."""

    return partial(mirror, annals, database_url, ask)


def live(ask):
    """Return every document as lists have it."""
    return {
        f"{kind.collection}/{item['id']}": item
        for kind in RECORD_KINDS
        for item in ask("GET", f"/v1/{kind.collection}?limit=1000", 200)["items"]
    }


def fill(ask, count=60):
    for name in ("a", "b", "c"):
        ask("POST", "/v1/places", 201, {"id": name, "title": name.upper()})
    lines = [
        {"kind": "event", "id": f"e{n}", "title": f"E {n}", "places": [{"place": f"places/{'abc'[n % 2]}"}]}
        for n in range(count)
    ]
    body = b"\n".join(map(orjson.dumps, lines))
    ask("POST", "/v1/imports", 200, content=body, headers={"Content-Type": "application/x-ndjson"})


@pytest.mark.slow
def test_a_mirror_ends_with_the_same_documents(ask, mirrored, tmp_path):
    file = tmp_path / "mirror.db"
    assert mirrored(file) == live(ask) == {}
    fill(ask, 230)
    assert len(mirrored(file)) == 233
    assert mirrored(file) == live(ask)
    for path in ("events/e1", "events/e2", "places/c"):
        ask("DELETE", f"/v1/{path}", 204)
    merge = ask("POST", "/v1/merges", 201, {"from": "places/a", "into": "places/b"})
    found = mirrored(file)
    assert found == live(ask)
    assert found.keys().isdisjoint({"events/e1", "events/e2", "places/a", "places/c"})
    ask("POST", "/v1/events/e2/restore", 200)
    ask("PUT", "/v1/events/e4", 200, {"title": "Otherwise"})
    ask("POST", "/v1/events/e4/revert", 200, {"to": 1})
    assert mirrored(file) == live(ask)
    ask("DELETE", f"/v1/merges/{merge['id']}", 200)
    assert mirrored(file) == live(ask)
    second = ask("POST", "/v1/merges", 201, {"from": "events/e5", "into": "events/e6"})
    assert mirrored(file) == live(ask)
    ask("DELETE", f"/v1/merges/{second['id']}", 200)
    assert mirrored(file) == live(ask)
    assert mirrored(tmp_path / "another.db") == live(ask)
    assert rows(file, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.slow
def test_purges_and_terms_are_followed_which_no_change_tells(annals, ask, mirrored, database_url, tmp_path):
    file = tmp_path / "mirror.db"
    fill(ask)
    mirrored(file)
    terms = partial(rows, file, "SELECT scheme, document FROM term ORDER BY scheme, position")
    before = terms()
    assert annals("purge", "events/e7", "--yes", url=database_url).code == 0
    path, term = "/v1/vocabularies/event-type", {"id": "sit-in", "label": "Sit-in"}
    ask("POST", path, 201, term)
    found = mirrored(file)
    assert "events/e7" not in found
    assert found == live(ask)
    [added] = set(terms()) - set(before)
    assert (added[0], orjson.loads(added[1])["id"]) == ("event-type", "sit-in")
    ask("DELETE", f"{path}/sit-in", 204)
    mirrored(file)
    assert terms() == before


@pytest.mark.slow
def test_a_mirror_can_be_imported(annals, ask, mirrored, bare_url, database_url, tmp_path):
    fill(ask)
    ask("POST", "/v1/vocabularies/event-type", 201, {"id": "sit-in", "label": "Sit-in"})
    ask("POST", "/v1/events", 201, {"id": "e", "title": "E", "type": "sit-in"})
    [statement] = re.findall(r'^sqlite3 mirror.db "(.*?)"', (ROOT / "README.md").read_text(), re.MULTILINE)
    documents = mirrored(tmp_path / "mirror.db")
    lines = [document for (document,) in rows(tmp_path / "mirror.db", statement)]
    (tmp_path / "all.ndjson").write_text("\n".join(lines))
    assert annals("migrate", url=bare_url).code == 0
    assert annals("import", tmp_path / "all.ndjson", url=bare_url).code == 0
    for url, name in ((bare_url, "copy"), (database_url, "original")):
        assert annals("export", tmp_path / name, url=url).code == 0
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "original").read_bytes()
    assert len(documents) == 64


@pytest.mark.slow
def test_json_tells_what_became_of_it(annals, ask, database_url, tmp_path):
    fill(ask)
    told = annals("mirror", ask.url, tmp_path / "m.db", "--json", url=database_url).json
    assert told.pop("after") > 60
    assert told == {"read": 63, "removed": 0, "records": 63, "went_back": False}
    again = annals("mirror", ask.url + "/", tmp_path / "m.db", "--json", url=database_url)
    assert (again.json["read"], again.err) == (0, "")


# What follows is about the client alone: one database is enough.
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.mark.slow
@only_sqlite
def test_a_restored_service_is_followed_from_the_last_common_change(
    annals, ask_process, server, database_url, tmp_path
):
    ask = ask_process
    mirrored = partial(mirror, annals, database_url, ask)
    fill(ask)
    file = tmp_path / "mirror.db"
    mirrored(file)
    assert annals("backup", tmp_path / "backup", url=database_url).code == 0
    ask("PUT", "/v1/events/e1", 200, {"title": "Lost"})
    ask("POST", "/v1/events", 201, {"id": "lost", "title": "Lost as well"})
    ask("DELETE", "/v1/events/e2", 204)
    assert mirrored(file) == live(ask)
    ask.running.stop()
    assert annals("restore", tmp_path / "backup", "--yes", url=database_url).code == 0
    server("--no-seed", port=ask.running.port)
    ended = annals("mirror", ask.url, file, url=database_url)
    assert (ended.code, "lost some of the last changes" in ended.err) == (0, True)
    assert held(file) == live(ask)
    assert "events/lost" not in held(file)
    for number in range(3):
        ask("POST", "/v1/events", 201, {"id": f"new{number}", "title": "New"})
    assert mirrored(file) == live(ask)


@pytest.mark.slow
@only_sqlite
def test_more_may_be_lost_than_a_mirror_remembers_change_by_change(
    annals, ask, mirrored, database_url, tmp_path
):
    file = tmp_path / "mirror.db"
    fill(ask, 3)
    assert annals("backup", tmp_path / "backup", url=database_url).code == 0
    lines = [{"kind": "event", "id": f"lost{n}", "title": "Lost"} for n in range(REMEMBERED + 500)]
    body = b"\n".join(map(orjson.dumps, lines))
    ask("POST", "/v1/imports", 200, content=body, headers={"Content-Type": "application/x-ndjson"})
    ask("PUT", "/v1/events/e1", 200, {"title": "Lost"})
    ask("DELETE", "/v1/events/e2", 204)
    assert len(mirrored(file)) == REMEMBERED + 505
    assert annals("restore", tmp_path / "backup", "--yes", url=database_url).code == 0
    # The same record was written as often since, and there are as many.
    ask("PUT", "/v1/events/e1", 200, {"title": "Kept"})
    ended = annals("mirror", ask.url, file, "--json", url=database_url)
    assert (ended.code, ended.json["went_back"]) == (0, True), ended.err
    assert held(file) == live(ask)
    assert held(file)["events/e1"]["title"] == "Kept"
    assert annals("mirror", ask.url, file, "--json", url=database_url).json["read"] == 0


@pytest.mark.slow
@only_sqlite
@pytest.mark.parametrize("written", [0, 1, 3])
def test_an_older_copy_that_the_service_knows_nothing_of_is_noticed(
    annals, ask_process, server, database_url, tmp_path, written
):
    ask = ask_process
    mirrored = partial(mirror, annals, database_url, ask)
    fill(ask)
    file, path = tmp_path / "mirror.db", Path(database_url.removeprefix("sqlite:///"))
    mirrored(file)
    ask.running.stop()
    copied = path.read_bytes()
    server("--no-seed", port=ask.running.port)
    for title in ("Lost", "Lost again"):
        ask("PUT", "/v1/events/e1", 200, {"title": title})
    assert mirrored(file)["events/e1"]["title"] == "Lost again"
    ask.running.stop()
    path.write_bytes(copied)
    server("--no-seed", port=ask.running.port)
    for number in range(written):
        ask("POST", "/v1/events", 201, {"id": f"new{number}", "title": "New"})
    assert mirrored(file) == live(ask)


@pytest.mark.slow
@only_sqlite
def test_a_service_may_be_set_back_while_it_is_followed(annals, ask, database_url, tmp_path):
    fill(ask, 3)
    assert annals("backup", tmp_path / "backup", url=database_url).code == 0
    lines = [{"kind": "event", "id": f"lost{n}", "title": "Lost"} for n in range(1100)]
    body = b"\n".join(map(orjson.dumps, lines))
    ask("POST", "/v1/imports", 200, content=body, headers={"Content-Type": "application/x-ndjson"})
    set_back = []

    def progress(_stage, done, _total):
        if done > 900 and not set_back:
            set_back.append(annals("restore", tmp_path / "backup", "--yes", url=database_url).code)
            ask("PUT", "/v1/events/e1", 200, {"title": "Kept"})

    client = ServiceClient(ask.url, None, lambda _: None)
    with MirrorFile.opened(tmp_path / "m.db", ask.url) as mirror:
        followed = follow(mirror, client, progress)
    client.close()
    assert (set_back, followed.went_back, followed.records) == ([0], True, 6)
    assert held(tmp_path / "m.db") == live(ask)


@only_sqlite
def test_another_service_that_has_lost_such_numbers_is_refused(
    annals, ask, mirrored, bare_url, database_url, tmp_path
):
    fill(ask)
    file = tmp_path / "mirror.db"
    before = mirrored(file)
    assert annals("migrate", url=bare_url).code == 0
    assert annals("backup", tmp_path / "backup", url=bare_url).code == 0
    assert annals("restore", tmp_path / "backup", "--yes", url=bare_url).code == 0
    with listening(create_app(Settings(database_url=bare_url))) as port:
        ended = annals("mirror", f"http://127.0.0.1:{port}", file, url=database_url)
    assert (ended.code, ended.out) == (1, "")
    assert "begin a new mirror" in ended.err
    assert held(file) == before


@only_sqlite
def test_another_service_is_refused(annals, ask, mirrored, database_url, tmp_path):
    fill(ask)
    file = tmp_path / "mirror.db"
    before = mirrored(file)
    with MirrorFile.opened(file, ask.url) as mirror, mirror.begin():
        mirror.remember(
            [SeenChange(seq, ref, revision + 1, at) for seq, ref, revision, at in mirror.recent_changes()],
            mirror.after,
        )
    ended = annals("mirror", ask.url, file, url=database_url)
    assert (ended.code, ended.out) == (1, "")
    assert "begin a new mirror" in ended.err
    assert held(file) == before


@only_sqlite
def test_files_that_are_no_mirror_are_refused_and_left_alone(annals, ask, database_url, tmp_path):
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as made:
        made.execute("CREATE TABLE mine (x)")
    (tmp_path / "text").write_bytes(b"no database " * 100)
    for file in (other, tmp_path / "text"):
        content = file.read_bytes()
        ended = annals("mirror", ask.url, file, url=database_url)
        assert (ended.code, "is no mirror" in ended.err) == (1, True), ended.err
        assert file.read_bytes() == content
    for wrong in (
        ("ftp://x", tmp_path / "m"),
        (ask.url, "-"),
        (ask.url, tmp_path / "no" / "m"),
        (ask.url, tmp_path),
    ):
        assert annals("mirror", *wrong, url=database_url).code == 2


@pytest.mark.slow
@only_sqlite
def test_two_at_once_are_refused(annals, ask, database_url, tmp_path):
    file = tmp_path / "m.db"
    holding = "import sys; from app.database.engine.process_lock import claimed_file\nwith claimed_file(sys.argv[1]) as granted: print(granted, flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", holding, str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"True\n"
        ended = annals("mirror", ask.url, file, url=database_url)
        assert (ended.code, "Another process" in ended.err) == (1, True)
    assert annals("mirror", ask.url, file, url=database_url).code == 0
    with claimed_file(str(file)) as granted:
        assert granted


@pytest.mark.slow
@only_sqlite
def test_a_key_is_sent_where_one_is_wanted(annals, server, api_key, database_url, tmp_path, monkeypatch):
    running = server("--no-seed", public_reads="false")
    refused = annals("mirror", running.url, tmp_path / "m.db", url=database_url)
    assert (refused.code, "--key" in refused.err) == (1, True)
    key = api_key("read")
    assert annals("mirror", running.url, tmp_path / "m.db", "--key", key, url=database_url).code == 0
    monkeypatch.setenv("ANNALS_MIRROR_KEY", key)
    assert annals("mirror", running.url, tmp_path / "m.db", url=database_url).code == 0


@pytest.mark.slow
@only_sqlite
def test_a_limited_service_is_asked_again_when_it_says(annals, server, database_url, tmp_path):
    running = server("--no-seed", rate_limit_per_address="60/6 seconds", rate_limit_loopback="true")
    with httpx.Client(base_url=running.url) as other:
        while other.get("/v1/changes").status_code != 429:
            pass
    ended = annals("mirror", running.url, tmp_path / "m.db", url=database_url)
    assert ended.code == 0, ended.err
    assert "answers 429" in ended.err
    assert rows(tmp_path / "m.db", "SELECT count(*) > 50 FROM term") == [(1,)]


@pytest.mark.slow
@only_sqlite
def test_killed_it_goes_on_from_the_last_page(annals, ask, database_url, tmp_path):
    fill(ask, 5000)
    file = tmp_path / "m.db"
    command = [sys.executable, "-m", "app", "mirror", ask.url, str(file)]
    seen = []
    for sent in (signal.SIGKILL, signal.SIGTERM):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        before = seen[-1] if seen else 0
        while process.poll() is None and followed(file) <= before:
            time.sleep(0.002)
        process.send_signal(sent)
        _, told = process.communicate()
        seen.append(followed(file))
        # Whole pages: a thousand changes each.
        assert len(held(file)) == seen[-1] or process.returncode == 0
        if sent is signal.SIGTERM and process.returncode:
            assert (process.returncode, b"goes on from there" in told) == (143, True)
    assert 0 < seen[0] <= seen[1]
    last = annals("mirror", ask.url, file, "--json", url=database_url).json
    assert last["read"] == 5003 - seen[1]
    assert held(file) == {
        item["href"].removeprefix("/v1/"): item
        for kind in ("places", "events")
        for item in everything(ask, f"/v1/{kind}?limit=1000")
    }


def everything(ask, path):
    while path:
        page = ask("GET", path, 200)
        yield from page["items"]
        path = page["next"]


def followed(file):
    try:
        [(count,)] = rows(file, "SELECT count(*) FROM record") if file.exists() else [(0,)]
    except sqlite3.OperationalError:
        return 0
    return count


@pytest.mark.slow
@only_sqlite
def test_a_service_that_is_killed_is_waited_for(ask_process, server, tmp_path):
    ask = ask_process
    fill(ask, 3000)
    file = tmp_path / "m.db"
    command = [sys.executable, "-m", "app", "mirror", ask.url, str(file), "--json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.poll() is None and followed(file) == 0:
        time.sleep(0.002)
    os.killpg(ask.running.process.pid, signal.SIGKILL)
    ask.running.process.wait()
    server("--no-seed", port=ask.running.port)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert orjson.loads(out)["records"] == 3003


class Scripted:
    """A service that gives the answers of a list, one after the other: a status, headers and a body."""

    def __init__(self, answers):
        waiting = iter(answers)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, headers, body = next(waiting)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


PROBLEM = orjson.dumps({"detail": "Too many."})


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "7"}, 7, 7),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0, 0),
        ({"Retry-After": "soon"}, 0.5, 0.5),
        ({}, 0.5, 0.5),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_long_as_it_is_asked_to(status, headers, least, most):
    waited, told = [], []
    with Scripted([(status, headers, PROBLEM), (200, {}, b'{"a":1}')]) as scripted:
        client = ServiceClient(scripted.url, None, told.append, waited.append)
        assert client.read("/v1/x") == {"a": 1}
        client.close()
    assert len(waited) == 1
    assert least <= waited[0] <= most
    assert bool(told) == (waited[0] >= 1)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([(503, {"Retry-After": "0"}, PROBLEM)] * TRIES, "answers 503: Too many. That was tried 10 times"),
        ([(503, {"Retry-After": "99999"}, PROBLEM)], "come again in 1,667 minutes"),
        ([(401, {}, PROBLEM)], "ANNALS_MIRROR_KEY"),
        ([(403, {}, PROBLEM)], "answers 403"),
        ([(301, {"Location": "https://annals.example/"}, b"")], "give that address"),
        ([(404, {}, b"<html>")], "Is this the address of an Annals service?"),
        ([(200, {}, b"<html>")], "no Annals service"),
        ([(200, {}, b"[]")], "no Annals service"),
        ([(410, {}, b"{}")], "no Annals service"),
    ],
)
def test_what_cannot_be_waited_for_is_told(annals, tmp_path, answers, message):
    with Scripted(answers) as scripted:
        ended = annals("mirror", scripted.url, tmp_path / "m.db", url="sqlite:///none.db")
    assert (ended.code, ended.out) == (1, "")
    assert message in ended.err
    assert "Traceback" not in ended.err


CHANGE = {"seq": 7, "ref": "events/e", "revision": 2, "at": "2024-01-01T00:00:00.000000Z"}
EVENT = {"kind": "event", "id": "e", "title": "E"}
NONE = {"items": [], "next": None}
GONE = (404, {}, PROBLEM)


def given(found):
    return (200, {}, orjson.dumps(found))


@pytest.mark.parametrize(
    ("first", "waits"),
    [
        pytest.param([given({"items": [{**EVENT, "revision": 2}], "next": None})], 0, id="its own state"),
        pytest.param([given({"items": [{**EVENT, "revision": 3}], "next": None})], 0, id="a later state"),
        pytest.param(
            [
                given({"items": [{**EVENT, "revision": 1}], "next": None}),
                given({"items": [{**EVENT, "revision": 2}], "next": None}),
            ],
            1,
            id="an older state",
        ),
        pytest.param(
            [
                *[given(NONE), GONE, given({"items": [CHANGE], "next": None})],
                given({"items": [{**EVENT, "revision": 2}], "next": None}),
            ],
            1,
            id="a state from before it was there",
        ),
        pytest.param([given(NONE), GONE, given(NONE)], 0, id="purged meanwhile"),
        pytest.param([given(NONE), (410, {}, PROBLEM)], 0, id="deleted meanwhile"),
        pytest.param([given(NONE), (308, {"Location": "/v1/events/f"}, b"{}")], 0, id="merged meanwhile"),
    ],
)
def test_states_of_a_replica_that_lags_are_waited_out(tmp_path, first, waits):
    counts = [given({"count": int(kind.kind == "event"), **NONE}) for kind in RECORD_KINDS]
    is_there = len(first) == 1 or waits
    if not is_there:
        counts = [given({"count": 0, **NONE})] * len(counts)
    answers = [given({"items": [CHANGE], "next": None}), *first, given(NONE), *counts, given({"items": []})]
    waited = []
    with Scripted(answers) as scripted, MirrorFile.opened(tmp_path / "m.db", scripted.url) as mirror:
        client = ServiceClient(scripted.url, None, lambda _: None, waited.append)
        done = follow(mirror, client, lambda *_: None)
        client.close()
    assert waited == [1.0] * waits
    assert (done.records, done.after) == (int(is_there), 7)


def test_a_replica_that_stands_still_leaves_the_mirror_as_it_was(tmp_path):
    older = given({"items": [{**EVENT, "revision": 1}], "next": None})
    answers = [given({"items": [CHANGE], "next": None}), *[older] * 10]
    with Scripted(answers) as scripted, MirrorFile.opened(tmp_path / "m.db", scripted.url) as mirror:
        client = ServiceClient(scripted.url, None, lambda _: None, lambda _: None)
        with pytest.raises(Unavailable, match="older state"):
            follow(mirror, client, lambda *_: None)
        client.close()
        assert (mirror.totals().records, mirror.after) == (0, 0)


def test_only_the_last_changes_are_remembered(tmp_path):
    with MirrorFile.opened(tmp_path / "m.db", "http://x") as mirror:
        with mirror.begin():
            mirror.remember([SeenChange(n, "events/e", n, "t") for n in range(1, REMEMBERED + 11)], 1010)
        assert [one.seq for one in mirror.recent_changes()] == list(range(11, REMEMBERED + 11))
        with mirror.begin():
            mirror.remember((), 500)
        assert mirror.recent_changes()[-1].seq == mirror.after == 500


def test_of_older_changes_some_are_remembered(tmp_path):
    with MirrorFile.opened(tmp_path / "m.db", "http://x") as mirror:
        for first in range(1, 3501, 500):
            page = [SeenChange(n, "events/e", n, "t") for n in range(first, first + 500)]
            with mirror.begin():
                mirror.remember(page, page[-1].seq)
        assert [one.seq for one in mirror.older_changes()] == [1, 1000, 2000]
        assert [one.seq for one in mirror.recent_changes()] == list(range(2501, 3501))
        with mirror.begin():
            mirror.remember((), 1500)
        assert [one.seq for one in mirror.older_changes()] == [1, 1000]
        assert mirror.recent_changes() == []
