"""Simplifying takes bounded time, and in a process of its own gives the same."""

import math

import pytest

from app.imports.simplified import simplified_geometries
from app.values import bounded_simplify as bounded
from app.values.bounded_simplify import TooIntricate, bounded_simplify
from app.values.simplify import simplify

pytest.importorskip("shapely")


def test_a_process_of_its_own_gives_the_same(monkeypatch):
    line = [[n / 1000, math.sin(n / 100) / 100, n] for n in range(3000)]
    given = {"type": "LineString", "coordinates": line}
    here = bounded_simplify(given, 100)
    assert here == simplify(given, 100)
    monkeypatch.setattr(bounded, "MAX_HERE", 100)
    monkeypatch.setattr(bounded, "simplify", None)
    assert bounded_simplify(given, 100) == here


@pytest.mark.slow
def test_what_takes_too_long_is_refused(monkeypatch):
    """Each tooth is farther out than the one before, so that every one is compared with all that follow."""
    monkeypatch.setattr(bounded, "MAX_SECONDS", 1)
    zigzag = {
        "type": "LineString",
        "coordinates": [[n / 1000, (n % 2) * (0.01 + n / 10_000)] for n in range(80_000)],
    }
    with pytest.raises(TooIntricate):
        bounded_simplify(zigzag, 100)
    raw = {
        "title": "Zigzag",
        "geometry": {"type": "Point", "coordinates": [1, 2]},
        "geometries": [{"geometry": zigzag}],
    }
    found, counts, faults = simplified_geometries(raw, 100)
    assert (found, counts) == (raw, (0, 0, 0))
    assert [(one.code, one.pointer) for one in faults] == [("too_intricate", "/geometries/0/geometry")]
