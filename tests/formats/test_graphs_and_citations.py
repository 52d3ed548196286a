"""GraphML, read by networkx; CSL-JSON, by citeproc-py."""

import io
import warnings
from dataclasses import replace

import jsonschema_rs
import networkx as nx
import orjson
import pytest
from csl_schema import CSL_SCHEMA
from format_items import BASE, LINKED, VOCABULARY, about, documents, make, write_whole
from hypothesis import given
from hypothesis import strategies as st

from app.formats import FORMATS
from app.formats.citation_terms import TYPES
from app.records.references import links


@given(st.lists(documents(), max_size=3))
def test_networkx_reads_nodes_and_edges(drawn):
    items = [make(*one, identifier=f"thing-{at}") for at, one in enumerate(drawn)]
    body = write_whole(FORMATS["graphml"], items, about(None))
    graph = nx.read_graphml(io.BytesIO(body), force_multigraph=True)
    wanted = [(item.ref, link) for item in items for link in links(item.record) if link.target in LINKED]
    assert graph.is_directed()
    assert graph.number_of_edges() == len(wanted)
    assert {item.ref for item in items} == {node for node, data in graph.nodes(data=True) if data["listed"]}
    assert sorted(
        (source, target, data["relation"]) for source, target, data in graph.edges(data=True)
    ) == sorted((ref, link.target, link.relation) for ref, link in wanted)
    for item in items:
        shown = item.record.title.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
        assert graph.nodes[item.ref]["title"] == shown


def test_an_edge_has_role_and_date(battle):
    body = write_whole(FORMATS["graphml"], [battle], about())
    graph = nx.read_graphml(io.BytesIO(body), force_multigraph=True)
    edges = {(target, data["relation"]): data for _, target, data in graph.edges(data=True)}
    assert edges["actors/cuba", "participant"]["role"] == "combatant"
    assert edges["events/war", "part-of"]["date"] == "1961"
    assert graph.nodes["events/war"]["start"] == "1950-01-01"
    assert "CC BY-SA 4.0" in graph.graph["credits"]


def citations(*items, **options):
    return orjson.loads(write_whole(FORMATS["csl"], items, about(None, **options)))


@pytest.mark.slow
@given(st.lists(documents(), max_size=3))
def test_citeproc_takes_every_citation(drawn):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from citeproc.source.json import CiteProcJSON
    items = [make(*one, identifier=f"thing-{at}") for at, one in enumerate(drawn)]
    cited = citations(*items)
    with warnings.catch_warnings():
        # It knows CSL 1.0.1, and warns of what 1.0.2 has beside it.
        warnings.simplefilter("ignore")
        known = CiteProcJSON(cited)
    assert [one["id"] for one in cited] == [item.ref for item in items]
    assert len(known) == len(items)
    for one, item in zip(cited, items, strict=True):
        assert one["custom"]["permanent"] == f"{BASE}/v1/{item.ref}/revisions/3"
        assert one["title"] == item.record.title
        for date in (one.get("issued"), one.get("accessed")):
            assert date is None or date.get("literal") or 1 <= len(date["date-parts"]) <= 2


@given(st.lists(documents(), min_size=1, max_size=3))
def test_citations_are_valid_against_the_schema_of_csl(drawn):
    cited = citations(*(make(*one, identifier=f"thing-{at}") for at, one in enumerate(drawn)))
    assert [fault.message for fault in jsonschema_rs.Draft7Validator(CSL_SCHEMA).iter_errors(cited)] == []


def test_a_citation_names_every_source_that_the_record_is_drawn_from():
    evidence = [
        {"source": "sources/letter", "property": "title"},
        {"source": "sources/book", "property": "title"},
        {"source": "sources/lost", "property": "title"},
        {"source": "sources/letter", "property": "date"},
        {"source": "sources/forgery", "property": "date", "rank": "deprecated"},
    ]
    item = make("event", {"title": "x", "date": "1961", "evidence": evidence})
    letter, forgery = (make("source", {"title": title}).record for title in ("A letter", "A forgery"))
    linked = {**item.linked, "sources/letter": letter, "sources/forgery": forgery}
    cited = citations(replace(item, linked=linked), one=True)
    book = 'A book; "quoted": Thank <them>,\nall (CC BY-SA 4.0)'
    assert cited["note"] == f"Drawn from: A letter; {book}; sources/lost"
    assert "note" not in citations(make("event", {"title": "x"}), one=True)


