"""Linked Places as places."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seed_vocabulary import VOCABULARY

from app.formats import FORMATS
from app.formats.format import About, FormatItem
from app.formats.serialize import write
from app.imports.documents import UNMAPPED
from app.imports.readers import format_of_file, read
from app.imports.readers.linked_places.when import read_when
from app.records.kinds import kind_by_name
from app.records.serialization import to_canonical_json
from app.records.validation.document import validate_document

POINT = {"type": "Point", "coordinates": [0.5, 52.1]}
OTHER = {"type": "LineString", "coordinates": [[0.5, 52.1], [0.6, 52.2]]}
FEATURE = {
    "@id": "http://example.org/p/1",
    "type": "Feature",
    "properties": {"title": "Abc", "ccodes": ["GB"]},
    "when": {"timespans": [{"start": {"in": "1600"}, "end": {"in": "1750"}}]},
    "names": [
        {"toponym": "Abc", "lang": "en", "when": {"timespans": [{"start": {"in": "1650"}}]}},
        {"toponym": "Bcd", "lang": "de"},
        {"toponym": "Cde", "lang": "de"},
        {"toponym": "Abc"},
        {"toponym": "Def"},
    ],
    "types": [{"identifier": "aat:300008347", "label": "inhabited place"}, {"label": "market"}],
    "geometry": {
        "type": "GeometryCollection",
        "geometries": [POINT, {**OTHER, "when": {"timespans": [{"start": {"earliest": "1600"}}]}}],
    },
    "links": [{"type": "closeMatch", "identifier": "wd:Q42"}, {"type": "seeAlso", "identifier": "wd:Q1"}],
    "relations": [
        {"relationType": "gvp:broaderPartitive", "relationTo": "http://example.org/p/2", "label": "Shire"},
        {"relationType": "x:near", "relationTo": "http://example.org/p/3"},
    ],
    "descriptions": [{"value": "A town."}],
    "depictions": [{"@id": "http://example.org/i"}],
}
CONTEXT = (
    "https://raw.githubusercontent.com/LinkedPasts/linked-places/master/linkedplaces-context-v1.1.jsonld"
)


def collection(*features):
    return orjson.dumps({"type": "FeatureCollection", "@context": CONTEXT, "features": features})


def documents(data):
    return list(read("lpf", [data[at : at + 97] for at in range(0, len(data), 97)]))


def test_a_feature_is_a_place():
    place, wanted = documents(collection(FEATURE))
    assert place.notes == (UNMAPPED,)
    assert place.raw == {
        "kind": "place",
        "id": "example-org-p-1",
        "title": "Abc",
        "date": {"edtf": "1600/1750"},
        "labels": {"de": "Bcd"},
        "aliases": ["Def"],
        "names": [
            {"name": "Abc", "language": "en", "date": {"edtf": "1650"}},
            {"name": "Cde", "language": "de"},
        ],
        "type": "settlement",
        "tags": ["market"],
        "same_as": ["http://example.org/p/1", "http://www.wikidata.org/entity/Q42"],
        "relations": [{"type": "part-of", "target": "places/example-org-p-2"}],
        "summary": "A town.",
        "geometry": POINT,
        "geometries": [{"geometry": OTHER, "date": {"edtf": "[1600..]"}}],
    }
    assert (wanted.raw, wanted.if_missing) == (
        {"kind": "place", "id": "example-org-p-2", "title": "Shire"},
        True,
    )


@pytest.mark.parametrize(
    ("span", "edtf", "note"),
    [
        ({"start": {"in": "1600-05-03"}}, "1600-05-03", None),
        ({"start": {"in": "-320"}}, "-0320", None),
        ({"start": {"in": 1600}, "end": {"in": "1700-02"}}, "1600/1700-02", None),
        ({"start": {"earliest": "1600", "latest": "1650"}}, "[1600..1650]", None),
        ({"start": {"earliest": "1600-01-01", "latest": "1600-12-31"}}, "1600", None),
        ({"start": {"latest": "1650"}}, "[..1650]", None),
        (
            {"start": {"earliest": "1600", "latest": "1609"}, "end": {"in": "1700"}},
            "160X/1700",
            "The start lies between 1600 and 1609.",
        ),
        ({"start": {"in": "1600"}, "end": {"latest": "1700"}}, "1600/", "The end is not later than 1700."),
        ({"start": {"in": "spring"}}, None, None),
        ({}, None, None),
        (7, None, None),
    ],
)
def test_time_spans(span, edtf, note):
    found = read_when({"timespans": [span]})
    assert (found or {}).get("edtf") == edtf
    assert (found or {}).get("note") == note


def test_several_spans_and_doubt():
    spans = [{"start": {"in": "1600"}}, {"start": {"in": "1610"}, "end": {"in": "1620"}}]
    assert read_when({"timespans": spans, "label": "twice"}) == {
        "edtf": "{1600,1610..1620}",
        "as_written": "twice",
    }
    doubted = read_when(
        {"timespans": [{"start": {"in": "1600"}, "end": {"in": "1620"}}], "certainty": "uncertain"}
    )
    assert doubted == {"edtf": "1600?/1620?"}


@pytest.mark.parametrize(
    "lost",
    [
        {"when": {"timespans": [{"start": {"in": "1600"}}], "periods": [{"name": "Old Age"}]}},
        {"types": [{"label": "market", "when": {"timespans": [{"start": {"in": "1600"}}]}}]},
        {"names": [{"toponym": "Abc", "citations": [{"label": "Register"}]}]},
        {"descriptions": [{"value": "A town.", "@id": "http://example.org/d"}]},
        {
            "relations": [
                {
                    "relationType": "gvp:broaderPartitive",
                    "relationTo": "http://e.org/2",
                    "certainty": "certain",
                }
            ]
        },
    ],
)
def test_what_is_left_out_of_a_feature_is_told(lost):
    plain = {"@id": "http://example.org/p/1", "type": "Feature", "properties": {"title": "Abc"}}
    assert documents(collection(plain))[0].notes == ()
    assert documents(collection({**plain, **lost}))[0].notes == (UNMAPPED,)


def test_they_are_recognised_and_mapped_as_geojson():
    data = collection(FEATURE)
    assert format_of_file("a.json", [data]) == ("lpf", ("recognised:Linked Places",))
    assert format_of_file("a.lpf.json", [b'{"type":"FeatureCollection","features":[]}'])[0] == "lpf"
    assert format_of_file("a.geojson", [b'{"type":"FeatureCollection","features":[]}'])[0] == "geojson"


@pytest.mark.parametrize(
    "feature",
    [1, {"type": "Feature"}, {"type": "Place", "properties": {}}, {**FEATURE, "systemClass": "dragon"}],
)
def test_what_is_no_feature_is_a_fault(feature):
    (found,) = documents(collection(feature))
    assert (found.raw, len(found.faults), found.number) == (None, 1, 1)


def test_places_are_imported_and_imported_again(importer, stored):
    report = importer(collection(FEATURE), "lpf")
    assert (report.faults, report.counts.created) == ([], 2)
    assert importer(collection(FEATURE), "lpf").counts.unchanged == 2
    assert {one["id"]: one["title"] for one in stored()} == {
        "example-org-p-1": "Abc",
        "example-org-p-2": "Shire",
    }


def test_a_feature_leaves_the_rest_of_a_record_as_it_is(importer, stored):
    place = {
        "kind": "place",
        "id": "abc",
        "title": "Abc",
        "tags": ["x"],
        "date": {"edtf": "1600", "note": "By tradition."},
    }
    importer([place])
    feature = {
        "@id": "https://annals.example/v1/places/abc",
        "type": "Feature",
        "properties": {"title": "Abcd", "date_edtf": "1601"},
    }
    assert importer.counts(collection(feature), "lpf") == (0, 1, 0, 0)
    (found,) = stored()
    assert (found["title"], found["tags"], found["date"]["edtf"], found["date"]["note"]) == (
        "Abcd",
        ["x"],
        "1601",
        "By tradition.",
    )


dates = st.sampled_from(
    ["1961", "1961-04-17/1961-04-20", "1850~", "196X", "1962/..", "../1967", "-0043", "{1960,1962}"]
)
shapes = st.sampled_from([POINT, OTHER])
said = st.fixed_dictionaries(
    {"edtf": dates},
    optional={
        "as_written": st.just("about then"),
        "note": st.just("By tradition."),
        "calendar": st.just("julian"),
    },
)
PLACES = st.fixed_dictionaries(
    {"kind": st.just("place"), "id": st.just("thing"), "title": st.sampled_from(["Abc", "Ä, b"])},
    optional={
        "type": st.sampled_from([term.id for term in VOCABULARY.terms("place-type")]),
        "labels": st.just({"es": "La Abc", "de": "Abc"}),
        "aliases": st.just(["B", "C"]),
        "names": st.builds(
            lambda date, more: [
                {"name": "Alt", "language": "de", "date": date},
                {"name": "D", "date": date, **more},
            ],
            said,
            st.sampled_from([{}, {"note": "In verse."}]),
        ),
        "summary": st.just("A town.\nOn a hill."),
        "date": st.one_of(dates, st.sampled_from(["[1667,1668]", "XXXX-01-03", "1961-21", "12XX"])),
        "same_as": st.just(["https://www.wikidata.org/wiki/Q1"]),
        "relations": st.builds(
            lambda date, more: [
                {"type": "part-of", "target": "places/b", "date": date},
                {"type": "near", "target": "places/c", **more},
            ],
            said,
            st.sampled_from([{}, {"note": "A day's walk."}]),
        ),
        "geometry": shapes,
        "geometries": st.lists(
            st.fixed_dictionaries(
                {"geometry": shapes, "date": said},
                optional={"note": st.just("Drawn."), "precision_m": st.just(500)},
            ),
            max_size=2,
        ),
    },
)


@settings(deadline=None)
@given(raw=PLACES)
def test_a_place_that_is_written_is_read_back(raw):
    kind = kind_by_name("place")
    record = validate_document(kind, raw, VOCABULARY)
    item = FormatItem(kind, to_canonical_json(record).decode(), {})
    (found,) = documents(b"".join(write(FORMATS["lpf"], [[item]], About("https://annals.example", "x"))))
    assert (found.faults, found.notes) == ((), ())
    again = validate_document(kind, found.raw, VOCABULARY)
    assert orjson.loads(to_canonical_json(again)) == orjson.loads(to_canonical_json(record))


HEADER = "id\ttitle\ttitle_source\tattestation_year\ttitle_uri\tstart\tend\tccodes\tmatches\tvariants\ttypes\taat_types\tparent_name\tparent_id\tlon\tlat\tgeowkt\tdescription"


def table(*rows):
    names = HEADER.split("\t")
    lines = [HEADER, *("\t".join(str(row.get(name, "")) for name in names) for row in rows)]
    return "\n".join(lines).encode()


def delimited(*rows):
    return list(read("lp-tsv", [table(*rows)]))


ROW = {
    "id": 1,
    "title": "Abc",
    "title_source": "An Atlas (Uthor, 2003)",
    "attestation_year": "2003",
    "title_uri": "https://example.org/atlas",
    "start": "-320",
    "end": "1750-06",
    "ccodes": "GB",
    "matches": "wd:Q42;https://example.org/x",
    "variants": "Bcd@de;Cde@zh-Hant;Def",
    "types": "market;town",
    "parent_name": "Shire",
    "lon": "0.5",
    "lat": "52.1",
    "description": "A town.",
}


def test_a_row_is_a_place_its_source_and_what_it_is_part_of():
    source, place, wanted = delimited(ROW)
    assert (source.raw, source.if_missing) == (
        {
            "kind": "source",
            "id": "an-atlas-uthor-2003",
            "title": "An Atlas (Uthor, 2003)",
            "url": "https://example.org/atlas",
            "date": "2003",
        },
        True,
    )
    assert (place.notes, place.line) == ((UNMAPPED,), 2)
    assert place.raw == {
        "kind": "place",
        "id": "abc-1",
        "title": "Abc",
        "labels": {"de": "Bcd", "zh-Hant": "Cde"},
        "aliases": ["Def"],
        "type": "town",
        "tags": ["market"],
        "same_as": ["http://www.wikidata.org/entity/Q42", "https://example.org/x"],
        "date": "-0319/1750-06",
        "summary": "A town.",
        "geometry": POINT,
        "relations": [{"type": "part-of", "target": "places/shire"}],
        "evidence": [{"source": "sources/an-atlas-uthor-2003", "property": "title"}],
    }
    assert (wanted.raw, wanted.if_missing) == ({"kind": "place", "id": "shire", "title": "Shire"}, True)


@pytest.mark.parametrize(
    ("cells", "member", "value"),
    [
        ({"start": "1600", "end": ""}, "date", "1600/"),
        ({"start": "1600", "end": "1600"}, "date", "1600"),
        ({"geowkt": "LINESTRING (0.5 52.1, 0.6 52.2)"}, "geometry", OTHER),
        ({"id": "http://example.org/p/1"}, "id", "example-org-p-1"),
        ({"id": "abc_x"}, "id", "abc-x"),
        ({"aat_types": "300008347", "types": ""}, "type", "settlement"),
        (
            {"parent_id": "wd:Q7"},
            "relations",
            [{"type": "part-of", "target": "places/www-wikidata-org-entity-q7"}],
        ),
    ],
)
def test_cells_of_rows(cells, member, value):
    place = next(one for one in delimited(ROW | cells) if one.members is not None)
    assert (place.faults, place.raw[member]) == ((), value)


@pytest.mark.parametrize(
    ("cells", "pointer"),
    [
        ({"start": "spring"}, "/start"),
        ({"lat": "52,1"}, "/lon"),
        ({"lat": ""}, "/lon"),
        ({"lat": "nan"}, "/lon"),
        ({"lat": "5_2"}, "/lon"),
        ({"lon": "\N{ARABIC-INDIC DIGIT THREE}"}, "/lon"),
        ({"lon": "181"}, "/lon"),
        ({"geowkt": "POINT (x)"}, "/geowkt"),
    ],
)
def test_what_cannot_be_read_names_its_column(cells, pointer):
    place = next(one for one in delimited(ROW | cells) if one.members is not None)
    assert [fault.pointer for fault in place.faults] == [pointer]


@pytest.mark.parametrize("cells", [{"attestation_year": "about 1900"}, {"title_uri": "isbn:0"}])
def test_what_a_source_has_no_place_for_is_told(cells):
    place = next(one for one in delimited(ROW | cells) if one.members is not None)
    assert UNMAPPED in place.notes


def test_tables_are_recognised_imported_and_imported_again(importer):
    assert format_of_file("a.tsv", [table(ROW)])[0] == "lp-tsv"
    report = importer(table(ROW), "lp-tsv")
    assert (report.faults, report.counts.created) == ([], 3)
    assert importer(table(ROW), "lp-tsv").counts.unchanged == 3
