"""What the OpenAPI document promises generators of clients: names for all that is answered, and types for all that is known."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from documented import openapi, resolved, validator_of
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.errors import BadRequest, PreconditionRequired
from app.formats import FORMATS
from app.listing.query import LIST_QUERIES
from app.records.kinds import RECORD_KINDS
from app.schemas.query_model import parse_query
from app.values.one_line import MAX_COMMENT_LENGTH, parse_line

ANY_JSON = {
    "value of an operation": "a JSON Patch adds, replaces or tests any JSON",
    "value of evidence": "what a source says has the shape of the property that it is about",
    "members of others": "other programs may put in anything beside what is read",
    "terms of JSON-LD": "which members there are, and what they hold, the context of the document says",
}

UNTYPED = {
    **{
        f"{name}/properties/value": ANY_JSON["value of an operation"]
        for name in ("AddOperation", "ReplaceOperation", "TestOperation", "DifferenceOperation")
    },
    "DifferenceOperation/properties/old": ANY_JSON["value of an operation"],
    **{
        f"{name}/properties/{member}": ANY_JSON["value of evidence"]
        for name in ("Evidence", "EvidenceInput", "Passage", "PropertyEvidence")
        for member in (("value", "holds") if name == "Passage" else ("value",))
    },
    **{
        f"{at}/additionalProperties": ANY_JSON["members of others"]
        for at in (
            "FeatureInput/properties/properties/anyOf/0",
            "PlaceFeatureInput",
            "PlaceFeatureInput/properties/geometry/anyOf/0",
            "PlaceFeatureInput/properties/properties",
            "PlaceFeatureInput/properties/when",
            "AnnotationInput",
            "CitationInput",
        )
    },
    "LinkedDataDocument/additionalProperties": ANY_JSON["terms of JSON-LD"],
    "LinkedDataNode/additionalProperties": ANY_JSON["terms of JSON-LD"],
}
"""Where a schema takes any JSON, and why; nowhere else does one."""

SHAPES = ("type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const")


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def json_answers() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, operation in operations():
        for status, answer in operation["responses"].items():
            for media_type, content in resolved(answer).get("content", {}).items():
                if media_type.partition(";")[0].endswith(("/json", "+json")):
                    yield f"{name} {status} {media_type}", content.get("schema", {})


def parameters(place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, operation in operations():
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == place:
                yield f"{name} {parameter['name']}", parameter


def schemas(part: Any, at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give a schema and all within it, each with where it is."""
    if not isinstance(part, dict):
        return
    yield at, part
    for name, member in part.get("properties", {}).items():
        yield from schemas(member, f"{at}/properties/{name}")
    for name in ("items", "additionalProperties", "propertyNames"):
        if name in part:
            yield from schemas(part[name], f"{at}/{name}") if isinstance(part[name], dict) else ()
    for name in ("anyOf", "oneOf", "allOf"):
        for number, option in enumerate(part.get(name, ())):
            yield from schemas(option, f"{at}/{name}/{number}")


def components() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in openapi()["components"]["schemas"].items():
        yield from schemas(schema, name)


def is_returned(name: str) -> bool:
    """Say whether a component is of what the service answers."""
    return not name.endswith(
        ("Input", "MergePatch", "Request", "Operation", "DocumentMembers")
    ) and name not in {kind.model.__name__ for kind in RECORD_KINDS}


@pytest.mark.slow
def test_the_document_is_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(openapi()).iter_errors()] == []


def test_every_json_answer_is_a_named_component() -> None:
    inline = {name: schema for name, schema in json_answers() if set(schema) - {"$ref", "description"}}
    inline |= {name: schema for name, schema in json_answers() if "$ref" not in schema}
    assert inline == {}


def test_every_json_body_is_a_named_component() -> None:
    found = {
        f"{name} {media_type}": content["schema"]
        for name, operation in operations()
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
        if media_type.endswith(("/json", "+json", "form-data"))
    }
    assert found
    assert {at: schema for at, schema in found.items() if "$ref" not in schema} == {}


@pytest.mark.parametrize(
    "document",
    [
        [{"kind": "event", "title": "E"}, {"kind": "term", "scheme": "event-type", "id": "x", "label": "X"}],
        {"items": [{"title": "E"}]},
        {"kind": "place", "title": "P", "names": []},
    ],
)
def test_documents_to_import_are_as_their_schema_says(document: Any) -> None:
    schema = orjson.dumps(openapi()["components"]["schemas"]["DocumentsInput"])
    assert validator_of(schema).is_valid(document)
    for wrong in ({"kind": "person", "title": "E"}, [{"kind": "event"}], "E", [[]]):
        assert not validator_of(schema).is_valid(wrong)


