"""Tables with mappings of one's own over HTTP: `POST /v1/imports` as multipart/form-data."""

import gzip
from hashlib import sha256

import pytest

from app.settings import data_dir

pytestmark = pytest.mark.anyio

MAPPING = b"""
records:
  - kind: actor
    id: "{name|slug}"
    title: "{name}"
    type: person
    summary: {from: "{what}", match: {"^is (.*)": '\\1', "(a|aa)+$": other}, default: ""}
"""
JOINING = b"""
join: {lives: {file: ../../etc/passwd, on: name, key: who}}
columns: {born: {join: lives, from: "{year}"}}
records:
  - {kind: actor, id: "{name|slug}", title: "{name}", date: "{born}"}
"""
TABLE = b"name,what\nAda Lovelace,is a mathematician\nHerodotus,\n"
LIVES = b"who,year\nAda Lovelace,1815/1852\n"


def body(*parts, boundary=b"-+-", end=True):
    """Each part is its name, its content, and its headers and parameters."""
    lines = []
    for name, content, *more in parts:
        described = b"".join(one if one.startswith(b";") else b"\r\n" + one for one in more)
        lines.append(b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n')
        lines[-1] %= boundary, name, described, content
    return b"".join(lines) + (b"--%s--\r\n" % boundary if end else b"")


async def send(writer, content, query="", content_type="multipart/form-data; boundary=-+-"):
    return await writer.ask(
        "POST", f"/v1/imports?{query}", content=content, headers={"Content-Type": content_type}
    )


@pytest.mark.parametrize(
    ("table", "headers"),
    [
        (TABLE, []),
        (TABLE, [b"Content-Type: text/csv; charset=utf-8"]),
        (gzip.compress(TABLE), [b"Content-Type: application/octet-stream"]),
        (b'[{"name":"Ada Lovelace","what":"is a mathematician"},{"name":"Herodotus"}]', []),
    ],
    ids=["by its head", "by its type", "gzip", "json"],
)
async def test_a_mapping_of_ones_own_is_followed(writer, table, headers):
    answer = await send(writer, body((b"mapping", MAPPING), (b"file", table, *headers)))
    assert (answer.status_code, answer.json()["created"]) == (200, 2)
    ada = (await writer.ask("GET", "/v1/actors/ada-lovelace")).json()
    assert (ada["title"], ada["summary"]) == ("Ada Lovelace", "a mathematician")


async def test_joined_tables_are_parts_and_never_files_of_the_service(writer):
    parts = (b"mapping", JOINING), (b"lives", LIVES), (b"file", TABLE)
    assert (await send(writer, body(*parts))).json()["created"] == 2
    ada = (await writer.ask("GET", "/v1/actors/ada-lovelace")).json()
    assert ada["date"]["edtf"] == "1815/1852"
    answer = await send(writer, body(parts[0], parts[2]))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "no_such_table")
    assert "lives" in answer.json()["errors"][0]["detail"]


async def test_the_tables_of_a_mapping_that_ships_are_parts(writer):
    answer = await send(writer, body((b"file", TABLE)), "as=cdb90-battles")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "no_such_table")


async def test_faults_of_the_mapping_have_pointers_into_it(writer):
    faulty = MAPPING.replace(b"title", b"tittle").replace(b"person", b"persson")
    answer = await send(writer, body((b"mapping", faulty), (b"file", TABLE)))
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["code"], fault["pointer"], fault["suggestion"]) == (
        "invalid_mapping",
        "/records/0/tittle",
        "title",
    )
    answer = await send(writer, body((b"mapping", MAPPING.replace(b"person", b"persson")), (b"file", TABLE)))
    (fault,) = answer.json()["errors"]
    assert (fault["code"], fault["pointer"], fault["suggestion"]) == (
        "unknown_term",
        "/records/0/type",
        "person",
    )


async def test_faults_of_the_table_have_their_lines_and_nothing_is_written(writer):
    answer = await send(writer, body((b"mapping", MAPPING), (b"file", TABLE + b"???,\n")))
    assert answer.status_code == 422
    (fault,) = answer.json()["report"]["faults"]
    assert (fault["file"], fault["line"], fault["code"]) == ("file", 4, "no_id")
    assert (await writer.ask("GET", "/v1/actors/herodotus")).status_code == 404


def named(name, content, filename):
    return name, content, b'; filename="%s"' % filename


def recorded(*files):
    return [{"name": name, "sha256": sha256(content).hexdigest()} for name, content in files]


async def files_of(writer, ref):
    (first,) = (await writer.ask("GET", f"/v1/{ref}/revisions")).json()["items"]
    return first["import"]["files"]


async def test_revisions_tell_each_part_by_its_own_name_and_digest(writer):
    table = gzip.compress(TABLE)
    parts = (
        named(b"lives", LIVES, b"C:\\data\\lives.csv"),
        (b"mapping", JOINING),
        named(b"file", table, "../people é\t.csv.gz".encode()),
    )
    assert (await send(writer, body(*parts))).json()["created"] == 2
    assert await files_of(writer, "actors/herodotus") == recorded(
        ("people é.csv.gz", table), ("mapping", JOINING), ("lives.csv", LIVES)
    )


