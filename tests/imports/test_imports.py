"""Whole data sets in: what becomes of documents, faults and all, on both databases."""

import hashlib
import random
from typing import Any

import orjson
import pytest
from sqlalchemy import insert, select, text
from versions import version_of

from app.database import tables
from app.database.engine.planner_statistics import FIRST, SHARE
from app.errors import Conflict
from app.imports import jobs as importjobs
from app.imports import service as importing
from app.imports import stage as staging
from app.imports import staged_batch
from app.imports import write_order as grouping
from app.imports import write_order as imports_write_order
from app.imports.documents import ImportFile
from app.imports.jobs import digest_of
from app.imports.readers import read
from app.imports.report import Options
from app.imports.service import import_documents
from app.source_texts.service import attach
from app.values.text_selectors import verify
from app.writing import check_selectors as passages
from app.writing.write import write as write_drafts

CIRCLE = [
    {
        "kind": "event",
        "id": "e",
        "title": "E",
        "participants": [{"actor": "actors/a"}, {"actor": "actors/c"}],
    },
    {"kind": "actor", "id": "a", "title": "A", "relations": [{"type": "ally-of", "target": "actors/b"}]},
    {"kind": "actor", "id": "b", "title": "B", "relations": [{"type": "ally-of", "target": "actors/a"}]},
    {"kind": "actor", "id": "c", "title": "C"},
]


def codes(report):
    return [(fault["line"], fault.get("pointer"), fault["code"]) for fault in report.faults]


def test_references_may_run_in_any_direction(importer, stored):
    assert importer.counts(CIRCLE) == (4, 0, 0, 0)
    assert [one["id"] for one in stored()] == ["a", "b", "c", "e"]
    assert importer.counts(CIRCLE) == (0, 0, 4, 0)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("known", "counted"), [(-1, FIRST), (SHARE * FIRST, FIRST), (SHARE * FIRST + 1, None)]
)
def test_postgres_counts_its_rows_after_an_import_that_is_large_beside_them(
    importer, database, known, counted
):
    with database.transaction() as connection:
        # Not one of the writes at which the rows are counted anyway.
        connection.execute(text("UPDATE database SET version = :version"), {"version": 2 * FIRST})
        connection.execute(
            text("UPDATE pg_class SET reltuples = :known WHERE relname IN ('entry', 'text_index')"),
            {"known": known},
        )
    importer({"kind": "actor", "id": f"a-{n}", "title": f"Actor {n}"} for n in range(FIRST))
    asked = "SELECT relname, reltuples FROM pg_class WHERE relname IN ('entry', 'text_index')"
    with database.snapshot() as connection:
        found = dict(connection.execute(text(asked)).all())
    assert found == dict.fromkeys(("entry", "text_index"), known if counted is None else counted)


def test_the_same_twice_changes_nothing(importer, database, stored):
    importer(CIRCLE)
    before, version = stored(), version_of(database)
    assert importer.counts(CIRCLE + CIRCLE) == (0, 0, 8, 0)
    assert (stored(), version_of(database)) == (before, version)


def test_a_changed_document_is_a_new_revision(importer, stored):
    importer(CIRCLE)
    assert importer.counts([{**CIRCLE[3], "title": "See"}, CIRCLE[1]]) == (0, 1, 1, 0)
    assert [one["revision"] for one in stored() if one["id"] == "c"] == [2]


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_with_stop_nothing_is_written_if_there_is_a_fault(importer, database, form):
    bad = [
        *CIRCLE,
        {"kind": "event", "title": "F", "type": "batle"},
        {"kind": "event", "title": "G", "participants": [{"actor": "actors/d"}]},
        {"kind": "event", "id": "a b", "title": "H"},
        {"kind": "evnt", "title": "I"},
        {"kind": "actor", "id": "c", "title": "Another"},
    ]
    version = version_of(database)
    report = importer(orjson.dumps(bad, option=orjson.OPT_INDENT_2) if form == "json" else bad, form)
    assert report.refused
    assert [code for _, _, code in codes(report)] == [
        "unknown_term",
        "invalid_id",
        "unknown_kind",
        "duplicate",
        "unknown_reference",
    ]
    if form == "ndjson":
        assert codes(report)[0] == (5, "/type", "unknown_term")
        assert codes(report)[-1] == (6, "/participants/0/actor", "unknown_reference")
        assert report.faults[0]["suggestion"] == "battle"
        assert report.faults[0]["file"] == "in.ndjson"
    assert (report.counts.created, report.counts.failed, version_of(database)) == (0, 5, version)