def test_components_are_named_after_themselves() -> None:
    # Generators name their classes after titles.
    known = openapi()["components"]["schemas"]
    assert {name: one["title"] for name, one in known.items() if one.get("title") != name} == {}


def test_every_component_is_used() -> None:
    used: set[str] = set()

    def look(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                used.add(part["$ref"].rpartition("/")[2])
            for member in part.values():
                look(member)
        elif isinstance(part, list):
            for item in part:
                look(item)

    look(openapi())
    assert set(openapi()["components"]["schemas"]) - used == set()


def test_nothing_is_untyped_whose_shape_is_known() -> None:
    untyped = {at for at, schema in components() if not any(word in schema for word in SHAPES)}
    untyped |= {
        at
        for at, schema in components()
        if schema.get("type") == "object" and not {"properties", "additionalProperties"} & schema.keys()
    }
    untyped |= {
        f"{at}/additionalProperties"
        for at, schema in components()
        if schema.get("additionalProperties") is True
    }
    untyped |= {at for at, schema in components() if schema.get("type") == "array" and "items" not in schema}
    assert untyped == UNTYPED.keys()


def test_answers_require_no_member_that_may_be_left_out() -> None:
    wrong = {
        at: name
        for at, schema in components()
        if is_returned(at.partition("/")[0])
        for name in schema.get("required", ())
        if "default" in schema.get("properties", {}).get(name, {})
    }
    assert wrong == {}


@pytest.mark.parametrize("kind", RECORD_KINDS, ids=lambda kind: kind.kind)
def test_a_request_needs_a_title_alone(kind: Any) -> None:
    written = openapi()["components"]["schemas"][kind.model.__name__]
    assert written["required"] == ["title"]
    # Clients leave out what is read-only; an import needs the kind.
    assert written["properties"]["kind"].keys() == {"const", "type", "description"}
    assert "kind" not in openapi()["components"]["schemas"][f"{kind.model.__name__}MergePatch"]["properties"]


def test_a_date_is_text_or_an_object_when_it_is_written_and_an_object_when_it_is_returned() -> None:
    known = openapi()["components"]["schemas"]
    for name, schema in known.items():
        date = schema.get("properties", {}).get("date")
        if date is None or name == "CslCustom":
            continue
        refs = [one.get("$ref", one.get("type")) for one in date.get("anyOf", [date])]
        parts = [str(one).rpartition("/")[2] for one in refs]
        if is_returned(name):
            assert parts == ["HistoricalDate"], name
        else:
            assert parts[0] == "string", name
            assert parts[1].startswith("HistoricalDate"), name
    assert {"edtf", "start", "end", "qualified", "label"} == set(known["HistoricalDate"]["required"])


def test_returned_members_are_left_out_rather_than_null() -> None:
    # Null says something: that there is no bound, no page, no end.
    told = {
        ("DayRange", "earliest"),
        ("DayRange", "latest"),
        ("Feature", "geometry"),
        ("FeatureProperties", "geometry"),
        ("FeatureProperties", "date_start"),
        ("FeatureProperties", "date_end"),
        ("PlaceFeature", "geometry"),
        ("OwnKeyDescription", "expires_at"),
        ("OwnKeyDescription", "last_used_at"),
        ("Problem", "nearest"),
    }
    found = {
        (name, member)
        for name, schema in openapi()["components"]["schemas"].items()
        if is_returned(name)
        for member, one in schema.get("properties", {}).items()
        if {"type": "null"} in one.get("anyOf", ()) and member not in {"next", "prev"}
    }
    assert {one for one in found if one[0] not in {"DateOfText", "DateReading"}} == told


def test_what_is_told_apart_by_a_member_requires_it() -> None:
    # Generators make it required there, also in requests that need not have it (OpenAPI 3.1.1, Discriminator Object).
    known = openapi()["components"]["schemas"]
    found = [(at, schema["discriminator"]) for at, schema in components() if "discriminator" in schema]
    assert found
    wrong = {
        at: name
        for at, one in found
        for name in (ref.rpartition("/")[2] for ref in one["mapping"].values())
        if one["propertyName"] not in known[name]["required"]
    }
    assert wrong == {}


def test_a_body_in_several_media_types_of_json_is_in_the_first_whatever_it_is_in_the_others() -> None:
    # Most generators know the first alone.
    several = {}
    for name, operation in operations():
        contents = operation.get("requestBody", {}).get("content", {})
        if "application/merge-patch+json" in contents:
            first, *others = contents
            options = resolved(contents[first]["schema"])["oneOf"]
            several[name] = (first, options == [contents[one]["schema"] for one in others])
    assert len(several) == len(RECORD_KINDS) + 1
    assert set(several.values()) == {("application/json", True)}


def test_no_text_of_a_request_has_an_option_of_its_own_for_being_empty() -> None:
    # Generators make classes of these.
    assert [at for at, schema in components() if schema.get("maxLength") == 0] == []


def test_arrays_and_objects_are_bounded_by_their_own_words() -> None:
    wrong = [
        at
        for at, schema in components()
        if schema.get("type") in ("array", "object") and {"maxLength", "minLength"} & schema.keys()
    ]
    assert wrong == []


def test_formats_are_enumerated() -> None:
    for name, parameter in parameters("query"):
        if name.endswith(" format"):
            assert parameter["schema"]["enum"], name
    listed = openapi()["paths"]["/v1/events"]["get"]["parameters"]
    formats = next(one for one in listed if one["name"] == "format")["schema"]["enum"]
    assert formats == [one.name for one in FORMATS.values() if one.installed and one.name in formats]
    assert {"json", "csv", "geojson"} <= set(formats)


@pytest.mark.parametrize("kind", RECORD_KINDS, ids=lambda kind: kind.kind)
@pytest.mark.parametrize("path", ["/v1/{}", "/v1/{}/{{id}}"])
def test_fields_are_enumerated(kind: Any, path: str) -> None:
    listed = openapi()["paths"][path.format(kind.collection)]["get"]["parameters"]
    fields = next(one for one in listed if one["name"] == "fields")["schema"]
    assert (fields["type"], fields["items"]["enum"]) == ("array", [*kind.model.model_fields])


@pytest.mark.parametrize("name", ["include", "facets"])
def test_what_stands_in_a_list_of_words_is_enumerated(name: str) -> None:
    found = [one["schema"] for at, one in parameters("query") if at.endswith(f" {name}")]
    assert found
    assert all(one["type"] == "array" and one["items"]["enum"] for one in found)


def test_a_write_that_would_be_428_requires_if_match() -> None:
    status = str(PreconditionRequired.status)
    for name, operation in operations():
        found = {one["name"]: one for one in operation.get("parameters", ()) if one["in"] == "header"}
        if status not in operation["responses"]:
            assert name.startswith("GET") or not found.get("If-Match", {}).get("required", False), name
        elif "If-None-Match" in found:
            # Either header will do, which a schema cannot say.
            assert name.startswith("PUT")
            assert "If-Match" in found, name
        else:
            assert found["If-Match"]["required"], name


def header_pattern(name: str) -> re.Pattern[str]:
    found = {
        one["schema"]["pattern"]
        for at, one in parameters("header")
        if at.endswith(f" {name}") and not at.startswith("GET")
    }
    assert len(found) == 1
    return re.compile(found.pop())


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("If-Match", ["*", '"3"', '"3-abc"', 'W/"3"', '"3", "4"'], ["3", "", '"3', '"3" "4"', "*, *"]),
        ("If-None-Match", ["*"], ["3"]),
        ("Idempotency-Key", ["a", "x" * 255, "6f1c1f4e-import-17"], ["", "two words", "x" * 256, "ñ"]),
        (
            "X-Edit-Comment",
            [
                "",
                "read anew",
                "a%20b",
                "Ch%C3%A1vez",
                "%E2%82%AC",
                "%E0%A4%85",
                "%F0%9F%8F%9B",
                "%25",
                "%",
                "100% sure",
                "%E2%80%94",
                "%EE%80%80",
                "%EF%BC%81",
            ],
            [
                "%0A",
                "%FF",
                "%C3",
                "%C0%80",
                "%ED%A0%80",
                "a" * 1001,
                "line\nline",
                "%E2%80%8B",
                "%E2%80%AE",
                "%E2%81%A0",
                "%EF%BB%BF",
            ],
        ),
    ],
)
def test_headers_of_writes_have_patterns(name: str, right: list[str], wrong: list[str]) -> None:
    pattern = header_pattern(name)
    assert [one for one in right if not pattern.fullmatch(one)] == []
    assert [one for one in wrong if pattern.fullmatch(one)] == []


