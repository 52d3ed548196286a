import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import until

from app.cli.serve import _shared_counts
from app.web import metrics
from app.web.metrics_page import MetricsPage

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


async def test_those_who_ask_at_once_share_a_page_and_none_is_of_before_they_asked(monkeypatch):
    made = 0

    def render():
        nonlocal made
        made += 1
        return "text/plain", b"%d" % made

    monkeypatch.setattr(metrics, "render_metrics", render)
    page = MetricsPage()
    first = asyncio.ensure_future(page.read())
    await until(lambda: made == 1)
    others = await asyncio.gather(*(page.read() for _ in range(100)))
    assert await first == ("text/plain", b"1")
    assert {body for _, body in others} == {b"2"}
    # One who goes away takes the page from none of the others.
    gone, stays = asyncio.ensure_future(page.read()), asyncio.ensure_future(page.read())
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == ("text/plain", b"3")


async def test_a_page_that_cannot_be_made_is_made_again(monkeypatch):
    page = MetricsPage()
    with monkeypatch.context() as patch:
        patch.setattr(metrics, "render_metrics", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await page.read()
    media_type, body = await page.read()
    assert media_type.startswith("text/plain")
    assert b"annals_info{" in body


@pytest.mark.slow
async def test_every_answer_before_is_on_the_page(client):
    async def counted():
        page = (await client.get("/metrics")).text
        # Of what has no route here; tests before this one may have asked for it, too.
        found = re.search(r'duration_seconds_count{method="GET",route="",status="404"} ([0-9.]+)', page)
        return float(found[1]) if found else 0

    before = await counted()
    for number in range(1, 4):
        assert (await client.get("/v1/nothing/here")).status_code == 404
        assert await counted() == before + number
