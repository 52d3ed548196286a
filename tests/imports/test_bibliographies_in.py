"""BibTeX, RIS and CSL-JSON as sources."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seed_vocabulary import VOCABULARY

from app.formats import FORMATS
from app.formats.format import About, FormatItem
from app.formats.serialize import write
from app.imports.documents import CITED_DATES, CITED_IDENTIFIERS, UNMAPPED
from app.imports.readers import format_of_file, read
from app.imports.readers.bibtex.entries import MAX_ENTRY
from app.imports.readers.bibtex.latex import to_text
from app.imports.readers.bibtex.names import read_keywords, read_names
from app.records.kinds import kind_by_name
from app.records.serialization import to_canonical_json
from app.records.validation.document import validate_document

BASE = "https://annals.example"


def documents(form, text, size=7):
    data = text if isinstance(text, bytes) else text.encode()
    return list(read(form, [data[at : at + size] for at in range(0, len(data), size)]))


def one(form, text):
    (found,) = documents(form, text)
    assert found.faults == (), found.faults
    return {name: value for name, value in found.raw.items() if name != "kind"}


def faults(form, text):
    return [(found.line, fault.code) for found in documents(form, text) for fault in found.faults]


SMITH = r"""
Comments stand between entries.
@string{rev = "Revista"}
@comment{ @article{not, title = {This}} }
@article{Smith_2001,
  author = "Garc{\'\i}a, Jos{\'e} and {Ministry of Trade and Industry} and von der Smith, Jr, Anna and others",
  title = {The {W}ar of 1914--1918 \& {\"U}bersee},
  subtitle = {An \emph{Essay}},
  journal = rev # { de Historia},
  volume = 12, number = {3}, pages = {45--67},
  year = 1961, month = apr, day = 17,
  doi = {https://doi.org/10.1000/a_b},
  url = {https://example.org/a\_b},
  urldate = {2024-05-01},
  langid = {ngerman},
  keywords = {oil, {gas, coal}},
  abstract = {First
     lines.},
  note = {Reprinted.},
  address = {Havana},
}
"""


def test_an_entry_is_a_source():
    (found,) = documents("bibtex", SMITH)
    assert (found.line, found.notes) == (5, (UNMAPPED,))
    assert found.raw == {
        "kind": "source",
        "id": "smith-2001",
        "title": "The War of 1914–1918 & Übersee: An Essay",
        "type": "journal-article",
        "authors": ["José García", "Ministry of Trade and Industry", "Anna von der Smith, Jr"],
        "name_parts": [
            {"name": "José García", "family": "García", "given": "José"},
            {"name": "Anna von der Smith, Jr", "family": "von der Smith", "given": "Anna", "suffix": "Jr"},
        ],
        "tags": ["oil", "gas, coal"],
        "container": "Revista de Historia",
        "volume": "12",
        "issue": "3",
        "pages": "45-67",
        "doi": "10.1000/a_b",
        "language": "de",
        "url": "https://example.org/a_b",
        "date": {"edtf": "1961-04-17"},
        "accessed": "2024-05-01",
        "summary": "First lines.\n\nReprinted.",
    }


REFERENCE = """\
TY  - CHAP\r
ID  - 17\r
TI  - A chapter\r
AU  - Smith, John, Jr\r
A2  - Ruiz, Ana\r
T2  - The whole\r
PY  - 1961\r
SP  - 45\r
EP  - 67\r
SN  - 978-3-16-148410-0\r
DO  - 10.1000/182\r
KW  - oil, gas\r
KW  - trade\r
AB  - It goes\r
  on.\r
N1  - Reprinted.\r
LA  - English\r
UR  - https://example.org/a\r
Y2  - 2024/05/01/\r
ER  - \r
"""


def test_a_reference_is_a_source():
    assert one("ris", REFERENCE) == {
        "id": "10-1000-182",
        "title": "A chapter",
        "type": "chapter",
        "authors": ["John Smith, Jr"],
        "editors": ["Ana Ruiz"],
        "name_parts": [
            {"name": "John Smith, Jr", "family": "Smith", "given": "John", "suffix": "Jr"},
            {"name": "Ana Ruiz", "family": "Ruiz", "given": "Ana"},
        ],
        "container": "The whole",
        "pages": "45-67",
        "isbn": "978-3-16-148410-0",
        "doi": "10.1000/182",
        "tags": ["oil, gas", "trade"],
        "summary": "It goes on.\n\nReprinted.",
        "language": "en",
        "url": "https://example.org/a",
        "date": {"edtf": "1961"},
        "accessed": "2024-05-01",
    }


CITATION = {
    "id": "http://zotero.org/users/1/items/AB",
    "type": "article-journal",
    "title": "x",
    "author": [
        {"family": "Gogh", "given": "Vincent", "non-dropping-particle": "van"},
        {"literal": "Ministry"},
        {"family": "King", "given": "M.", "suffix": "Jr."},
    ],
    "container-title": "Revista",
    "issued": {"date-parts": [["1961", 4], [1962]]},
    "accessed": {"date-parts": [[2024, 5, 1]]},
    "DOI": "10.1000/182",
    "volume": 12,
    "language": "en-US",
    "ISSN": "1234-5678",
}


def test_a_citation_is_a_source():
    (found,) = documents("csl", orjson.dumps([CITATION]))
    assert found.notes == (UNMAPPED,)
    assert found.raw == {
        "kind": "source",
        "id": "http-zotero-org-users-1-items-ab",
        "title": "x",
        "type": "journal-article",
        "authors": ["Vincent van Gogh", "Ministry", "M. King, Jr."],
        "name_parts": [
            {"name": "Vincent van Gogh", "family": "van Gogh", "given": "Vincent"},
            {"name": "M. King, Jr.", "family": "King", "given": "M.", "suffix": "Jr."},
        ],
        "date": {"edtf": "1961-04/1962"},
        "accessed": "2024-05-01",
        "container": "Revista",
        "volume": "12",
        "doi": "10.1000/182",
        "language": "en-US",
    }


@pytest.mark.parametrize(
    ("issued", "date"),
    [
        ({"date-parts": [[-44, 3]]}, {"edtf": "-0043-03"}),
        ({"date-parts": [[1850]], "circa": True}, {"edtf": "1850~"}),
        ({"date-parts": [[1848]], "season": "1"}, {"edtf": "1848-21"}),
        ({"literal": "c. 1850"}, {"edtf": "1850~", "as_written": "c. 1850"}),
        ({"raw": "1961-04-17"}, {"edtf": "1961-04-17"}),
        ({"date-parts": [[2012, 13]]}, {"edtf": "2012-21"}),
        ({"date-parts": [[2012, 24]]}, {"edtf": "2012-24"}),
        ({"date-parts": [[2012, 17]]}, None),
        ({"date-parts": [[2013], [2012]]}, None),
        ({"literal": "n.d."}, None),
        ({"date-parts": [[]]}, None),
    ],
)
def test_dates_of_citations(issued, date):
    assert one("csl", orjson.dumps([{"title": "x", "type": "book", "issued": issued}])).get("date") == date


@pytest.mark.parametrize(
    ("fields", "date"),
    [
        ("year = 1961", {"edtf": "1961"}),
        ("year = {1961}, month = 4", {"edtf": "1961-04"}),
        ("year = 1961, month = {April}", {"edtf": "1961-04", "as_written": "April 1961"}),
        ('year = 1961, month = "17~" # apr', {"edtf": "1961-04-17", "as_written": "17 apr 1961"}),
        ("year = {c. 1850}", {"edtf": "1850~", "as_written": "c. 1850"}),
        ("date = {1961-04/..}, year = 1961", {"edtf": "1961-04/.."}),
        ("date = {1850~}", {"edtf": "1850~"}),
        ("year = {n.d.}", None),
    ],
)
def test_dates_of_entries(fields, date):
    assert one("bibtex", f"@book{{x, title = {{X}}, {fields}}}").get("date") == date


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        ("DA  - 1961/04/17/", {"edtf": "1961-04-17"}),
        ("PY  - 1961//", {"edtf": "1961"}),
        ("Y1  - 1961/4", {"edtf": "1961-04"}),
        ("PY  - 1848///Spring", {"edtf": "1848-21", "as_written": "Spring 1848"}),
        ("DA  - ///c. 1850", {"edtf": "1850~", "as_written": "c. 1850"}),
    ],
)
def test_dates_of_references(lines, date):
    assert one("ris", f"TY  - BOOK\nTI  - X\n{lines}\nER  - \n").get("date") == date


def test_what_is_no_date_is_kept_in_words():
    (found,) = documents("bibtex", "@book{x, title = {X}, year = {forthcoming}, abstract = {A.}}")
    assert (found.raw["summary"], found.notes) == ("A.\n\nDate: forthcoming", (CITED_DATES,))
    (refused,) = documents("bibtex", "@book{x, title = {X}, date = {3/4/1848}}")
    assert [(fault.code, fault.pointer) for fault in refused.faults] == [("ambiguous_date", "/date")]


def test_parts_that_make_no_date_are_kept_in_words():
    cited = {"title": "x", "type": "book", "issued": {"date-parts": [[2013], [2012]]}}
    (found,) = documents("csl", orjson.dumps([cited]))
    assert (found.raw["summary"], found.notes) == ("Date: date-parts [[2013],[2012]]", (CITED_DATES,))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("isbn", "0163-1829", "ISBN: 0163-1829"),
        ("isbn", "978-3-16-148410-1", "ISBN: 978-3-16-148410-1"),
        (
            "isbn",
            "2045-2322 (Electronic) 2045-2322 (Linking)",
            "ISBN: 2045-2322 (Electronic) 2045-2322 (Linking)",
        ),
        ("doi", "see there", "DOI: see there"),
        ("url", "http://example.org/a|b", "Address: http://example.org/a|b"),
    ],
)
def test_what_is_no_identifier_is_kept_in_words(importer, field, value, words):
    entry = f"@book{{x, title = {{X}}, abstract = {{A.}}, {field} = {{{value}}}}}"
    (found,) = documents("bibtex", entry)
    assert (found.raw["summary"], found.notes) == (f"A.\n\n{words}", (CITED_IDENTIFIERS,))
    assert field not in found.raw
    assert importer(entry.encode(), "bibtex").faults == []


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl"])
def test_what_citations_do_not_have_stays_as_it_is(importer, stored, form):
    source = {
        "kind": "source",
        "id": "book",
        "title": "A Book",
        "type": "book",
        "aliases": ["Book"],
        "labels": {"es": "Un libro"},
        "date": {"edtf": "1850~", "as_written": "about 1850", "note": "From the paper."},
    }
    importer([source])
    before = stored()
    kind = kind_by_name("source")
    item = FormatItem(kind, to_canonical_json(validate_document(kind, source, VOCABULARY)).decode(), {})
    written = b"".join(write(FORMATS[form], [[item]], About(BASE, "x")))
    report = importer(written, form)
    assert report.faults == []
    assert [{**one, "revision": 0, "updated_at": 0} for one in stored()] == [
        {**one, "revision": 0, "updated_at": 0} for one in before
    ]


def test_sets_and_shared_fields_are_no_sources():
    entries = "@set{s, entryset = {a}}\n@book{a, title = {A}, xdata = {x}}\n@xdata{x, publisher = {P}}"
    (found,) = documents("bibtex", entries)
    assert (found.raw["id"], found.notes, found.faults) == ("a", (UNMAPPED,), ())
    assert documents("bibtex", "@book{a, title = {A}}\n@set{s, entryset = {a}}")[0].notes == (UNMAPPED,)
    assert faults("bibtex", "@set{s, entryset = {a}}") == [(1, "no_records")]


def test_fields_of_which_nothing_is_made_may_be_there_twice():
    assert one("bibtex", "@book{a, title = {A}, file = {a.pdf}, file = {b.pdf}}") == {
        "id": "a",
        "title": "A",
        "type": "book",
    }


def test_annotations_and_short_titles_are_kept():
    found = one(
        "bibtex", "@book{a, title = {A Title}, shorttitle = {Title}, annotation = {Dull.}, annote = {Long.}}"
    )
    assert (found["aliases"], found["summary"]) == (["Title"], "Dull.\n\nLong.")


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"M{\"u}ller, S\o ren, \'{\i}, {\v{c}}, \c c, \~{}, \ss{} x", "Müller, Søren, í, č, ç, ~, ß x"),
        (r"\emph{a} {\bf b} \textbf{c~d}", "a b c d"),
        (r"1--2---3 ``q'' ?`e -{}- '{}'", "1–2—3 “q” ¿e -- ''"),
        (r"50\% of \$5 \& {A}_B", "50% of $5 & A_B"),
        (r"$x^{2}$ and $5", r"$x^{2}$ and $5"),
        (r"\unknown{a {b}} \other x", r"\unknown{a b} \other x"),
        ("a } b { c", "a } b c"),
        ("{" * 3000 + "a" + "}" * 3000, None),
        (r"\'" * 3000, None),
    ],
)
def test_latex_is_read_as_tex_prints_it(latex, text):
    found = to_text(latex)
    assert text is None or found == text


@pytest.mark.parametrize(
    ("text", "names", "others"),
    [
        ("A and B and {C and D}", ["A", "B", "C and D"], False),
        ("Sandra {de la} and others", ["Sandra de la"], True),
        ("Smith, J. AND\n  Brown, {K, L}", ["J. Smith", "K, L Brown"], False),
        ("family=Rossi, given=Anna, prefix=de", ["Anna de Rossi"], False),
        ("Anderson, Randy", ["Randy Anderson"], False),
    ],
)
def test_names_are_divided_outside_of_braces(text, names, others):
    assert read_names(text) == (names, others)


def test_keywords_are_divided_outside_of_braces():
    assert read_keywords("a; b, c") == ["a", "b, c"]
    assert read_keywords("{a, b}, c; {d}") == ["{a, b}, c".replace("{", "").replace("}", ""), "d"]
    assert read_keywords("{a; b}, c, c") == ["a; b", "c"]


@pytest.mark.parametrize(
    ("form", "text", "found"),
    [
        ("bibtex", "@book{a,\n title = {X}\n@book{b, title={Y}}", [(1, "invalid_bibtex")]),
        ("bibtex", "@book{a, title = {X}", [(1, "invalid_bibtex")]),
        ("bibtex", "@book{a,\n title {X}}", [(2, "invalid_bibtex")]),
        ("bibtex", '@book{a,\n title = "X{"}', [(1, "invalid_bibtex")]),
        ("bibtex", "@book{a,\n\n title = nosuch}", [(3, "undefined_string")]),
        ("bibtex", "@book{a, title = {X}, title = {Y}}", [(1, "duplicate_field")]),
        ("bibtex", "@book{a, title = {" + "x" * MAX_ENTRY + "}}", [(1, "line_too_long")]),
        ("bibtex", "Dear Sir,\n", [(1, "invalid_bibtex")]),
        ("ris", "TI  - X\n", [(1, "invalid_ris")]),
        ("ris", "TY  - BOOK\nTI  - X\n", [(1, "invalid_ris")]),
        ("ris", "TY  - BOOK\nTY  - BOOK\nER  - \n", [(1, "invalid_ris")]),
        ("ris", "letter\n", [(1, "invalid_ris")]),
        ("csl", "[1]", [(1, "wrong_type")]),
        ("csl", "[{", [(1, "invalid_json")]),
    ],
)
def test_what_is_none_of_it_is_a_fault_with_its_line(form, text, found):
    assert faults(form, text) == found


PERSON = {"name": "Vincent van Gogh", "family": "van Gogh", "given": "Vincent"}
JUNIOR = {"name": "Martin Luther King, Jr.", "family": "King", "given": "Martin Luther", "suffix": "Jr."}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (
            "bibtex",
            "@book{a, title={T}, author={van Gogh, Vincent and {University of California, Berkeley} and Homer}, editor={King, Jr., Martin Luther and family=King, given=Anna and Ana Ruiz}}",
        ),
        (
            "ris",
            "TY  - BOOK\nTI  - T\nAU  - van Gogh, Vincent\nAU  - Homer\nA2  - King, Martin Luther, Jr.\nA2  - King, Anna\nA2  - Ana Ruiz\nER  - \n",
        ),
        (
            "csl",
            orjson.dumps(
                [
                    {
                        "id": "a",
                        "type": "book",
                        "title": "T",
                        "author": [
                            {"non-dropping-particle": "van", "family": "Gogh", "given": "Vincent"},
                            {"literal": "University of California, Berkeley"},
                            {"family": "Homer"},
                        ],
                        "editor": [
                            {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
                            {"family": "King", "given": "Anna"},
                        ],
                    }
                ]
            ).decode(),
        ),
    ],
)
def test_parts_of_names_are_kept_where_the_file_says_them(form, text):
    (found,) = documents(form, text.encode(), 10_000)
    anna = {"name": "Anna King", "family": "King", "given": "Anna"}
    assert found.raw["name_parts"] == [PERSON, JUNIOR, anna]
    assert "name_parts" in found.members
    validate_document(kind_by_name("source"), found.raw, VOCABULARY)


def test_a_name_that_is_divided_in_two_ways_is_not_divided():
    text = "@book{a, title={T}, author={Garcia Marquez, Gabriel}, editor={Marquez, Gabriel Garcia}}"
    (found,) = documents("bibtex", text.encode(), 10_000)
    assert (found.raw["authors"], "name_parts" in found.raw) == (["Gabriel Garcia Marquez"], False)


def test_an_entry_after_a_broken_one_is_read():
    first, second = documents("bibtex", '@book{a, title = {X\n@book(b, title = "Y)", year = 1961 )')
    assert (first.raw, second.raw["title"]) == (None, "Y)")


def test_identifiers_are_tidied_and_what_cannot_be_is_told():
    (found,) = documents(
        "bibtex",
        "@book{x, title = {X}, doi = {see there}, isbn = {978-3-16-148410-0 (pbk.)}, url = {www.example.org},"
        " language = {Klingonish}, crossref = {Whole}}",
    )
    assert set(found.notes) == {UNMAPPED, CITED_IDENTIFIERS}
    assert found.raw == {
        "kind": "source",
        "id": "x",
        "title": "X",
        "type": "book",
        "isbn": "978-3-16-148410-0",
        "summary": "DOI: see there",
        "relations": [{"type": "part-of", "target": "sources/whole"}],
    }


@pytest.mark.parametrize("form", ["bibtex", "ris"])
def test_other_encodings_are_detected(form):
    texts = {
        "bibtex": "@book{x, title = {Größe und Übermaß}, }",
        "ris": "TY  - BOOK\nTI  - Größe und Übermaß\nER  - \n",
    }
    (found,) = documents(form, texts[form].encode("cp1252"))
    assert (found.raw["title"], found.notes) == ("Größe und Übermaß", ("encoding:windows-1252",))


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("a.txt", SMITH, "bibtex"),
        ("a.txt", '@preamble{"Made by a program"}\n\n' + SMITH, "bibtex"),
        ("a.txt", REFERENCE, "ris"),
        ("a.json", orjson.dumps([CITATION]).decode(), "csl"),
        ("a.csl.json", '[{"id": "x"}]', "csl"),
        ("a.json", '[{"id": "x", "title": "y", "type": "book", "authors": ["z"]}]', "json"),
        ("a.bib", "", "bibtex"),
    ],
)
def test_they_are_recognised(name, text, form):
    assert format_of_file(name, [text.encode()])[0] == form


line = (
    st.one_of(
        st.sampled_from(
            [
                "a, b",
                "A and B",
                "others",
                "a -- b",
                "$5",
                "100%",
                "{x",
                "y}",
                "\\d",
                "``q''",
                "?`",
                "Müller ~",
            ]
        ),
        st.text(
            st.characters(
                codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Zs", "Mn", "Cn", "Co")
            ),
            min_size=1,
            max_size=20,
        ),
    )
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text)
)
names = st.lists(line, max_size=3, unique=True)


def with_parts(raw):
    """Give a source an author and an editor of whom the parts of the name are known."""
    parts = raw.pop("parts", [])
    for member, one in zip(("authors", "editors"), parts, strict=False):
        name = f"{one['given']} {one['family']}" + (f", {one['suffix']}" if "suffix" in one else "")
        if name not in (*raw.get("authors", ()), *raw.get("editors", ())):
            raw[member] = [*raw.get(member, ()), name]
            raw.setdefault("name_parts", []).append({"name": name, **one})
    return raw


part = st.one_of(
    line, st.sampled_from(["van Gogh", "de la Cruz", "Jr.", "Simon and Garfunkel", "others", "a=b"])
)
SOURCES = st.fixed_dictionaries(
    {"title": line, "kind": st.just("source"), "id": st.just("thing")},
    optional={
        "type": st.sampled_from([term.id for term in VOCABULARY.terms("source-type")]),
        "authors": names,
        "editors": names,
        **dict.fromkeys(
            (
                "container",
                "volume",
                "issue",
                "archive",
                "shelfmark",
                "publisher",
                "licence",
                "attribution",
                "summary",
            ),
            line,
        ),
        "pages": st.sampled_from(["45-67", "45--67", "45–67, 70", "iv", "3-5, 7-9"]),
        "isbn": st.sampled_from(["978-3-16-148410-0", "080442957X"]),
        "doi": st.sampled_from(["10.1000/182", "10.1000/a_b{c}--d", "10.1002/(SICI)1097<1::AID>3.0.CO;2-W"]),
        "language": st.sampled_from(["es", "zh-Hant", "german"]),
        "url": st.sampled_from(["https://example.org/a_b?c=d&e=%20#f"]),
        "accessed": st.sampled_from(["2024-05-01", "2024-05", "2024"]),
        "date": st.sampled_from(
            [
                "1961",
                "0961-04",
                "1961-04-17",
                "1961-04-17/1961-04-20",
                "1850~",
                "1850?",
                "196X",
                "-0043",
                "1962/..",
                "/1967",
                "1961-21",
                "Y17000000002",
                "12XX",
            ]
        ),
        "tags": names,
        "parts": st.lists(
            st.fixed_dictionaries({"family": part, "given": part}, optional={"suffix": part}), max_size=2
        ),
    },
).map(with_parts)


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl"])
@settings(deadline=None)
@given(raw=SOURCES)
def test_a_source_that_is_written_is_read_back(form, raw):
    kind = kind_by_name("source")
    record = validate_document(kind, raw, VOCABULARY)
    item = FormatItem(kind, to_canonical_json(record).decode(), {})
    body = b"".join(write(FORMATS[form], [[item]], About(BASE, "x")))
    (found,) = documents(form, body, 10_000)
    assert (found.faults, found.notes) == ((), ())
    if form == "ris" and record.name_parts:
        # It has names as they stand, and says nothing of their parts: those that are there stay.
        assert "name_parts" not in found.members
        found.raw["name_parts"] = raw["name_parts"]
    again = validate_document(kind, found.raw, VOCABULARY)
    assert orjson.loads(to_canonical_json(again)) == orjson.loads(to_canonical_json(record))


@pytest.mark.parametrize(
    ("form", "text"),
    [("bibtex", SMITH), ("ris", REFERENCE), ("csl", orjson.dumps([CITATION]).decode())],
)
def test_bibliographies_are_imported_and_imported_again(importer, form, text):
    report = importer(text.encode(), form)
    assert (report.faults, report.counts.created) == ([], 1)
    assert importer(text.encode(), form).counts.unchanged == 1


def read_form(form, data):
    return list(read(form, iter([data]), kind_by_name("source")))


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl"])
@given(
    data=st.binary(max_size=300)
    | st.text(alphabet="@{}\"\\'$,=#ab \n-TYER[]:1", max_size=300).map(str.encode)
)
@settings(max_examples=60, deadline=None)
def test_nothing_but_documents_and_faults_is_read_of_any_bytes(form, data):
    for one in read_form(form, data):
        assert one.raw is not None or one.faults


@pytest.mark.parametrize("field", ["day", "month"])
def test_numbers_of_any_length_are_no_dates(field):
    fields = {"year": "1994", "month": "1", "day": "2", field: "9" * 5_000}
    said = ",".join(f"{name}={{{value}}}" for name, value in fields.items())
    (one,) = read_form("bibtex", f"@book{{a,title={{T}},{said}}}".encode())
    assert one.notes == (CITED_DATES,)
    assert fields[field] in one.raw["summary"]


def test_strings_that_an_entry_names_are_bounded_together():
    string = b"@string{s={" + b"x" * 1000 + b"}}\n"
    broken, good = read_form(
        "bibtex", string + b"@book{a,title=s" + b"#s" * (MAX_ENTRY // 1000) + b"}\n@book{b,title=s}"
    )
    assert [(one.code, broken.line) for one in broken.faults] == [("too_large", 2)]
    assert len(good.raw["title"]) == 1000


def test_a_value_of_many_lines_is_joined():
    (one,) = read_form("ris", b"TY  - BOOK\nTI  - a\n\n b \nc\nAB  -\nd\nER  - \n")
    assert one.raw["title"] == "a b c"
    assert one.raw["summary"] == "d"


def test_comments_before_no_entry_are_no_bibtex():
    # Each line in two ways would make 2**50 of them.
    assert format_of_file("a.txt", [b"%\n" * 50 + b"x"]) == (None, ())
    assert format_of_file("a.txt", [b"%\n" * 40 + b"words\n@book{a, title = {T}}"])[0] == "bibtex"