@given(st.text(max_size=4))
def test_the_pattern_of_comments_is_that_of_lines(text: str) -> None:
    try:
        parse_line(text, MAX_COMMENT_LENGTH)
    except ValueError:
        assert not header_pattern("X-Edit-Comment").fullmatch(quote(text))
    else:
        # White space around a comment is left out, line breaks too; no header has these.
        assert text != text.strip() or header_pattern("X-Edit-Comment").fullmatch(quote(text))


PARAMETERS = {
    "ids": (["a", "a-b,c", " a , b "], ["", "A", "a,", "a--b"]),
    "type": (["meeting", "meeting,battle"], ["", " ", "meeting,"]),
    "tag": (["cold war", "a,b", ","], ["", " ", "\0"]),
    "participant": (
        [
            "actors/x",
            "actors/x,actors/y",
            "actors/x:host",
            "actors/x:host,guest",
            "actors/x:host,guest,actors/y",
        ],
        ["", "actors", "places/x", "actors/x,", "actors/x,guest", "actors/x:", "actors/x:host,"],
    ),
    "source": (["sources/x", "sources/x, sources/y"], ["actors/x", "sources/x:host", "sources/"]),
    "when": (
        ["1967", "1967-03~/1975", "[1960..1965, 1970..]", "../1970", "-0043-03-15"],
        ["", " 1967", "196", "1967-13"],
    ),
    "on_day": (["01-03", "02-29", "12-31"], ["1-3", "02-30", "13-01", "06-31", "00-10"]),
    "bbox": (["-85,19.8,-74,23.3", "1e1,.5, 3,4."], ["1,2,3", "a,b,c,d", "1,2,3,4,5", "nan,1,2,3"]),
    "near": (["23.13,-82.38", "places/havana"], ["23", "actors/x", "havana,", "1,2,3"]),
    "figure": (["deaths>=10", "deaths = 1e3"], ["deaths", ">=10", "deaths>=ten", "deaths>=1,5"]),
    "policy": (["preferred", "source:sources/x"], ["", "sources/x", "source:actors/x", "preferred "]),
    "lang": (["es", "pt-BR", "x-old"], ["", "e", "es_ES", "spanish language"]),
    "cursor": (["abc"], ["", " ", "\0"]),
}
"""Texts that these parameters take, or refuse by their form alone."""


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_patterns_of_parameters_are_what_is_taken(name: str) -> None:
    listed = openapi()["paths"]["/v1/events"]["get"]["parameters"]
    schema = next(one["schema"] for one in listed if one["name"] == name)
    pattern = re.compile(schema.get("items", schema)["pattern"])
    beside = {"near": "&within_km=1"}.get(name, "")
    for right, texts in zip((True, False), PARAMETERS[name], strict=True):
        for text in texts:
            assert bool(pattern.fullmatch(text)) == right, text
            query = f"{name}={quote(text)}{beside}".encode()
            if right:
                parse_query(LIST_QUERIES["event"], query)
            else:
                with pytest.raises(BadRequest):
                    parse_query(LIST_QUERIES["event"], query)


def test_only_a_search_text_may_be_empty() -> None:
    may_be_empty = {
        name.rpartition(" ")[2]
        for name, parameter in parameters("query")
        for value in [parameter["schema"].get("items", parameter["schema"])]
        if value.get("type") == "string"
        and not {"enum", "const", "format"} & value.keys()
        and ("pattern" not in value or re.search(value["pattern"], ""))
    }
    assert may_be_empty == {"q"}


@pytest.mark.parametrize(
    ("pointer", "is_one"),
    [("", True), ("/a~0b~1", True), ("/tags/-", True), ("a", False), ("/a~", False), ("/a~2", False)],
)
def test_pointers_of_a_patch_have_a_pattern(pointer: str, is_one: bool) -> None:
    known = openapi()["components"]["schemas"]
    for operation, member in (("AddOperation", "path"), ("MoveOperation", "from")):
        assert bool(re.search(known[operation]["properties"][member]["pattern"], pointer)) == is_one
