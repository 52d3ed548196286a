"""Records with dates of every sort, and how they are counted by asking each of them."""

import random
from collections import Counter

from app.database.engine.database import Database
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.values.calendar import days_from_gregorian
from app.values.edtf.value import parse_edtf
from app.values.timespan import OPEN_END, OPEN_START, TemporalRelation, certain, possible
from app.writing.service import delete
from app.writing.write import NewRevision, write

DATES = [
    "1960",
    "1967-03",
    "1969-12-31",
    "1970-01-01",
    "196X",
    "19XX",
    "1962/1975",
    "1962/1962",
    "1962/..",
    "../1967",
    "1999/2001",
    "1962/",
    "/1967",
    "1989~",
    "1990?",
    "2000-01~/2005",
    "[1961,1983]",
    "{1961,1983}",
    "[1960..1964]",
    "{1955,1958,1991}",
    "[..1955]",
    "{1990..}",
    "-0043-03-15",
    "-0043~",
    "-0050/-0030",
    "0000",
    "0005/0012",
    "-0001/0001",
    "XXXX-01-03",
    "1960S2",
    "1999-12-31/2000-01-01",
    "1965-XX-08",
    "2001-21",
    "[1958-12-31,1971]",
    "{1958?,1971}",
    "../..",
    "1959-12-31/1970-01-01",
]
TYPES = ("meeting", "battle", "reform", None)
TAGS = ("oil", "cold war", "médical")


def documents(count, seed):
    chance = random.Random(seed)
    for number in range(count):
        document = {"id": f"r-{number}", "title": f"Record {number} {'odd' if number % 2 else 'even'}"}
        if chance.random() < 0.9:
            document["date"] = chance.choice(DATES)
        document["type"] = chance.choice(TYPES)
        document["tags"] = chance.sample(TAGS, chance.randint(0, 2))
        document["participants"] = [
            {"actor": f"actors/a-{n}", "role": role}
            for n in chance.sample(range(6), chance.randint(0, 3))
            for role in chance.sample(("host", "guest"), chance.randint(1, 2))
        ]
        yield {name: value for name, value in document.items() if value}


def fill(url, count=150, seed=1):
    """Write actors and events, rewrite some and delete some; give the documents that are left."""
    event, actor = kind_by_name("event"), kind_by_name("actor")
    left = {one["id"]: one for one in documents(count, seed)}
    again = {one["id"]: one for one in list(documents(count, seed + 1))[::5]}
    gone = [f"r-{n}" for n in range(3, count, 11)]
    database = Database.open(url)
    try:

        def work(tx):
            vocabulary = vocabulary_of(tx)
            actors = [{"id": f"a-{n}", "title": f"Actor {n}", "type": "person"} for n in range(6)]
            write(
                tx,
                [NewRevision(actor, validate_document(actor, one, vocabulary)) for one in actors],
                Attribution(by="test"),
            )
            made = [validate_document(event, one, vocabulary) for one in left.values()]
            stored = {
                one.id: one
                for one in write(tx, [NewRevision(event, one) for one in made], Attribution(by="test"))
            }
            changed = [
                NewRevision(event, validate_document(event, one, vocabulary), "update", stored[one["id"]])
                for one in again.values()
            ]
            stored |= {one.id: one for one in write(tx, changed, Attribution(by="test"))}
            for name in gone:
                delete(tx, stored[name], Attribution(by="test"))

        database.write_now(work)
    finally:
        database.dispose()
    left |= again
    return {name: one for name, one in left.items() if name not in gone}


def span_of(document):
    return parse_edtf(document["date"]).span if "date" in document else None


def edges(some):
    """Give the first and the last finite day of dates whose year is given in full; None without any."""
    days = []
    for one in some:
        value = parse_edtf(one["date"]) if "date" in one else None
        if value is not None and value.year_in_full:
            bounds = [value.span.bounds, *value.span.members]
            days += [day for b in bounds for day in (b.s1, b.s2, b.e1, b.e2) if OPEN_START < day < OPEN_END]
    return (min(days), max(days)) if days else None


def year_of(day):
    year = day // 366 + 1960
    while days_from_gregorian(year + 1, 1, 1) <= day:
        year += 1
    while days_from_gregorian(year, 1, 1) > day:
        year -= 1
    return year


def buckets(some, length):
    """Count every bucket by asking every record: {first year: (certain, possible)}."""
    some = list(some)
    found = edges(some)
    if found is None:
        return {}
    first, last = (year_of(day) // length for day in found)
    counted = {}
    for number in range(first, last + 1):
        a, b = (
            days_from_gregorian(number * length, 1, 1),
            days_from_gregorian((number + 1) * length, 1, 1) - 1,
        )
        spans = [span for span in map(span_of, some) if span is not None]
        counted[number * length] = (
            sum(certain(TemporalRelation.OVERLAPS, span, a, b) for span in spans),
            sum(possible(TemporalRelation.OVERLAPS, span, a, b) for span in spans),
        )
    return counted


def by_value(some, values):
    """Count records by the values that `values` gives of each, the most frequent first."""
    counted = Counter(value for one in some for value in set(values(one)))
    return [{"value": value, "count": n} for value, n in sorted(counted.items(), key=lambda v: (-v[1], v[0]))]


def year_name(year):
    return f"-{-year:04}" if year < 0 else f"{year:04}"
