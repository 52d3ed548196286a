"""Writes that wait at the same time: done in one transaction, undone one by one, answered when all are committed."""

import asyncio
import threading

import psycopg
import pytest
from sqlalchemy import insert, select, text, update
from versions import version_of
from waiting import HANG_SECONDS

from app.database import tables
from app.database.engine import write_groups
from app.database.engine.database import Database
from app.database.engine.transaction_end import at_end
from app.database.index.database_version import bump_version
from app.errors import Conflict, Unavailable
from app.vocabularies.service import begin_change

pytestmark = pytest.mark.anyio
on_postgres = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def _one_group_at_a_time(monkeypatch):
    """Have whatever is added while a group runs be in that group, however slow the machine is."""
    monkeypatch.setattr(write_groups, "THREADS", 1)
    monkeypatch.setattr(write_groups, "GROUP_SECONDS", HANG_SECONDS)


@pytest.fixture
def added(monkeypatch):
    """What is added to groups, in its order."""
    found, add = [], write_groups.WriteGroups.add

    def noting(self, verb, last, *, together):
        outcome = add(self, verb, last, together=together)
        found.append(outcome)
        return outcome

    monkeypatch.setattr(write_groups.WriteGroups, "add", noting)
    return found


@pytest.fixture
async def grouping(database_url):
    """A database that is opened under `_one_group_at_a_time`."""
    one = Database.open(database_url)
    yield one
    await one.close()


async def reached(found, count):
    """Wait until so many writes have been added."""
    async with asyncio.timeout(HANG_SECONDS):
        while len(found) < count:  # noqa: ASYNC110 - they are added by other tasks, which tell nobody
            await asyncio.sleep(0.001)


async def together(database, added, *verbs, first=lambda _tx: None):
    """Run writes in one group, after a first one that waits until all of them are there; return what became of each."""
    let = threading.Event()

    def hold(tx):
        assert let.wait(HANG_SECONDS)
        return first(tx)

    before = len(added)
    tasks = [asyncio.ensure_future(database.write(hold, together=True))]
    await reached(added, before + 1)
    tasks += [asyncio.ensure_future(database.write(verb, together=True)) for verb in verbs]
    await reached(added, before + 1 + len(verbs))
    let.set()
    async with asyncio.timeout(HANG_SECONDS):
        return await asyncio.gather(*tasks, return_exceptions=True)


def adds(name, then=lambda _tx: None):
    """Make a write that adds a term, tells it as a change of the database, and returns its transaction."""

    def verb(tx):
        term = {"scheme": "event-type", "id": name, "position": 1, "document": "{}", "revision": 1}
        tx.execute(insert(tables.term).values(**term, added=True))
        bump_version(tx, 1)
        then(tx)
        return tx.get_transaction()

    return verb


def refuse(_tx):
    raise Conflict("It cannot be.")


def terms(database):
    with database.snapshot() as connection:
        asked = select(tables.term.c.id).where(tables.term.c.document == "{}")
        return set(connection.execute(asked).scalars())


async def test_what_waits_at_the_same_time_is_one_transaction(grouping, added):
    before = version_of(grouping)
    _, *done = await together(grouping, added, *(adds(f"t{number}") for number in range(5)))
    assert len({id(one) for one in done}) == 1
    assert terms(grouping) == {f"t{number}" for number in range(5)}
    assert version_of(grouping) == before + 5


async def test_a_group_is_no_larger_than_it_may_be(grouping, added, monkeypatch):
    monkeypatch.setattr(write_groups, "MOST", 3)
    first, *done = await together(
        grouping, added, *(adds(f"t{number}") for number in range(5)), first=adds("t")
    )
    assert [one is first for one in done] == [True, True, False, False, False]
    assert len({id(one) for one in done[2:]}) == 1