def test_with_skip_the_rest_is_written_and_nothing_dangles(importer, stored):
    documents = [
        *CIRCLE,
        {"kind": "event", "id": "f", "title": "F", "type": "batle"},
        {"kind": "event", "id": "g", "title": "G", "relations": [{"type": "part-of", "target": "events/f"}]},
        {"kind": "event", "id": "h", "title": "H", "relations": [{"type": "part-of", "target": "events/g"}]},
        {"kind": "event", "id": "j", "title": "J", "relations": [{"type": "part-of", "target": "events/k"}]},
        {"kind": "event", "id": "k", "title": "K", "relations": [{"type": "part-of", "target": "events/h"}]},
    ]
    report = importer(documents, on_error="skip")
    assert (report.counts.created, report.counts.failed) == (4, 5)
    assert {one["id"] for one in stored()} == {"a", "b", "c", "e"}
    assert {line for line, _, _ in codes(report)} == {5, 6, 7, 8, 9}


def test_faults_of_the_text_and_of_the_fields_are_told_together(importer, database):
    version = version_of(database)
    term = b'{"kind": "term", "scheme": "event-type", "id": "sit-in", "label": "A", "label": "B"}'
    record = b'{"kind": "event", "title": "A", "title": "B", "type": "batle", "figures": [{"measure": "deaths", "best": 1e999}]}'
    report = importer(record + b"\n" + term + b"\n", "ndjson", keeps=True)
    assert codes(report) == [
        (1, "/title", "duplicate_key"),
        (1, "/figures/0/best", "number_out_of_range"),
        (1, "/type", "unknown_term"),
        (2, "/label", "duplicate_key"),
    ]
    assert (report.refused, version_of(database)) == (True, version)


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_a_line_with_faults_is_told_of_its_references_too(importer, stored, on_error):
    def event(**members):
        return {"kind": "event", "title": "E", "type": "batle", **members}

    importer([{"kind": "actor", "id": "there", "title": "There"}])
    report = importer(
        [
            event(participants=[{"actor": f"actors/{name}"} for name in ("there", "later", "nowhere")]),
            event(participants=[{"actor": "actors/nowhere"}], extra={"\0": {"actor": "actors/x"}}),
            {"kind": "actor", "id": "later", "title": "Later"},
            event(relations=[{"type": "part-of", "target": "events/e"}], id="e"),
        ],
        on_error=on_error,
    )
    assert sorted(codes(report)) == [
        (1, "/participants/2/actor", "unknown_reference"),
        (1, "/type", "unknown_term"),
        (2, "/extra", "invalid_text"),
        (2, "/extra/\0", "nul_character"),
        (2, "/participants/0/actor", "unknown_reference"),
        (2, "/type", "unknown_term"),
        (4, "/type", "unknown_term"),
    ]
    assert (report.counts.read, report.counts.failed) == (4, 3)
    assert {one["id"] for one in stored()} == {"there", *({"later"} if on_error == "skip" else ())}


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_a_provision_is_looked_for_in_what_comes_along_and_in_what_is_there(
    importer, database, stored, on_error
):
    def mission(name: str, agreement: str, provision: str) -> dict[str, Any]:
        under = {"agreement": f"agreements/{agreement}", "provision": provision}
        return {"kind": "mission", "id": name, "title": name, "established_under": under}

    def agreement(name: str, *provisions: str) -> dict[str, Any]:
        parts = [{"id": one, "label": one} for one in provisions]
        return {"kind": "agreement", "id": name, "title": name, "provisions": parts}

    importer([agreement("old", "oil"), mission("m", "old", "oil")])
    importer([agreement("old", "health")])
    version = version_of(database)
    report = importer(
        [
            mission("a", "new", "oil"),
            mission("b", "new", "oill"),
            mission("c", "old", "oil"),
            # What it says already is left alone.
            {**mission("m", "old", "oil"), "summary": "S"},
            agreement("new", "oil"),
            mission("d", "new", "teachers"),
        ],
        on_error=on_error,
    )
    pointer, code = "/established_under/provision", "unknown_provision"
    assert codes(report) == [(2, pointer, code), (3, pointer, code), (6, pointer, code)]
    assert [fault.get("suggestion") for fault in report.faults] == ["oil", None, None]
    if on_error == "stop":
        assert (report.refused, version_of(database)) == (True, version)
    else:
        assert {one["id"] for one in stored()} == {"old", "m", "new", "a"}
        assert (report.counts.created, report.counts.updated, report.counts.failed) == (2, 1, 3)


