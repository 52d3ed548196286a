"""`/explore` as one source has it, without script: what that is silent on is grey, and what it has otherwise is marked."""

import pytest
from reading_pages import page_of
from talks import DIARY, TALKS

pytestmark = pytest.mark.anyio


@pytest.fixture
async def written(writer):
    for kind, document in TALKS:
        await writer.create(f"{kind}s", **document)
    return writer.client


async def list_of(client, asked):
    return page_of(await client.get(f"/explore?{asked}"))


def items(page):
    return {one.one("h3").text: one for one in page.all("li") if one.all("h3")}


async def test_the_list_shows_what_the_source_lacks_and_has_otherwise(written):
    page = await list_of(written, f"{DIARY}&participant=actors/ana")
    found = items(page.one("ol", class_="records"))
    assert list(found) == ["Talk agreed", "Talk otherwise", "Talk undated"]
    assert "source" not in found["Talk agreed"].text
    assert "1955 So the source; the record says: 1952" in found["Talk otherwise"].text
    assert found["Talk undated"].of_class("silent").startswith("1953")
    assert "The source is silent on this." in found["Talk undated"].text
    grey = page.one(id="written-only")
    assert "4 records are found as written. Of these, the source does not have 1 so:" in grey.text
    assert [one.attributes.get("class") for one in items(grey).values()] == ["silent"]
    assert "The source says nothing of it." in items(grey)["Talk unheard"].text
    kept = [link for link in page.one(id="found").links if "explore/events/" in link]
    assert len(kept) == 4
    assert all(DIARY in link for link in kept)


async def test_what_the_source_has_at_another_time_is_not_found_then(written):
    page = await list_of(written, f"{DIARY}&when=1952")
    assert items(page.one("ol", class_="records")) == {}
    other = items(page.one(id="written-only"))["Talk otherwise"]
    assert "1952 So the source; the record says" not in other.text
    assert "The source has: date 1955" in other.text
    assert "silent" not in other.attributes.get("class", "")


async def test_read_as_written_nothing_is_marked(written):
    page = await list_of(written, "participant=actors/ana")
    assert not page.all(id="written-only")
    assert not page.all(class_="standing")


async def test_only_the_first_page_is_held_against_what_is_written(written):
    page = await list_of(written, f"{DIARY}&limit=2")
    assert page.all(id="written-only")
    [further] = [one.attributes["href"] for one in page.all("a", rel="next")]
    page = page_of(await written.get(f"/{further}"))
    assert not page.all(id="written-only")
    assert "The source is silent on this." in page.one("ol", class_="records").text
