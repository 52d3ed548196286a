"""Records of some talks, and a diary that has only some of them as they are written."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

DIARY: Final = "policy=source:sources/diary"
"""The part of a query string that reads them as the diary has them."""

HOSTILE: Final = '<script>alert(1)</script> "Ω" & שלום'


def _point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


def _supports(*properties: str) -> list[dict[str, Any]]:
    return [{"property": one, "source": "sources/diary"} for one in properties]


def _talk(
    name: str, date: str, place: str = "places/rome", evidence: Iterable[Any] = (), role: str | None = None
) -> dict[str, Any]:
    one = {"actor": "actors/ana"} | ({"role": role} if role else {})
    return {
        "id": name,
        "title": f"Talk {name}",
        "type": "meeting",
        "date": date,
        "places": [{"place": place}],
        "participants": [one],
        "evidence": list(evidence),
    }


def _otherwise() -> Iterator[dict[str, Any]]:
    """Evidence by which the diary has another year, role and place."""
    yield {"property": "date", "source": "sources/diary", "value": "1955"}
    guest = {"actor": "actors/ana", "role": "guest"}
    yield {"property": "participants/actors/ana", "source": "sources/diary", "value": guest}
    turin = {"place": "places/turin"}
    yield {"property": "places/places/rome", "source": "sources/diary", "value": turin}


TALKS: Final[list[tuple[str, dict[str, Any]]]] = [
    ("source", {"id": "diary", "title": "The diary"}),
    ("source", {"id": "paper", "title": "The paper"}),
    ("place", {"id": "rome", "title": "Rome", "geometry": _point(12.5, 41.9)}),
    ("place", {"id": "turin", "title": "Turin", "geometry": _point(7.7, 45.1)}),
    ("actor", {"id": "ana", "title": "Ana"}),
    ("event", _talk("agreed", "1950", evidence=_supports("date", "places", "participants"))),
    ("event", _talk("otherwise", "1952", role="host", evidence=_otherwise())),
    ("event", _talk("undated", "1953", evidence=_supports("participants"))),
    ("event", _talk("unheard", "1954", place="places/turin")),
    ("event", {"id": "alone", "title": HOSTILE, "type": "meeting", "date": "1951"}),
]
"""Kinds and records."""

_WITNESS: Final = {"actor": "actors/ana", "role": "witness"}

MORE: Final[list[tuple[str, dict[str, Any]]]] = [
    ("actor", {"id": "ben", "title": "Ben"}),
    (
        "event",
        {
            "id": "secret",
            "title": "Talk secret",
            "type": "meeting",
            "date": "1956",
            "participants": [{"actor": "actors/ben"}],
            "evidence": [
                {"property": "participants", "source": "sources/diary", "value": [_WITNESS]},
                *_supports("date"),
            ],
        },
    ),
    (
        "event",
        _talk(
            "denied",
            "1958",
            evidence=[
                {"property": "date", "source": "sources/diary", "stance": "disputes"},
                {"property": "places/places/rome", "source": "sources/diary", "stance": "disputes"},
                *_supports("participants"),
            ],
        ),
    ),
]
"""Further ones: whose participant only the diary has, and whose date and place the diary disputes without another."""
