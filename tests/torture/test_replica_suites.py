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
    "writing/test_writing.py",
    "web/test_preconditions.py",
    "web/test_idempotency.py",
    "web/test_auth.py",
    "merges/test_merges.py",
    "vocabularies/test_vocabularies.py",
    "test_background.py",
    "imports/test_imports_over_http.py",
    "history/test_history.py",
    "changes/test_changes.py",
    "changes/test_mirror.py",
    "imports/test_imports.py",
    "imports/test_import_commands.py",
    "imports/test_roundtrip.py",
    "seed/test_seeding.py",
    "maintenance/test_check.py",
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
