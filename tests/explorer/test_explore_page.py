"""`/explore` as a browser without script sees it: what is found, and where every link leads."""

from urllib.parse import urlencode

import pytest
from reading_pages import read_page, sent_by

pytestmark = pytest.mark.anyio

QUESTIONS = (
    "",
    "when=1994",
    "when=1960/1999&relation=within&certainty=certain&sort=-date",
    "participant=actors/cuba&participant=actors/venezuela&facets=participant,place",
    "participant=actors/fidel-castro:host,participant&facets=tag,source,century",
    "type=meeting&type=campaign,policy&tag=venezuela",
    "q=cuba&kind=event,actor",
    "q=cuba",
    "kind=event&kind=place&limit=3",
    "in_force_on=2005",
    "kind=agreement&party=actors/cuba&action=signed",
    "policy=source:sources/cuba-venezuela-cooperation&contested=true",
    "near=places/havana&within_km=100&lang=es",
    "figure=deaths>=50&figure=deaths<=1000&certainty=possible",
    "view=timeline&when=1990/1999&group=type",
    "ids=castro-chavez-meeting-1994&updated_since=2001-01-01T00:00:00Z",
)


async def page_of(client, query, status=200):
    response = await client.get(f"/explore?{query}")
    assert response.status_code == status, response.text
    return read_page(response.text)


def asked(page):
    question = page.one(id="question").attributes
    return set(question["data-kinds"].split(",")), page.one(id="sentence").text


# What the addresses are does not depend on the database; that each list answers on both, its own tests see.
@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("query", QUESTIONS)
async def test_every_link_of_the_page_leads_to_an_answer(seeded_client, query):
    page = await page_of(seeded_client, query)
    links = {one.attributes["href"] for one in page.all("a")}
    followed = {one for one in links if one.startswith(("explore?", "v1/"))}
    assert len(followed) > 10
    for link in followed:
        assert (await seeded_client.get(f"/{link}")).status_code == 200, link


@pytest.mark.parametrize("query", QUESTIONS)
async def test_the_form_sends_the_question_that_is_shown(seeded_client, query):
    page = await page_of(seeded_client, query)
    again = await page_of(seeded_client, urlencode(sent_by(page.one("form", id="filters"))))
    assert asked(again) == asked(page)
    assert again.one(id="number-found").text == page.one(id="number-found").text
    assert again.one(id="view").attributes == page.one(id="view").attributes


async def test_each_part_of_the_question_can_be_taken_away(seeded_client):
    page = await page_of(
        seeded_client,
        "type=meeting&participant=actors/cuba,actors/fidel-castro:host&when=1994&certainty=certain",
    )
    parts = page.one("ul", class_="parts").all("li")
    assert [part.text for part in parts] == [
        "of type meeting ×",
        "in which Cuba actors/cuba took part ×",
        "in which Fidel Castro actors/fidel-castro took part as host ×",
        "whose date certainly overlaps 1994 ×",
    ]
    assert [part.one("a").attributes["href"] for part in parts] == [
        "explore?participant=actors/cuba,actors/fidel-castro:host&when=1994&certainty=certain",
        "explore?type=meeting&participant=actors/fidel-castro:host&when=1994&certainty=certain",
        "explore?type=meeting&participant=actors/cuba&when=1994&certainty=certain",
        "explore?type=meeting&participant=actors/cuba,actors/fidel-castro:host",
    ]


async def test_it_tells_which_records_match_certainly(seeded_client):
    page = await page_of(seeded_client, "when=1994")
    sure, unsure = (
        {
            one.one("h3").one("a").attributes["href"]
            for one in page.one("ol", class_="records").all("li")
            if one.all(class_=name)
        }
        for name in ("sure", "unsure")
    )
    listed = (await seeded_client.get("/v1/events?when=1994&certainty=certain&limit=100")).json()["items"]
    assert sure == {one["href"].replace("/v1/", "explore/") for one in listed}
    assert len(sure) > 0
    assert len(unsure) == int(page.one(id="number-found").text.split()[0]) - len(sure) > 0
    assert not (await page_of(seeded_client, "")).all(class_="match")


async def test_facets_name_records_by_their_titles_and_mark_what_is_chosen(seeded_client):
    page = await page_of(seeded_client, "facets=participant&participant=actors/fidel-castro:host&lang=es")
    facet = page.one(id="facet-participant")
    values = next(one for one in page.one(id="facets").all("details") if facet in one.children).all("li")
    [chosen] = [one for one in values if one.all("a", class_="chosen")]
    assert chosen.one("bdi").text == "Fidel Castro Ruz"
    assert chosen.one("a").attributes["href"] == "explore?facets=participant&lang=es"
    other = next(one for one in values if one is not chosen).one("a")
    assert " actors/" not in other.text
    assert other.attributes["href"].startswith(
        "explore?facets=participant&participant=actors/fidel-castro:host&lang=es&participant=actors/"
    )
    in_spanish = (await page_of(seeded_client, "facets=participant&lang=es")).one(id="facets").text
    assert "Estados Unidos united-states" in in_spanish


async def test_types_can_be_chosen_one_after_the_other(seeded_client):
    page = await page_of(seeded_client, "type=meeting,policy&kind=event")
    links = page.one(id="facets").all("a")
    assert {
        one.one("bdi").text: one.attributes["href"]
        for one in links
        if "chosen" in one.attributes.get("class", "")
    } == {
        "meeting": "explore?type=policy&kind=event",
        "policy": "explore?type=meeting&kind=event",
    }
    assert "explore?type=meeting,policy&kind=event&type=campaign" in {one.attributes["href"] for one in links}


