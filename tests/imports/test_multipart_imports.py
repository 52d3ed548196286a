"""Tables with mappings of one's own over HTTP: `POST /v1/imports` as multipart/form-data."""

import gzip

import pytest

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
        described = b"".join(b"\r\n" + one for one in more)
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
async def test_what_is_no_such_form_is_refused_and_nothing_written(writer, content, query, status, code):
    answer = await send(writer, content, query)
    assert answer.status_code == status
    problem = answer.json()
    assert code in (problem["code"], *(fault["code"] for fault in problem.get("errors", [])))
    assert (await writer.ask("GET", "/v1/actors/herodotus")).status_code == 404


@pytest.mark.parametrize("parameters", ["", "; boundary=", '; boundary=""', "; boundary=" + "x" * 300])
async def test_a_boundary_is_needed(writer, parameters):
    answer = await send(writer, FORM, content_type=f"multipart/form-data{parameters}")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_form")


async def test_an_expression_that_would_take_for_ever_is_a_fault_of_its_rows(writer):
    table = b"name,what\n" + b"".join(b"N %d,%s!\n" % (number, b"a" * 60) for number in range(50))
    answer = await send(writer, body((b"mapping", MAPPING), (b"file", table)))
    assert answer.status_code == 422
    assert {fault["code"] for fault in answer.json()["report"]["faults"]} == {"too_slow"}
    costly = MAPPING.replace(b"(a|aa)+$", b"(?:a{6000}){6000}")
    answer = await send(writer, body((b"mapping", costly), (b"file", TABLE)))
    assert answer.json()["errors"][0]["code"] == "invalid_mapping"
