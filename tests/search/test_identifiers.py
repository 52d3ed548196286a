"""Sources are found by their ISBN and their DOI, however these are written."""

import pytest

from app.values.identifiers import isbn_digits

SOURCES = [
    {"id": "hyphens", "title": "A", "isbn": "978-3-16-148410-0"},
    {"id": "plain", "title": "B", "isbn": "0306406152"},
    {"id": "with-x", "title": "C", "isbn": "0-8044-2957-X"},
    {"id": "music", "title": "D", "isbn": "9790260000438"},
    {"id": "article", "title": "E", "doi": "10.1000/182"},
    {"id": "longer", "title": "F", "doi": "10.1002/(SICI)1097-0258(19980815)17:15"},
    {"id": "numbers", "title": "G", "tags": ["10 1000 and 182", "978 or 3 or 16 or 148410 or 0"]},
    {"id": "told", "title": "H", "summary": "See 978-0-596-52068-7 and doi:10.5555/abc.1."},
]
ASKED = {
    "978-3-16-148410-0": ["hyphens"],
    "9783161484100": ["hyphens"],
    "978-3161484100": ["hyphens"],
    "978\u20113\u201116\u2011148410\u20110": ["hyphens"],
    '"978 3 16 148410 0"': ["hyphens"],
    "3-16-148410-X": ["hyphens"],
    "316148410x": ["hyphens"],
    "ISBN 978-3-16-148410-0": ["hyphens"],
    "ISBN:978-3-16-148410-0": ["hyphens"],
    "isbn-13:9783161484100": ["hyphens"],
    "(9783161484100).": ["hyphens"],
    "0-306-40615-2": ["plain"],
    "0306406152": ["plain"],
    "978-0-306-40615-7": ["plain"],
    "9780306406157": ["plain"],
    "080442957x": ["with-x"],
    "979-0-2600-0043-8": ["music"],
    "9790260000438": ["music"],
    "9783161484101": [],
    "10.1000/182": ["article"],
    "DOI:10.1000/182": ["article"],
    '"doi: 10.1000/182"': ["article"],
    "https://doi.org/10.1000/182": ["article"],
    "http://dx.doi.org/10.1000/182": ["article"],
    "<https://doi.org/10.1000/182>": ["article"],
    "10.1000/18": [],
    "10.1000/18*": ["article"],
    "10.1002/(sici)1097-0258(19980815)17:15": ["longer"],
    "9780596520687": [],
    "978-0-596-52068-7": ["told"],
    "https://doi.org/10.5555/ABC.1": ["told"],
    "isbn": ["hyphens", "music", "plain", "with-x"],
    "isbn -9783161484100": ["music", "plain", "with-x"],
    "isbn -0-306-40615-2": ["hyphens", "music", "with-x"],
}


@pytest.fixture(scope="module")
async def sources(anyio_backend, database_with, client_at):  # noqa: ARG001 - tells anyio to run it
    async with client_at(database_with([("source", one) for one in SOURCES])) as client:
        yield client


@pytest.mark.parametrize("path", ["/v1/sources", "/v1/search"])
async def test_a_source_is_found_by_its_identifier_however_that_is_written(sources, path):
    for q, expected in ASKED.items():
        answer = await sources.get(path, params={"q": q})
        assert sorted(one["id"] for one in answer.json()["items"]) == expected, q


@pytest.mark.parametrize(
    ("q", "snippet"),
    [
        ("978-3-16-148410-0", "ISBN <mark>978-3-16-148410-0</mark>"),
        ("9780306406157", "ISBN <mark>0306406152</mark>"),
        ("https://doi.org/10.1000/182", "doi:<mark>10.1000/182</mark>"),
    ],
)
async def test_the_identifier_is_marked(sources, q, snippet):
    [found] = (await sources.get("/v1/search", params={"q": q})).json()["items"]
    assert found["snippet"] == snippet


@pytest.mark.parametrize("isbn", ["9783161484100", "316148410X", "0-8044-2957-X", "979-0-2600-0043-8"])
def test_every_other_last_digit_is_wrong(isbn):
    assert isbn_digits(isbn) == isbn.replace("-", "")
    assert [last for last in "0123456789X" if isbn_digits(isbn[:-1] + last)] == [isbn[-1]]


@pytest.mark.parametrize("text", ["", "X", "978", "97831614841000", "３161484108", "316148410-", "a" * 10])
def test_what_is_no_isbn(text):
    assert isbn_digits(text) is None
