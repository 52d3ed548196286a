"""What is counted whatever the window is counted once, as long as nothing is written, and never kept without bound."""

import pytest

from app.listing.bound_query import bind_query, choose_driver
from app.schemas.query_model import parse_query
from app.timeline import kept_rows
from app.timeline.question import TimelineQuestion
from app.timeline.schemas import TimelineQuery
from app.timeline.service import timeline


@pytest.fixture
def statements(client):
    """`await statements(query)` asks for a timeline; gives it, and how many statements that took."""
    database = client.app.state.db

    async def ask(text):
        query = parse_query(TimelineQuery, text.encode())
        number = 0

        async def work(reading):
            nonlocal number
            fetch = reading.fetch_slow

            async def counting(*asked):
                nonlocal number
                number += 1
                return await fetch(*asked)

            reading.fetch_slow = counting
            bound = await choose_driver(reading, await bind_query(reading, query.question))
            return await timeline(reading, TimelineQuestion.of(bound, query.bucket))

        return await database.answer(work), number

    return ask


def certain(found):
    return {item["bucket"]: item["certain"] for item in found["items"] if item["certain"]}


async def test_another_window_counts_the_rest_no_more(writer, statements):
    await writer.create("events", id="a", title="A", date="1914-08")
    await writer.create("events", id="b", title="B", date="1934-02")
    found, first = await statements("bucket=decade&when=1910/1919&kind=actor")
    assert found["after"]["certain"] == 0
    found, before = await statements("bucket=decade&when=1910/1919")
    assert (certain(found), found["after"]["certain"]) == ({"1910": 1}, 1)
    found, number = await statements("bucket=decade&when=1930/1939")
    assert (certain(found), found["before"]["certain"]) == ({"1930": 1}, 1)
    assert (first, before, number) == (1, 1, 0)
    await writer.create("events", id="c", title="C", date="1935")
    found, number = await statements("bucket=decade&when=1930/1939")
    assert (certain(found), number) == ({"1930": 2}, 1)


async def test_what_was_asked_for_last_is_kept(writer, statements, monkeypatch):
    monkeypatch.setattr(kept_rows, "MAX_ROWS", 2)
    await writer.create("events", id="a", title="A", date="1914-08")

    async def again(more):
        return (await statements(f"bucket=decade&when=1910/1919{more}"))[1]

    asked = ("", "", "&kind=actor", "&kind=actor", "", "&kind=actor")
    assert [await again(more) for more in asked] == [1, 0, 1, 0, 1, 1]
    monkeypatch.setattr(kept_rows, "MAX_ROWS", 0)
    assert [await again("") for _ in range(2)] == [1, 1]
