"""The pages that show where the evidence is thin: every number leads to the records that it counts."""

import re
from html import unescape

import pytest

from app.explorer import coverage_page
from app.explorer.coverage_page import Cell

pytestmark = pytest.mark.anyio

LINK = re.compile(r'<a href="\.\./explore/coverage/statements\?([^"]+)">([\d,]+)')
HOSTILE = '<script>alert(1)</script> "quoted" שלום'


def links_of(page):
    found = [(unescape(query), int(number.replace(",", ""))) for query, number in LINK.findall(page.text)]
    assert len(found) == page.text.count("explore/coverage/statements?")
    return found


async def counted(client, query):
    """Return what the API counts for the parameters of a link: statements, or records where these are asked for."""
    items = (await client.get(f"/v1/coverage/statements?limit=1000&{query}")).json()["items"]
    support = re.search(r"support=(\w+)", query)
    if "property=record" in query:
        return len(items)
    assert support is not None
    return sum(one[support[1]] for one in items)


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["", "?kind=event", "?kind=place"])
async def test_every_number_leads_to_what_it_counts(seeded_client, asked):
    page = await seeded_client.get(f"/explore/coverage{asked}")
    assert page.status_code == 200
    links = links_of(page)
    assert len(links) > 10
    for query, number in links:
        assert await counted(seeded_client, query) == number, query
        shown = (await seeded_client.get(f"/explore/coverage/statements?limit=1000&{query}")).text
        assert shown.count("<li>\n<h2>") == len(
            (await seeded_client.get(f"/v1/coverage/statements?limit=1000&{query}")).json()["items"]
        )


async def test_the_page_shows_what_the_api_tells(seeded_client):
    told = (await seeded_client.get("/v1/coverage")).json()
    links = dict(links_of(await seeded_client.get("/explore/coverage")))
    for one in told["properties"]:
        for name in ("none", "one", "several"):
            query = f"kind={one['kind']}&property={one['property']}&support={name}"
            assert links.get(query, 0) == one[name]
    for one in [*told["decades"], told["undated"] | {"bucket": "undated"}]:
        for name in ("none", "one", "several"):
            assert links.get(f"decade={one['bucket']}&support={name}", 0) == one["statements"][name]


async def test_it_follows_every_write(client, writer):
    assert "Nothing here says anything yet" in (await client.get("/explore/coverage")).text
    source = await writer.create("sources", title=HOSTILE)
    await writer.create(
        "events", title=HOSTILE, date="-0044-03-15", evidence=[{"source": source["href"][4:]}]
    )
    page = await client.get("/explore/coverage")
    assert "51 BCE to 42 BCE" in page.text
    assert "<script>alert" not in page.text
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt; &#34;quoted&#34; שלום</bdi>" in page.text
    assert dict(links_of(page))["kind=event&property=record&support=one"] == 1
    listed = await client.get("/explore/coverage/statements?kind=event")
    assert "1 with one source" in listed.text
    assert "<script>alert" not in listed.text
    await writer.create("events", title="Another")
    assert (
        dict(links_of(await client.get("/explore/coverage")))["kind=event&property=record&support=none"] == 1
    )


async def test_long_histories_are_cut_and_say_so(client, writer, monkeypatch):
    monkeypatch.setattr(coverage_page, "_DECADES", 2)
    for year in ("1805", "1815", "1825", "1961"):
        await writer.create("events", title="T", date=year)
    page = (await client.get("/explore/coverage")).text
    assert [decade in page for decade in ("1810s", "1820s", "1960s")] == [False, True, True]
    assert "nothing for 13 decades" in page
    assert "latest decades" not in page
    earlier = re.search(r'rel="prev" href="\.\./(explore/coverage\?until=1810)#by-decade"', page)
    page = (await client.get("/" + earlier[1])).text
    assert "1800s" in page
    assert "1810s" in page
    assert "1820s" not in page
    assert "The latest decades" in page
    assert "Earlier decades" not in page


async def test_a_list_goes_on_page_by_page(seeded_client):
    path, seen = "/explore/coverage/statements?limit=30&property=&support=one", []
    while path:
        page = (await seeded_client.get(path)).text
        seen += re.findall(r'<h2><a href="\.\./\.\./explore/([a-z]+/[a-z0-9-]+)"', page)
        following = re.search(r'rel="next" href="\.\./\.\./(explore/coverage/statements\?[^"]+)"', page)
        path = following and "/" + unescape(following[1])
    told = (await seeded_client.get("/v1/coverage/statements?limit=1000&support=one")).json()["items"]
    assert seen == [one["ref"] for one in told]


@pytest.mark.parametrize(
    ("path", "parameter", "said"),
    [
        ("coverage?kind=evnt", "kind", "event"),
        ("coverage?until=1963", "until", "1960"),
        ("coverage?until=undated", "until", "first year of a decade"),
        ("coverage?until=9999999999999", "until", "first year of a decade"),
        ("coverage?x=%3Cscript%3E", "x", "parameter"),
        ("coverage/statements?support=nun&kind=event", "support", "none"),
        ("coverage/statements?decade=undatd", "decade", "undated"),
        ("coverage/statements?place=places/nowhere", "place", "no such record"),
        ("coverage/statements?source=sources/x&property=date", "property", "leave the property out"),
        ("coverage/statements?cursor=x", "cursor", "next or prev"),
        ("coverage/statements?limit=5000", "limit", "1000"),
    ],
)
async def test_what_is_wrong_is_said_in_words(client, path, parameter, said):
    page = await client.get(f"/explore/{path}")
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert f"<code>{parameter}</code>" in page.text
    assert said in page.text.partition('class="faults"')[2].partition("</div>")[0]
    assert "<script>" not in page.text.replace('<script type="module"', "")
    kept = dict(part.split("=") for part in path.partition("?")[2].split("&"))
    if parameter in ("place", "decade"):
        assert f'value="{kept[parameter]}"' in page.text


async def test_a_query_that_cannot_be_read_is_a_fault(client):
    for query in ("kind=%ff", "kind=%00", "&".join(f"a{n}=1" for n in range(600)), "x" * 20_000):
        for page in ("coverage", "coverage/statements"):
            answer = await client.get(f"/explore/{page}?{query}")
            assert answer.status_code == 400
            assert 'class="faults"' in answer.text


@pytest.mark.parametrize(
    ("none", "one", "several", "percent", "shade"),
    [
        (0, 5, 5, "0 %", 0),
        (1, 999, 0, "under 1 %", 1),
        (1, 1, 0, "50 %", 5),
        (999, 0, 1, "over 99 %", 10),
        (7, 0, 0, "100 %", 10),
        (0, 0, 0, "0 %", 0),
    ],
)
def test_a_share_is_neither_nothing_nor_all_unless_it_is(none, one, several, percent, shade):
    cell = Cell({"none": none, "one": one, "several": several}, {})
    assert (cell.percent, cell.shade) == (percent, shade)
    assert sum(length for _, _, length in cell.parts) == pytest.approx(100 if cell.total else 0, abs=0.05)
