"""The problems page: each of them, in the frame of the other pages."""

import pytest
from reading_pages import read_page

from app.web.problems import PROBLEMS

pytestmark = pytest.mark.anyio


async def test_it_explains_every_problem(client):
    page = read_page((await client.get("/docs/problems")).text)
    sections = {one.attributes["id"]: one.one("p").text for one in page.all("section")}
    assert list(sections) == [problem.code for problem in PROBLEMS]
    assert all(sections.values())
