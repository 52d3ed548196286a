"""Mappings over HTTP: `POST /v1/imports?as=NAME`."""

import gzip
from pathlib import Path

import orjson
import pytest

from app.imports.mapping.shipped import shipped_mapping, shipped_mapping_file

pytestmark = pytest.mark.anyio

NAMES = (
    "id,side_a_new_id,side_a,side_b_new_id,side_b,where_coordinates,country_id,latitude,longitude,where_prec,dyad_name,"
    "type_of_violence,where_description,date_start,date_end,date_prec,low,best,high,deaths_civilians,region,country,source_article"
)
ROW = "7,1,Government of A,2,B,Ford,3,5.5,18.5,1,A - B,1,,2001-02-03,2001-02-03,1,1,2,3,0,Africa,C,"
TABLE = f"{NAMES}\n{ROW}\n".encode()
DOCUMENT = b'{"items":[{%s}]}' % b",".join(
    f'"{name}":"{cell}"'.encode() for name, cell in zip(NAMES.split(","), ROW.split(","), strict=True)
)


MADE = sorted((Path(__file__).parent / "made_tables").iterdir())


async def send(writer, body, query, content_type="text/csv"):
    return await writer.ask(
        "POST", f"/v1/imports?{query}", content=body, headers={"Content-Type": content_type}
    )


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(TABLE, "text/csv"), (gzip.compress(TABLE), "text/csv"), (DOCUMENT, "application/json")],
    ids=["csv", "gzip", "json"],
)
async def test_a_mapping_that_ships_is_followed(writer, body, content_type):
    answer = await send(writer, body, "as=ucdp-ged", content_type)
    assert (answer.status_code, answer.json()["created"]) == (200, 5)
    event = (await writer.ask("GET", "/v1/events/ucdp-7")).json()
    assert event["title"] == "A - B, Ford"
    assert event["date"]["edtf"] == "2001-02-03"
    again = await send(writer, body, "as=ucdp-ged", content_type)
    assert (again.json()["created"], again.json()["updated"]) == (0, 0)


@pytest.mark.parametrize(
    ("query", "status", "code", "suggestion"),
    [
        ("as=ucdp_ged", 400, "unknown_mapping", "ucdp-ged"),
        ("as=../mappings/states", 400, "unknown_mapping", "states"),
        ("as=states&kind=actor", 400, "conflicting_parameters", None),
        ("as=cdb90-battles", 422, "second_table", None),
    ],
)
async def test_a_mapping_that_cannot_be_followed_is_refused(writer, query, status, code, suggestion):
    answer = await send(writer, TABLE, query)
    assert answer.status_code == status
    (fault,) = answer.json()["errors"]
    assert fault["code"] == code
    if suggestion is not None:
        assert suggestion in answer.text


async def test_a_column_that_is_missing_is_told_and_nothing_is_written(writer):
    answer = await send(writer, TABLE.replace(b"date_prec", b"date_precision"), "as=ucdp-ged")
    assert answer.status_code == 422
    (fault,) = answer.json()["report"]["faults"]
    assert (fault["code"], fault["pointer"], fault["suggestion"]) == (
        "unknown_column",
        "/date_prec",
        "date_precision",
    )
    assert (await writer.ask("GET", "/v1/events/ucdp-7")).status_code == 404


def form(parts):
    lines = (
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content)
        for name, content in parts
    )
    return b"".join(lines) + b"--b--\r\n"


@pytest.mark.slow
@pytest.mark.parametrize("folder", MADE, ids=lambda folder: folder.name)
async def test_every_mapping_that_ships_is_followed_on_its_made_table(writer, folder):
    expected = [orjson.loads(line) for line in (folder / "expected.ndjson").read_bytes().splitlines()]
    table, *others = sorted(path for path in folder.iterdir() if path.name != "expected.ndjson")
    joined = shipped_mapping(folder.name).joins
    if not joined:
        content_type = "application/json" if table.suffix == ".json" else "text/csv"
        answer = await send(writer, table.read_bytes(), f"as={folder.name}", content_type)
    else:
        files = [(name, (others[0] if others else table).read_bytes()) for name in joined]
        parts = [("mapping", shipped_mapping_file(folder.name).read_bytes()), *files]
        content = form([*parts, ("file", table.read_bytes())])
        answer = await send(writer, content, "", "multipart/form-data; boundary=b")
    assert (answer.status_code, answer.json()["faults"]) == (200, [])
    one = expected[-1]
    record = (await writer.ask("GET", f"/v1/{one['kind']}s/{one['id']}")).json()
    assert (record["title"], record.get("type")) == (one["title"], one.get("type"))
