"""An import from the command line that a signal stops: what it says, how it ends, and that it can be completed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest
from sqlalchemy import func, select
from waiting import HANG_SECONDS

from app.database import tables
from app.database.engine.database import Database

RECORDS = 6_000
ROOT = Path(__file__).parents[2]
EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "many.ndjson"
    file.write_bytes(
        b"".join(
            orjson.dumps({"kind": "actor", "id": f"a{number}", "title": f"Actor {number}"}) + b"\n"
            for number in range(RECORDS)
        )
    )
    return file


def run_until(database_url, reached, file, sent, *options):
    """Start an import, and stop it by a signal when a condition on its database is reached."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "import", str(file), *options],
        cwd=ROOT,
        env={**os.environ, "ANNALS_DATABASE_URL": database_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    database = Database.open(database_url)
    try:
        while process.poll() is None:
            with database.snapshot() as connection:
                if connection.execute(reached).scalar():
                    break
            time.sleep(0.01)
    finally:
        database.dispose()
    process.send_signal(sent)
    out, err = process.communicate(timeout=HANG_SECONDS)
    return process.returncode, out.decode(), err.decode()


def rows_of(database_url, table):
    database = Database.open(database_url)
    try:
        with database.snapshot() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()
    finally:
        database.dispose()


STAGED = select(func.count()).where(tables.import_job.c.staged > 0)
WRITTEN = select(tables.record.c.pk).limit(1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "reached"), [(signal.SIGINT, STAGED), (signal.SIGINT, WRITTEN), (signal.SIGTERM, WRITTEN)]
)
def test_it_says_how_to_go_on_and_the_same_command_completes_it(annals, database_url, file, sent, reached):
    code, out, err = run_until(database_url, reached, file, sent)
    assert (code, out) == (EXIT_CODES[sent], "")
    # Where the machine is slow, lines of progress come before.
    assert err.splitlines()[-1] == (
        "Stopped. What was written stays, each group of records whole. "
        "The same command, with the same files, goes on where it was."
    )
    assert "Traceback" not in err
    assert rows_of(database_url, tables.record) < RECORDS
    done = annals("import", file, url=database_url)
    assert done.code == 0
    assert "Taken up after " in done.err
    assert f"{RECORDS:,} read; {RECORDS:,} created" in done.out
    assert rows_of(database_url, tables.revision) == RECORDS


@pytest.mark.slow
def test_a_dry_run_says_that_nothing_was_written_and_leaves_nothing(database_url, file):
    code, out, err = run_until(database_url, STAGED, file, signal.SIGTERM, "--dry-run")
    assert (code, out, err.splitlines()[-1]) == (143, "", "Stopped. Nothing was written.")
    for table in (tables.record, tables.import_job, tables.import_line):
        assert rows_of(database_url, table) == 0
