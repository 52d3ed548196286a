"""The suites of writing, importing, history and changes, where reads go to a standby that lags or stands still.

What tests read to see what was done comes from the primary; what the service decides by is its own affair.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.replica

TESTS = Path(__file__).parents[1]
SUITES = (
    "api/test_writing.py",
    "api/test_conditions.py",
    "api/test_idempotency.py",
    "api/test_keys.py",
    "api/test_merges.py",
    "api/test_vocabularies.py",
    "api/test_upkeep.py",
    "api/test_imports.py",
    "api/test_history.py",
    "api/test_changes.py",
    "api/test_mirror.py",
    "importing/test_importing.py",
    "importing/test_import_commands.py",
    "importing/test_roundtrip.py",
    "seed/test_seeding.py",
    "store/test_check.py",
)


@pytest.mark.parametrize("standby", ["delayed", "paused"])
def test_suites_hold_whatever_the_standby_has_seen(standby):
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", *(str(TESTS / suite) for suite in SUITES)],
        env={**os.environ, "ANNALS_TEST_REPLICA": standby},
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    print(ended.stdout[-2000:])  # noqa: T201 - what was run
    assert ended.returncode == 0, ended.stdout[-20_000:]
