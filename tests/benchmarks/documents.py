"""Records as a database has them: dates of every length from 3000 BCE to today, figures, evidence, places. From a fixed seed."""

import random
from collections.abc import Iterator
from typing import Any

from words import drawn, word

SEED = 20_260_103
TYPES = ("meeting", "battle", "election", "protest", "treaty-signing", "death", "reform", "speech")
ROLES = ("participant", "initiator", "target", "host", "guest")
MEASURES = ("deaths", "injured", "attendance", "displaced")
TAGS = 2_000
FIRST_YEAR, THIS_YEAR = -3000, 2026
WORDS_OF_EVENT = 25
"""About how many words the title and the summary of an event have."""

Document = dict[str, Any]


def actor_title(number: int) -> str:
    """Give the title of an actor: two words and, as people have namesakes, often the same as another's."""
    chance = random.Random(SEED + number)
    return f"{drawn(chance)} {drawn(chance)}".title()


def actors_of(count: int) -> Iterator[Document]:
    """Make actors, each of them a person."""
    for number in range(count):
        yield {"id": f"actor-{number}", "title": actor_title(number), "type": "person"}


def sources_of(count: int) -> Iterator[Document]:
    """Make sources, of the last two hundred years."""
    chance = random.Random(SEED + 1)
    for number in range(count):
        yield {
            "id": f"source-{number}",
            "title": f"{' '.join(drawn(chance) for _ in range(5)).capitalize()}",
            "type": chance.choice(("article", "book", "report", "newspaper")),
            "date": str(chance.randint(1830, THIS_YEAR)),
            "authors": [actor_title(chance.randrange(1000))],
        }


