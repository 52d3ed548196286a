"""An import killed again and again: never half a group, never a duplicate, and in the end everything is there."""

import os
import random
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from sqlalchemy import func, select

from app.database import tables
from app.database.engine.database import Database
from app.maintenance.check import check

pytestmark = pytest.mark.torture

KILLS = 50
RECORDS = 60_000


def documents():
    """Chains, circles of a hundred and references ahead; each circle is written whole or not at all."""
    chance = random.Random(5)
    for number in range(RECORDS):
        circle = number // 100 * 100
        ring = number % 200 < 100
        follows = circle + (number + 1) % 100 if ring else chance.randrange(RECORDS)
        relations = [] if follows == number else [{"type": "leads-to", "target": f"events/e{follows}"}]
        yield {"kind": "event", "id": f"e{number}", "title": f"Event {number}", "relations": relations}


def test_50_kills(database_url, tmp_path):
    file = tmp_path / "all.ndjson"
    file.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in documents()))
    command = [sys.executable, "-m", "app", "import", "--json", str(file)]
    environment = {**os.environ, "ANNALS_DATABASE_URL": database_url}
    chance = random.Random(9)
    where = Path(__file__).parents[2]
    kills = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            command, cwd=where, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            process.wait(chance.uniform(1.5, 4.5))
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        process.communicate()
        database = Database.open(database_url)
        try:
            assert whole_circles(database)
            if kills % 10 == 0:
                assert check(database) == []
        finally:
            database.dispose()
    done = subprocess.run(command, cwd=where, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    report = orjson.loads(done.stdout)
    database = Database.open(database_url)
    try:
        assert check(database) == []
        with database.snapshot() as connection:
            counted = {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (
                    tables.record,
                    tables.revision,
                    tables.change,
                    tables.import_job,
                    tables.import_line,
                )
            }
    finally:
        database.dispose()
    assert counted == {
        "record": RECORDS,
        "revision": RECORDS,
        "change": RECORDS,
        "import_job": 0,
        "import_line": 0,
    }
    assert (report["read"], report["created"] + report["unchanged"]) == (RECORDS, RECORDS)
    print(f"\n{kills} kills")  # noqa: T201 - what was done


def whole_circles(database):
    with database.snapshot() as connection:
        ids = connection.execute(select(tables.record.c.id)).scalars().all()
    circles = {}
    for one in ids:
        number = int(one[1:])
        if number % 200 < 100:
            circles[number // 100] = circles.get(number // 100, 0) + 1
    return set(circles.values()) <= {100}