def test_dry_run_says_what_would_be_and_writes_nothing(importer, database):
    importer(CIRCLE[1:])
    version = version_of(database)
    report = importer(
        [*CIRCLE, {**CIRCLE[3], "id": "z"}, {"kind": "event", "title": "F", "type": "x"}], dry_run=True
    )
    counts = report.counts
    assert (counts.created, counts.updated, counts.unchanged, counts.failed) == (2, 0, 3, 1)
    assert (report.dry_run, report.refused, version_of(database)) == (True, False, version)


def test_documents_without_an_id_are_known_again_and_never_trample(importer, stored):
    nameless = [{"kind": "event", "title": "Protest", "date": str(1960 + n)} for n in range(30)]
    importer([{"kind": "event", "id": "protest-3", "title": "Somebody else's"}])
    assert importer.counts(nameless) == (30, 0, 0, 0)
    random.Random(1).shuffle(nameless)
    assert importer.counts(nameless) == (0, 0, 30, 0)
    assert importer.counts([{**nameless[0], "summary": "More"}]) == (1, 0, 0, 0)
    assert next(one for one in stored() if one["id"] == "protest-3")["title"] == "Somebody else's"
    assert importer.counts([{"kind": "event", "title": "❀"}, {"kind": "event", "title": "❀"}]) == (2, 0, 0, 0)
    assert importer.counts([{"kind": "event", "title": "❀"}, {"kind": "event", "title": "❀"}]) == (0, 0, 2, 0)


def test_what_brings_an_id_keeps_it_from_what_brings_none(importer, stored):
    documents = [{"kind": "actor", "title": "One"}, {"kind": "actor", "id": "one", "title": "Uno"}]
    assert importer.counts(documents) == (2, 0, 0, 0)
    assert {one["id"]: one["title"] for one in stored()} == {"one": "Uno", "one-2": "One"}


def test_deleted_and_merged_records_are_left_alone(importer, database):
    from app.database.lookup import find
    from app.database.revisions import Attribution
    from app.records.kinds import kind_by_name
    from app.writing.service import delete

    importer(CIRCLE)
    importer([{"kind": "actor", "id": "gone", "title": "Gone"}])
    database.write_now(
        lambda tx: delete(tx, find(tx, kind_by_name("actor"), "gone", lock=True), Attribution("me"))
    )
    report = importer(
        [
            {"kind": "actor", "id": "gone", "title": "Back"},
            {"kind": "event", "title": "X", "participants": [{"actor": "actors/gone"}]},
        ],
        on_error="skip",
    )
    assert [code for _, _, code in codes(report)] == ["deleted", "reference_deleted"]


def test_times_are_kept_for_admin_where_the_record_never_was(importer, stored):
    kept = {
        **CIRCLE[3],
        "revision": 7,
        "created_at": "2001-02-03T04:05:06.000007Z",
        "updated_at": "2002-02-03T04:05:06.000007Z",
        "href": "/v1/actors/c",
    }
    importer([kept], keeps=True)
    assert stored() == [{**stored()[0], **kept}]
    importer(
        [{**kept, "id": "d"}, {**kept, "title": "See", "revision": 9}, {**kept, "id": "x", "revision": "9"}]
    )
    assert {one["id"]: one["revision"] for one in stored()} == {"c": 8, "d": 1, "x": 1}


