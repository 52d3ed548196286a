"""`GET /v1/dates` and `GET /v1`: what a date means, and what there is."""

import pytest
from documented import example_of

from app.dates.schemas import EXAMPLE, DateQuery
from app.records.kinds import RECORD_KINDS

ONCE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@ONCE
async def test_the_example_of_the_description_holds(seeded_client):
    document = (await seeded_client.get("/openapi.json")).json()
    operation = document["paths"]["/v1/dates"]["get"]
    told = {one["name"]: example_of(one) for one in operation["parameters"]}
    assert list(told) == [*DateQuery.model_fields]
    answer = await seeded_client.get("/v1/dates", params={name: told[name] for name in ("edtf", "calendar")})
    assert answer.json() == operation["responses"]["200"]["content"]["application/json"]["example"] == EXAMPLE


@pytest.mark.parametrize(
    ("edtf", "expected"),
    [
        ("-0043-03-15", {"level": 1, "label": "15 March 44 BCE"}),
        ("1962/..", {"level": 1, "end": {"earliest": None, "latest": None}, "qualified": False}),
        ("[1667,1668,1670..1672]", {"level": 2, "end": {"earliest": "1667-01-01", "latest": "1672-12-31"}}),
        ("1967?", {"level": 1, "qualified": True}),
        ("Y-17E7", {"level": 2}),
    ],
)
async def test_what_a_date_means(seeded_client, edtf, expected):
    answer = await seeded_client.get("/v1/dates", params={"edtf": edtf})
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["edtf"] == edtf
    assert {name: document[name] for name in expected} == expected


@ONCE
async def test_digits_of_the_julian_calendar(seeded_client):
    answer = await seeded_client.get("/v1/dates", params={"edtf": "1917-10-25", "calendar": "julian"})
    assert answer.json()["start"] == {"earliest": "1917-11-07", "latest": "1917-11-07"}
    assert answer.json()["calendar"] == "julian"


@ONCE
@pytest.mark.parametrize(
    ("edtf", "character"),
    [
        ("1967-13", 6),
        ("x", 1),
        ("1900-02-29", 9),
        ("1967/1966", None),
        ("[1967", None),
        ("1" * 1001, 1001),
        ("é", 1),
    ],
)
async def test_what_is_wrong_and_where(seeded_client, edtf, character):
    answer = await seeded_client.get("/v1/dates", params={"edtf": edtf})
    assert answer.status_code == 400
    document = answer.json()
    assert document["code"] == "invalid_edtf"
    assert f"at character {document['character']}" in document["detail"]
    assert [fault["parameter"] for fault in document["errors"]] == ["edtf"]
    assert edtf not in document["detail"] or len(edtf) == 1
    if character is not None:
        assert document["character"] == character


@ONCE
@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("", {"edtf": "missing_date"}),
        ("text=1967&edtf=1967", {"text": "conflicting_parameter"}),
        ("edtf=1967&lang=en", {"lang": "missing_parameter"}),
        ("text=1967&calendar=julian", {"calendar": "missing_parameter"}),
        ("text=1967&lang=ru", {"lang": "unknown_value"}),
        ("text=1967&order=ydm", {"order": "unknown_value"}),
        ("text=", {"text": "empty_value"}),
        ("edtf=", {"edtf": "empty_value"}),
        ("edtf=1967&edtf=1968", {"edtf": "repeated_parameter"}),
        ("edtf=1967&calendar=mayan", {"calendar": "unknown_value"}),
        ("edtf=1967&date=1", {"date": "unknown_parameter"}),
    ],
)
async def test_what_is_refused(seeded_client, query, faults):
    answer = await seeded_client.get(f"/v1/dates?{query}")
    assert answer.status_code == 400
    assert {fault["parameter"]: fault["code"] for fault in answer.json()["errors"]} == faults


@ONCE
@pytest.mark.parametrize(
    ("given", "suggestion"),
    [
        ("c. 1850", "1850~"),
        ("1861-4-12", "1861-04-12"),
        ("12 octobre 1492", "1492-10-12"),
        ("18 brumaire an VIII", "1799-11-09"),
        ("3 Adar 5708", None),
        ("3/4/1848", None),
        ("x", None),
    ],
)
async def test_a_refused_value_has_a_suggestion_where_it_can_mean_one_date(seeded_client, given, suggestion):
    for path, parameter in (("/v1/dates", "edtf"), ("/v1/events", "when")):
        answer = await seeded_client.get(path, params={parameter: given})
        assert answer.status_code == 400
        assert [fault.get("suggestion") for fault in answer.json()["errors"]] == [suggestion]


@ONCE
async def test_a_text_that_means_one_date(seeded_client):
    answer = await seeded_client.get("/v1/dates", params={"text": "15 Jan 1743/44", "lang": "en"})
    understood = "15 January 1744 (Old Style); a year of two reckonings: the one that began on 1 January"
    day = {"earliest": "1744-01-26", "latest": "1744-01-26"}
    assert answer.json() == {
        "text": "15 Jan 1743/44",
        "edtf": "1744-01-15",
        "understood": understood,
        "readings": [{"edtf": "1744-01-15", "calendar": "julian", "understood": understood}],
        "calendar": "julian",
        "level": 0,
        "start": day,
        "end": day,
        "qualified": False,
        "label": "15 January 1744 (Old Style)",
    }