def test_names_are_divided_where_the_record_says_how():
    names = ["Vincent van Gogh", "University of California, Berkeley", "Mao Zedong", "Homer"]
    parts = [{"name": "Vincent van Gogh", "family": "van Gogh", "given": "Vincent"}]
    cited = citations(make("source", {"title": "x", "authors": names, "name_parts": parts}), one=True)
    assert cited["author"] == [
        {"family": "van Gogh", "given": "Vincent"},
        {"literal": "University of California, Berkeley"},
        {"literal": "Mao Zedong"},
        {"literal": "Homer"},
    ]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"name": "V. Gogh"}, "name"),
        ({"family": "Goch"}, "family"),
        ({"family": "Vincent", "given": "van Gogh"}, "family"),
        ({"suffix": "Jr."}, "family"),
    ],
)
def test_parts_that_are_none_of_the_name_are_refused(changed, pointer):
    parts = {"name": "Vincent van Gogh", "family": "van Gogh", "given": "Vincent", **changed}
    with pytest.raises(AssertionError) as refused:
        make("source", {"title": "x", "authors": ["Vincent van Gogh"], "name_parts": [parts]})
    assert [fault.pointer for fault in refused.value.args[0]] == [f"/name_parts/0/{pointer}"]


def test_the_licence_is_no_variable_of_csl():
    cited = citations(make("source", {"title": "x", "licence": "CC0"}), one=True)
    assert (cited["custom"]["license"], "license" in cited) == ("CC0", False)


def test_a_record_is_cited_by_its_very_revision(battle):
    cited = citations(battle, one=True)
    assert cited["URL"] == f"{BASE}/v1/events/battle/revisions/3"
    assert (cited["type"], cited["version"]) == ("entry", "3")
    assert cited["issued"] == {"date-parts": [[2024, 2, 3]]}
    assert "Thank <them>" in cited["note"]


def test_a_source_is_cited_as_what_it_is():
    raw = {
        "title": "x",
        "type": "journal-article",
        "authors": ["A. Uthor"],
        "date": "-0043~",
        "url": "https://example.org/x",
    }
    cited = citations(make("source", raw), one=True)
    assert (cited["type"], cited["URL"]) == ("article-journal", "https://example.org/x")
    assert cited["author"] == [{"literal": "A. Uthor"}]
    assert cited["issued"] == {"date-parts": [[-44]], "circa": True}
    assert cited["archive_location"] == f"{BASE}/v1/sources/thing/revisions/3"


def test_a_source_is_cited_with_what_it_appeared_in_and_where_it_is_kept():
    said = {
        "container": "Revista",
        "volume": "12",
        "issue": "3",
        "pages": "45-67",
        "isbn": "978-3-16-148410-0",
        "doi": "10.1000/182",
        "archive": "Archivo Nacional",
        "shelfmark": "Legajo 12",
        "editors": ["E. Ditor"],
    }
    cited = citations(make("source", {"title": "x", **said}), one=True)
    names = ("container-title", "volume", "issue", "page", "ISBN", "DOI", "archive", "archive_location")
    assert [cited[name] for name in names] == list(said.values())[:8]
    assert cited["editor"] == [{"literal": "E. Ditor"}]


@pytest.mark.parametrize(
    ("edtf", "said"),
    [
        ("1961-04", {"date-parts": [[1961, 4]]}),
        ("1961/1962", {"date-parts": [[1961], [1962]]}),
        ("196X", {"literal": "1960s"}),
        ("1961/..", {"literal": "from 1961 onwards"}),
    ],
)
def test_what_parts_cannot_tell_is_told_in_words(edtf, said):
    assert citations(make("source", {"title": "x", "date": edtf}), one=True)["issued"] == said


def test_every_type_of_source_has_a_type_in_csl():
    known = {one.id for one in VOCABULARY.terms("source-type")}
    assert known - TYPES.keys() <= {"other"}
    assert TYPES.keys() <= known
