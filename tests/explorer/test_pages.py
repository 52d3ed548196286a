"""What holds for every page for people: what it may load, and that it loads nothing else."""

import re

import pytest
from reading_pages import read_page

pytestmark = pytest.mark.anyio

PAGES = ("/", "/explore", "/explore?when=x", "/docs/evidence", "/docs/problems")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_loads_and_runs_what_the_service_serves_alone(seeded_client, path):
    response = await seeded_client.get(path)
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    page = read_page(response.text)
    everything = page.all()
    assert not [one for one in everything if one.name == "style" or "style" in one.attributes]
    assert not [name for one in everything for name in one.attributes if name.startswith("on")]
    assert not any(one.text for one in page.all("script"))
    for one in everything:
        if one.name in ("link", "script", "img"):
            address = one.attributes.get("href") or one.attributes["src"]
            loaded = await seeded_client.get(response.url.join(address).raw_path.decode())
            assert loaded.status_code == 200, address


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_the_frame_of_all(seeded_client, path):
    response = await seeded_client.get(path)
    page = read_page(response.text)
    assert page.one("html").attributes["lang"] == "en"
    assert re.fullmatch(r".+ · Annals", page.one("title").text)
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("form", role="search")) == 1
    here = response.url
    for link in page.one("header").all("a"):
        address = here.join(link.attributes["href"])
        if address.path not in ("/explore/coverage", "/explore/changes"):
            assert (await seeded_client.get(address.raw_path.decode())).status_code == 200


@pytest.mark.parametrize("path", PAGES[:1] + PAGES[3:])
async def test_what_is_kept_is_sent_once(seeded_client, path):
    first = await seeded_client.get(path)
    again = await seeded_client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