@on_postgres
@pytest.mark.parametrize("is_short", [False, True])
async def test_at_its_end_a_write_waits_for_no_longer_than_what_is_left_of_its_time(database_url, is_short):
    """Postgres counts the time that a lock is waited for from the moment that it is asked for."""
    setting = text("SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout'")
    found = []

    def verb(tx):
        tx.execute(text("SELECT pg_sleep(1)"))
        at_end(tx, lambda tx, _: found.append(tx.execute(setting).scalar_one()), None)

    database = Database.open(database_url, wait_seconds=4)
    try:
        await database.write(verb, together=is_short)
    finally:
        await database.close()
    [milliseconds] = found
    assert milliseconds <= 3000


async def test_what_is_to_be_done_alone_is(grouping, added):
    async def alone(name):
        return await grouping.write(adds(name))

    transactions = {id(one) for one in await asyncio.gather(*(alone(f"t{number}") for number in range(4)))}
    assert len(added) == len(transactions) == 4


async def test_one_that_is_refused_is_undone_alone(grouping, added):
    before = version_of(grouping)
    _, first, refused, last = await together(grouping, added, adds("a"), adds("b", refuse), adds("c"))
    assert isinstance(refused, Conflict)
    assert first is last
    assert terms(grouping) == {"a", "c"}
    assert version_of(grouping) == before + 2


async def test_a_first_one_that_is_refused_leaves_the_others_as_they_are(grouping, added):
    refused, first, last = await together(grouping, added, adds("a"), adds("b"), first=adds("t", refuse))
    assert isinstance(refused, Conflict)
    assert first is last
    assert terms(grouping) == {"a", "b"}


async def test_an_error_of_the_program_is_that_of_one_write(grouping, added):
    _, failed, done = await together(grouping, added, adds("a", lambda _tx: 1 / 0), adds("b"))
    assert isinstance(failed, ZeroDivisionError)
    assert not isinstance(done, BaseException)
    assert terms(grouping) == {"b"}


async def test_a_statement_that_fails_spoils_no_other_write(grouping, added):
    def broken(tx):
        tx.execute(text("SELECT nothing FROM nowhere"))

    _, first, failed, last = await together(grouping, added, adds("a"), adds("b", broken), adds("c"))
    assert "nowhere" in str(failed)
    assert first is last
    assert terms(grouping) == {"a", "c"}


async def test_nobody_is_answered_before_the_commit(grouping, added):
    """The refused are not either: what they were refused for may be what another of the group has written."""
    seen = []

    def look(_tx):
        seen.extend(outcome.done() for outcome in added)

    await together(grouping, added, adds("a"), adds("b", refuse), adds("c", look))
    assert seen == [False] * 4


async def test_the_vocabulary_that_one_used_has_changed_by_the_end(grouping, added):
    tries = []

    def used(tx):
        tries.append(tx.get_transaction())
        with_version = tx.execute(select(tables.database.c.vocabulary)).scalar_one()
        bump_version(tx, 1, with_version)

    _, done, changed = await together(grouping, added, used, begin_change)
    assert (done, changed) == (None, None)
    assert len(tries) == 2


async def test_one_that_waited_too_long_for_its_turn(database_url, added):
    database, let = Database.open(database_url, wait_seconds=0.2), threading.Event()
    try:
        holding = asyncio.ensure_future(database.write(lambda _tx: let.wait(HANG_SECONDS), together=True))
        await reached(added, 1)
        late = asyncio.ensure_future(database.write(adds("late"), together=True))
        await asyncio.sleep(0.3)
        let.set()
        await holding
        with pytest.raises(Unavailable, match="nothing was changed"):
            await late
        assert terms(database) == set()
    finally:
        await database.close()


async def test_one_that_nobody_waits_for_any_more_is_not_done(grouping, added):
    let = threading.Event()
    holding = asyncio.ensure_future(grouping.write(lambda _tx: let.wait(HANG_SECONDS), together=True))
    await reached(added, 1)
    given_up = asyncio.ensure_future(grouping.write(adds("a"), together=True))
    await reached(added, 2)
    given_up.cancel()
    await asyncio.wait([given_up])
    let.set()
    await holding
    await grouping.write(adds("b"), together=True)
    assert terms(grouping) == {"b"}


def plain(url):
    return psycopg.connect(url.replace("+psycopg", ""))


