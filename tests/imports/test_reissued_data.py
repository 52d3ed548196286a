"""Data that are issued again and again: what an import leaves of itself, and what a new issue no longer has."""

from functools import partial

import orjson
import pytest

from app.values.one_line import MAX_COMMENT_LENGTH


@pytest.fixture
def annals(annals, database_url):
    return partial(annals, url=database_url)


@pytest.fixture
def issue(tmp_path):
    """Write a file of events with these numbers."""

    def write(*numbers, name="issue.ndjson", **members):
        file = tmp_path / name
        made = [{"kind": "event", "id": f"e{one}", "title": f"Event {one}", **members} for one in numbers]
        file.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in made))
        return file

    return write


def comments(database):
    with database.snapshot() as connection:
        return set(connection.exec_driver_sql("SELECT comment FROM revision").scalars())


@pytest.mark.parametrize(("sent", "kept"), [(" weekly e\u0301dition ", "weekly édition"), ("  ", None)])
def test_a_comment_is_kept_with_the_revisions(annals, issue, database, sent, kept):
    assert annals("import", issue(1, 2), "--comment", sent).code == 0
    assert comments(database) == {kept}


@pytest.mark.parametrize("sent", ["x" * (MAX_COMMENT_LENGTH + 1), "two\nlines"])
def test_what_is_no_comment_is_refused(annals, issue, sent):
    ended = annals("import", issue(1), "--comment", sent)
    assert (ended.code, ended.out) == (2, "")
    assert "--comment" in ended.err