def test_terms_need_admin_and_come_before_what_uses_them(importer, stored):
    documents = [
        {"kind": "term", "scheme": "event-type", "id": "sit-in", "label": "Sit-in"},
        {
            "kind": "term",
            "scheme": "relation-type",
            "id": "echoes",
            "label": "Echoes",
            "inverse": "echoed-by",
            "joins": [{"from": ["event"], "to": ["event"]}],
        },
        {"kind": "event", "id": "a", "title": "A", "type": "sit-in"},
        {
            "kind": "event",
            "id": "b",
            "title": "B",
            "relations": [{"type": "echoed-by", "target": "events/a"}],
        },
    ]
    assert codes(importer(documents))[0] == (1, "/kind", "needs_admin")
    assert importer.counts(documents, keeps=True) == (4, 0, 0, 0)
    assert [one.get("scheme") for one in stored()] == [
        "event-type",
        "relation-type",
        "relation-type",
        None,
        None,
    ]
    assert importer.counts(documents, keeps=True) == (0, 0, 4, 0)
    builtin = {"kind": "term", "scheme": "event-type", "id": "battle", "label": "Other"}
    assert codes(importer([builtin], keeps=True)) == [(1, "/id", "builtin_term")]


def test_many_batches_and_large_circles(importer, monkeypatch):
    monkeypatch.setattr(staged_batch, "BATCH", 7)
    monkeypatch.setattr(importing, "BATCH", 7)
    monkeypatch.setattr(grouping, "GROUP", 5)
    monkeypatch.setattr(grouping, "_CHUNK", 3)
    chance = random.Random(3)
    documents = [
        {
            "kind": "event",
            "id": f"e{n}",
            "title": f"Event {n}",
            "relations": [
                {"type": "leads-to", "target": f"events/e{target}"}
                for target in {chance.randrange(120) for _ in range(n % 3)} - {n}
            ],
        }
        for n in range(120)
    ]
    ring = [
        {
            "kind": "actor",
            "id": f"r{n}",
            "title": "R",
            "relations": [{"type": "ally-of", "target": f"actors/r{(n + 1) % 40}"}],
        }
        for n in range(40)
    ]
    assert importer.counts(documents + ring) == (160, 0, 0, 0)
    assert importer.counts(documents + ring) == (0, 0, 160, 0)


def test_faults_beyond_a_thousand_are_counted(importer, monkeypatch):
    monkeypatch.setattr(importing, "MAX_FAULTS", 10)
    report = importer([{"kind": "event"}] * 25, on_error="skip")
    assert (len(report.faults), report.to_dict()["more_faults"], report.counts.failed) == (10, 15, 25)


def test_selectors_that_do_not_match_an_attached_text_stop_it_too(importer, database, stored):
    text = "It rained in Havana."
    digest = hashlib.sha256(text.encode()).hexdigest()
    source = {"kind": "source", "id": "s", "title": "S", "text": {"sha256": digest, "characters": len(text)}}
    importer([source])
    with database.transaction() as connection:
        key = connection.execute(select(tables.record.c.pk)).scalar_one()
        connection.execute(insert(tables.source_text).values(source=key, text=text))

    def quoting(name, exact, start):
        selector = {"start": start, "end": start + len(exact), "exact": exact}
        return {
            "kind": "event",
            "id": name,
            "title": "E",
            "evidence": [{"source": "sources/s", "selector": selector}],
        }

    documents = [quoting("right", "Havana", 13), quoting("wrong", "Havana", 3)]
    report = importer(documents)
    assert codes(report) == [(2, "/evidence/0/selector", "passage_moved")]
    assert (report.refused, report.counts.created) == (True, 0)
    assert importer.counts(documents, on_error="skip") == (1, 0, 0, 1)
    assert [one["id"] for one in stored()] == ["s", "right"]


def test_passages_are_looked_up_before_the_transactions(importer, database, monkeypatch):
    text = "Text that is attached, Havana."
    digest = hashlib.sha256(text.encode()).hexdigest()
    importer(
        [{"kind": "source", "id": "s", "title": "S", "text": {"sha256": digest, "characters": len(text)}}]
    )
    database.write_now(lambda tx: attach(tx, "s", text))
    write_now, writing, looked_up = database.write_now, [], []

    def write(work):
        writing.append(work)
        try:
            return write_now(work)
        finally:
            writing.pop()

    def look(text, selectors):
        looked_up.append(bool(writing))
        return verify(text, selectors)

    monkeypatch.setattr(database, "write_now", write)
    monkeypatch.setattr(passages.passage, "verify", look)
    quote = {"start": text.index("Havana"), "end": text.index("Havana") + 6, "exact": "Havana"}
    evidence = [{"source": "sources/s", "selector": quote}]
    report = importer([{"kind": "event", "id": "e", "title": "E", "evidence": evidence}])
    assert report.counts.created == 1
    # Once as it is staged, and once as it is written.
    assert looked_up == [False, False]


