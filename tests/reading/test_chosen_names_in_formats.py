"""Titles by `lang` and `when` in formats other than JSON: shown, or refused where a format has no use for them."""

import io
import re

import openpyxl
import pytest

from app.formats import FORMATS

RECORDS = [
    (
        "place",
        {
            "id": "istanbul",
            "title": "Istanbul",
            "labels": {"es": "Estambul"},
            "names": [{"name": "Constantinople", "language": "en", "date": "0330/1930"}],
            "date": "-0656/..",
            "geometry": {"type": "Point", "coordinates": [29, 41]},
        },
    ),
    (
        "event",
        {
            "id": "siege",
            "title": "Fall of the city",
            "labels": {"es": "Caída de la ciudad"},
            "date": "1453-05-29",
            "places": [{"place": "places/istanbul"}],
            "evidence": [{"source": "sources/chronicle", "property": "date"}],
        },
    ),
    ("source", {"id": "chronicle", "title": "Chronicle", "labels": {"es": "Crónica"}, "licence": "CC0-1.0"}),
]
TABLES = ("csv", "xlsx", "parquet")
SHOWN_IN = ("ndjson", *TABLES, "geojson", "timelinejs", "ics", "graphml", "svg")
AS_WRITTEN_IN = ("lpf", "lp-tsv", "jsonld", "turtle", "oa", "csl", "bibtex", "ris")
NOT_BOTH = ("timelinejs", "ics", "graphml", "svg")
"""Formats that have no room for the title as it was written beside the one that is shown."""


@pytest.fixture(scope="module")
async def ask(anyio_backend, database_with, client_at):  # noqa: ARG001 - tells anyio to run it
    async with client_at(database_with(RECORDS)) as client:

        async def get(path, **parameters):
            return await client.get(path, params=parameters or None)

        yield get


def text_of(answer, form):
    """Return what an answer says, whatever its format."""
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        return "\n".join(str(cell.value) for sheet in book for row in sheet.rows for cell in row)
    if form == "parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        return str(parquet.read_table(io.BytesIO(answer.content)).to_pylist())
    return answer.text


def test_every_format_shows_names_or_does_not():
    assert {one.name for one in FORMATS.values() if one.as_written} == set(AS_WRITTEN_IN)
    assert FORMATS.keys() == {"json", *SHOWN_IN, *AS_WRITTEN_IN}


@pytest.mark.parametrize("form", SHOWN_IN)
@pytest.mark.parametrize(
    ("path", "asked", "expected"),
    [
        ("events/siege", {"lang": "es"}, "Caída de la ciudad"),
        ("events", {"lang": "es"}, "Caída de la ciudad"),
        ("events", {"lang": "es", "limit": 1}, "Caída de la ciudad"),
        ("search", {"lang": "es", "q": "fall"}, "Caída de la ciudad"),
        ("events", {"when": "1453"}, "Fall of the city"),
        ("places/istanbul", {"when": "1453"}, "Constantinople"),
        ("places", {"when": "1453"}, "Constantinople"),
        ("search", {"when": "1453", "q": "istanbul"}, "Constantinople"),
        ("places", {"when": "1453", "lang": "es"}, "Estambul"),
        ("places", {"when": "1453", "relation": "before"}, None),
        ("places", {"lang": "fr"}, "Istanbul"),
    ],
)
async def test_titles_are_those_of_json(ask, form, path, asked, expected):
    if (form == "ics" and path.startswith("places")) or (form == "ics" and asked.get("q") == "istanbul"):
        pytest.skip("what is not dated to the day is left out")
    recorded = "Istanbul" if "place" in path or asked.get("q") == "istanbul" else "Fall of the city"
    answer = await ask(f"/v1/{path}", format=form, **asked)
    assert answer.status_code == 200
    text = text_of(answer, form)
    if expected is None:
        assert "Constantinople" not in text or form in ("ndjson", *TABLES, "geojson")
        return
    assert expected in text
    if form in NOT_BOTH:
        assert (recorded in text) == (recorded == expected)
    else:
        json = (await ask(f"/v1/{path}", **asked)).json()
        [shown] = json.get("items", [json])
        assert shown["title"] == expected
        assert shown.get("title_recorded") == (recorded if recorded != expected else None)
        assert ("title_recorded" in text) == (recorded != expected or form in TABLES)


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
async def test_fields_with_the_title_have_what_is_told_beside_it(ask, form):
    for fields, told in (("title", True), ("date", False)):
        text = text_of(await ask("/v1/places", lang="es", fields=fields, format=form), form)
        assert [word in text for word in ("Estambul", "title_language", "title_recorded", "Istanbul")] == [
            told
        ] * 4


