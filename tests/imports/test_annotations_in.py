"""Web Annotations as evidence of records that are there."""

import orjson
import pytest

from app.formats import FORMATS
from app.formats.annotations import PROFILE
from app.formats.format import About, FormatItem
from app.formats.serialize import write
from app.imports.documents import UNMAPPED
from app.imports.readers import annotations, format_of_file, read
from app.records.kinds import kind_by_name

BASE = "https://annals.example"
SOURCE = {"kind": "source", "id": "book", "title": "A book"}
ITEMS = [
    {
        "id": "e7",
        "source": "sources/book",
        "property": "date",
        "stance": "disputes",
        "rank": "preferred",
        "basis": "inferred",
        "selector": {"start": 3, "end": 8, "exact": "\"a\\b'", "prefix": "x"},
        "value": {"edtf": "1962"},
        "note": "One.\nTwo.",
    },
    {"id": "e8", "source": "sources/book", "selector": {"page": 17, "paragraph": 2}},
    {"id": "e9", "source": "sources/book", "selector": {"page": "xiv"}, "stance": "mentions"},
    {"id": "e10", "basis": "external", "note": "Known."},
]
EVENT = {"kind": "event", "id": "battle", "title": "Battle", "date": "1961", "tags": ["x"]}
PLAIN = {
    "@context": PROFILE,
    "id": "https://example.org/a/1",
    "type": "Annotation",
    "body": f"{BASE}/v1/events/battle",
    "target": {
        "source": f"{BASE}/v1/sources/book",
        "selector": {"type": "TextQuoteSelector", "exact": "a battle", "prefix": ""},
    },
}


def page(*items):
    return orjson.dumps({"@context": PROFILE, "type": "AnnotationPage", "items": items})


def documents(*items):
    data = page(*items)
    return list(read("oa", [data[:31], data[31:]]))


def written(document):
    item = FormatItem(kind_by_name("event"), orjson.dumps(document).decode(), {})
    return b"".join(write(FORMATS["oa"], [[item]], About(BASE, "x")))


def test_evidence_that_is_written_is_read_back(importer, stored):
    assert importer.counts([SOURCE, {**EVENT, "evidence": ITEMS}]) == (2, 0, 0, 0)
    (event,) = (one for one in stored() if one["kind"] == "event")
    body = written(event)
    assert importer.counts(body, "oa") == (0, 0, 1, 0)
    importer([EVENT])
    assert importer.counts(body, "oa") == (0, 1, 0, 0)
    (again,) = (one for one in stored() if one["kind"] == "event")
    assert again["evidence"] == event["evidence"]


def test_annotations_are_added_to_the_evidence_that_is_there(importer, stored):
    importer([SOURCE, {**EVENT, "evidence": ITEMS[1:2]}])
    other = {**PLAIN, "id": f"{BASE}/v1/events/battle/evidence/e8", "motivation": "questioning"}
    assert importer.counts(page(PLAIN, other), "oa") == (0, 1, 0, 0)
    (event,) = (one for one in stored() if one["kind"] == "event")
    assert event["tags"] == ["x"]
    passage = {"source": "sources/book", "selector": {"exact": "a battle"}}
    assert event["evidence"] == [
        {"id": "e8", "stance": "disputes", **passage},
        {"id": "example-org-a-1", **passage},
    ]
    assert importer.counts(page(PLAIN, other), "oa") == (0, 0, 1, 0)


def test_a_record_that_is_not_there_is_a_fault(importer):
    importer([SOURCE])
    report = importer(page(PLAIN), "oa")
    assert [one["code"] for one in report.faults] == ["no_such_record"]
    assert report.counts.created == 0


def test_what_evidence_has_no_place_for_is_told():
    (found,) = documents(
        {**PLAIN, "body": [PLAIN["body"], {"type": "TextualBody", "value": "x", "purpose": "tagging"}]}
    )
    assert (found.notes, found.members, found.added) == ((UNMAPPED,), {"evidence"}, {"evidence"})


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"type": "Note"}, "/type"),
        ({"body": "https://example.org/x"}, "/body"),
        ({"target": "https://example.org/x"}, "/target"),
        (
            {"body": [PLAIN["body"], {"value": "{", "format": "application/json", "purpose": "describing"}]},
            "/body",
        ),
    ],
)
def test_what_is_missing_is_named(change, pointer):
    (found,) = documents({**PLAIN, **change})
    assert (found.raw, [fault.pointer for fault in found.faults]) == (None, [pointer])


def test_a_file_is_held_no_further_than_its_limit(monkeypatch):
    monkeypatch.setattr(annotations, "MAX_BYTES", 10)
    (found,) = documents(PLAIN)
    assert [fault.code for fault in found.faults] == ["too_large"]


def test_they_are_recognised():
    assert format_of_file("a.json", [page(PLAIN)])[0] == "oa"
    assert format_of_file("a.oa.jsonld", [b"[]"])[0] == "oa"


async def test_they_are_taken_over_http(writer):
    await writer.ask(
        "POST",
        "/v1/imports",
        content=orjson.dumps([SOURCE, EVENT]),
        headers={"content-type": "application/json"},
    )
    media_type = FORMATS["oa"].media_type
    done = await writer.ask("POST", "/v1/imports", content=page(PLAIN), headers={"content-type": media_type})
    assert (done.status_code, done.json()["updated"]) == (200, 1), done.text


def test_a_value_is_json_as_strictly_as_any_other():
    value = {
        "purpose": "describing",
        "format": "application/json",
        "value": '{"edtf": "1900", "edtf": "1901"}',
    }
    body = [{"type": "SpecificResource", "source": f"{BASE}/v1/events/battle"}, value]
    (found,) = documents({**PLAIN, "body": body})
    assert [fault.code for fault in found.faults] == ["invalid_json"]


def test_a_page_of_more_digits_than_a_number_has_is_text():
    selector = {"type": "FragmentSelector", "value": f"page={'9' * 5000}"}
    (found,) = documents({**PLAIN, "target": {"source": f"{BASE}/v1/sources/book", "selector": selector}})
    assert found.raw["evidence"][0]["selector"] == {"page": "9" * 5000}
