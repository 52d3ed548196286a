"""What SQLite, which counts nothing beforehand, would read: never a whole table for a few records."""

import re
from dataclasses import replace

import pytest
from querying import list_query

from app.database.tables.columns import DATE_PARTS
from app.graph.links_sql import LinkQuestion, first_steps, steps
from app.listing.bound_query import bind_query, choose_driver
from app.listing.count_sql import CountStatements
from app.timeline.bucket_sizes import DAY, MONTH, YEAR
from app.timeline.outside_sql import Boundary
from app.timeline.turns_sql import TurnStatements
from app.values.cursor import Cursor

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

WHOLE = re.compile(r"SCAN (link|entry|record)\b|SEARCH \w+ USING .*\(view=\?( AND kind=\?)?\)$")
BY_DATE_OF_TYPE = "COVERING INDEX ix_entry_type_date (view=? AND kind=? AND type=? AND span_class=? AND s1"
QUESTIONS = [
    LinkQuestion(certainty, relations, (0, 9000), view)
    for certainty in (None, "possible", "certain")
    for relations in ((), ("participant",))
    for view in (0, 7)
]


def plan(database, asked):
    statement, parameters = asked
    text, arguments = statement.for_sqlite(parameters)
    with database.snapshot() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", tuple(arguments))]


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
@pytest.mark.parametrize("timed", [False, True])
def test_links_of_some_records_are_looked_up(database, question, timed):
    read = plan(database, steps(question, [1, 2, 3], 100, timed=timed))
    assert not [one for one in read if WHOLE.search(one)]


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_the_first_links_of_a_record_are_looked_up(database, question):
    read = plan(database, first_steps(question, 1, 100))
    assert not [one for one in read if WHOLE.search(one)]


@pytest.mark.parametrize("sort", ["date", "-date", "title", "updated"])
@pytest.mark.parametrize(
    "asked",
    [
        ("tag", "oil"),
        ("q", "oil"),
        ("q", '"von böhmen"'),
        ("ids", "a,b"),
        ("on_day", "12-14"),
        ("bbox", "1,1,2,2"),
    ],
    ids=str,
)
async def test_few_records_are_looked_up(database, asked, sort):
    await look_up(database, asked, sort)


@pytest.mark.parametrize("sort", ["title", "updated"])
@pytest.mark.parametrize(
    "asked", [("when", "1994"), ("type", "meeting"), ("year", "known"), ("contested", "true")], ids=str
)
async def test_what_stands_together_in_another_order_is_looked_up(database, asked, sort):
    await look_up(database, asked, sort)


@pytest.mark.parametrize("sort", ["date", "-date"])
@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("part", DATE_PARTS)
async def test_a_page_by_date_is_put_together_from_ranges_of_one_index(database, part, backward, sort):
    """None is put in order first, but for dates of the same days when they fall."""
    query = list_query("event", [("sort", sort)])
    cursor = Cursor((part, 0, 0, "a"), backward)
    question = replace(await question_of(database, query), cursor=cursor)
    read = [one for one in plan(database, question.statement()) if "entry" in one or "B-TREE" in one]
    reached = [at for at in DATE_PARTS if (at <= part if backward else at >= part)]
    assert len(read) >= sum(len(DATE_PARTS[at]) for at in reached)
    for one in read:
        by_index = "INDEX ix_entry_date (view=? AND kind=? AND span_class=? AND" in one
        assert by_index or (sort == "-date" and one == "USE TEMP B-TREE FOR LAST TERM OF ORDER BY")


@pytest.mark.parametrize("sort", ["date", "-date"])
async def test_of_a_known_year_the_dated_part_alone_is_read(database, sort):
    question = await question_of(database, list_query("event", [("year", "known"), ("sort", sort)]))
    read = [one for one in plan(database, question.statement()) if "entry" in one]
    assert len(read) == len(DATE_PARTS[0])
    assert all("COVERING INDEX ix_entry_date (view=? AND kind=? AND span_class=?" in one for one in read)


@pytest.mark.parametrize("sort", ["date", "-date"])
async def test_of_a_year_that_is_not_known_the_last_parts_alone_are_read(database, sort):
    question = await question_of(database, list_query("event", [("year", "unknown"), ("sort", sort)]))
    read = [one for one in plan(database, question.statement()) if "entry" in one]
    assert len(read) == len(DATE_PARTS) - 1
    assert all("COVERING INDEX ix_entry_date (view=? AND kind=? AND span_class=?" in one for one in read)


@pytest.mark.parametrize("before", [True, False])
async def test_what_lies_outside_is_read_around_its_edge(database, before):
    query = list_query("event", [("type", "meeting")])
    question = await question_of(database, query)
    boundary = Boundary(9000, 8000 if before else 10_000, before=before)
    read = plan(database, boundary.around(question))
    assert [one for one in read if "entry" in one]
    assert all(BY_DATE_OF_TYPE in one for one in read if "entry" in one)
    read = plan(database, boundary.open_sets(question))
    assert any("SEARCH entry" in one for one in read)
    assert not [one for one in read if WHOLE.search(one)]


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("size", [DAY, MONTH, YEAR], ids=lambda one: one.name)
async def test_short_buckets_are_counted_from_an_index_alone(database, size, split):
    question = await question_of(database, list_query("event", [("type", "meeting")]))
    reach = size.range_of((0, 3_000))
    read = plan(database, TurnStatements(question, size, reach, split).turns())
    assert [one for one in read if "entry" in one]
    assert all(BY_DATE_OF_TYPE in one for one in read if "entry" in one)


async def question_of(database, query):
    return await database.decide(lambda reading: bind_query(reading, query))


async def look_up(database, asked, sort):
    """See that a question, asked in any way, begins with the few records that a filter leaves."""
    query = list_query("event", [asked, ("sort", sort)])
    asked_of = await question_of(database, query)
    question = await database.decide(lambda reading: choose_driver(reading, asked_of))
    counting = CountStatements(question)
    for statement in (
        question.statement(),
        question.joined(),
        *([] if counting.in_tally else [counting.total()]),
        counting.by_years(split=True),
        counting.by_value("participant"),
    ):
        read = plan(database, statement)
        assert "MATERIALIZE entry" in read
        # Once they stand for the table, all of it is those few.
        assert not [one for one in read if WHOLE.search(one) and one != "SCAN entry"]
