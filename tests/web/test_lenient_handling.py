"""`Prefer: handling=lenient` (RFC 7240): parameters that are not known are passed over, and that is told."""

import pytest

pytestmark = pytest.mark.anyio

LENIENT = {"Prefer": "handling=lenient"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1?{}",
        "/v1/events?limit=1&{}",
        "/v1/events?limit=1&format=csv&{}",
        "/v1/events/cuban-revolution?{}",
        "/v1/events/cuban-revolution?known_at=2999-01-01T00:00:00Z&{}",
        "/v1/events/cuban-revolution/evidence?{}",
        "/v1/search?q=castro&{}",
        "/v1/suggest?q=castro&{}",
        "/v1/timeline?{}",
        "/v1/graph?around=actors/fidel-castro&{}",
        "/v1/graph/path?from=actors/fidel-castro&to=actors/cuba&{}",
        "/v1/dates?edtf=1967&{}",
        "/v1/coverage?{}",
        "/v1/coverage/statements?{}",
        "/v1/export?{}",
    ],
)
async def test_what_is_passed_over_changes_nothing_else_and_is_told(seeded_client, path):
    plain = await seeded_client.get(path.format("").rstrip("?&"))
    lenient = await seeded_client.get(path.format("colour=red&%C3%A9=1"), headers=LENIENT)
    assert (plain.status_code, lenient.status_code) == (200, 200), lenient.text
    assert lenient.content == plain.content
    assert lenient.headers["preference-applied"] == "handling=lenient"
    assert lenient.headers["vary"] == "Accept, Prefer, Accept-Encoding"
    assert "preference-applied" not in plain.headers
    assert "Prefer" not in plain.headers.get("vary", "")
    # Neither does what was answered to the lenient serve the strict.
    assert (await seeded_client.get(path.format("colour=red"))).status_code == 400


@pytest.mark.parametrize(
    ("prefer", "lenient"),
    [
        ("handling=lenient", True),
        ('handling="lenient"', True),
        ('Handling = "leni\\ent"', True),
        ("HANDLING=Lenient; why=not", True),
        ("return=minimal, handling=lenient", True),
        ('wait="1,2;handling=strict", handling=lenient', True),
        ("handling=lenient, handling=strict", True),
        ("handling=strict, handling=lenient", False),
        ("handling=strict", False),
        ("handling", False),
        ("xhandling=lenientish", False),
        ("xhandling=lenient", False),
        ("handling=lenientish", False),
        ("return=minimal; handling=lenient", False),
        ('wait="handling=lenient"', False),
        ('wait="x, handling=lenient', False),
        ("handling=lenient handling=lenient", False),
        ("", False),
    ],
)
async def test_the_header_is_read_as_the_standard_has_it(seeded_client, prefer, lenient):
    answer = await seeded_client.get("/v1/events?colour=red&limit=1", headers={"Prefer": prefer})
    assert answer.status_code == (200 if lenient else 400)
    assert ("preference-applied" in answer.headers) == lenient


async def test_several_lines_of_the_header_are_one_list(seeded_client):
    lines = [("Prefer", "respond-async"), ("Prefer", "handling=lenient")]
    assert (await seeded_client.get("/v1/events?colour=red&limit=1", headers=lines)).status_code == 200


async def test_other_pages_can_be_had_without_the_header(seeded_client):
    for beginning in ("/v1/events?", "/v1/search?q=castro&"):
        first = await seeded_client.get(f"{beginning}colour=red&limit=1&co%6Cour=blue", headers=LENIENT)
        assert "col" not in first.json()["next"]
        assert first.links["next"]["url"] == first.json()["next"]
        second = await seeded_client.get(first.json()["next"])
        assert second.status_code == 200
        assert (await seeded_client.get(second.json()["prev"])).json()["items"] == first.json()["items"]


async def test_what_was_not_passed_over_is_not_told(seeded_client):
    answer = await seeded_client.get("/v1/events?limit=1", headers=LENIENT)
    assert answer.status_code == 200
    assert "preference-applied" not in answer.headers


async def test_a_known_parameter_is_read_as_strictly_as_ever(seeded_client):
    answer = await seeded_client.get("/v1/events?colour=red&limit=x", headers=LENIENT)
    assert [fault["parameter"] for fault in answer.json()["errors"]] == ["limit"]
    long = await seeded_client.get(f"/v1/events?colour={'x' * 20_000}", headers=LENIENT)
    assert (long.status_code, long.json()["code"]) == (400, "query_too_long")


async def test_a_lenient_answer_is_known_by_its_entity_tag(seeded_client):
    path = "/v1/events?limit=1&colour=red"
    etag = (await seeded_client.get(path, headers=LENIENT)).headers["etag"]
    again = await seeded_client.get(path, headers={**LENIENT, "If-None-Match": etag})
    assert (again.status_code, again.headers["preference-applied"]) == (304, "handling=lenient")
