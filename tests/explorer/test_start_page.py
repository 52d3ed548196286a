"""The start page: made of what is in the database."""

import json
import re

import pytest
from reading_pages import read_page

from app.explorer import start_page

pytestmark = pytest.mark.anyio


async def start_of(client):
    response = await client.get("/")
    assert response.status_code == 200
    return read_page(response.text)


async def test_it_tells_what_there_is_and_when(seeded_client):
    page = await start_of(seeded_client)
    links = {one.text: one.attributes["href"] for one in page.one("main").all("a")}
    for kind, collection in (("event", "events"), ("actor", "actors"), ("source", "sources")):
        listed = (await seeded_client.get(f"/v1/{collection}?count=exact&limit=1")).json()["count"]
        name = collection if listed > 1 else kind
        assert links[f"{listed} {name}"] == f"explore?kind={kind}"
    assert "The dated events are of the 1950s to the 2000s." in page.one("main").text
    assert page.one("img").attributes["src"] == "v1/timeline?kind=event&bucket=auto&format=svg"


async def test_each_question_leads_to_an_answer(seeded_client):
    questions = (await start_of(seeded_client)).one("ul", class_="questions").all("a")
    assert [one.text for one in questions] == [
        "What may have happened in the 1990s?",
        "And what happened in the 1990s for certain?",
        "Where did Cuba take part?",
        "Who had to do with Cuba?",
        "What did Cuba and Venezuela take part in together?",
        "What happened in Venezuela?",
        "When was there a record of type “campaign”?",
        "On what do sources disagree?",
    ]
    for one in questions:
        answer = await seeded_client.get(f"/{one.attributes['href']}")
        assert answer.status_code == 200
        assert int(read_page(answer.text).one(id="number-found").text.split()[0]) > 0, one.text


async def test_a_large_database_is_asked_about_those_whom_a_sample_finds(seeded_client, monkeypatch):
    monkeypatch.setattr(start_page, "COUNTED_BY_LINKS", 0)
    questions = (await start_of(seeded_client)).one("ul", class_="questions").all("a")
    asked = [one.text for one in questions]
    assert any(one.startswith("Where did ") for one in asked)
    assert any(one.startswith("Who had to do with ") for one in asked)
    assert any(one.startswith("What happened in ") and "?" in one for one in asked)
    for one in questions:
        answer = await seeded_client.get(f"/{one.attributes['href']}")
        assert int(read_page(answer.text).one(id="number-found").text.split()[0]) > 0, one.text


async def test_who_were_never_together_are_not_asked_about_together(client, writer):
    for name in ("a", "b"):
        await writer.create("actors", id=name, title=name.upper())
        await writer.create("events", title=name, participants=[{"actor": f"actors/{name}"}])
    asked = (await start_of(client)).one("ul", class_="questions").text
    assert "Where did A take part?" in asked
    assert "together" not in asked


async def test_an_empty_database_says_how_to_fill_it(client, writer):
    page = await start_of(client)
    assert "It is empty" in page.one("main").text
    assert not page.all("img")
    assert "annals seed" in page.one("main").text
    [body] = re.findall(r"-d '(\{.*\})'", page.one("main").text)
    assert (await writer.post("events", json.loads(body))).status_code == 201
    filled = await start_of(client)
    assert "It has 1 event." in filled.one("main").text
    assert "the 1990s" in filled.one("ul", class_="questions").text


async def test_a_private_database_tells_nothing_of_itself(make_client, seeded_url):
    async with make_client(url=seeded_url, public_reads=False) as client:
        page = await start_of(client)
    text = page.one("main").text
    assert "This database is private" in text
    assert "Cuba" not in text
    assert not re.search(r"[0-9]", text)
    assert not page.all("img")


async def test_titles_are_text(client, writer):
    hostile = "<script>alert(1)</script> \u05d0“'&"
    await writer.create("actors", id="a", title=hostile, type="person")
    taking_part = [{"actor": "actors/a"}]
    await writer.create("events", title=hostile, type="meeting", date="1994", participants=taking_part)
    page = await start_of(client)
    assert f"Where did {hostile} take part?" in page.one("ul", class_="questions").text
    assert all(one.attributes.get("src") for one in page.all("script"))
