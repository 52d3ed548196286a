"""Files are known by their content where it is certain, else by their name."""

import gzip

import pytest

from app.imports.readers import READABLE, format_of_file, read_body
from app.imports.readers.file_format import HEAD_BYTES, head_of

CSV = b"kind,id,title,date\nevent,one,One,1994\n"
NDJSON = b'{"kind":"event","id":"one","title":"One","date":"1994"}\n'
OTHER = NDJSON.replace(b"one", b"two")
JSON = b'[{"kind":"event","id":"one","title":"One","date":"1994"}]'
FEATURE = b'{"type":"Feature","id":"places/p","geometry":null,"properties":{"kind":"place","title":"P"}}'
GEOJSON = b'{"type":"FeatureCollection","features":[' + FEATURE + b"]}"

CASES = [
    ("a.csv", CSV, "csv", False),
    ("a.txt", CSV, "csv", True),
    ("a", b"\xef\xbb\xbf" + CSV, "csv", True),
    ("a.json", CSV, "csv", True),
    ("a.txt", CSV.decode().encode("utf-16"), "csv", True),
    ("a.json", NDJSON + OTHER, "ndjson", True),
    ("a.csv", NDJSON + b"\r\n" + OTHER, "ndjson", True),
    ("a.ndjson", NDJSON, "ndjson", False),
    ("a.json", NDJSON, "json", False),
    ("a.json", b'{"items":[]}', "json", False),
    ("a.csv", JSON, "json", True),
    ("a.txt", b'{\n "kind": "event"}', "json", True),
    ("a.json", GEOJSON, "geojson", True),
    (
        "a.json",
        b'{"name":"x","crs":{"type":"name","properties":{"a":1}},\n"type": "FeatureCollection",',
        "geojson",
        True,
    ),
    ("a.json", b'{"features":[{"properties":{"a":[0,[1]]}}],"type":"FeatureCollection"}', "json", False),
    ("a.ndjson", b'{"kind": \n' + NDJSON, "ndjson", False),
    ("a.txt", b"Dear Sir,\nthis is a letter.\n", None, False),
    ("a.csv", b"<a>;1\n<b>;2\n", "csv", False),
    ("a.txt", b"<a>;1\n<b>;2\n", None, False),
    ("a.csl.json", JSON, "csl", False),
    ("a.csv", b"", "csv", False),
    ("a.json", b'{"entities":{"Q42":{"type":"item"', "wikidata", True),
    ("a.json", b'[\n{"type":"item","id":"Q1"', "wikidata", True),
    ("a.json", b'{"pageid":1,"title":"Q1","lastrevid":2,"type":"item","id":"Q1"', "wikidata", True),
    ("a.json", b'{"title": "x",\n"type": "item"}', "json", False),
    ("a.json", b'{"@context": {}, "type": "rdf:Bag", "authorities": {"p0": {', "periodo", True),
    ("a.jsonld", b'{"@context": {}, "type": "rdf:Bag", "authorities": {"p0": {', "periodo", True),
    (
        "a.jsonld",
        b'{"type":"FeatureCollection","@context":"http://x/linked-places","features":[]}',
        "lpf",
        True,
    ),
    ("a.jsonld", b'{"@context": {"title": "http://purl.org/dc/terms/title"}, "@graph": []}', None, False),
    ("a.jsonld", NDJSON + OTHER, None, False),
    ("a.ttl", CSV, None, False),
    ("a.txt", b"begin:vcalendar\r\nVERSION:2.0", "icalendar", True),
    ("a.ics", b"BEGIN:VCALENDAR\r\n", "icalendar", False),
    ("a.txt", b"\xef\xbb\xbf0 HEAD\r\n1 CHAR UTF-8\r\n", "gedcom", True),
]


@pytest.mark.parametrize(("name", "data", "form", "differs"), CASES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_content_tells_where_it_is_certain(name, data, form, differs, pack):
    found, notes = format_of_file(name, [pack(data)])
    assert (found, bool(notes)) == (form, differs)
    if notes:
        assert notes == (f"recognised:{READABLE[form].title}",)


@pytest.mark.parametrize("size", [1, 7, 10_000_000])
def test_looking_takes_nothing_away(size):
    data = CSV * 10_000
    head, whole = head_of(data[at : at + size] for at in range(0, len(data), size))
    assert (head.data, head.is_whole) == (data[:HEAD_BYTES], False)
    assert b"".join(whole) == data


@pytest.mark.slow
def test_a_bomb_is_looked_at_no_further_than_its_beginning():
    head, _ = head_of([gzip.compress(b"\n" * 300_000_000)])
    assert (len(head.data), head.is_whole) == (HEAD_BYTES, False)


@pytest.mark.parametrize("headers", [{}, {"content-type": "application/octet-stream"}])
async def test_a_body_without_a_telling_media_type(writer, headers):
    done = await writer.ask("POST", "/v1/imports", content=CSV, headers=headers)
    assert done.status_code == 200, done.text
    assert done.json()["created"] == 1
    assert [(one["code"], one["count"]) for one in done.json()["notes"]] == [("recognised", 1)]
    refused = await writer.ask("POST", "/v1/imports", content=b"Dear Sir", headers=headers)
    assert (refused.status_code, refused.json()["report"]["faults"][0]["code"]) == (422, "unknown_format")


async def test_a_media_type_rules(writer):
    refused = await writer.ask(
        "POST", "/v1/imports", content=CSV, headers={"content-type": "application/json"}
    )
    assert (refused.status_code, refused.json()["report"]["created"]) == (422, 0)


def test_a_particular_case_of_json_is_known_under_its_media_type():
    def kinds(form, data):
        found = list(read_body(form, [data[:5], data[5:]]))
        return [one.raw["kind"] if one.raw else one.faults[0].code for one in found]

    assert kinds("json", b'{"authorities": {"p0": {"periods": {}}}}') == ["source"]
    assert kinds("json", CSV) == ["invalid_json"]
    assert kinds("ndjson", JSON) == ["wrong_type"]
