"""The numbers of buckets as the databases count them, against those of the calendar."""

import random

import pytest
from sqlalchemy import BigInteger, bindparam, select

from app.database.engine.statement import CompiledStatement
from app.timeline.bucket_number_sql import Origin, bucket_number
from app.timeline.bucket_sizes import DAY, MONTH, YEAR
from app.values.calendar import days_from_gregorian

FAR = 365_000_000_000
CHANGES = [
    days_from_gregorian(year, month, 1) + shift
    for year in (-401, -400, -4, 0, 1, 4, 100, 399, 400, 1582, 1600, 1900, 1999, 2000, 2001)
    for month in (1, 2, 3, 4, 12)
    for shift in (-1, 0, 1)
]


@pytest.mark.parametrize("size", [DAY, MONTH, YEAR], ids=lambda one: one.name)
def test_a_day_has_the_number_that_the_calendar_gives_it(database, size):
    day = bindparam("at", type_=BigInteger())
    statement = CompiledStatement(select(bucket_number(day, size)))
    chance = random.Random(5)
    days = CHANGES + [chance.randint(-reach, reach) for reach in (1_000, 900_000, FAR) for _ in range(200)]
    with database.snapshot() as connection:
        for at in days:
            first = at - chance.choice((0, 1, 59, 60, 366, 146_097))
            origin = Origin.before(first, size)
            assert origin.day <= max(first, 0)
            [number] = statement.values(connection, {"at": at, "origin": origin.day})
            assert origin.number + number == size.number_of(at), (at, first)
