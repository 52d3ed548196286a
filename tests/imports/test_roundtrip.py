"""Export, import into an empty database of the other sort, export again: the same bytes."""

import itertools
import random

import orjson
import pytest
from random_documents import documents_of, opened, other_database

from app.exports.service import export
from app.formats import FORMATS
from app.formats.format import About, Projection
from app.formats.serialize import write
from app.imports.documents import ImportFile
from app.imports.readers import read
from app.imports.report import Options
from app.imports.service import import_documents
from app.maintenance.check import check

TERMS = [
    {"kind": "term", "scheme": "event-type", "id": "sit-in", "label": "Sit-in", "definition": "They sit."},
    {"kind": "term", "scheme": "actor-type", "id": "junta", "label": "Junta"},
    {
        "kind": "term",
        "scheme": "relation-type",
        "id": "echoes",
        "label": "Echoes",
        "inverse": "echoed-by",
        "joins": [{"from": ["event"], "to": ["event", "agreement"]}],
    },
]


def import_bytes(database, form, data):
    inputs = [
        ImportFile("in", lambda: read(form, [data[at : at + 65536] for at in range(0, len(data), 65536)]))
    ]
    report = import_documents(database, inputs, Options("me", keeps=True))
    assert report.faults == []
    return report


def export_bytes(database, form="ndjson"):
    chosen = FORMATS[form]
    chunks = export(database, Projection(beside=chosen.beside), terms=form in ("ndjson", "json"))
    return b"".join(write(chosen, chunks, About("http://x", "Everything")))


@pytest.mark.slow
@pytest.mark.parametrize("form", ["ndjson", "json", "geojson", "csv"])
@pytest.mark.parametrize("count", [150, pytest.param(300, marks=pytest.mark.torture)])
def test_there_and_back(seeded_database, database_kind, request, form, count):
    database = seeded_database
    chance = random.Random(7)
    lines = [*(TERMS if form in ("ndjson", "json") else []), *documents_of(chance, count)]
    import_bytes(database, "ndjson", b"\n".join(map(orjson.dumps, lines)))
    import_bytes(database, "ndjson", orjson.dumps({**lines[-1], "title": "Changed since"}))
    first = export_bytes(database, form)
    with other_database(database_kind, request) as url, opened(url) as other:
        report = import_bytes(other, form, first)
        assert report.counts.created > count + 100
        assert export_bytes(other, form) == first
        assert check(other) == []
        again = import_bytes(other, form, first)
        assert (again.counts.created, again.counts.updated) == (0, 0)
        assert export_bytes(other, form) == first


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_every_line_end_in_a_text_comes_back(database, database_kind, request, form):
    texts = ["a\r\nb", "a\nb", "a\rb", '\r\n"a"\r\n', "a\n\r\n\rb", "a\r", "a\n"]
    lines = [{"kind": "event", "id": f"e{n}", "title": "T", "summary": text} for n, text in enumerate(texts)]
    import_bytes(database, "ndjson", b"\n".join(map(orjson.dumps, lines)))
    kept = export_bytes(database)
    assert [orjson.loads(line)["summary"] for line in kept.splitlines()] == texts
    first = export_bytes(database, form)
    with other_database(database_kind, request) as url, opened(url) as other:
        import_bytes(other, form, first)
        assert export_bytes(other) == kept
        assert export_bytes(other, form) == first


def test_a_mission_whose_provision_was_taken_out_of_its_agreement_comes_back(
    database, database_kind, request
):
    agreement = {"kind": "agreement", "id": "a", "title": "A", "provisions": [{"id": "oil", "label": "Oil"}]}
    under = {"agreement": "agreements/a", "provision": "oil"}
    mission = {"kind": "mission", "id": "m", "title": "M", "established_under": under}
    import_bytes(database, "ndjson", b"\n".join(map(orjson.dumps, [agreement, mission])))
    del agreement["provisions"]
    import_bytes(database, "ndjson", orjson.dumps(agreement))
    first = export_bytes(database)
    with other_database(database_kind, request) as url, opened(url) as other:
        import_bytes(other, "ndjson", first)
        assert export_bytes(other) == first
        # What does not come as another database had it is still told.
        told = [ImportFile("in", lambda: read("ndjson", [orjson.dumps({**mission, "id": "n"})]))]
        report = import_documents(other, told, Options("me", keeps=True))
        assert [fault["code"] for fault in report.faults] == ["unknown_provision"]


def test_order_of_an_export(seeded_database):
    database = seeded_database
    import_bytes(database, "ndjson", b"\n".join(map(orjson.dumps, TERMS)))
    documents = [orjson.loads(line) for line in export_bytes(database).splitlines()]
    kinds = [kind for kind, _ in itertools.groupby(one["kind"] for one in documents)]
    assert kinds == ["term", "source", "place", "actor", "agreement", "mission", "event"]
    for _, some in itertools.groupby(documents, lambda one: one["kind"]):
        ids = [one["id"] for one in some]
        assert ids == sorted(ids) or ids[0] == "sit-in"
