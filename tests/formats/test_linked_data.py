"""JSON-LD and Turtle, read by pyld and rdflib, with no network."""

import logging

import orjson
import pytest
import rdflib
from format_items import BASE, about, documents, make, write_whole
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld
from rdflib.compare import isomorphic

from app.formats import FORMATS
from app.formats.rdf.vocabulary import TERMS, context, prefixes

SCHEMA = rdflib.Namespace("https://schema.org/")
CRM = rdflib.Namespace("http://www.cidoc-crm.org/cidoc-crm/")
PROV = rdflib.Namespace("http://www.w3.org/ns/prov#")

# rdflib uses what it has deprecated itself.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")

# rdflib warns of days that Python's dates cannot hold, and keeps them.
logging.getLogger("rdflib").setLevel(logging.ERROR)


@pytest.fixture(autouse=True, scope="module")
def _no_network():
    def refuse(url, _options=None):
        raise AssertionError(f"{url} was asked for")

    jsonld.set_document_loader(refuse)


def written(name, *items, **options):
    return write_whole(FORMATS[name], items, about(None, **options))


def graph_of(body, syntax):
    return rdflib.Graph().parse(data=body, format=syntax)


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(documents(), max_size=2))
def test_both_say_the_same(drawn):
    items = [make(*one, identifier=f"thing-{at}") for at, one in enumerate(drawn)]
    from_json = graph_of(written("jsonld", *items), "json-ld")
    from_turtle = graph_of(written("turtle", *items), "turtle")
    assert isomorphic(from_json, from_turtle)
    again = graph_of(from_turtle.serialize(format="nt"), "nt")
    assert isomorphic(from_turtle, again)


@settings(max_examples=40)
@given(documents())
def test_pyld_expands_it_and_finds_every_word(drawn):
    item = make(*drawn)
    document = orjson.loads(written("jsonld", item, one=True))
    (node,) = jsonld.expand(document)
    assert node["@id"] == f"{BASE}/v1/{item.ref}"
    # What the context does not know is lost without a word: nothing may be.
    assert len(node) == len(document) - 1
    assert all(name.startswith(("@", "http")) for name in node)
    quads = jsonld.to_rdf(document, {"format": "application/n-quads"})
    turtle = graph_of(written("turtle", item), "turtle")
    assert len({tuple(line.split(" ", 2)) for line in quads.splitlines()}) == len(turtle)


def test_no_word_is_a_prefix():
    assert not TERMS.keys() & prefixes(BASE).keys()


def test_the_context_is_json_ld():
    assert jsonld.expand({"@context": context(BASE), "@id": "https://x.example/", "name": "x"})


def test_an_event_is_said_in_well_known_words(battle):
    graph = graph_of(written("turtle", battle), "turtle")
    event = rdflib.URIRef(f"{BASE}/v1/events/battle")
    types = set(graph.objects(event, rdflib.RDF.type))
    assert types == {SCHEMA.Event, CRM.E5_Event, PROV.Entity}
    assert (event, SCHEMA.name, rdflib.Literal("Battle")) in graph
    assert (event, CRM.P7_took_place_at, rdflib.URIRef(f"{BASE}/v1/places/havana")) in graph
    actors = set(graph.objects(event, CRM.P11_had_participant))
    assert actors == {rdflib.URIRef(f"{BASE}/v1/actors/{name}") for name in ("cuba", "fidel-castro")}
    (span,) = graph.objects(event, CRM["P4_has_time-span"])
    assert str(graph.value(span, CRM.P82a_begin_of_the_begin)) == "1961-04-17"
    assert str(graph.value(span, CRM.P82b_end_of_the_end)) == "1961-04-20"
    source = rdflib.URIRef(f"{BASE}/v1/sources/book")
    assert (event, PROV.wasDerivedFrom, source) in graph
    assert str(graph.value(source, SCHEMA.license)) == "CC BY-SA 4.0"
    assert str(graph.value(source, SCHEMA.creditText)).startswith("Thank <them>")
    assert str(graph.value(rdflib.URIRef(f"{BASE}/v1/actors/cuba"), SCHEMA.name)) == 'Cuba <&> "state"'


def test_open_ends_have_no_bound():
    item = make("event", {"title": "x", "date": "1962/.."})
    text = written("turtle", item).decode()
    assert "P82a" in text
    assert "P82b" not in text


def test_years_past_9999_are_written_as_xml_schema_has_them():
    text = written("turtle", make("event", {"title": "x", "date": "Y12345"})).decode()
    assert '"12345-01-01"^^xsd:date' in text