def locks(*names):
    """Make a write that locks terms, in this order."""

    def verb(tx):
        for name in names:
            tx.execute(update(tables.term).where(tables.term.c.id == name).values(position=2))
        return tx.get_transaction()

    return verb


@on_postgres
async def test_one_that_waits_for_a_lock_holds_up_no_other(grouping, added, database_url):
    await grouping.write(adds("held"))
    with plain(database_url) as other:
        other.execute("UPDATE term SET position = 3 WHERE id = 'held'")
        let = threading.Event()
        holding = asyncio.ensure_future(grouping.write(lambda _tx: let.wait(HANG_SECONDS), together=True))
        await reached(added, 2)
        blocked = asyncio.ensure_future(grouping.write(locks("held"), together=True))
        await reached(added, 3)
        follows = asyncio.ensure_future(grouping.write(adds("free"), together=True))
        await reached(added, 4)
        let.set()
        async with asyncio.timeout(HANG_SECONDS):
            await asyncio.gather(holding, follows)
        assert not blocked.done()
        other.rollback()
        async with asyncio.timeout(HANG_SECONDS):
            assert await blocked is not await follows


@on_postgres
async def test_a_first_one_that_waits_for_a_lock_holds_up_no_other(grouping, added, database_url):
    await grouping.write(adds("held"))
    with plain(database_url) as other:
        other.execute("UPDATE term SET position = 3 WHERE id = 'held'")
        blocked = asyncio.ensure_future(grouping.write(locks("held"), together=True))
        await reached(added, 2)
        async with asyncio.timeout(HANG_SECONDS):
            await grouping.write(adds("free"), together=True)
        assert not blocked.done()
        other.rollback()
        async with asyncio.timeout(HANG_SECONDS):
            await blocked


@on_postgres
async def test_a_group_waits_for_the_version_as_long_as_any_write(grouping, added, database_url):
    with plain(database_url) as other:
        other.execute("UPDATE database SET version = version")
        waiting = asyncio.ensure_future(together(grouping, added, adds("a"), adds("b")))
        await asyncio.sleep(2 * write_groups.LOCK_SECONDS)
        other.rollback()
        _, first, last = await waiting
    assert first is last


@on_postgres
async def test_writes_of_two_processes_that_wait_for_each_other_are_done_in_the_end(grouping, database_url):
    await grouping.write(adds("a"))
    await grouping.write(adds("b"))
    other_group = Database.open(database_url)
    met = threading.Barrier(2, timeout=HANG_SECONDS)

    def crossing(*names):
        tries = []

        def verb(tx):
            tries.append(tx)
            locks(names[0])(tx)
            if len(tries) == 1:
                met.wait()
            return locks(names[1])(tx)

        return verb

    async with asyncio.timeout(HANG_SECONDS):
        await asyncio.gather(
            grouping.write(crossing("a", "b"), together=True),
            other_group.write(crossing("b", "a"), together=True),
        )
    await other_group.close()


@on_postgres
async def test_a_connection_that_is_lost_in_the_middle_loses_no_write(grouping, added, database_url):
    ended = []

    def end_session(tx):
        if not ended:
            ended.append(tx.execute(text("SELECT pg_backend_pid()")).scalar_one())
            with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", ended)
            tx.execute(text("SELECT 1"))

    found = await together(grouping, added, adds("a"), adds("b", end_session), adds("c"))
    assert [one for one in found if isinstance(one, BaseException)] == []
    assert terms(grouping) == {"a", "b", "c"}


@on_postgres
@pytest.mark.parametrize("done", [True, False])
async def test_a_commit_that_was_not_answered_is_in_doubt_for_all_that_it_was_of(grouping, added, lose, done):
    lose("SELECT 1 FROM term WHERE id = 'a'", done=done)
    _, first, second, refused = await together(grouping, added, adds("a"), adds("b"), adds("c", refuse))
    assert [first.code, second.code] == ["outcome_unknown"] * 2
    assert isinstance(refused, Conflict)
    assert terms(grouping) == ({"a", "b"} if done else set())
