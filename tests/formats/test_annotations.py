"""Web Annotations of evidence, expanded by pyld with the part of their context that is used."""

from urllib.parse import urlsplit

import orjson
import pytest
from format_items import BASE, about, documents, make, write_whole
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld

from app.formats import FORMATS
from app.formats.annotations import PROFILE

OA, AS = "http://www.w3.org/ns/oa#", "http://www.w3.org/ns/activitystreams#"
IRI = {"@type": "@id"}
CONTEXT = {
    "oa": OA,
    "as": AS,
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "id": {"@id": "@id", "@type": "@id"},
    "type": {"@id": "@type", "@type": "@vocab"},
    **{
        name: f"oa:{name}"
        for name in (
            "Annotation",
            "SpecificResource",
            "TextualBody",
            "TextPositionSelector",
            "TextQuoteSelector",
            "FragmentSelector",
            "start",
            "end",
            "exact",
            "prefix",
            "suffix",
            "linking",
            "questioning",
            "identifying",
            "describing",
            "commenting",
            "tagging",
        )
    },
    "AnnotationPage": "as:OrderedCollectionPage",
    "items": {"@id": "as:items", "@type": "@id", "@container": "@list"},
    "label": "http://www.w3.org/2000/01/rdf-schema#label",
    "motivation": {"@id": "oa:motivatedBy", "@type": "@vocab"},
    "purpose": {"@id": "oa:hasPurpose", "@type": "@vocab"},
    "body": {"@id": "oa:hasBody", **IRI},
    "target": {"@id": "oa:hasTarget", **IRI},
    "source": {"@id": "oa:hasSource", **IRI},
    "selector": {"@id": "oa:hasSelector", **IRI},
    "conformsTo": {"@id": "http://purl.org/dc/terms/conformsTo", **IRI},
    "value": "rdf:value",
    "format": "dc:format",
}


def annotations(*items, **options):
    page = orjson.loads(write_whole(FORMATS["oa"], items, about(None, **options)))
    assert (page["@context"], page["type"]) == (PROFILE, "AnnotationPage")
    return page["items"]


def record(evidence, **members):
    return make("event", {"title": "Battle", "date": "1961", "evidence": [evidence], **members}, "battle")


def words(value):
    """List the names of members, wherever they are."""
    if isinstance(value, list):
        return [name for one in value for name in words(one)]
    return (
        [name for key, one in value.items() for name in (key, *words(one))] if isinstance(value, dict) else []
    )


@given(st.lists(documents(), max_size=3))
def test_every_item_of_evidence_is_an_annotation_and_every_word_means_something(drawn):
    items = [make(*one, identifier=f"thing-{at}") for at, one in enumerate(drawn)]
    found = annotations(*items)
    wanted = [
        f"{BASE}/v1/{item.ref}/evidence/{one['id']}"
        for item in items
        for one in orjson.loads(item.document).get("evidence", ())
    ]
    assert [one["id"] for one in found] == wanted
    expanded = jsonld.expand({"@context": CONTEXT, "type": "AnnotationPage", "items": found})
    assert len(words(found)) <= len(words(expanded))
    if found:
        (page,) = expanded
        (items_of_page,) = page[f"{AS}items"]
        assert len(items_of_page["@list"]) == len(found)
        for one in items_of_page["@list"]:
            assert one["@type"] == [f"{OA}Annotation"]
            assert one[f"{OA}hasTarget"]
            assert len(one[f"{OA}motivatedBy"]) == 1
    assert set(words(found)) <= CONTEXT.keys()


def test_an_annotation_says_all_that_the_evidence_does():
    evidence = {
        "id": "e7",
        "source": "sources/book",
        "property": "date",
        "stance": "disputes",
        "rank": "preferred",
        "basis": "inferred",
        "value": "1962",
        "note": "A later hand.",
        "selector": {"start": 3, "end": 8, "exact": "1962.", "prefix": "in "},
    }
    (found,) = annotations(record(evidence))

    def text(value, purpose):
        return {"type": "TextualBody", "value": value, "format": "text/plain", "purpose": purpose}

    value = found["body"].pop(2)
    assert (value["purpose"], value["format"]) == ("describing", "application/json")
    assert orjson.loads(value["value"])["edtf"] == "1962"
    assert found == {
        "id": f"{BASE}/v1/events/battle/evidence/e7",
        "type": "Annotation",
        "motivation": "questioning",
        "body": [
            {
                "type": "SpecificResource",
                "source": f"{BASE}/v1/events/battle",
                "purpose": "linking",
                "selector": {"type": "FragmentSelector", "value": "date"},
            },
            {"type": "SpecificResource", "source": f"{BASE}/v1/sources/book", "purpose": "identifying"},
            text("A later hand.", "commenting"),
            text("disputes", "tagging"),
            text("preferred", "tagging"),
            text("inferred", "tagging"),
        ],
        "target": {
            "type": "SpecificResource",
            "source": f"{BASE}/v1/sources/book",
            "selector": [
                {"type": "TextPositionSelector", "start": 3, "end": 8},
                {"type": "TextQuoteSelector", "exact": "1962.", "prefix": "in "},
            ],
        },
    }


