"""Periods of PeriodO as documents."""

import orjson
import pytest

from app.imports.documents import UNMAPPED
from app.imports.readers.periodo import read_periodo

EARLY = {
    "id": "p0abcde01",
    "type": "Period",
    "label": "Early Age",
    "languageTag": "en",
    "localizedLabels": {"en": ["Early Age", "First Age"], "es": ["Edad temprana"]},
    "spatialCoverage": [{"id": "http://www.wikidata.org/entity/Q41", "label": "Greece"}],
    "start": {"label": "3000 B.C.", "in": {"year": "-2999"}},
    "stop": {"label": "about 2000", "in": {"earliestYear": "-1999", "latestYear": "-1900"}},
    "source": {"locator": "page 25"},
    "note": "A note.",
}
PHASE = {
    "id": "p0abcde02",
    "type": "Period",
    "label": "Phase",
    "broader": "p0abcde01",
    "derivedFrom": ["p0zzzzz99"],
    "start": {"label": "2500", "in": {"year": "-2499"}},
    "stop": {"label": "present", "in": {"year": "2014"}},
}


def dataset(*periods):
    source = {
        "title": "Ages",
        "creators": [{"name": "A. Uthor"}],
        "yearPublished": 1999,
        "url": "https://example.org/a",
    }
    return orjson.dumps(
        {
            "type": "rdf:Bag",
            "authorities": {
                "p0abcde": {
                    "id": "p0abcde",
                    "type": "Authority",
                    "source": source,
                    "periods": {str(one.get("id")): one for one in periods},
                }
            },
        }
    )


def read(*periods):
    data = dataset(*periods)
    return list(read_periodo([data[:40], data[40:]]))


def test_an_authority_its_period_and_the_place_are_read():
    source, place, period = read(EARLY)
    assert source.raw == {
        "kind": "source",
        "id": "p0abcde",
        "title": "Ages",
        "authors": ["A. Uthor"],
        "date": "1999",
        "url": "https://example.org/a",
        "same_as": ["http://n2t.net/ark:/99152/p0abcde"],
    }
    assert (place.raw, place.if_missing) == (
        {
            "kind": "place",
            "id": "greece",
            "title": "Greece",
            "same_as": ["http://www.wikidata.org/entity/Q41"],
        },
        True,
    )
    assert period.raw == {
        "kind": "event",
        "id": "p0abcde01",
        "type": "period",
        "title": "Early Age",
        "labels": {"es": "Edad temprana"},
        "aliases": ["First Age"],
        "summary": "A note.",
        "date": {
            "edtf": "-2999/-19XX",
            "as_written": "3000 B.C. – about 2000",
            "note": "The end lies between -1999 and -1900.",
        },
        "same_as": ["http://n2t.net/ark:/99152/p0abcde01"],
        "places": [{"place": "places/greece"}],
        "evidence": [{"source": "sources/p0abcde", "note": "page 25"}],
    }


def test_periods_are_tied_to_those_in_the_file():
    phase = read(EARLY, PHASE)[-1]
    assert phase.raw["relations"] == [{"type": "part-of", "target": "events/p0abcde01"}]
    assert phase.raw["date"]["edtf"] == "-2499/.."
    # The period that it was derived from is not in the file.
    assert phase.notes == (UNMAPPED,)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"[]", "invalid_json"),
        (b"{", "invalid_json"),
        (b'{"authorities": 1}', "invalid_json"),
        (b'{"authorities": {"p": {}}}', "not_an_authority"),
        (dataset({"id": "x"}), "not_a_period"),
        (b" " * (32 * 2**20 + 1), "too_large"),
    ],
    ids=["array", "broken", "number", "authority", "period", "large"],
)
def test_what_is_none_of_it_is_a_fault(data, code):
    assert [fault.code for one in read_periodo([data]) for fault in one.faults] == [code]


def test_periods_are_imported_and_imported_again(importer):
    report = importer(dataset(EARLY, PHASE), "periodo")
    assert (report.faults, report.counts.created) == ([], 4)
    assert importer(dataset(EARLY, PHASE), "periodo").counts.unchanged == 4


def test_members_that_are_there_twice_are_a_fault_rather_than_the_last_of_them():
    text = dataset(EARLY).replace(b'"label":"Early Age"', b'"label":"Early Age","label":"Late Age"', 1)
    (one,) = read_periodo([text])
    (fault,) = one.faults
    assert (fault.code, fault.pointer) == (
        "duplicate_key",
        "/authorities/p0abcde/periods/p0abcde01/label",
    )


@pytest.mark.parametrize("inside", [b"[" * 70 + b"]" * 70, b"[" + b"{}," * 500_000 + b"{}]"])
def test_what_is_too_deep_or_too_much_is_not_read(inside):
    text = dataset(EARLY).replace(b'"A note."', inside, 1)
    (one,) = read_periodo([text])
    assert [fault.code for fault in one.faults] in (["too_deep"], ["too_many_values"])


def test_an_authority_that_is_none_is_named():
    (one,) = read_periodo([b'{"authorities": {"p0/1": 5}}'])
    assert one.faults[0].pointer == "/authorities/p0~11"


def test_an_identifier_that_is_an_address_is_one():
    """Periods of one's own that PeriodO's client has not published yet have such identifiers."""
    address = "https://example.org/genid/p1"
    found = read({**EARLY, "id": address, "spatialCoverage": [{"@id": "http://x.org/p", "label": "Greece"}]})
    assert found[2].raw["same_as"] == [address]
    assert found[1].raw["same_as"] == ["http://x.org/p"]


def test_what_is_left_out_of_a_source_and_dates_without_years_are_told():
    data = orjson.loads(dataset({**EARLY, "start": {"label": "early"}, "stop": {"label": "late"}}))
    data["authorities"]["p0abcde"]["source"]["contributors"] = [{"name": "B. Uthor"}]
    found = list(read_periodo([orjson.dumps(data)]))
    assert [one.notes for one in found] == [(UNMAPPED,), (), (UNMAPPED,)]
    assert "date" not in found[2].raw
