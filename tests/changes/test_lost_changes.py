"""Numbers of changes that were lost with a branch of the history are told, with the last number that still holds."""

import pytest
from sqlalchemy import select

from app.database import tables
from app.database.engine.branches import Position, begin_branch

pytestmark = pytest.mark.anyio


@pytest.fixture
def fork(database_url, database_at):
    """Have the history fork where it is now, and return the number of the first change from then on."""

    def begin():
        with database_at(database_url) as database, database.transaction() as tx:
            begin_branch(tx, Position())
            return tx.execute(select(tables.branch.c.begins).order_by(tables.branch.c.branch.desc())).first()[
                0
            ]

    return begin


async def numbers(writer, **query):
    answer = await writer.get("changes", **query)
    assert answer.status_code == 200, answer.text
    return [one["seq"] for one in answer.json()["items"]]


async def last_common(writer, **query):
    answer = await writer.get("changes", **query)
    assert (answer.status_code, answer.json()["code"]) == (410, "another_history"), answer.text
    [name] = {"after", "before"} & query.keys()
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [name]
    return answer.json()["last_common"]


async def test_lost_numbers_are_gone_and_all_others_are_read_as_before(writer, fork):
    for name in "abc":
        await writer.create("actors", id=name)
    common = await numbers(writer)
    last = common[-1]
    assert await numbers(writer, after=last + 2) == []
    begins = fork()
    # Before there is a change of the new branch too.
    assert await last_common(writer, after=last + 2) == last
    for name in "de":
        await writer.create("actors", id=name)
    present = [*common, begins, begins + 1]
    for lost in (last + 1, last + 1000, begins - 2):
        assert await last_common(writer, after=lost) == last
    for lost in (last + 2, begins - 1):
        assert await last_common(writer, before=lost) == last
    for number in (0, *present, begins - 1, begins + 7, 2**63 - 1):
        assert await numbers(writer, after=number) == [one for one in present if one > number]
    for number in (*present, last + 1, begins + 7, 2**63 - 1):
        assert await numbers(writer, before=number) == [one for one in present if one < number]
    for sort in ("seq", "-seq"):
        found, path = [], f"/v1/changes?limit=1&sort={sort}"
        while path:
            page = (await writer.ask("GET", path)).json()
            found += [one["seq"] for one in page["items"]]
            path = page["next"]
        assert sorted(found) == present, sort


async def test_each_of_several_forks_has_its_own_last_common_number(writer, fork):
    await writer.create("actors", id="a")
    first = await numbers(writer)
    begins = [fork()]
    await writer.create("actors", id="b")
    begins.append(fork())
    await writer.create("actors", id="c")
    assert await last_common(writer, after=first[-1] + 3) == first[-1]
    assert await last_common(writer, after=begins[0] + 3) == begins[0]
    assert await numbers(writer, after=begins[0]) == [begins[1]]
