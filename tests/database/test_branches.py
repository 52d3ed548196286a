"""Versions, and the branches of a history that forks: versions and numbers go on above all that was given out before."""

import asyncio
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from app.database import tables
from app.database.engine.branches import Position, begin_branch, has_forked
from app.database.engine.database import Database
from app.database.engine.versions import new_version, order_of
from app.database.index.database_version import bump_version

BRANCHES, STAMPS = st.integers(1, 2**31 - 1), st.integers(0, 2**52 - 1)


@given(BRANCHES, STAMPS, BRANCHES, STAMPS)
def test_versions_are_in_the_order_of_branches_and_then_of_stamps(branch, stamp, other, later):
    order = order_of(new_version(branch, stamp))
    assert (order < order_of(new_version(other, later))) == ((branch, stamp) < (other, later))
    # As they were before there were branches.
    assert order_of(f"{stamp}-0123456789ab") < order


def test_no_two_versions_are_the_same():
    assert new_version(1, 2) != new_version(1, 2)


def state(database):
    with database.snapshot() as connection:
        row = connection.execute(select(tables.database)).one()
        forks = connection.execute(select(tables.branch).order_by(tables.branch.c.branch)).all()
    assert row.version_tag.startswith(f"{row.branch}.{row.stamp}-")
    return row, forks


def bump(database, steps=1):
    """Write something; return the first of its numbers."""
    with database.transaction() as tx:
        bump_version(tx, steps)
    return state(database)[0].version - steps + 1


def test_each_write_has_a_later_version_whatever_the_clock_says(database):
    before, forks = state(database)
    assert (before.branch, forks) == (1, [])
    assert bump(database, 3) == before.version + 1
    after, forks = state(database)
    assert (after.version, after.branch, forks) == (before.version + 3, 1, [])
    assert after.stamp > before.stamp
    ahead = 2**51
    with database.transaction() as tx:
        tx.execute(update(tables.database).values(stamp=ahead))
    bump(database)
    assert state(database)[0].stamp == ahead + 1


def test_an_older_copy_that_was_put_in_place_unnoticed_goes_on_above_the_versions_of_the_later(database):
    with database.transaction() as tx:
        copied = tx.execute(select(tables.database)).one()
    bump(database)
    later = state(database)[0].version_tag
    with database.transaction() as tx:
        tx.execute(update(tables.database).values(copied._asdict()))
    bump(database)
    assert order_of(state(database)[0].version_tag) > order_of(later)


def test_a_branch_begins_above_the_history_that_it_takes_the_place_of(database):
    bump(database, 4)
    here = state(database)[0]
    began = time.time_ns() // 1000
    with database.transaction() as tx:
        begin_branch(tx, Position(branch=7, stamp=here.stamp + 10**12, number=here.version + 50))
    row, [fork] = state(database)
    assert (row.branch, row.stamp) == (8, here.stamp + 10**12 + 1)
    assert (fork.branch, fork.last_common, fork.at >= began) == (8, here.version, True)
    assert fork.begins > max(here.version + 50, began - 1)
    assert bump(database) == fork.begins


def test_a_branch_without_a_write_has_nothing_that_another_could_have_in_common(database):
    number = bump(database, 4) + 3
    for _ in range(2):
        with database.transaction() as tx:
            begin_branch(tx, Position())
    assert [fork.last_common for fork in state(database)[1]] == [number, number]
    last = bump(database)
    with database.transaction() as tx:
        begin_branch(tx, Position())
    assert state(database)[1][-1].last_common == last


def set_timeline(database, timeline):
    with database.transaction() as tx:
        tx.execute(update(tables.database).values(timeline=timeline))


only_postgres = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


@only_postgres
def test_a_history_has_forked_before_a_branch_is_begun(database):
    with database.transaction() as tx:
        assert not has_forked(tx)
    set_timeline(database, 3)
    with database.transaction() as tx:
        assert has_forked(tx)
    assert state(database)[1] == []


@only_postgres
def test_a_write_on_another_timeline_begins_a_branch(database):
    before, _ = state(database)
    assert before.timeline == 1
    set_timeline(database, 3)
    first = bump(database, 2)
    row, [fork] = state(database)
    assert (fork.timeline, fork.last_common, fork.begins, fork.branch) == (1, before.version, first, 2)
    assert (row.branch, row.version, row.timeline) == (2, first + 1, 1)
    bump(database)
    assert len(state(database)[1]) == 1


@only_postgres
def test_of_several_writers_on_another_timeline_one_begins_the_branch(database):
    set_timeline(database, 3)

    async def write():
        await asyncio.gather(*(database.write(lambda tx: bump_version(tx, 1)) for _ in range(6)))

    asyncio.run(write())
    row, [fork] = state(database)
    assert row.version == fork.begins + 5


@only_postgres
@pytest.mark.parametrize("several", [False, True])
def test_reading_notices_another_timeline(database, database_url, several):
    before, _ = state(database)
    set_timeline(database, 3)

    async def read():
        reading = Database.open(database_url)
        try:
            if several:
                return await reading.answer(lambda db: db.version())
            return await reading.version()
        finally:
            await reading.close()

    version = asyncio.run(read())
    row, [fork] = state(database)
    assert (version, fork.last_common) == (row.version_tag, before.version)


@only_postgres
@pytest.mark.parametrize("known", [None, 1, 3])
def test_a_role_that_may_not_see_the_timeline_writes_all_the_same(database, known):
    """Then only what restoring a backup says is known of forks."""
    set_timeline(database, known)
    before, _ = state(database)
    # A role is of the whole server, which other tests use at the same time.
    role = f"annals_test_writer_{os.getpid()}"
    run(
        database,
        "REVOKE EXECUTE ON FUNCTION pg_current_wal_lsn() FROM PUBLIC",
        f"CREATE ROLE {role}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}",
    )
    try:
        with database.transaction() as tx:
            tx.execute(text(f"SET LOCAL ROLE {role}"))
            assert tx.execute(text("SELECT annals_timeline()")).scalar_one() is None
            bump_version(tx, 1)
        after, forks = state(database)
        assert (after.version, forks) == (before.version + 1, [])
    finally:
        run(database, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def run(database, *statements):
    with database.transaction() as tx:
        for statement in statements:
            tx.execute(text(statement))
