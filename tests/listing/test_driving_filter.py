"""Questions that few records answer are asked in other words: the answers are the same."""

import pytest

from app.listing import bound_query

FILTERS = [
    "participant=actors/hugo-chavez",
    "participant=actors/cuba&participant=actors/venezuela",
    "participant=actors/hugo-chavez&when=1990/2010",
    "participant=actors/hugo-chavez&type=visit,meeting,treaty-signing",
    "tag=venezuela,internationalism",
    "q=cuba",
    "q=cuba+-oil",
    "place=places/cuba",
    "bbox=-90,5,-60,25",
    "near=23.1,-82.4&within_km=900",
    "source=sources/cuba-venezuela-cooperation",
    "figure=deaths>=1",
    "updated_since=2001-01-01T00:00:00Z",
    "on_day=12-14",
    "when=1994/2005",
    "when=1950/2012&relation=within&certainty=certain&type=revolution,policy,reform,campaign,insurgency",
    "type=policy",
    "ids=cuban-revolution,no-such-event,machurucuto-landing",
]
SORTS = ["date", "-date", "title", "-updated"]
VIEWS = ["", "&policy=source:sources/cuba-venezuela-cooperation"]


async def pages(client, path):
    """Give the ids on every page of a list, there and back."""
    found = []
    for direction in ("next", "prev"):
        while path:
            answer = await client.get(path)
            assert answer.status_code == 200, answer.text
            found.append([one["id"] for one in answer.json()["items"]])
            last, path = path, answer.json().get(direction)
        path = last
    return found


async def told(client, asked):
    """Give all that is told of what a filter leaves."""
    lists = [
        await pages(client, f"/v1/events?{asked}&sort={sort}{view}&limit=20")
        for sort in SORTS
        for view in VIEWS
    ]
    counts = []
    for view in VIEWS:
        whole = (
            f"/v1/events?{asked}{view}&limit=1&count=exact&facets=type,decade,century,tag,participant,place"
        )
        counts.append({name: one for name, one in (await client.get(whole)).json().items() if name != "next"})
        counts += [
            (await client.get(f"/v1/timeline?{asked}{view}&kind=event&bucket={bucket}")).json()
            for bucket in ("year", "decade")
        ]
    table = (await client.get(f"/v1/events?{asked}&format=csv")).text
    return lists, counts, table


@pytest.mark.slow
@pytest.mark.parametrize("asked", FILTERS)
async def test_few_and_many_are_told_the_same(seeded_client, monkeypatch, asked):
    few = await told(seeded_client, asked)
    monkeypatch.setattr(bound_query, "SELECTIVE_LIMIT", -1)
    assert await told(seeded_client, asked) == few
    assert few[0][0][0]


@pytest.mark.parametrize("most", [-1, 4_000])
async def test_counts_over_a_stretch_of_time_are_those_of_its_records(seeded_client, monkeypatch, most):
    monkeypatch.setattr(bound_query, "SELECTIVE_LIMIT", most)
    stretch = "when=1950/2005"
    every = (await seeded_client.get(f"/v1/events?{stretch}&sort=title&limit=1000&count=exact")).json()
    assert every["count"] == len(every["items"]) > 0
    timeline = (await seeded_client.get(f"/v1/timeline?{stretch}&kind=event&bucket=year")).json()["items"]
    possible = {one["bucket"]: one["possible"] for one in timeline}
    for year in ("1959", "1967", "1999", "2004"):
        items = (await seeded_client.get(f"/v1/events?when={year}&limit=1000")).json()["items"]
        assert possible[year] == len(items) > 0
