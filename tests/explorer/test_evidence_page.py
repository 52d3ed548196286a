"""The page on evidence: made of a database's own answers, which are text and never markup."""

import re

import pytest

from app.explorer.evidence_page import Shown

pytestmark = pytest.mark.anyio

SCRIPT = "<script>alert('&\"')</script>"


async def page_of(make_client, monkeypatch, shown):
    async def found(_reading):
        return shown

    monkeypatch.setattr("app.explorer.evidence_page._shown", found)
    async with make_client() as client:
        return (await client.get("/docs/evidence")).text


async def test_each_section_shows_what_there_is(seeded_client):
    response = await seeded_client.get("/docs/evidence")
    assert response.status_code == 200
    text = response.text
    assert "<blockquote>“" in text
    assert "<h2>Side by side</h2>" in text
    assert "has a value of its own, stated." in text
    assert re.search(r"Of \d+ events, \d+ remain under", text)
    assert re.search(r"Of \d+ statements here, \d+ have no source", text)
    for path in re.findall(r'href="\.\.(/v1/[^"]+)"', text):
        assert (await seeded_client.get(path.replace("&amp;", "&"))).status_code == 200, path


async def test_an_empty_database_has_the_page_too(client):
    text = (await client.get("/docs/evidence")).text
    assert "There is no evidence with a passage in this database yet." in text
    assert "Nothing in this database is contested yet." in text
    assert "/v1/sources/ID/verify" in text
    assert "<td" not in text


async def test_what_records_say_is_no_markup(make_client, monkeypatch):
    item = {
        "selector": {"exact": SCRIPT, "start": 1, "end": 2},
        "property": "title",
        "note": SCRIPT,
        "source": SCRIPT,
        "rank": "preferred",
        "holds": {"label": SCRIPT, "edtf": SCRIPT},
    }
    told = {"property": "title", "value": [SCRIPT], "evidence": [item, {"holds": SCRIPT}]}
    shown = Shown(
        source={"ref": "sources/a", "title": SCRIPT},
        passage={"ref": "events/a", "title": SCRIPT, "evidence": item},
        side_by_side={"ref": "events/a", "items": [told]},
        contested={"href": "/v1/events/a", "id": "a", "title": SCRIPT},
        dispute=told,
        under_policy=(12345, 1),
        coverage={
            "statements": {"none": 1, "one": 0, "several": 0},
            "properties": [{"kind": SCRIPT, "property": SCRIPT, "none": 1, "one": 0, "several": 0}],
        },
    )
    text = await page_of(make_client, monkeypatch, shown)
    assert SCRIPT not in text
    assert text.count("&lt;script&gt;") == 19
    assert "<code>[&#34;&lt;script&gt;" in text
    assert "supports, stated, preferred. <em>" in text
    assert "knowledge from elsewhere" in text
    assert "Of 12,345 events" in text


async def test_where_reading_needs_a_key_it_tells_no_answers(make_client, seeded_url):
    async with make_client(url=seeded_url, public_reads=False) as client:
        text = (await client.get("/docs/evidence")).text
    assert "There is no evidence with a passage in this database yet." in text
    assert "<h2>Where it is thin" not in text
