import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.serve import _shared_counts

COUNT = "from app.web import metrics; [metrics.observe('GET', '/v1/x', 200, 0.001) for _ in range({})]"
SHOW = "from app.web import metrics; print(metrics.render_metrics()[1].decode())"


def run(code):
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)


def test_the_counts_of_all_workers_are_added_up():
    with _shared_counts(2):
        run(COUNT.format(3))
        run(COUNT.format(4))
        assert 'count{method="GET",route="/v1/x",status="200"} 7.0' in run(SHOW)


def test_counts_begin_at_nothing_and_leave_nothing():
    with _shared_counts(2):
        folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
        assert not [*folder.iterdir()]
        run(COUNT.format(1))
        assert [*folder.iterdir()]
    assert not folder.exists()
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ


def test_a_folder_that_is_given_keeps_whatever_else_is_in_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    kept = {"annals.db": b"a database", "histogram_1.db": b"of another program", "other": b"kept"}
    for name, content in kept.items():
        (tmp_path / name).write_bytes(content)
    with _shared_counts(2):
        folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
        assert folder.parent == tmp_path
        run(COUNT.format(1))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept
    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == str(tmp_path)


def test_one_worker_keeps_its_counts_to_itself(monkeypatch, tmp_path):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    with _shared_counts(1):
        assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ
