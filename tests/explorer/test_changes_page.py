"""The page of the latest changes: who made them, when, why, what they changed, and where that can be seen."""

import re
from html import unescape

import pytest

pytestmark = pytest.mark.anyio

ITEM = re.compile(r"<li>\n<h2>(.*?)</li>", re.DOTALL)
HOSTILE = '<script>alert(1)</script> "quoted"'


def items_of(page):
    assert page.status_code == 200, page.text
    return [unescape(one) for one in ITEM.findall(page.text)]


async def test_an_empty_database_has_no_changes(client):
    page = await client.get("/explore/changes")
    assert page.status_code == 200
    assert "There are no changes." in page.text
    assert "There are no changes like that." in (await client.get("/explore/changes?kind=event")).text


async def test_the_latest_come_first_with_who_when_why_and_what(client, writer):
    await writer.create("events", id="e", title=HOSTILE)
    comment = {"X-Edit-Comment": "The <b>archive</b> says so"}
    await writer.patch("events/e", {"summary": "s", "date": "1994"}, **comment)
    await writer.delete("events/e")
    page = await client.get("/explore/changes")
    deleted, changed, created = items_of(page)
    told = (await client.get("/v1/changes")).json()["items"]
    for item, one in zip((created, changed, deleted), told, strict=True):
        assert f'<a href="../explore/events/e"><bdi>{HOSTILE}</bdi></a>' in item
        assert f'<time datetime="{one["at"]}">{one["at"][:10]} {one["at"][11:16]} UTC</time>' in item
        assert 'by <a href="../explore/changes?by=editor"><bdi>editor</bdi></a>' in item
    assert "event created" in created
    assert '"../explore/events/e?revision=1#history">As it was then' in created
    assert "event changed" in changed
    assert "<span>date, summary</span>" in changed
    assert '<p class="why"><bdi>The <b>archive</b> says so</bdi></p>' in changed
    assert '"../explore/events/e?revision=2#history">What changed' in changed
    assert "event deleted" in deleted
    assert "revision=" not in deleted
    assert "<script>alert" not in page.text
    assert "<b>archive" not in page.text


async def test_an_import_says_why_for_its_records(client, writer):
    lines = b'{"kind":"event","id":"i","title":"T"}\n'
    headers = {"Content-Type": "application/x-ndjson", "X-Edit-Comment": "The yearly delivery"}
    answer = await writer.ask("POST", "/v1/imports", content=lines, headers=headers)
    assert answer.status_code == 200, answer.text
    [item] = items_of(await client.get("/explore/changes"))
    assert "The yearly delivery" in item


async def test_what_was_merged_or_renamed_is_told_as_such(client, writer):
    for name in "ab":
        await writer.create("actors", id=name, title=name.upper())
    merge = await writer.merge("actors/a", "actors/b")
    await writer.ask("DELETE", f"/v1/merges/{merge['id']}")
    await writer.post("actors/a/rename", {"to": "c"}, **{"If-Match": "*"})
    items = items_of(await client.get("/explore/changes"))
    told = (await client.get("/v1/changes?sort=-seq")).json()["items"]
    assert len(items) == len(told) > 5
    words = {"create": "created", "merge": "by a merge", "unmerge": "undoing a merge", "rename": "renamed"}
    for item, one in zip(items, told, strict=True):
        assert one["ref"] in item
        assert words.get(one["action"], "changed") in item


async def test_it_goes_on_page_by_page_and_filters_as_the_feed_does(client, writer, admin):
    await writer.create("places", id="p")
    await admin.create("actors", id="a")
    for number in range(5):
        await writer.create("events", id=f"e-{number}", title=f"T{number}")
        await admin.patch(f"events/e-{number}", {"summary": "s"})
    moment = (await client.get("/v1/changes?limit=6")).json()["items"][-1]["at"]
    for asked in (
        "",
        "by=keeper",
        "kind=event",
        "kind=place&kind=actor",
        "ref=events/e-3",
        f"since={moment}",
        "sort=seq",
    ):
        latest_first = "" if "sort" in asked else "sort=-seq&"
        told = (await client.get(f"/v1/changes?limit=100&{latest_first}{asked}")).json()["items"]
        path, found = f"/explore/changes?limit=3&before=&{asked}", []
        while path:
            page = await client.get(path)
            found += re.findall(r"<h2><a href=\"\.\./explore/([a-z]+/[a-z0-9-]+)\"", page.text)
            following = re.search(r'rel="next" href="\.\./(explore/changes\?[^"]+)"', page.text)
            path = following and "/" + unescape(following[1])
        assert found == [one["ref"] for one in told], asked
    kept = await client.get("/explore/changes?kind=event&kind=place&by=keeper")
    assert re.findall(r'value="(\w+)" checked', kept.text) == ["place", "event"]
    assert 'name="by" value="keeper"' in kept.text


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("kind=evnt", "kind"),
        ("ref=events/never", "ref"),
        ("ref=e", "ref"),
        ("since=yesterday", "since"),
        ("before=x", "before"),
        ("limit=0", "limit"),
        ("sort=at", "sort"),
        ("when=1994", "when"),
    ],
)
async def test_what_is_wrong_is_said_in_words(client, query, parameter):
    page = await client.get(f"/explore/changes?{query}")
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert f"<code>{parameter}</code>" in page.text.partition('class="faults"')[2].partition("</div>")[0]


async def test_what_was_purged_is_in_it_no_more(client, writer, database_at, database_url):
    from app.maintenance.purge import purge

    await writer.create("events", id="e", title="Secret")
    await writer.create("events", id="kept", title="Kept")
    assert "Secret" in (await client.get("/explore/changes")).text
    with database_at(database_url) as database:
        purge(database, "events/e")
    page = await client.get("/explore/changes")
    assert "Secret" not in page.text
    assert "Kept" in page.text
