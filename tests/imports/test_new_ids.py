"""Ids for documents that bring none: nothing hangs on what lies between them, on their number, or on how they come in."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.database import tables
from app.imports import jobs as importjobs
from app.imports import new_ids as naming
from app.imports import service as importing
from app.imports import stage as staging
from app.imports import write_order as grouping
from app.imports import write_order as imports_write_order
from app.imports.documents import ImportFile
from app.imports.readers import read
from app.imports.report import Options
from app.imports.service import import_documents
from tests.imports.conftest import lines

RUNS = count(1)


def event(title, year=None, **members):
    return {"kind": "event", "title": title, **({"date": str(year)} if year else {}), **members}


@pytest.mark.slow
@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_two_of_one_title_are_two_records_at_any_distance(importer, stored, on_error):
    distances = (1, 2, 499, 500, 501, 999, 1000, 1001)
    places: dict[int, list[dict]] = {}
    for number, distance in enumerate(distances):
        places.setdefault(number, []).append(event(f"Twin {distance} apart", 1900))
        places.setdefault(number + distance, []).append(event(f"Twin {distance} apart", 1902))
    documents = [one for at in range(1100) for one in [event(f"Other {at}", 1901), *places.get(at, ())]]
    documents.append(event("Other 7", 1999, type="batle"))
    report = importer(documents, on_error=on_error)
    if on_error == "stop":
        assert (report.refused, report.counts.failed) == (True, 1)
        documents.pop()
        report = importer(documents)
        assert report.faults == []
    assert report.counts.created == 1100 + 2 * len(distances)
    found = {(one["title"], one["date"]["edtf"]): one["id"] for one in stored()}
    for distance in distances:
        title = f"Twin {distance} apart"
        ids = found[title, "1900"], found[title, "1902"]
        assert ids == (f"twin-{distance}-apart", f"twin-{distance}-apart-2")
    again = importer(list(reversed(documents)), on_error=on_error)
    assert (again.counts.created, again.counts.updated) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("same", [False, True])
def test_more_than_a_thousand_of_one_title(importer, stored, same):
    documents = [event("Protest", 1900 if same else 1900 + number) for number in range(1203)]
    assert importer.counts(documents) == (1203, 0, 0, 0)
    assert {one["id"] for one in stored()} == {"protest", *(f"protest-{number}" for number in range(2, 1204))}
    assert importer.counts(documents[::-1]) == (0, 0, 1203, 0)
    assert importer.counts([*documents, event("Protest", 1899)]) == (1, 0, 1203, 0)


def test_a_record_with_a_number_is_known_again_though_the_first_is_gone(importer, stored):
    importer([event("Protest", 1901, id="protest-2"), event("Protest", 1902, id="protest-7-days")])
    assert importer.counts([event("Protest", 1901), event("Protest", 1900)]) == (1, 0, 1, 0)
    assert {one["id"] for one in stored()} == {"protest", "protest-2", "protest-7-days"}


def test_an_id_that_any_document_brings_is_left_to_it_wherever_it_stands(importer, stored, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    others = [event(f"Other {number}") for number in range(5)]
    assert importer.counts([event("One", 1900), *others, event("Uno", id="one")]) == (7, 0, 0, 0)
    assert {one["id"]: one["title"] for one in stored() if "ther" not in one["title"]} == {
        "one": "Uno",
        "one-2": "One",
    }


def test_long_titles_are_told_apart_too(importer, stored):
    titles = ["x" * 119, "x" * 120, "a-" * 59 + "b", "a-" * 59 + "c"]
    documents = [event(title, 1900 + number) for title in titles for number in range(12)]
    assert importer.counts(documents) == (48, 0, 0, 0)
    assert len({one["id"] for one in stored()}) == 48
    assert importer.counts(documents[::-1]) == (0, 0, 48, 0)


def test_others_may_refer_to_what_brings_no_id(importer, stored):
    documents = [event("Later", relations=[{"type": "part-of", "target": "events/march"}]), event("March")]
    assert importer.counts(documents) == (2, 0, 0, 0)
    assert importer.counts(documents[::-1]) == (0, 0, 2, 0)
    assert {one["id"] for one in stored()} == {"later", "march"}


def test_what_refers_to_a_merged_record_is_known_again(importer, database):
    from app.database.revisions import Attribution
    from app.merges.service import merge_records

    actors = [{"kind": "actor", "id": name, "title": "A"} for name in ("old", "new")]
    documents = [event("E", participants=[{"actor": "actors/old"}])]
    importer(actors + documents)
    database.write_now(lambda tx: merge_records(tx, "actors/old", "actors/new", Attribution("me")))
    assert importer.counts(documents) == (0, 0, 1, 0)


def test_what_another_writer_made_of_the_name_meanwhile_is_not_written_over(database, monkeypatch):
    from app.database.revisions import Attribution
    from app.records.event import Event
    from app.records.kinds import kind_by_name
    from app.writing.service import create

    real = imports_write_order.check_references

    def after_another(*arguments):
        record = Event(kind="event", id="protest", title="Somebody else's")
        database.write_now(lambda tx: create(tx, kind_by_name("event"), record, Attribution("other")))
        real(*arguments)

    monkeypatch.setattr(importing, "check_references", after_another)
    inputs = [ImportFile("in", lambda: read("ndjson", [lines([event("Protest", 1900)])]))]
    report = import_documents(database, inputs, Options("me"))
    assert (report.broken_off, [fault["code"] for fault in report.faults]) == (True, ["stale_revision"])
    monkeypatch.setattr(importing, "check_references", real)
    assert import_documents(database, inputs, Options("me")).counts.created == 1
    with database.snapshot() as connection:
        found = dict(
            connection.execute(
                tables.record.select().with_only_columns(
                    tables.record.c.id,
                    tables.record.c.revision,
                )
            ).all()
        )
    assert found == {"protest": 1, "protest-2": 1}


class Killed(BaseException):
    """Stands for a process that is no more."""


def expected(there: dict[str, tuple], documents: list[tuple]) -> Counter:
    """Give, the slow way, who ends with which id: of (title, year, id) documents, beside what there is."""
    brought = {one_id for _, _, one_id in documents if one_id is not None}
    taken = brought | there.keys()
    given = []
    for title in sorted({title for title, _, one_id in documents if one_id is None}):
        candidates = {one: said for one, said in there.items() if said[0] == title and one not in brought}
        new = []
        for _, year, _ in (one for one in documents if one[0] == title and one[2] is None):
            same = [one for one, said in candidates.items() if said == (title, year)]
            if same:
                del candidates[same[0]]
            else:
                new.append((title, year))
        for said in new:
            one = next(
                one
                for one in (title if number == 1 else f"{title}-{number}" for number in count(1))
                if one not in taken
            )
            taken.add(one)
            given.append((one, said))
    return (
        Counter(there.items())
        + Counter(given)
        + Counter(
            (one_id, (title, year))
            for title, year, one_id in documents
            if one_id is not None and one_id not in there
        )
    )


DOCUMENT = st.tuples(st.integers(0, 2), st.integers(1900, 1901), st.sampled_from([None, None, None, 1, 2, 3]))


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.lists(DOCUMENT, max_size=12),
    second=st.lists(DOCUMENT, max_size=25),
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
    dies_at=st.integers(1, 30),
)
def test_the_same_whatever_the_sizes_and_though_it_is_killed(
    database, stored_at, first, second, sizes, dies_at
):
    run = next(RUNS)

    def documents_of(given):
        titles = [f"t{run}-{title}" for title, _, _ in given]
        ids = [
            None if number is None else title if number == 1 else f"{title}-{number}"
            for title, (_, _, number) in zip(titles, given, strict=True)
        ]
        found = list(zip(titles, [year for _, year, _ in given], ids, strict=True))
        # An id is brought once.
        return [one for at, one in enumerate(found) if one[2] is None or one[2] not in ids[:at]]

    def imported(documents, digest):
        body = lines(
            event(title, year, **({"id": one_id} if one_id else {})) for title, year, one_id in documents
        )
        inputs = [ImportFile("in", lambda: read("ndjson", [body]))]
        return import_documents(database, inputs, Options("me", digest=digest))

    real, calls = importjobs.step, 0

    def dying(*arguments):
        nonlocal calls
        calls += 1
        if calls == dies_at:
            raise Killed
        return real(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importing, "BATCH", sizes[0])
        patch.setattr(naming, "_AT_A_TIME", sizes[1])
        patch.setattr(importing, "GROUP", sizes[2])
        patch.setattr(grouping, "GROUP", sizes[2])
        imported(documents_of(first), None)
        there = stored_at(f"t{run}-")
        for module in (staging, naming, grouping, importing):
            patch.setattr(module, "step", dying)
        documents = [
            # Whoever brings an id says what is there, or it would be another test.
            (*there[one_id], one_id) if one_id in there else (title, year, one_id)
            for title, year, one_id in documents_of(second)
        ]
        try:
            report = imported(documents, f"run {run}".encode())
        except Killed:
            calls = -1000
            report = imported(documents, f"run {run}".encode())
        calls = -1000
        assert report.faults == []
        wanted = expected(there, documents)
        assert Counter(stored_at(f"t{run}-").items()) == wanted
        assert report.counts.created == wanted.total() - len(there)
        assert imported(documents, None).counts.unchanged == len(documents)


@pytest.fixture
def stored_at(database):
    """What titles begin so: ids with title and year."""
    import orjson
    from sqlalchemy import select

    def found(beginning):
        with database.snapshot() as connection:
            asked = select(tables.record.c.document).where(tables.record.c.id.startswith(beginning))
            documents = map(orjson.loads, connection.execute(asked).scalars())
            return {one["id"]: (one["title"], int(one["date"]["edtf"])) for one in documents}

    return found