@ONCE
async def test_a_text_of_another_calendar(seeded_client):
    answer = (await seeded_client.get("/v1/dates", params={"text": "5 Nisan 5708"})).json()
    understood = "14 April 1948; 5 Nisan 5708 in the Hebrew calendar"
    assert answer["readings"] == [{"edtf": "1948-04-14", "calendar": "hebrew", "understood": understood}]
    assert (answer["calendar"], answer["label"]) == ("hebrew", "14 April 1948")
    assert answer["start"] == {"earliest": "1948-04-14", "latest": "1948-04-14"}
    both = (await seeded_client.get("/v1/dates", params={"text": "ab 5708"})).json()
    assert both["edtf"] is None
    assert [one["calendar"] for one in both["readings"]] == ["gregorian", "hebrew"]


@ONCE
@pytest.mark.parametrize(
    ("text", "edtf", "calendar"),
    [
        ("c. 1300 AH", "[1882-11-12~..1883-11-01~]", "islamic"),
        ("before 1300 AH", "[..1882-11-11]", "islamic"),
        ("5-10 Nisan 5708", "1948-04-14/1948-04-19", "hebrew"),
        ("ה׳ באייר תש״ח", "1948-05-14", "hebrew"),
        ("١٢ محرم ١٣٠٠", "1882-11-23", "islamic"),
        ("۲۸ مرداد ۱۳۳۲", "1953-08-19", "persian"),
        ("农历2024年正月初一", "2024-02-10", "chinese"),
        ("10.000 v. Chr.", "-9999", "gregorian"),
        ("1848, March 3", "1848-03-03", "gregorian"),
        ("s. XIV ex.", "[1366..1399]", "gregorian"),
        ("active 1340-60", "1340/1360", "gregorian"),
    ],
)
async def test_what_tables_have_for_dates(seeded_client, text, edtf, calendar):
    answer = (await seeded_client.get("/v1/dates", params={"text": text})).json()
    assert (answer["edtf"], answer["calendar"]) == (edtf, calendar)


@ONCE
async def test_a_birth_alone_may_be_a_date_or_the_beginning_of_a_life(seeded_client):
    answer = (await seeded_client.get("/v1/dates", params={"text": "b. 1340"})).json()
    assert answer["edtf"] is None
    assert {one["edtf"]: one["understood"] for one in answer["readings"]} == {
        "1340": "1340; the date of the birth",
        "1340/..": "from 1340 onwards; the life that began then",
        "1340/": "from 1340, end unknown; the life that began then, which has ended",
    }


@ONCE
async def test_a_text_that_can_mean_several_dates_or_says_that_there_is_none(seeded_client):
    several = (await seeded_client.get("/v1/dates", params={"text": "3/4/1848"})).json()
    assert (several["edtf"], several["understood"], several["label"]) == (None, None, None)
    assert [one["edtf"] for one in several["readings"]] == ["1848-04-03", "1848-03-04"]
    decided = (await seeded_client.get("/v1/dates", params={"text": "3/4/1848", "order": "mdy"})).json()
    assert decided["edtf"] == "1848-03-04"
    none = (await seeded_client.get("/v1/dates", params={"text": "s.d."})).json()
    assert (none["edtf"], none["understood"], len(none["readings"])) == (None, "no date", 1)


@ONCE
@pytest.mark.parametrize(
    ("text", "where"),
    [("1850 xyzzy", "characters 6 to 10"), ("1850!", "character 5"), ("1 " * 500, "character 241")],
)
async def test_a_text_that_is_not_understood_to_its_end(seeded_client, text, where):
    answer = await seeded_client.get("/v1/dates", params={"text": text})
    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable_date")
    assert answer.json()["detail"].endswith(f"at {where}.")


@ONCE
async def test_a_date_may_be_kept(seeded_client):
    first = await seeded_client.get("/v1/dates?edtf=1967")
    assert "max-age" in first.headers["cache-control"]
    again = await seeded_client.get("/v1/dates?edtf=1967", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    head = await seeded_client.head("/v1/dates?edtf=1967")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(first.content)))


@ONCE
async def test_the_directory_lists_what_there_is(seeded_client):
    document = (await seeded_client.get("/v1")).json()
    assert {one["kind"] for one in document["collections"]} == {kind.kind for kind in RECORD_KINDS}
    for one in document["collections"]:
        assert (await seeded_client.get(one["href"])).status_code == 200
        assert (await seeded_client.get(one["types"])).status_code == 200
    paths = {one["path"] for one in document["endpoints"]}
    told = (await seeded_client.get("/openapi.json")).json()["paths"]
    assert paths == {path for path in told if path.startswith("/v1/")}
    assert {"/v1/dates", "/v1/graph", "/v1/graph/path", "/v1/events/{id}"} <= paths
    for name in ("docs", "description"):
        assert (await seeded_client.get(document[name])).status_code == 200
    assert (await seeded_client.get("/v1?x=1")).status_code == 400
    tag = (await seeded_client.get("/v1")).headers["etag"]
    assert (await seeded_client.get("/v1", headers={"If-None-Match": tag})).status_code == 304


@ONCE
@pytest.mark.parametrize("path", ["/v1", "/v1/dates?edtf=1967", "/v1/graph?around=actors/cuba"])
async def test_reads_may_need_a_key(make_client, path):
    async with make_client(public_reads=False) as client:
        assert (await client.get(path)).status_code == 401