STATES = (
    b"statenme,ccode,stateabb,styear,stmonth,stday,endyear,endmonth,endday,version\r\n"
    b"Cuba,40,CUB,1902,5,20,1906,9,25,2016\r\n"
)


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        (STATES, "body", "text/csv"),
        (
            body(named(b"file", STATES, b"states.csv")),
            "states.csv",
            "multipart/form-data; boundary=-+-",
        ),
    ],
    ids=["table", "form"],
)
async def test_revisions_tell_the_mapping_that_ships(writer, content, name, content_type):
    done = await send(writer, content, "as=cow-states", content_type=content_type)
    assert done.status_code == 200, done.text
    mapping = (data_dir("seed_data") / "mappings" / "cow-states.yaml").read_bytes()
    assert await files_of(writer, "actors/cow-state-40") == recorded(
        (name, STATES), ("cow-states.yaml", mapping)
    )


async def test_faults_of_the_table_name_its_file(writer):
    part = named(b"file", TABLE + b"???,\n", b"people.csv")
    (fault,) = (await send(writer, body((b"mapping", MAPPING), part))).json()["report"]["faults"]
    assert (fault["file"], fault["line"]) == ("people.csv", 4)


async def test_a_token_fits_the_same_parts_whatever_separates_them_and_no_others(writer):
    fewer = TABLE.replace(b"Herodotus,\n", b"")
    joined = (b"mapping", JOINING), (b"lives", LIVES)
    assert (await send(writer, body(*joined, (b"file", TABLE)), "sync=x")).status_code == 200
    trial = await send(writer, body(*joined, (b"file", fewer)), "sync=x&dry_run=true")
    query = f"sync=x&delete_missing=true&confirm={trial.json()['missing']['confirm']}"
    for others in (
        ((b"mapping", JOINING + b"#"), joined[1], (b"file", fewer)),
        (joined[0], (b"lives", LIVES + b"B,1900\n"), (b"file", fewer)),
        (*joined, (b"file", fewer + b"\n")),
        (*joined, named(b"file", fewer, b"people.csv")),
    ):
        refused = await send(writer, body(*others), query)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_confirmed")
    same = body(joined[1], joined[0], (b"file", fewer), boundary=b"another")
    done = await send(writer, same, query, content_type="multipart/form-data; boundary=another")
    assert (done.status_code, done.json()["missing"]["deleted"]) == (200, 1)


FORM = body((b"mapping", MAPPING), (b"file", TABLE))


@pytest.mark.parametrize(
    ("content", "query", "status", "code"),
    [
        (body((b"file", TABLE)), "", 400, "malformed_form"),
        (body((b"mapping", MAPPING)), "", 400, "malformed_form"),
        (body((b"file", TABLE), (b"mapping", MAPPING)), "", 400, "malformed_form"),
        (body((b"mapping", MAPPING), (b"file", TABLE), (b"file", TABLE)), "", 400, "malformed_form"),
        (body((b"mapping", MAPPING), (b"mapping", MAPPING), (b"file", TABLE)), "", 400, "malformed_form"),
        (body((b"mapping", MAPPING), (b"file", TABLE)), "as=states", 400, "malformed_form"),
        (body((b"mapping", MAPPING), (b"file", TABLE)), "kind=actor", 400, "conflicting_parameters"),
        (body((b"mapping", MAPPING), (b"lives", LIVES), (b"file", TABLE)), "", 422, "unknown_part"),
        (body((b"mapping", b"records: [{kind: []}]"), (b"file", TABLE)), "", 422, "invalid_mapping"),
        (body((b"mapping", b"records: [{kind: {a: b}}]"), (b"file", TABLE)), "", 422, "invalid_mapping"),
        (
            body(*((b"t%d" % n, b"") for n in range(101)), (b"file", TABLE)),
            "as=states",
            400,
            "malformed_form",
        ),
        (body((b"mapping", MAPPING + b" " * 2**20), (b"file", TABLE)), "", 413, "too_large"),
        (body((b"mapping", MAPPING), (b"lives", b"a" * (2**24 + 1)), (b"file", TABLE)), "", 413, "too_large"),
        (body((b"mapping", MAPPING), (b"file", TABLE), end=False), "", 400, "malformed_form"),
        (FORM[:-30], "", 400, "malformed_form"),
        (FORM[:20], "", 400, "malformed_form"),
        (b"name,what\n", "", 400, "malformed_form"),
        (b"", "", 400, "malformed_form"),
        (FORM.replace(b"form-data; ", b"attachment; "), "", 400, "malformed_form"),
        (FORM.replace(b"\r\n\r\n", b"\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 1), "", 400, "malformed_form"),
    ],
    ids=str,
)
async def test_what_is_no_such_form_is_refused_and_nothing_written(
    refused_writer, content, query, status, code
):
    answer = await send(refused_writer, content, query)
    assert answer.status_code == status
    problem = answer.json()
    assert code in (problem["code"], *(fault["code"] for fault in problem.get("errors", [])))


@pytest.mark.parametrize("parameters", ["", "; boundary=", '; boundary=""', "; boundary=" + "x" * 300])
async def test_a_boundary_is_needed(writer, parameters):
    answer = await send(writer, FORM, content_type=f"multipart/form-data{parameters}")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_form")


@pytest.mark.slow
async def test_an_expression_that_would_take_for_ever_is_a_fault_of_its_rows(writer):
    table = b"name,what\n" + b"".join(b"N %d,%s!\n" % (number, b"a" * 60) for number in range(50))
    answer = await send(writer, body((b"mapping", MAPPING), (b"file", table)))
    assert answer.status_code == 422
    assert {fault["code"] for fault in answer.json()["report"]["faults"]} == {"too_slow"}
    costly = MAPPING.replace(b"(a|aa)+$", b"(?:a{6000}){6000}")
    answer = await send(writer, body((b"mapping", costly), (b"file", TABLE)))
    assert answer.json()["errors"][0]["code"] == "invalid_mapping"
