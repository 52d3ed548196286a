"""The page that explains problems: each of them, in the look of the other pages."""

import re

import pytest

from app.web.problems import PROBLEMS

pytestmark = pytest.mark.anyio


async def test_it_explains_every_problem_and_looks_as_the_other_pages_do(client):
    page, start = (await client.get("/docs/problems")).text, (await client.get("/")).text
    assert re.findall(r'<section id="([a-z_]+)">', page) == [problem.code for problem in PROBLEMS]
    shared = re.search(r"<style>(.*?)footer \{", start, re.DOTALL)[1]
    assert shared in page
    assert "prefers-color-scheme: dark" in shared
    for link in re.findall(r'<a href="([^"]*)"', page):
        address = {"../docs": "/docs", "evidence": "/docs/evidence", "../": "/"}[link]
        assert (await client.get(address)).status_code == 200
