"""BibTeX and RIS, read by bibtexparser and by rispy."""

import re

import bibtexparser
import pytest
import rispy
from bibtexparser import middlewares
from format_items import AWKWARD, BASE, about, documents, make, write_whole
from hypothesis import given
from hypothesis import strategies as st

from app.formats import FORMATS
from app.formats.citation_terms import ENTRY_TYPES, REFERENCE_TYPES, TYPES

COMMANDS = {
    r"\textbackslash{}": "\\",
    r"\textbraceleft{}": "{",
    r"\textbraceright{}": "}",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    **{f"\\{sign}": sign for sign in "#$%&_"},
    "{}": "",
}
SOURCE = {
    "title": "100% of {A} & B_c ~ \\d^e $5 #1",
    "type": "journal-article",
    "authors": ["Ernesto Cardenal", "Ministry of Trade and Industry"],
    "date": "1961-04-17",
    "publisher": "P & Sons",
    "url": "https://example.org/a_b?c=d&e=%20#f",
    "accessed": "2024-05-01",
    "language": "es",
    "licence": "CC BY-SA 4.0",
    "summary": "One.\nER  - \nTwo.",
    "tags": ["oil", "trade"],
}
KEPT = {
    "title": "x",
    "editors": ["Ana Ruiz", "E. Ditor"],
    "container": "Revista & Co",
    "volume": "12",
    "issue": "3",
    "pages": "45-67",
    "isbn": "978-3-16-148410-0",
    "doi": "10.1000/a_b",
    "archive": "Archivo Nacional",
    "shelfmark": "Legajo 12",
    "tags": ["oil, gas", "trade"],
    "accessed": "2024-05",
}


def printed(text):
    """Read what TeX would print."""
    assert re.search(r"--|``|''|[?!]`", text) is None
    return re.sub("|".join(map(re.escape, COMMANDS)), lambda match: COMMANDS[match[0]], text)


def entries(*items):
    body = write_whole(FORMATS["bibtex"], items, about(None)).decode()
    library = bibtexparser.parse_string(body, append_middleware=[middlewares.MonthIntMiddleware()])
    assert library.failed_blocks == []
    return library.entries


def references(*items):
    return rispy.loads(write_whole(FORMATS["ris"], items, about(None)).decode())


@given(st.lists(documents(), max_size=3))
def test_every_record_is_an_entry_and_a_reference(drawn):
    items = [make(*one, identifier=f"thing-{at}") for at, one in enumerate(drawn)]
    refs = [item.ref for item in items]
    found = entries(*items)
    assert [entry.key for entry in found] == refs
    for entry, item in zip(found, items, strict=True):
        assert (
            printed(entry["title"].removeprefix("{").removesuffix("}")).split() == item.record.title.split()
        )
        assert entry["annotation"].endswith(f"{item.ref}/revisions/3")
    again = references(*items)
    assert [one["id"] for one in again] == refs
    assert [one["title"].split() for one in again] == [item.record.title.split() for item in items]


def test_a_source_is_an_entry_of_its_own_type():
    (entry,) = entries(make("source", SOURCE))
    fields = {field.key: field.value for field in entry.fields}
    assert entry.entry_type == "article"
    assert printed(fields.pop("title")) == f"{{{SOURCE['title']}}}"
    assert fields == {
        "author": "{Ernesto Cardenal} and {Ministry of Trade and Industry}",
        "year": "1961",
        "month": 4,
        "day": "17",
        "publisher": r"P \& Sons",
        "language": "es",
        "keywords": "oil, trade",
        "copyright": "CC BY-SA 4.0",
        "abstract": "One. ER - Two.",
        "url": "https://example.org/a_b?c=d&e=%20#f",
        "urldate": "2024-05-01",
        "entrysubtype": "journal-article",
        "annotation": f"{BASE}/v1/sources/thing/revisions/3",
    }


def test_a_source_is_a_reference_of_its_own_type():
    (reference,) = references(make("source", SOURCE))
    assert reference == {
        "type_of_reference": "JOUR",
        "id": "sources/thing",
        "title": SOURCE["title"],
        "authors": SOURCE["authors"],
        "year": "1961",
        "date": "1961/04/17/",
        "publisher": "P & Sons",
        "language": "es",
        "custom2": "CC BY-SA 4.0",
        "abstract": "One. ER - Two.",
        "keywords": ["oil", "trade"],
        "type_of_work": "journal-article",
        "access_date": "2024/05/01/",
        "urls": [SOURCE["url"], f"{BASE}/v1/sources/thing/revisions/3"],
        "database_provider": "Annals",
    }


