"""All that is wrong with a query is told in one answer, whether it shows in its text or in the database alone."""

import httpx
import pytest

pytestmark = pytest.mark.anyio


async def faults(client: httpx.AsyncClient, asked: str) -> dict[str, str]:
    answer = await client.get(f"/v1/{asked}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_query"), answer.text
    told = answer.json()["errors"]
    found = {fault["parameter"]: fault["code"] for fault in told}
    assert len(found) == len(told), told
    return found


@pytest.mark.parametrize(
    "path",
    [
        "events?",
        "events?facets=type&count=exact&",
        "events?format=csv&",
        "events?format=geojson&limit=2&",
        "search?q=cuba&",
        "timeline?",
        "timeline?format=svg&",
        "density?cell=5&",
    ],
)
async def test_what_only_the_database_knows_is_told_with_the_rest(
    seeded_client: httpx.AsyncClient, path: str
) -> None:
    named = "type=zzz&participant=actors/xx&place=places/havana:nope&policy=source:sources/xx"
    of_the_database = {
        "type": "unknown_term",
        "participant": "unknown_reference",
        "place": "unknown_term",
        "policy": "unknown_reference",
    }
    assert await faults(seeded_client, f"{path}{named}") == of_the_database
    of_the_text = {"when": "invalid_edtf", "updated_since": "invalid_moment", "colour": "unknown_parameter"}
    both = await faults(seeded_client, f"{path}{named}&when=blah&updated_since=now&colour=red")
    assert both == of_the_database | of_the_text


async def test_the_place_of_near_is_asked_whatever_else_is_not_there(
    seeded_client: httpx.AsyncClient,
) -> None:
    places = (await seeded_client.get("/v1/places?limit=500")).json()["items"]
    nowhere = next(one["id"] for one in places if "geometry" not in one and not one.get("geometries"))
    asked = f"events?type=zzz&near=places/{nowhere}&within_km=5"
    assert await faults(seeded_client, asked) == {"type": "unknown_term", "near": "no_geometry"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            "graph?around=actors/xx,places/havana&link=freind-of",
            {"around": "unknown_reference", "link": "unknown_term"},
        ),
        (
            "graph?around=actors/xx&link=freind-of&when=blah&depth=9",
            {
                "around": "unknown_reference",
                "link": "unknown_term",
                "when": "invalid_edtf",
                "depth": "out_of_range",
            },
        ),
        ("graph?link=freind-of", {"around": "missing_parameter", "link": "unknown_term"}),
        (
            "graph/path?from=actors/xx&link=freind-of",
            {"to": "missing_parameter", "from": "unknown_reference", "link": "unknown_term"},
        ),
        ("search?type=zzz", {"q": "missing_parameter", "type": "unknown_term"}),
        ("density?type=zzz&cell=x", {"cell": "out_of_range", "type": "unknown_term"}),
    ],
)
async def test_what_is_missing_does_not_hide_the_rest(
    seeded_client: httpx.AsyncClient, asked: str, expected: dict[str, str]
) -> None:
    assert await faults(seeded_client, asked) == expected


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ("timeline?kind=actr&type=person", "kind"),
        ("timeline?kind=&type=person", "kind"),
        ("timeline?kinds=actor&type=person", "kinds"),
        ("timeline?in_force_on=blah&type=cooperation", "in_force_on"),
        ("search?q=a&kind=actr,event&type=person", "kind"),
        ("events?near=places/havana&within_km=far", "within_km"),
        ("events?facets=typ&type=meeting", "facets"),
    ],
)
async def test_what_depends_on_something_wrong_is_not_judged(
    seeded_client: httpx.AsyncClient, asked: str, wrong: str
) -> None:
    assert (await faults(seeded_client, asked)).keys() == {wrong}


@pytest.mark.parametrize(
    ("asked", "parameter", "meant"),
    [
        ("events?type=refrom", "type", "reform"),
        ("timeline?type=refrom", "type", "reform"),
        ("search?q=a&type=refrom", "type", "reform"),
        ("events?type=refrom&when=blah", "type", "reform"),
        ("events?place=places/havana:sitte", "place", "site"),
        ("events?place=places/havanna:sitte&bbox=1", "place", "site"),
    ],
)
async def test_a_term_that_is_near_is_suggested(
    seeded_client: httpx.AsyncClient, asked: str, parameter: str, meant: str
) -> None:
    answer = await seeded_client.get(f"/v1/{asked}")
    suggested = [one.get("suggestion") for one in answer.json()["errors"] if one["parameter"] == parameter]
    assert suggested[0] == meant


_NAMED = {
    "type": "meeting",
    "participant": "actors/fidel-castro:host",
    "party": "actors/cuba",
    "place": "places/havana",
    "target": "events/cuban-revolution:part-of",
    "figure": "deaths>1",
    "policy": "preferred",
    "around": "actors/cuba",
    "from": "actors/cuba",
    "to": "places/havana",
    "cell": "5",
    "q": "cuba",
}
"""Parameters that name something in the database, and those without which there is no answer."""

_OF_ANY_TEXT = ("q", "tag")


async def test_any_one_parameter_may_be_wrong(seeded_client: httpx.AsyncClient) -> None:
    document = (await seeded_client.get("/openapi.json")).json()
    for path in ("events", "search", "timeline", "density", "graph", "graph/path"):
        parameters = document["paths"][f"/v1/{path}"]["get"]["parameters"]
        given = [one["name"] for one in parameters if one["in"] == "query" and one["name"] != "format"]
        named = {name: value for name, value in _NAMED.items() if name in given}
        assert (await seeded_client.get(f"/v1/{path}", params=named)).status_code == 200, path
        for name in given:
            answer = await seeded_client.get(f"/v1/{path}", params=named | {name: "~{"})
            assert answer.status_code == (200 if name in _OF_ANY_TEXT else 400), (path, name, answer.text)
            if name not in _OF_ANY_TEXT:
                # Of what is right, nothing is told.
                told = {one["parameter"]: one["code"] for one in answer.json()["errors"]}
                missing = {one for one, code in told.items() if code == "missing_parameter"}
                assert name in told, (path, name)
                assert told.keys() - missing <= {name}, (path, name, told)
