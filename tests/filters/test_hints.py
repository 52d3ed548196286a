"""Hints of empty lists: a box or a point that was probably meant the other way round."""

import pytest

from app.errors import BadRequest
from app.filters import areas

pytestmark = pytest.mark.anyio

WRONG_NEAR, RIGHT_NEAR = "-82.38,23.13", "23.13,-82.38"
WRONG_BOX, RIGHT_BOX = "22,-84,24,-81", "-84,22,-81,24"


async def answer(client, path, **parameters):
    response = await client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("path", ["/v1/places", "/v1/events", "/v1/search"])
@pytest.mark.parametrize(
    ("parameter", "wrong", "right", "more"),
    [("near", WRONG_NEAR, RIGHT_NEAR, {"within_km": "50"}), ("bbox", WRONG_BOX, RIGHT_BOX, {})],
)
async def test_an_empty_list_tells_what_would_be_found_the_other_way_round(
    seeded_client, path, parameter, wrong, right, more
):
    more = more | ({"q": "the"} if path == "/v1/search" else {})
    found = await answer(seeded_client, path, **{parameter: wrong}, **more)
    assert found["items"] == []
    [warning] = found["warnings"]
    assert (warning["parameter"], warning["code"], warning["suggestion"]) == (
        parameter,
        "may_be_swapped",
        right,
    )
    assert "the other way round" in warning["detail"]
    meant = await answer(seeded_client, path, **{parameter: warning["suggestion"]}, **more)
    assert meant["items"]
    assert "warnings" not in meant


async def test_other_filters_neither_make_nor_hide_a_hint(seeded_client):
    at = {"when": "1650", "within_km": "50"}
    wrong = await answer(seeded_client, "/v1/events", near=WRONG_NEAR, **at)
    assert [one["suggestion"] for one in wrong["warnings"]] == [RIGHT_NEAR]
    right = await answer(seeded_client, "/v1/events", near=RIGHT_NEAR, **at)
    assert right["items"] == []
    assert "warnings" not in right


@pytest.mark.parametrize(
    "parameters",
    [
        {"near": "-70,-60", "within_km": "1"},  # nothing either way
        {"near": "0,0", "within_km": "1"},  # the same either way
        {"near": "10,-160", "within_km": "1"},  # no latitude the other way round
        {"bbox": "-70,-60,-69,-59"},
        {"bbox": "20,-84,-30,-81"},  # across the antimeridian: no box the other way round
        {"q": "xyzzy"},
    ],
    ids=str,
)
async def test_no_hint_where_nothing_is_found_the_other_way_round(seeded_client, parameters):
    found = await answer(seeded_client, "/v1/places", **parameters)
    assert found["items"] == []
    assert "warnings" not in found


async def test_the_kind_that_is_listed_decides(seeded_client):
    # No source lies at a place: the places that are there are no reason for a hint.
    found = await answer(seeded_client, "/v1/sources", near=WRONG_NEAR, within_km="50")
    assert (found["items"], "warnings" in found) == ([], False)


async def test_an_area_of_too_many_shapes_is_no_hint_and_no_error(seeded_client, monkeypatch):
    plain = areas.AreaFilter.prepare

    async def refuses_what_is_meant(self, db, resolved):
        if self.where["near_lat"] > 0:
            raise BadRequest("More shapes than can be tested.")
        return await plain(self, db, resolved)

    monkeypatch.setattr(areas.AreaFilter, "prepare", refuses_what_is_meant)
    found = await answer(seeded_client, "/v1/events", near=WRONG_NEAR, within_km="51")
    assert (found["items"], "warnings" in found) == ([], False)
