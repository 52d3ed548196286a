"""Pages of sources: what was read out of them in the order of their text, and the text itself where it may be read."""

import hashlib

import pytest
from reading_pages import page_of

pytestmark = pytest.mark.anyio

FIRST = "The meeting was held in Havana <b>in 1990</b>.\nNobody & nothing else is told of it.\n"
TEXT = (
    FIRST
    + "".join(f"Line {number} says nothing at all.\n" for number in range(2000))
    + "The end came in 1991.\n"
)


async def page(client, path, status=200):
    answer = await client.get(f"/explore/{path}")
    assert answer.status_code == status, answer.text[:2000]
    return page_of(answer), answer.text


def passage(phrase, **more):
    start = TEXT.index(phrase)
    return {
        "source": "sources/diary",
        "selector": {"start": start, "end": start + len(phrase), "exact": phrase},
        **more,
    }


async def with_text(writer, *, attached=True):
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    sections = [
        {"title": "The <i>beginning</i>", "start": 0, "end": len(FIRST)},
        {"title": "The rest", "start": len(FIRST), "end": len(TEXT)},
    ]
    await writer.create(
        "sources",
        id="diary",
        title="A diary",
        text={"sha256": digest, "characters": len(TEXT), "sections": sections},
    )
    await writer.create(
        "events",
        id="meeting",
        title="A meeting",
        date="1990",
        summary="They met.",
        evidence=[
            passage("held in Havana", note="As it says."),
            passage("Havana <b>in 1990</b>", property="date"),
            passage("came in 1991", property="date", value="1991"),
            {"source": "sources/diary", "property": "summary", "stance": "disputes"},
        ],
    )
    if attached:
        answer = await writer.ask(
            "PUT", "/v1/sources/diary/text", content=TEXT.encode(), headers={"Content-Type": "text/plain"}
        )
        assert answer.status_code == 201, answer.text


async def test_passages_are_listed_in_the_order_of_the_text(writer):
    await with_text(writer)
    found, _ = await page(writer.client, "sources/diary")
    listed = found.of_class("passages")
    assert listed.startswith(
        "held in Havana characters 16 to 30 supports the record as a whole · A meeting As it says."
    )
    assert (
        listed.index("held in Havana") < listed.index("Havana <b>in 1990</b>") < listed.index("came in 1991")
    )
    assert {"events/meeting:e1", "events/meeting:e2", "events/meeting:e3", "events/meeting:e4"} <= set(
        found.ids
    )
    assert "Nobody & nothing" not in found.text
    assert "may not be read by everyone" in found.text


async def test_what_a_source_disputes_or_has_differently(writer):
    await with_text(writer)
    found, _ = await page(writer.client, "sources/diary")
    disputed = found.text[found.text.index("What it disputes") :]
    assert "supports, and holds another value of date · A meeting: 1991" in disputed
    assert "disputes summary · A meeting" in disputed


async def test_the_text_is_shown_with_its_passages_where_it_may_be_read(make_client, writer):
    await with_text(writer)
    async with make_client(public_texts=True) as client:
        found, text = await page(client, "sources/diary")
        assert "<mark>held in </mark>" in text
        assert "<mark>Havana</mark>" in text
        assert "<mark> &lt;b&gt;in 1990&lt;/b&gt;</mark>" in text
        assert found.of_class("text").startswith(
            "The meeting was 1held in 2Havana <b>in 1990</b>. Nobody & nothing"
        )
        assert f"Characters 0 to 20,000 of {len(TEXT):,}" in found.text
        assert "came in 1991" not in found.of_class("passages")[:200]
        further = next(link for link in found.links if "from=20000" in link)
        assert further == "../../explore/sources/diary?from=20000#reading"
        assert f"../../explore/sources/diary?from={len(FIRST)}#reading" in found.links


async def test_a_passage_is_led_to_from_its_record(make_client, writer):
    await with_text(writer)
    start = TEXT.index("came in 1991")
    found, _ = await page(writer.client, "events/meeting")
    assert f"../../explore/sources/diary?from={start}#events/meeting:e3" in found.links
    async with make_client(public_texts=True) as client:
        found, _ = await page(client, f"sources/diary?from={start}")
        # From the beginning of its line, though the passage is in the middle of it.
        assert found.of_class("text").startswith("The end 1came in 1991.")
        assert "events/meeting:e3" in found.ids


async def test_a_phrase_that_stands_elsewhere_is_not_marked(make_client, writer):
    await with_text(writer, attached=False)
    moved = {"start": 20, "end": 34, "exact": "held in Havana"}
    await writer.patch("events/meeting", {"evidence": [{"source": "sources/diary", "selector": moved}]})
    await writer.ask(
        "PUT", "/v1/sources/diary/text", content=TEXT.encode(), headers={"Content-Type": "text/plain"}
    )
    async with make_client(public_texts=True) as client:
        found, text = await page(client, "sources/diary")
    assert "This phrase does not stand at its place in the text." in found.text
    assert "<mark>" not in text


async def test_passages_come_in_pages(writer):
    await writer.create("sources", id="diary", title="A diary")
    events = [
        {
            "kind": "event",
            "id": f"e{number}",
            "title": f"Event {number}",
            "evidence": [{"source": "sources/diary", "selector": {"page": number}}],
        }
        for number in range(1, 131)
    ]
    assert (await writer.ask("POST", "/v1/imports", json=events)).status_code == 200
    seen = []
    path = "sources/diary"
    while path:
        found, _ = await page(writer.client, path)
        seen += [one for one in found.ids if one.startswith("events/")]
        following = [link for link in found.links if "cursor=" in link]
        path = next(
            (
                one.removeprefix("../../explore/").partition("#")[0]
                for one in following[-1:]
                if len(seen) < 130
            ),
            "",
        )
    assert seen == [f"events/e{number}:e1" for number in range(1, 131)]
    at = next(
        link for link in (await page(writer.client, "events/e100"))[0].links if "sources/diary?from" in link
    )
    found, _ = await page(writer.client, at.removeprefix("../../explore/").partition("#")[0])
    assert next(one for one in found.ids if one.startswith("events/")) == "events/e100:e1"


async def test_of_very_many_passages_those_listed_are_looked_through_for_disputes(writer, monkeypatch):
    await with_text(writer)
    monkeypatch.setattr("app.explorer.record_pages.source_text._FEW_PASSAGES", 3)
    found, _ = await page(writer.client, "sources/diary")
    disputed = found.text[found.text.index("What it disputes") :]
    assert "only the passages above were looked through" in disputed
    assert "holds another value of date · A meeting: 1991" in disputed
    assert "../../explore?kind=event&source=sources/diary&contested=true" in found.links
    monkeypatch.setattr("app.explorer.record_pages.source_text._FEW_PASSAGES", 4)
    found, _ = await page(writer.client, "sources/diary")
    assert "looked through" not in found.text


@pytest.mark.parametrize("query", ["cursor=x", "from=-1", "from=x", "from=1&cursor=x"])
async def test_a_wrong_place_is_told_in_words(writer, query):
    await writer.create("sources", id="diary", title="A diary")
    found, _ = await page(writer.client, f"sources/diary?{query}", status=400)
    assert found.title == "This cannot be shown"


async def test_a_place_beyond_the_text_has_nothing(make_client, writer):
    await with_text(writer)
    async with make_client(public_texts=True) as client:
        found, _ = await page(client, f"sources/diary?from={2**62}")
    assert "Nothing was read out of" in found.text