@pytest.mark.parametrize(
    ("selector", "fragment"),
    [
        ({"page": 17}, {"value": "page=17", "conformsTo": "http://tools.ietf.org/rfc/rfc3778"}),
        ({"page": "xiv"}, {"value": "page=xiv"}),
        ({"page": 3, "paragraph": 2}, {"value": "page=3&paragraph=2"}),
    ],
)
def test_pages_and_paragraphs_are_fragments(selector, fragment):
    (found,) = annotations(record({"source": "sources/book", "selector": selector}))
    assert found["target"]["selector"] == {"type": "FragmentSelector", **fragment}


def test_a_source_is_named_by_where_it_can_be_read():
    item = record({"source": "sources/book"})
    (without,) = annotations(item)
    assert without["target"] == f"{BASE}/v1/sources/book"
    linked = {
        **item.linked,
        "sources/book": item.linked["sources/book"].changed(url="https://example.org/book"),
    }
    (found,) = annotations(type(item)(item.kind, item.document, linked))
    assert found["target"] == "https://example.org/book"


def test_evidence_from_outside_the_sources_is_about_the_record():
    (found,) = annotations(record({"basis": "external", "note": "Told by an eyewitness."}))
    assert found["target"] == f"{BASE}/v1/events/battle"
    assert found["motivation"] == "linking"
    assert [one["value"] for one in found["body"][1:]] == ["Told by an eyewitness.", "supports", "external"]


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("application/ld+json", "jsonld"),
        ('application/ld+json;profile="http://www.w3.org/ns/anno.jsonld"', "oa"),
        (
            'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"; q=0.8, application/json;q=0.5',
            "oa",
        ),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "jsonld"),
        ('application/ld+json;profile="http://www.w3.org/ns/anno.jsonld";q=0.2, text/csv', "csv"),
    ],
)
async def test_a_profile_tells_annotations_from_other_json_ld(seeded_client, accept, name):
    answer = await seeded_client.get("/v1/events?limit=2", headers={"accept": accept})
    assert answer.headers["content-type"].startswith(FORMATS[name].media_type)


async def test_a_page_has_its_own_address(seeded_client):
    answer = await seeded_client.get("/v1/events/cuban-revolution?format=oa")
    page = answer.json()
    assert page["id"].endswith("/v1/events/cuban-revolution?format=oa")
    assert page["items"]
    assert (await seeded_client.get(page["id"])).json() == page


async def test_the_evidence_of_a_record_comes_as_annotations(seeded_client):
    path = "/v1/events/cuban-revolution/evidence"
    page = (await seeded_client.get(path, headers={"accept": FORMATS["oa"].media_type})).json()
    whole = (await seeded_client.get("/v1/events/cuban-revolution?format=oa")).json()
    assert page["items"] == whole["items"]
    assert page["id"].endswith(f"{path}?format=oa")
    refused = await seeded_client.get(f"{path}?format=oa&property=date")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "only_in_json")


async def test_the_passages_of_a_source_come_as_annotations_page_by_page(seeded_client):
    path = "/v1/sources/cuba-venezuela-cooperation/evidence"
    told = (await seeded_client.get(f"{path}?limit=3")).json()
    page = (await seeded_client.get(f"{path}?limit=3&format=oa")).json()
    wanted = [f"/v1/{one['ref']}/evidence/{one['evidence']['id']}" for one in told["items"]]
    assert [urlsplit(one["id"]).path for one in page["items"]] == wanted
    following = (await seeded_client.get(page["next"])).json()
    assert following["items"]
    assert following["items"][0]["id"] not in {one["id"] for one in page["items"]}