@pytest.mark.parametrize("form", ["xlsx", "ics", "graphml"])
@pytest.mark.parametrize("path", ["/v1/events/siege", "/v1/events"])
async def test_what_is_referred_to_has_its_name(ask, form, path):
    for asked, expected in (
        ({"when": "1453"}, "Constantinople"),
        ({"lang": "es"}, "Estambul"),
        ({}, "Istanbul"),
    ):
        text = text_of(await ask(path, format=form, **asked), form)
        assert expected in text
        assert [name for name in ("Istanbul", "Constantinople", "Estambul") if name in text] == [expected]


async def test_a_source_is_cited_by_its_title(ask):
    for form in ("csv", "geojson"):
        text = (await ask("/v1/events", lang="es", format=form)).text
        assert ("Chronicle" in text, "Crónica" in text) == (True, False)


def without_queries(text):
    return re.sub(r"\?[^\"\s]*", "", text)


@pytest.mark.parametrize("form", AS_WRITTEN_IN)
async def test_formats_that_have_all_names_or_cite_refuse_to_choose(ask, form):
    for path, q in (("places/istanbul", {}), ("places", {}), ("search", {"q": "istanbul"})):
        for asked in ({"lang": "es"}, {"when": "1453"}):
            answer = await ask(f"/v1/{path}", format=form, **q, **asked)
            if "when" in asked and path != "places/istanbul":
                # A filter, there.
                assert answer.status_code == 200
                plain = await ask(f"/v1/{path}", format=form, **q, ids="istanbul")
                assert without_queries(answer.text) == without_queries(plain.text)
                continue
            assert answer.status_code == 400
            [fault] = answer.json()["errors"]
            assert (fault["parameter"], fault["code"]) == (next(iter(asked)), "titles_as_written")


@pytest.mark.parametrize("form", ["csv", "ndjson", "geojson", "xlsx"])
async def test_a_title_that_was_chosen_is_not_imported(writer, form):
    await writer.create("places", id="istanbul", title="Istanbul", labels={"es": "Estambul"})
    await writer.create("places", id="izmir", title="Izmir")
    for lang, failed in (("es", 1), ("fr", 0)):
        table = await writer.get("places", lang=lang, format=form)
        media_type = table.headers["content-type"].split(";")[0]
        told = await writer.ask(
            "POST", "/v1/imports", content=table.content, headers={"Content-Type": media_type}
        )
        report = told.json().get("report", told.json())
        assert {one["pointer"] for one in report.get("faults", ())} == (
            {"/title_language", "/title_recorded"} if failed else set()
        )
        assert report["failed"] == failed
        assert report["unchanged"] == (0 if failed else 2)
    assert (await writer.get("places/istanbul")).json()["revision"] == 1


async def test_the_schema_of_a_table_has_its_columns(ask):
    for asked, has_names in (({"lang": "es"}, True), ({"when": "1453"}, True), ({}, False)):
        for path in ("/v1/places", "/v1/places/istanbul"):
            answer = await ask(path, format="csv", **asked)
            header = answer.text.splitlines()[0].split(",")
            link = answer.headers["link"].split(";")[0].strip("<>")
            schema = (await ask(link)).json()
            assert [field["name"] for field in schema["fields"]] == header
            assert ("title_recorded" in header) == has_names
