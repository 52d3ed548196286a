"""Memory follows bytes: whatever is held at a time is bounded by them, as well as by count."""

import os
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from app.database import lookup as finding
from app.imports import complete_documents as completing
from app.imports import existing_records as present
from app.imports import outcomes as judging
from app.imports import service as importing
from app.imports import staged_batch as staging
from app.imports import staged_lines as stagedlines
from app.imports import write as publishing
from app.imports import write_order as grouping
from app.imports.validate import Validator
from app.values.portions import portions

BYTES = 20_000
LARGE = 4_000
MODULES = (completing, finding, grouping, importing, present, stagedlines, staging)


def event(number, **members):
    return {"kind": "event", "id": f"e{number}", "title": f"E {number}", "summary": "x" * LARGE, **members}


@pytest.fixture
def held(monkeypatch):
    """How many bytes of documents were held at a time, at the most, by what held them."""
    found = {}

    def hold(name, documents):
        found[name] = max(found.get(name, 0), sum(len(one) for one in documents))

    def watch(module, name, texts):
        real = getattr(module, name)

        def watched(*arguments, **options):
            result = real(*arguments, **options)
            hold(name, texts(arguments, result))
            return result

        monkeypatch.setattr(module, name, watched)

    for module in MODULES:
        monkeypatch.setattr(module, "BATCH_BYTES", BYTES)
    watch(Validator, "task", lambda given, _: [orjson.dumps(one.raw) for one in given[1]])
    watch(publishing, "decide_outcomes", lambda given, _: [one.document for one in given[1]])
    watch(importing, "decide_outcomes", lambda given, _: [one.document for one in given[1]])
    watch(importing, "preparation", lambda given, _: [one.document for one in given[0]])
    for module in (finding, judging, completing):
        watch(module, "find_by_keys", lambda _, found: [one.document for one in found])
    watch(grouping, "staged_at", lambda _, found: [one.document for one in found])
    return found


def test_batches_are_bounded_by_bytes_and_by_count():
    sizes = [1, 1, 1, 9, 4, 4, 4, 20, 1]
    assert list(portions(sizes, int, most_size=10, most=3)) == [[1, 1, 1], [9], [4, 4], [4], [20], [1]]
    assert list(portions([], int, most_size=10, most=3)) == []


@pytest.mark.parametrize("dry_run", [True, False])
def test_nothing_holds_more_than_some_bytes_at_a_time(importer, held, dry_run):
    circle = {"type": "part-of", "target": "events/e0"}
    documents = [
        *(event(n, relations=[circle]) for n in range(1, 40)),
        event(0),
        *(event(n) for n in range(40, 80)),
    ]
    report = importer(documents, dry_run=dry_run)
    assert report.counts.created == 80
    assert held
    assert max(held.values()) <= BYTES, held
    assert held["task"] > BYTES / 2
    # Small documents over large ones, which are what counts then.
    if not dry_run:
        held.clear()
        small = [{"kind": "event", "id": f"e{n}", "title": "E"} for n in range(80)]
        assert importer.counts(small) == (0, 80, 0, 0)
        assert 0 < held["find_by_keys"] <= BYTES
        assert held["decide_outcomes"] <= BYTES / 5


@pytest.mark.slow
def test_provisions_and_what_gives_way_are_looked_up_by_bytes(importer, held):
    agreements = [
        {
            "kind": "agreement",
            "id": f"a{n}",
            "title": "A",
            "summary": "x" * LARGE,
            "provisions": [{"id": "p"}],
        }
        for n in range(30)
    ]
    missions = [
        {
            "kind": "mission",
            "id": f"m{n}",
            "title": "M",
            "summary": "x" * LARGE,
            "established_under": {"agreement": f"agreements/a{n}", "provision": "p"},
        }
        for n in range(30)
    ]
    assert importer.counts(agreements) == (30, 0, 0, 0)
    assert importer.counts(missions) == (30, 0, 0, 0)
    assert max(held.values()) <= BYTES, held
    edited = [{**one, "tags": ["edited"]} for one in agreements]
    assert importer.counts(edited) == (0, 30, 0, 0)
    held.clear()
    # Of an earlier revision, so that what they say is to be compared.
    assert importer.counts([{**one, "revision": 1} for one in edited]) == (0, 0, 30, 0)
    assert 0 < held["find_by_keys"] <= BYTES
    assert max(held.values()) <= BYTES, held


def test_a_circle_is_written_whole_however_large(importer, held):
    ring = [
        event(n, relations=[{"type": "leads-to", "target": f"events/e{(n + 1) % 12}"}]) for n in range(12)
    ]
    assert importer.counts(ring) == (12, 0, 0, 0)
    assert held["decide_outcomes"] >= 12 * LARGE > BYTES


def resident_megabytes(pid):
    """Give the anonymous memory of a process and its children."""
    total = 0
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                total = int(line.split()[1]) // 1024
    except OSError:
        return 0
    return total + sum(resident_megabytes(child) for child in children)


@pytest.mark.torture
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_a_thousand_records_of_a_megabyte_take_less_than_300_megabytes(database_url, tmp_path):
    file = tmp_path / "large.ndjson"
    with file.open("wb") as writing:
        for number in range(1000):
            evidence = [
                {"basis": "external", "note": f"{number} {n} " + "some words " * 850} for n in range(100)
            ]
            document = {"kind": "event", "id": f"e{number}", "title": f"Event {number}", "evidence": evidence}
            writing.write(orjson.dumps(document) + b"\n")
    command = [sys.executable, "-m", "app", "import", "--json", str(file)]
    environment = {**os.environ, "ANNALS_DATABASE_URL": database_url}
    where = Path(__file__).parents[2]
    process = subprocess.Popen(command, cwd=where, env=environment, stdout=subprocess.PIPE)
    most = 0
    while process.poll() is None:
        most = max(most, resident_megabytes(process.pid))
        time.sleep(0.1)
    assert orjson.loads(process.stdout.read())["created"] == 1000
    assert 0 < most < 300