def regions_among(places: int) -> int:
    """Give how many of so many places, the first ones, are regions that the others are a part of."""
    return max(1, min(50, places // 20))


def places_of(count: int) -> Iterator[Document]:
    """Make places: regions, and around 200 towns the places in these, one in a hundred of some degrees."""
    chance = random.Random(SEED)
    towns = [(chance.uniform(-160, 160), chance.uniform(-50, 65)) for _ in range(200)]
    regions = regions_among(count)
    for number in range(count):
        lon, lat = (at + chance.gauss(0, 2) for at in chance.choice(towns))
        geometry: Document = {"type": "Point", "coordinates": [round(lon, 4), round(lat, 4)]}
        if chance.random() < 0.01:
            geometry = {"type": "LineString", "coordinates": [[lon, lat], [lon + 3, lat + 3]]}
        place: Document = {
            "id": f"place-{number}",
            "title": f"{drawn(chance)} {drawn(chance)}".title(),
            "geometry": geometry,
        }
        if number >= regions:
            target = f"places/place-{int(regions * chance.random() ** 2)}"
            place["relations"] = [{"type": "part-of", "target": target}]
        yield place


def year_of(chance: random.Random) -> int:
    """Draw a year: one in ten before the year 1, the others the denser the nearer they are to today."""
    if chance.random() < 0.1:
        return chance.randint(FIRST_YEAR, 0)
    return THIS_YEAR - int((THIS_YEAR - 1) * chance.random() ** 3)


def written_year(year: int) -> str:
    """Write a year as EDTF has it."""
    return f"{year:05}" if year < 0 else f"{year:04}"


def day_of(chance: random.Random, year: int) -> str:
    """Write some day of a year as EDTF has it."""
    return f"{written_year(year)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def date_of(chance: random.Random, year: int) -> str:
    """Write a date that begins in a year: mostly a day, and of every other length, open, approximate or doubtful."""
    written = written_year(year)

    def until(least: int, most: int) -> str:
        return f"{written}/{written_year(year + chance.randint(least, most))}"

    dates = {
        day_of(chance, year): 42,
        f"{written}-{chance.randint(1, 12):02}": 10,
        written: 14,
        f"{written}-03-{chance.randint(1, 28):02}/{written}-{chance.randint(4, 12):02}-17": 6,
        until(1, 15): 8,
        f"{written[:-1]}X": 4,
        f"{written[:-2]}XX": 2,
        until(16, 90): 3,
        until(100, 600): 1,
        f"{written}/..": 1,
        f"{written}/": 1,
        f"{written}~": 5,
        f"{written}?": 2,
        f"[{written},{written_year(year + 2)}]": 1,
    }
    return chance.choices(list(dates), list(dates.values()))[0]


def events_of(count: int, actors: int, places: int = 0, sources: int = 0) -> Iterator[Document]:
    """Make events of about 950 bytes: what happened, when, who took part, at which places, how many, and by what evidence.

    Without `places` none is anywhere, and without `sources` none has evidence.
    """
    chance = random.Random(SEED)
    for number in range(count):
        year = year_of(chance)
        sentences = [
            " ".join(drawn(chance) for _ in range(chance.randint(4, 10))).capitalize() for _ in range(3)
        ]
        event: Document = {
            "id": f"event-{number}",
            "title": " ".join(drawn(chance) for _ in range(chance.randint(2, 5))).capitalize(),
            "type": chance.choice(TYPES),
            "summary": f"{'. '.join(sentences)}.",
            "date": date_of(chance, year),
            "participants": _participants(chance, actors),
            "tags": sorted({word(int(TAGS ** chance.random()) - 1) for _ in range(2)}),
        }
        if chance.random() < 0.1:
            event["names"] = [{"name": drawn(chance).capitalize(), "date": written_year(year)}]
        if places and (at := list(_at(chance, places))):
            event["places"] = at
        if chance.random() < 0.5:
            event["figures"] = [_figure(chance)]
        if sources:
            event["evidence"] = list(_evidence(chance, event, sources))
        yield event


def _participants(chance: random.Random, actors: int) -> list[Document]:
    """Take three actors, of whom the first take part in more than the last."""
    numbers: set[int] = set()
    while len(numbers) < 3:
        numbers.add(int(actors * chance.random() ** 1.5))
    roles = chance.sample(ROLES, 3)
    return [
        {"actor": f"actors/actor-{n}", "role": role} for n, role in zip(sorted(numbers), roles, strict=True)
    ]


def _at(chance: random.Random, places: int) -> Iterator[Document]:
    count = chance.choices((0, 1, 2), (10, 80, 10))[0]
    for number in dict.fromkeys(int(places * chance.random() ** 2) for _ in range(count)):
        at: Document = {"place": f"places/place-{number}"}
        yield at if chance.random() < 0.9 else {**at, "precision_m": 5_000}


def _figure(chance: random.Random) -> Document:
    """Count something: exactly, or between bounds, from a few to a hundred thousand."""
    measure = chance.choice(MEASURES)
    best = int(10 ** (5 * chance.random()))
    figure: Document = {"id": measure, "measure": measure, "best": best}
    if chance.random() < 0.5:
        figure |= {"low": best * 3 // 4, "high": best * 3 // 2}
    return figure


def _evidence(chance: random.Random, event: Document, sources: int) -> Iterator[Document]:
    """Say which sources bear on an event, and where: of its figure where it has one, and sometimes otherwise than it."""
    for number in range(chance.choices((0, 1, 2), (20, 60, 20))[0]):
        start, exact = chance.randrange(100_000), " ".join(drawn(chance) for _ in range(3))
        one: Document = {
            "id": f"e{number + 1}",
            "source": f"sources/source-{int(sources * chance.random() ** 2)}",
            "selector": {"start": start, "end": start + len(exact), "exact": exact},
        }
        if number == 0 and "figures" in event:
            figure = event["figures"][0]
            one["property"] = f"figures/{figure['id']}"
            if chance.random() < 0.2:
                one["value"] = {"measure": figure["measure"], "best": figure["best"] * 2}
        else:
            one["property"] = chance.choice(("date", "summary"))
        yield one