@pytest.mark.parametrize(("kind", "container"), [("journal-article", "journal"), ("chapter", "booktitle")])
def test_an_entry_says_what_a_source_appeared_in_and_where_it_is_kept(kind, container):
    (entry,) = entries(make("source", {**KEPT, "type": kind}))
    fields = {field.key: field.value for field in entry.fields}
    assert {
        name: fields[name] for name in fields if name not in ("title", "url", "entrysubtype", "annotation")
    } == {
        "editor": "{Ana Ruiz} and {E. Ditor}",
        container: r"Revista \& Co",
        "volume": "12",
        "number": "3",
        "pages": "45--67",
        "isbn": "978-3-16-148410-0",
        "doi": "10.1000/a_b",
        "library": "Archivo Nacional",
        "shelfmark": "Legajo 12",
        "keywords": "{oil, gas}, trade",
        "urldate": "2024-05",
    }


def test_a_reference_says_what_a_source_appeared_in_and_where_it_is_kept():
    (reference,) = references(make("source", KEPT))
    assert {name: reference[name] for name in reference if name not in ("id", "title", "urls")} == {
        "type_of_reference": "GEN",
        "secondary_authors": KEPT["editors"],
        "secondary_title": "Revista & Co",
        "volume": "12",
        "number": "3",
        "start_page": "45",
        "end_page": "67",
        "issn": "978-3-16-148410-0",
        "doi": "10.1000/a_b",
        "name_of_database": "Archivo Nacional",
        "unknown_tag": {"AV": ["Legajo 12"]},
        "keywords": ["oil, gas", "trade"],
        "access_date": "2024/05//",
        "database_provider": "Annals",
    }


@pytest.mark.parametrize(
    ("edtf", "year", "month", "date"),
    [
        ("1961", "1961", None, None),
        ("1961-04", "1961", 4, None),
        ("1961~", "c. 1961", None, "1961~"),
        ("196X", "1960s", None, "196X"),
        ("1961/1963", "1961–1963", None, "1961/1963"),
        ("-0043", "44 BCE", None, "-0043"),
        ("[1667,1668]", "one of 1667, 1668", None, None),
    ],
)
def test_what_is_no_plain_date_is_told_in_words_and_in_edtf(edtf, year, month, date):
    item = make("source", {"title": "x", "date": edtf})
    (entry,) = entries(item)
    fields = {field.key: field.value for field in entry.fields}
    assert (fields["year"], fields.get("month"), fields.get("date")) == (year, month, date)
    (reference,) = references(item)
    if date is None and edtf[0] != "[":
        assert (reference["year"], "custom1" in reference) == (year, False)
    else:
        assert (reference.get("year"), reference["date"], reference["custom1"]) == (None, f"///{year}", edtf)


@pytest.mark.parametrize(
    "text",
    [
        *AWKWARD,
        "a--b---c",
        "``d'' ?`e",
        "{",
        "}}",
        "\\",
        "a @article{b, c}",
        "a\n@article{b, c}",
        "% comment",
    ],
)
def test_no_text_ends_an_entry(text):
    items = [make("source", {"title": "One", "summary": text}), make("source", {"title": "Two"}, "two")]
    first, second = entries(*items)
    assert printed(first["abstract"]) == " ".join(items[0].record.summary.split())
    assert second.key == "sources/two"
    assert [one["title"] for one in references(*items)] == ["One", "Two"]


def test_other_records_are_entries_of_this_database(battle):
    (entry,) = entries(battle)
    assert (entry.entry_type, entry["organization"], entry["version"]) == ("misc", "Annals", "3")
    assert (entry["year"], entry["month"]) == ("2024", 2)
    assert "Thank <them>" in entry["note"]
    (reference,) = references(battle)
    assert (reference["type_of_reference"], reference["urls"]) == (
        "DBASE",
        [f"{BASE}/v1/events/battle/revisions/3"],
    )


def test_types_are_those_of_csl():
    known = {*TYPES.values(), "entry"}
    assert ENTRY_TYPES.keys() <= known
    assert REFERENCE_TYPES.keys() <= known
