"""The vocabulary of JSON-LD and Turtle: prefixes, and the terms of the context that is served at `/v1/context.jsonld`.

Terms come from schema.org, CIDOC CRM, PROV, Web Annotation, GeoSPARQL or Dublin Core where one of them has
a suitable one. Others are this service's own, below `/v1/context.jsonld#`; terms of the controlled
vocabularies are below `/v1/vocabularies/`, and each relation is a property there.
"""

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

FOREIGN: Final = MappingProxyType(
    {
        "schema": "https://schema.org/",
        "crm": "http://www.cidoc-crm.org/cidoc-crm/",
        "prov": "http://www.w3.org/ns/prov#",
        "oa": "http://www.w3.org/ns/oa#",
        "geosparql": "http://www.opengis.net/ont/geosparql#",
        "dcterms": "http://purl.org/dc/terms/",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "edtf": "http://id.loc.gov/datatypes/edtf/",
    }
)
"""Prefixes that are the same for every service."""

LINK: Final = "@id"
"""The type of values that are IRIs."""

EDTF: Final = "edtf:EDTF"
DAY: Final = "xsd:date"
MOMENT: Final = "xsd:dateTime"


@dataclass(frozen=True, slots=True)
class Word:
    """A term of the context: the property that it stands for, and the type of its values, if they share one."""

    iri: str
    type: str | None = None


TERMS: Final = MappingProxyType(
    {
        "name": Word("schema:name"),
        "alternateName": Word("schema:alternateName"),
        "datedName": Word("crm:P1_is_identified_by"),
        "usedDuring": Word("annals:usedDuring"),
        "description": Word("schema:description"),
        "identifier": Word("schema:identifier"),
        "keywords": Word("schema:keywords"),
        "sameAs": Word("schema:sameAs", LINK),
        "version": Word("schema:version"),
        "hasType": Word("crm:P2_has_type", LINK),
        "created": Word("dcterms:created", MOMENT),
        "modified": Word("dcterms:modified", MOMENT),
        "hasVersion": Word("dcterms:hasVersion", LINK),
        "label": Word("rdfs:label"),
        "note": Word("rdfs:comment"),
        "temporalCoverage": Word("schema:temporalCoverage", EDTF),
        "startDate": Word("schema:startDate", DAY),
        "endDate": Word("schema:endDate", DAY),
        "timeSpan": Word("crm:P4_has_time-span"),
        "beginOfTheBegin": Word("crm:P82a_begin_of_the_begin", DAY),
        "endOfTheBegin": Word("crm:P81a_end_of_the_begin", DAY),
        "beginOfTheEnd": Word("crm:P81b_begin_of_the_end", DAY),
        "endOfTheEnd": Word("crm:P82b_end_of_the_end", DAY),
        "date": Word("annals:date", EDTF),
        "calendar": Word("annals:calendar"),
        "asWritten": Word("annals:asWritten"),
        "inForce": Word("annals:inForce"),
        "location": Word("schema:location", LINK),
        "tookPlaceAt": Word("crm:P7_took_place_at", LINK),
        "placeLink": Word("annals:placeLink"),
        "place": Word("annals:place", LINK),
        "precision": Word("annals:precisionInMetres"),
        "geo": Word("schema:geo"),
        "latitude": Word("schema:latitude", "xsd:double"),
        "longitude": Word("schema:longitude", "xsd:double"),
        "hasGeometry": Word("geosparql:hasGeometry"),
        "asGeoJSON": Word("geosparql:asGeoJSON", "geosparql:geoJSONLiteral"),
        "hadParticipant": Word("crm:P11_had_participant", LINK),
        "participation": Word("annals:participation"),
        "actor": Word("annals:actor", LINK),
        "role": Word("annals:role", LINK),
        "party": Word("annals:party"),
        "action": Word("annals:action"),
        "actionName": Word("annals:actionName"),
        "provision": Word("annals:provision"),
        "text": Word("schema:text"),
        "obliges": Word("annals:obliges", LINK),
        "benefits": Word("annals:benefits", LINK),
        "establishedUnder": Word("annals:establishedUnder", LINK),
        "relation": Word("annals:relation"),
        "target": Word("annals:target", LINK),
        "figure": Word("annals:figure"),
        "measure": Word("schema:propertyID", LINK),
        "minValue": Word("schema:minValue"),
        "value": Word("schema:value"),
        "maxValue": Word("schema:maxValue"),
        "unitText": Word("schema:unitText"),
        "group": Word("annals:group"),
        "wasDerivedFrom": Word("prov:wasDerivedFrom", LINK),
        "evidence": Word("annals:evidence"),
        "bearsOn": Word("annals:bearsOn"),
        "stance": Word("annals:stance"),
        "rank": Word("annals:rank"),
        "basis": Word("annals:basis"),
        "competingValue": Word("annals:competingValue"),
        "hasTarget": Word("oa:hasTarget"),
        "hasSource": Word("oa:hasSource", LINK),
        "hasSelector": Word("oa:hasSelector"),
        "start": Word("oa:start"),
        "end": Word("oa:end"),
        "exact": Word("oa:exact"),
        "prefix": Word("oa:prefix"),
        "suffix": Word("oa:suffix"),
        "page": Word("schema:pagination"),
        "paragraph": Word("annals:paragraph"),
        "author": Word("schema:author"),
        "editor": Word("schema:editor"),
        "container": Word("annals:container"),
        "volumeNumber": Word("schema:volumeNumber"),
        "issueNumber": Word("schema:issueNumber"),
        "isbn": Word("schema:isbn"),
        "doi": Word("annals:doi"),
        "archive": Word("annals:archive"),
        "shelfmark": Word("annals:shelfmark"),
        "publisher": Word("schema:publisher"),
        "inLanguage": Word("schema:inLanguage"),
        "url": Word("schema:url", LINK),
        "accessed": Word("annals:accessed", EDTF),
        "license": Word("schema:license"),
        "creditText": Word("schema:creditText"),
        "sha256": Word("annals:sha256"),
        "characters": Word("annals:characters"),
    }
)
"""Every term of the context, by its name."""


@lru_cache(maxsize=16)
def prefixes(base: str) -> dict[str, str]:
    """Return all prefixes, with those of the service at an address."""
    return {
        **FOREIGN,
        "annals": f"{base}/v1/context.jsonld#",
        "rel": f"{base}/v1/vocabularies/relation-type#",
    }


@lru_cache(maxsize=16)
def context(base: str) -> dict[str, Any]:
    """Return the JSON-LD 1.1 context of the service at an address."""
    terms = {
        name: word.iri if word.type is None else {"@id": word.iri, "@type": word.type}
        for name, word in TERMS.items()
    }
    return {"@version": 1.1, **prefixes(base), **terms}