async def test_a_wrong_question_is_told_beside_its_fields_and_keeps_the_rest(seeded_client):
    page = await page_of(
        seeded_client,
        "whne=1994&when=May+1994&participant=actors/cuba&participant=fidel&kind=evnt&relation=within&group=x",
        400,
    )
    form = page.one("form", id="filters")
    beside = {one.attributes["id"]: one for one in form.all(class_="fault")}
    assert beside.keys() == {"fault-when", "fault-participant", "fault-kind"}
    assert form.one(id="filter-when").attributes["aria-describedby"] == "fault-when"
    assert [one.attributes["value"] for one in form.all("input", name="participant")] == [
        "actors/cuba",
        "fidel",
        "",
    ]
    links = {one.text: one.attributes["href"] for one in form.all("a")}
    assert "when=1994-05&" in links["Use 1994-05"] or links["Use 1994-05"].endswith("when=1994-05")
    assert "participant=actors/cuba&participant=actors/fidel&" in links["Use actors/fidel"]
    assert "kind=event" in links["Use event"]
    others = page.one(role="alert")
    assert "There is no such parameter here" in others.text
    assert "whne" not in others.all("a")[0].attributes["href"]
    assert not page.all(id="found")
    assert sorted({name for name, value in sent_by(form) if value}) == [
        "kind",
        "participant",
        "relation",
        "when",
    ]


async def test_what_only_the_database_knows_is_told_with_the_rest(seeded_client):
    page = await page_of(seeded_client, "type=refrom&participant=actors/xx&when=blah&bbox=1&tag=x", 400)
    form = page.one("form", id="filters")
    beside = {one.attributes["id"] for one in form.all(class_="fault")}
    assert beside == {"fault-type", "fault-participant", "fault-when", "fault-bbox"}
    links = {one.text: one.attributes["href"] for one in form.all("a")}
    assert links["Use reform"] == "explore?participant=actors/xx&when=blah&bbox=1&tag=x&type=reform"
    assert form.one(id="filter-type").attributes["value"] == "refrom"
    # The kinds may be meant of which it is a type.
    page = await page_of(seeded_client, "search=cuba&type=person&tag=x", 400)
    assert not page.one("form", id="filters").all(class_="fault")


async def test_another_name_is_put_in_place_only_where_the_value_can_stay(seeded_client):
    page = await page_of(seeded_client, "date=1990&begin=1900", 400)
    told = page.one(role="alert")
    links = {one.text: one.attributes["href"] for one in told.all("a")}
    assert links["Use when"] == "explore?when=1990&begin=1900"
    assert [one.text for one in told.all("a")].count("Use when") == 1
    assert "`when=1900/..`" in told.text


async def test_a_reference_that_leads_to_nothing_is_told_with_a_near_one(seeded_client):
    page = await page_of(seeded_client, "participant=actors/cuba,actors/fidel-castr:host", 400)
    [use] = [one for one in page.all("a") if one.text == "Use actors/fidel-castro"]
    assert (await seeded_client.get(f"/{use.attributes['href']}")).status_code == 200


async def test_the_list_goes_on_and_back(seeded_client):
    page = await page_of(seeded_client, "kind=event&limit=5")
    first = page.one("ol", class_="records").text
    further = page.one("a", rel="next").attributes["href"]
    second = read_page((await seeded_client.get(f"/{further}")).text)
    assert second.one("ol", class_="records").text != first
    assert second.one(id="number-found").text == page.one(id="number-found").text
    back = second.one("a", rel="prev").attributes["href"]
    assert read_page((await seeded_client.get(f"/{back}")).text).one("ol", class_="records").text == first


async def test_a_database_without_records_says_so(client):
    page = await page_of(client, "")
    assert "0 records Nothing is found here yet." in page.one(id="found").text
    assert page.one(id="facets").text.startswith("By type nothing By decade nothing")


async def test_types_and_tags_are_offered(client, writer):
    await writer.create("events", title="One", type="meeting", tags=["new wave", 'a "b" & <c>'])
    await writer.create("actors", title="Two", tags=["zeal", "new wave"])
    page = await page_of(client, "kind=event")
    offered = {one.attributes["id"]: one.all("option") for one in page.all("datalist")}
    assert {one.attributes.get("list") for one in page.all("input", name="type")} == {"offered-type"}
    assert {one.attributes.get("list") for one in page.all("input", name="tag")} == {"offered-tag"}
    tags = [one.attributes["value"] for one in offered["offered-tag"]]
    assert tags == ['a "b" & <c>', "new wave", "zeal"]
    terms = (await client.get("/v1/vocabularies/event-type")).json()["terms"]
    assert {one.attributes["value"]: one.attributes.get("label") for one in offered["offered-type"]} == {
        term["id"]: None if term["label"] == term["id"] else term["label"] for term in terms
    }
    of_two = (await page_of(client, "kind=event,actor")).one("datalist", id="offered-type")
    assert len(of_two.all("option")) > len(terms)


async def test_types_are_offered_where_one_is_wrong(seeded_client):
    page = await page_of(seeded_client, "kind=event&type=metting", 400)
    values = [one.attributes["value"] for one in page.one("datalist", id="offered-type").all("option")]
    assert "meeting" in values
