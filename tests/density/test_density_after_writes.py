"""What is counted beforehand follows every sort of write: it is what the entries say when these are counted."""

import random
from urllib.parse import urlencode

import pytest

from app.database.index import count_rows
from app.density.schemas import DensityQuery
from app.density.service import bind_density, density
from app.listing.count_sql import CountStatements
from app.schemas.query_model import parse_query

pytestmark = pytest.mark.anyio

QUESTIONS = [
    {"cell": 1, "bbox": "-25,-20,30,25"},
    {"cell": 1, "bbox": "170,-40,-170,20", "kind": "event,place"},
    {"cell": 2, "bbox": "-25,-20,30,25", "type": "battle"},
    {"cell": 3},
    {"cell": 10, "type": "battle,meeting"},
    {"cell": 7, "kind": "place"},
    {"cell": 90, "kind": "event,place"},
    {"cell": 0.5, "bbox": "-15,-10,15,10"},
    {"cell": 0.5, "bbox": "170,-10,-170,20", "kind": "event,place"},
    {"cell": 2.5, "bbox": "-90,-80,80,80", "type": "battle"},
]


async def ask(database, asked):
    query = parse_query(DensityQuery, urlencode(asked).encode())

    async def read(reading):
        return await density(reading, await bind_density(reading, query))

    return await database.decide(read)


async def compare(database, monkeypatch):
    """Ask everything of what is stored, and of the entries."""
    stored = [await ask(database, asked) for asked in QUESTIONS]
    with monkeypatch.context() as patch:
        patch.setattr(CountStatements, "in_tally", False)
        counted = [await ask(database, asked) for asked in QUESTIONS]
    for asked, one, other in zip(QUESTIONS, stored, counted, strict=True):
        assert one == other, asked
    return sum(len(one["items"]) for one in stored)


def geometry(chance):
    lon, lat = round(chance.uniform(-12, 12), 2), round(chance.uniform(-10, 10), 2)
    if chance.random() < 0.2:
        lon = chance.choice([-179.8, 179.6, 180])
    if chance.random() < 0.6:
        return {"type": "Point", "coordinates": [lon, lat]}
    east = min(180, lon + chance.choice([0.3, 4, 70]))
    return {"type": "LineString", "coordinates": [[lon, lat], [east, lat + chance.choice([0.2, 9])]]}


async def test_stored_counts_are_those_of_the_entries_after_every_write(writer, database, monkeypatch):
    # So that some changes are moved, and some are not yet.
    monkeypatch.setattr(count_rows, "FOLD_EVERY", 12)
    chance = random.Random(11)
    places = [f"p{number}" for number in range(8)]
    for name in places:
        await writer.create("places", id=name, title=name, geometry=geometry(chance))

    def event(name):
        links = [
            {"place": f"places/{one}", **({"precision_m": 40_000} if chance.random() < 0.2 else {})}
            for one in chance.sample(places, chance.choice([0, 1, 1, 2, 3]))
        ]
        more = {"places": links} if links else {}
        return {"id": name, "title": name, "type": chance.choice(["battle", "meeting"]), **more}

    for number in range(14):
        await writer.create("events", **event(f"e{number}"))
    assert await compare(database, monkeypatch)
    for turn in range(6):
        for number in chance.sample(range(14), 2):
            await writer.put(f"events/e{number}", event(f"e{number}"))
        moved = chance.choice(places)
        more = {"geometry": geometry(chance)} if turn % 4 else {}
        await writer.put(f"places/{moved}", {"id": moved, "title": moved, **more})
        if turn % 3 == 0:
            await compare(database, monkeypatch)
    await writer.delete("events/e1")
    await writer.delete("events/e2")
    await compare(database, monkeypatch)
    await writer.put("events/e1", event("e1"))
    places.remove("p3")
    await writer.merge("places/p3", "places/p4")
    assert await compare(database, monkeypatch)
