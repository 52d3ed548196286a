"""Timelines: how many of the records that match fall into each year, decade or century."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from app.errors import BadRequest, Fault
from app.queries.counting import Counting
from app.queries.pages import PageQuestion
from app.store.engine import Database, Rows
from app.verbs.buckets import Buckets, bucket_days, bucket_name, turns_in

LENGTHS: Final = {"year": 1, "decade": 10, "century": 100}
"""Years of each sort of bucket."""

MOST_BUCKETS: Final = 2000


@dataclass(frozen=True, slots=True)
class TimelineQuestion:
    """A list's question, and the buckets it is to be counted in."""

    question: PageQuestion
    bucket: str
    split: bool = False


async def timeline(db: Database, asked: TimelineQuestion) -> list[dict[str, Any]]:
    """Give the buckets from the first to the last, empty ones too.

    Raises:
        BadRequest: there would be more than `MOST_BUCKETS`; a coarser sort of bucket is proposed.
    """
    counting = Counting(asked.question)
    if asked.bucket == "year":
        statement, parameters = counting.by_years(split=asked.split)
        length = 1
    else:
        statement, parameters = counting.by_cell(split=asked.split)
        length = LENGTHS[asked.bucket] // 10
    rows = await db.fetch_slow(statement, parameters)
    # Thousands of buckets take milliseconds, which the event loop has other use for.
    return await db.in_thread(lambda: _items(asked, rows, length))


def _items(asked: TimelineQuestion, rows: Rows, length: int) -> list[dict[str, Any]]:
    whole = Buckets()
    by_type: dict[str, Buckets] = {}
    for kind, text, n in rows:
        if text:
            turns = turns_in(text, length)
            whole.add(turns, int(n))
            if asked.split:
                by_type.setdefault(kind, Buckets()).add(turns, int(n))
    if whole.first is None or whole.last is None:
        return []
    if whole.last - whole.first >= MOST_BUCKETS:
        raise _too_many(asked.bucket, whole)
    parts = {name: _counts(part, whole) for name, part in sorted(by_type.items())}
    items = []
    for number, (certain, possible) in _counts(whole, whole).items():
        start, end = bucket_days(number, LENGTHS[asked.bucket])
        item: dict[str, Any] = {
            "bucket": bucket_name(number, LENGTHS[asked.bucket]),
            "start": start,
            "end": end,
            "certain": certain,
            "possible": possible,
        }
        if asked.split:
            item["types"] = list(_split(parts, number))
        items.append(item)
    return items


def _counts(buckets: Buckets, whole: Buckets) -> dict[int, tuple[int, int]]:
    """Give (certain, possible) of each bucket between the edges of the whole."""
    buckets.first, buckets.last = whole.first, whole.last
    return {
        number: (certain, possible)
        for first, last, certain, possible in buckets.stretches()
        for number in range(first, last + 1)
    }


def _split(parts: dict[str, dict[int, tuple[int, int]]], number: int) -> Iterable[dict[str, Any]]:
    for name, counts in parts.items():
        certain, possible = counts[number]
        if possible:
            yield ({"type": name} if name else {}) | {"certain": certain, "possible": possible}


def _too_many(bucket: str, whole: Buckets) -> BadRequest:
    first, last = whole.first or 0, whole.last or 0
    years = (first * LENGTHS[bucket], (last + 1) * LENGTHS[bucket] - 1)
    fitting = [
        name for name, length in LENGTHS.items() if years[1] // length - years[0] // length < MOST_BUCKETS
    ]
    # Dates that only overlap a time may reach far beyond it.
    narrower = "ask for dates in a shorter time with `when`, `relation=within` and `certainty=certain`"
    advice = f"ask for bucket={fitting[0]}" if fitting else narrower
    return BadRequest(
        "The timeline would be too long.",
        code="too_many_buckets",
        faults=[
            Fault(
                "too_many_buckets",
                f"From the first to the last there are {last - first + 1:,} buckets, more than {MOST_BUCKETS:,}; {advice}.",
                parameter="bucket",
                suggestion=fitting[0] if fitting else None,
            )
        ],
    )
