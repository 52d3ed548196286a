"""Every stage of an import reports how far it is, and looks at a part of the documents at a time."""

from itertools import groupby

import orjson
import pytest

from app.imports import jobs, write_order
from app.imports.documents import ImportFile
from app.imports.readers import read
from app.imports.report import Options
from app.imports.service import ImportStopped, import_documents

CHECKS = ["reading", "naming", "checking references of", "checking provisions of"]


def lines(documents):
    return b"".join(orjson.dumps(one) + b"\n" for one in documents)


def imported(database, documents, progress, stopped=lambda: False, **options):
    inputs = [ImportFile("in.ndjson", lambda: read("ndjson", [lines(documents)]))]
    return import_documents(database, inputs, Options("me", **options), progress, stopped)


@pytest.fixture
def stages(database):
    """Import, and give each stage with what it reported."""

    def run(documents, **options):
        told = []
        imported(database, documents, lambda *one: told.append(one), **options)
        return [(stage, [one[1:] for one in of]) for stage, of in groupby(told, lambda one: one[0])]

    return run


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch):
    monkeypatch.setattr(write_order, "_CHECKED_AT_ONCE", 3)
    monkeypatch.setattr(jobs, "_CHUNK", 3)


def unnamed(count):
    return [{"kind": "event", "title": f"Event {number}"} for number in range(count)]


def test_stages_come_in_order_and_each_to_its_end(stages):
    told = stages(unnamed(8))
    assert [stage for stage, _ in told] == [*CHECKS, "writing", "clearing up after"]
    assert dict(told) | {"reading": None} == {
        "reading": None,
        "naming": [(8, 8)],
        "checking references of": [(3, 8), (6, 8), (8, 8)],
        "checking provisions of": [(3, 8), (6, 8), (8, 8)],
        "writing": [(8, 8)],
        "clearing up after": [(3, 8), (6, 8), (8, 8)],
    }
    (_, *others) = (stage for stage, _ in stages(unnamed(8), dry_run=True))
    assert others == [*CHECKS[1:], "comparing", "clearing up after"]


def test_what_is_deleted_is_told_too(stages):
    stages([one | {"id": f"e{place}"} for place, one in enumerate(unnamed(8))], label="weekly")
    told = dict(stages(unnamed(1), label="weekly", consent=lambda one: one.count == 8))
    assert told["deleting"] == [(8, 8)]


@pytest.mark.parametrize("stage", ["naming", "checking references of", "checking provisions of"])
def test_an_import_whose_client_is_gone_stops_in_any_stage(database, importer, stage):
    reached = []

    def stopped():
        return stage in reached[-1:]

    def progress(name, _done, _total):
        # Seen at the next report: at the beginning of a stage, the one before has ended.
        reached.append(name)

    with pytest.raises(ImportStopped):
        imported(database, unnamed(8), progress, stopped)
    assert reached[-1] == "clearing up after"
    assert importer.counts(unnamed(8)) == (8, 0, 0, 0), "nothing was written"


def test_lost_references_are_found_wherever_they_are(importer):
    """In each range, several to a document."""
    relations = [{"type": "leads-to", "target": f"events/nowhere-{number}"} for number in range(5)]
    lost = {0, 2, 3, 8, 9}
    events = [
        {
            "kind": "event",
            "id": f"e{place}",
            "title": "E",
            **({"relations": relations} if place in lost else {}),
        }
        for place in range(10)
    ]
    report = importer(events)
    assert (report.refused, report.counts.failed) == (True, 5)
    assert {(one["line"] - 1, one["pointer"]) for one in report.faults} == {
        (place, f"/relations/{number}/target") for place in lost for number in range(5)
    }
    assert len(report.faults) == 25


def test_unknown_provisions_are_found_wherever_they_are(importer):
    agreement = {"kind": "agreement", "id": "a", "title": "A", "provisions": [{"id": "p1", "label": "1"}]}
    faulty = {1, 2, 3, 7, 8}
    missions = [
        {
            "kind": "mission",
            "id": f"m{place}",
            "title": "M",
            "established_under": {
                "agreement": "agreements/a",
                "provision": "p2" if place in faulty else "p1",
            },
        }
        for place in range(1, 9)
    ]
    report = importer([agreement, *missions])
    assert (report.refused, report.counts.failed) == (True, 5)
    assert {one["line"] - 1 for one in report.faults} == faulty


def test_of_a_job_nothing_is_left_however_many_ranges(importer):
    """The importer looks."""
    chain = [
        {
            "kind": "event",
            "id": f"e{n}",
            "title": "E",
            "relations": [{"type": "leads-to", "target": f"events/e{n + 1}"}],
        }
        for n in range(10)
    ]
    assert importer.counts([*chain, {"kind": "event", "id": "e10", "title": "E"}]) == (11, 0, 0, 0)
