"""Documents made at random, and a database of the other sort."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.database.engine.database import Database


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database.open(url)
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def other_database(kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Name a database with tables and terms, and no records, of the sort that `kind` is not."""
    other = "sqlite" if kind == "postgresql" else "postgresql"
    databases = request.getfixturevalue(f"{other}_databases")
    url = databases.fresh(databases.migrated)
    try:
        yield url
    finally:
        databases.drop(url)


TEXTS = (
    "Ça va",
    "=SUM(1;2)",
    "'quoted",
    "a; b, c: d",
    "line\nbreak",
    "Ελλάς",
    "-1",
    "x" * 300,
    'say "hi"',
    "\\",
)
LINES = tuple(text for text in TEXTS if "\n" not in text)
DATES = (
    "1967",
    "1967-03~",
    "[1960..1965]",
    "-0043-03-15",
    "1960/..",
    "/1970",
    "196X",
    "{1960,1965-12}",
    "1999-21",
)


def documents_of(chance, count: int) -> list[dict[str, object]]:
    """Make documents of all kinds that refer to each other in every direction."""
    documents: list[dict[str, object]] = []
    names = {"source": "sources", "place": "places", "actor": "actors", "agreement": "agreements"}
    names |= {"mission": "missions", "event": "events"}
    refs = {kind: [f"{names[kind]}/{kind}-{n}" for n in range(count // 6)] for kind in names}
    for kind, own in refs.items():
        for number in range(len(own)):
            one: dict[str, object] = {
                "kind": kind,
                "id": f"{kind}-{number}",
                "title": chance.choice(LINES),
                "summary": chance.choice(TEXTS),
                "date": chance.choice(DATES),
                "tags": sorted(set(chance.choices(LINES, k=3))),
                "labels": {"es": chance.choice(LINES), "ru": "Москва"},
                "same_as": ["https://example.org/a;b"],
                "names": [
                    {
                        "name": chance.choice(LINES),
                        "language": "la",
                        "date": date,
                        "note": chance.choice(TEXTS),
                    }
                    for date in sorted(set(chance.choices(DATES, k=2)))
                ],
            }
            if kind == "place":
                one["geometry"] = {
                    "type": "Point",
                    "coordinates": [chance.uniform(-180, 180), chance.uniform(-90, 90)],
                }
                one["geometries"] = [
                    {"geometry": one["geometry"], "date": chance.choice(DATES), "note": chance.choice(TEXTS)},
                    {"geometry": {"type": "MultiPoint", "coordinates": [[1, 2], [3.5, 4]]}, "precision_m": 7},
                ]
            else:
                one["places"] = [{"place": chance.choice(refs["place"]), "role": "site", "precision_m": 1.5}]
            if kind in ("event", "mission"):
                actors = chance.sample(refs["actor"], 3)
                one["participants"] = [
                    {"actor": actor, "role": "guest", "note": chance.choice(TEXTS)} for actor in actors
                ]
                one["figures"] = [{"measure": "deaths", "low": 1, "best": 2.5, "group": chance.choice(LINES)}]
            if kind == "event":
                one["relations"] = [
                    {"type": "leads-to", "target": chance.choice(refs["event"]), "date": "1960"}
                ]
            if kind == "actor":
                one["relations"] = [{"type": "ally-of", "target": chance.choice(refs["actor"])}]
            if kind == "agreement":
                one["in_force"] = "1960/1970~"
                one["parties"] = [
                    {"actor": refs["actor"][0], "actions": [{"action": "signed", "date": "1960"}]}
                ]
                one["provisions"] = [
                    {"id": "p", "label": chance.choice(LINES), "obliges": [refs["actor"][1]]}
                ]
            if kind == "mission":
                one["established_under"] = {"agreement": chance.choice(refs["agreement"]), "provision": "p"}
            if kind == "source":
                one |= {
                    "authors": [chance.choice(LINES)],
                    "licence": "CC0",
                    "attribution": chance.choice(LINES),
                }
            else:
                one["evidence"] = [
                    {"source": chance.choice(refs["source"]), "property": "date", "value": {"edtf": "1961"}},
                    {"source": refs["source"][0], "stance": "disputes", "note": chance.choice(TEXTS)},
                ]
            documents.append(one)
    chance.shuffle(documents)
    return documents