class Killed(BaseException):
    """Stands for a process that is no more."""


@pytest.mark.slow
@pytest.mark.parametrize("dies_at", range(1, 12))
def test_whoever_comes_after_a_kill_goes_on_with_no_duplicate(database, monkeypatch, dies_at):
    """A kill loses what is in memory; what is committed is all that the next process finds."""
    monkeypatch.setattr(importing, "BATCH", 2)
    monkeypatch.setattr(grouping, "GROUP", 2)
    documents = [*CIRCLE, *({"kind": "actor", "id": f"x{n}", "title": "X"} for n in range(4))]
    data = b"".join(orjson.dumps(one) + b"\n" for one in documents)
    inputs = [ImportFile("in", lambda: read("ndjson", [data]))]
    options = Options("me", digest=digest_of([data]))
    real, calls = importjobs.step, 0

    def dying(*arguments):
        nonlocal calls
        calls += 1
        if calls == dies_at:
            raise Killed
        return real(*arguments)

    for module in (staging, grouping, importing):
        monkeypatch.setattr(module, "step", dying)
    try:
        report = import_documents(database, inputs, options)
    except Killed:
        calls = -1000
        from app.maintenance.check import check

        assert check(database) == []
        report = import_documents(database, inputs, options)
    assert (report.counts.read, report.counts.created, report.counts.unchanged) == (8, 8, 0)


@pytest.mark.slow
def test_of_two_processes_at_the_same_import_the_later_is_refused(database, monkeypatch):
    data = b"".join(orjson.dumps(one) + b"\n" for one in CIRCLE)
    inputs = [ImportFile("in", lambda: read("ndjson", [data]))]
    real = imports_write_order.check_references
    refused = []

    def while_another_comes(*arguments):
        monkeypatch.setattr(importing, "check_references", real)
        with pytest.raises(Conflict, match="imported just now") as error:
            import_documents(database, inputs, Options("me", digest=b"same"))
        refused.append(error.value.code)
        # Something else, or the same on trial, need not wait.
        assert (
            import_documents(database, inputs, Options("me", digest=b"other", dry_run=True)).counts.read == 4
        )
        assert (
            import_documents(database, [ImportFile("in", list)], Options("me", digest=b"other")).counts.read
            == 0
        )
        return real(*arguments)

    monkeypatch.setattr(importing, "check_references", while_another_comes)
    assert import_documents(database, inputs, Options("me", digest=b"same")).counts.created == 4
    assert refused == ["import_under_way"]
    assert import_documents(database, inputs, Options("me", digest=b"same")).counts.unchanged == 4


def test_a_reference_lost_while_it_is_written_ends_the_import_whole(importer, monkeypatch):
    from app.database.lookup import find
    from app.database.revisions import Attribution
    from app.imports import write as publishing
    from app.records.kinds import kind_by_name
    from app.writing.service import delete

    importer([{"kind": "actor", "id": "soon", "title": "Soon gone"}])

    def after_a_deletion(tx, drafts, edit, **options):
        found = find(tx, kind_by_name("actor"), "soon", lock=True)
        if found.state == tables.LIVE:
            delete(tx, found, Attribution("other"))
        return write_drafts(tx, drafts, edit, **options)

    monkeypatch.setattr(publishing, "write", after_a_deletion)
    report = importer(
        [{"kind": "event", "title": "E", "participants": [{"actor": "actors/soon"}]}, CIRCLE[3]]
    )
    assert report.broken_off
    assert codes(report) == [(1, "/participants/0/actor", "reference_deleted")]


def test_abandoned_jobs_are_swept(database, importer, monkeypatch):
    with pytest.raises(RuntimeError):
        import_documents(database, [ImportFile("in", broken)], Options("me", digest=b"left"))
    monkeypatch.setattr(importjobs, "ABANDONED_HOURS", -1)
    assert importer.counts(CIRCLE) == (4, 0, 0, 0)


def broken():
    yield from read("ndjson", [orjson.dumps(CIRCLE[3]) + b"\n"] * 1000)
    raise RuntimeError
