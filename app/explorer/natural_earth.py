"""Makes the land of the map from Natural Earth's: `python -m app.explorer.natural_earth FILE…`.

A file is `ne_110m_land.geojson` or `ne_50m_land.geojson` of Natural Earth, or `land-110m.json` or `land-50m.json` of
`world-atlas` on npm, which has the same as TopoJSON. What is written, `land-110m.json` or `land-50m.json` among what the
pages load, is one Feature of GeoJSON, but for land that crosses the antimeridian: it is whole, with longitudes beyond 180°
or -180°, so that no line is seen where RFC 7946 §3.1.9 would have it cut. Land around a pole is closed there.
"""

import itertools
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import orjson

CREDIT: Final = "Made with Natural Earth (public domain)"
"""What the maker of the data likes to have said."""

_DECIMALS: Final = 2
"""About a kilometre, which is less than the coarsest line of 1:50 million is wide."""

_POLE: Final = 89.9
"""A latitude that is at a pole as far as anybody sees."""

_OUTPUT: Final = Path(str(files("app.explorer") / "static"))

Position = Sequence[float]
Ring = Sequence[Position]
Polygon = Sequence[Ring]


def land(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the polygons of a GeoJSON FeatureCollection or of a TopoJSON Topology as one Feature, rounded.

    Raises:
        ValueError: it is neither, or has something else than polygons.
    """
    kind = document.get("type")
    if kind == "Topology":
        polygons = _polygons_of_topology(document)
    elif kind == "FeatureCollection":
        polygons = itertools.chain.from_iterable(
            _polygons(feature["geometry"]) for feature in document["features"]
        )
    else:
        raise ValueError(f"It is {kind or 'something'}, where a FeatureCollection or a Topology is expected.")
    return {
        "type": "Feature",
        "properties": {"credit": CREDIT},
        "geometry": {"type": "MultiPolygon", "coordinates": list(_rounded(polygons))},
    }


def _polygons(geometry: Mapping[str, Any]) -> Sequence[Any]:
    """Return what a geometry has as polygons: rings of positions in GeoJSON, of numbers of arcs in TopoJSON."""
    inside = geometry.get("coordinates", geometry.get("arcs"))
    if inside is None or geometry["type"] not in {"Polygon", "MultiPolygon"}:
        raise ValueError(f"It has a {geometry['type']}, where land is polygons.")
    found: Sequence[Any] = inside if geometry["type"] == "MultiPolygon" else [inside]
    return found


def _polygons_of_topology(topology: Mapping[str, Any]) -> Iterator[Polygon]:
    arcs = [list(_decoded(arc, topology.get("transform"))) for arc in topology["arcs"]]
    for one in topology["objects"]["land"]["geometries"]:
        for polygon in _polygons(one):
            yield [_ring(arcs, numbers) for numbers in polygon]


def _decoded(arc: Iterable[Position], transform: Mapping[str, Any] | None) -> Iterator[Position]:
    """Return the positions of an arc, which in a quantized topology are differences on a grid."""
    if transform is None:
        yield from arc
        return
    (wide, high), (west, south) = transform["scale"], transform["translate"]
    x = y = 0.0
    for dx, dy in arc:
        x, y = x + dx, y + dy
        yield x * wide + west, y * high + south


def _ring(arcs: Sequence[Sequence[Position]], numbers: Iterable[int]) -> Ring:
    """Join arcs: each begins where the one before ends; `~n` is arc `n` backwards."""
    ring: list[Position] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring.extend(arc[1:] if ring else arc)
    return ring


def _rounded(polygons: Iterable[Polygon]) -> Iterator[Polygon]:
    for polygon in polygons:
        outer, *holes = map(_unwrapped, polygon)
        west, east = min(x for x, _ in outer), max(x for x, _ in outer)
        middle = (west + east) / 2
        rings = [_rounded_ring(outer), *(_rounded_ring(_moved(hole, _turns(hole, middle))) for hole in holes)]
        # An island, or a lake, that is a point or a line when rounded is not seen.
        if len(rings[0]) >= 4:
            yield [ring for ring in rings if len(ring) >= 4]


def _unwrapped(ring: Ring) -> Ring:
    """Return a ring whose longitudes do not jump, around a middle from -180 to 180."""
    found: list[Position] = []
    turn, before = 0, ring[0][0]
    for longitude, latitude, *_ in ring:
        step = longitude - before
        # A jump along a pole is an edge of the map: the land goes on to it.
        if abs(step) > 180 and abs(latitude) < _POLE:
            turn -= 360 if step > 0 else -360
        before = longitude
        found.append((longitude + turn, latitude))
    if turn:
        pole = 90 if found[0][1] > 0 else -90
        found += [(found[-1][0], pole), (found[0][0], pole), found[0]]
    return _moved(found, _turns(found, 0))


def _turns(ring: Ring, near: float) -> float:
    """Return the turns, in degrees, that bring the middle of a ring nearest to a longitude."""
    longitudes = [position[0] for position in ring]
    return 360 * round((near - (min(longitudes) + max(longitudes)) / 2) / 360)


def _moved(ring: Ring, degrees: float) -> Ring:
    return [(longitude + degrees, latitude) for longitude, latitude in ring]


def _rounded_ring(ring: Ring) -> Ring:
    positions = ([round(number, _DECIMALS) for number in position[:2]] for position in ring)
    # Whole numbers are written without a point.
    shortened = ([int(one) if one == int(one) else one for one in position] for position in positions)
    return [position for position, _ in itertools.groupby(shortened)]


def main(arguments: Sequence[str]) -> int:
    """Write the land of each file; return the exit code."""
    if not arguments:
        print("Give one or more files of Natural Earth's land.", file=sys.stderr)
        return 2
    for argument in arguments:
        scale = re.search(r"(?<!\d)(110|50)m", Path(argument).name)
        if scale is None:
            print(f"{argument}: its name says neither 110m nor 50m.", file=sys.stderr)
            return 2
        try:
            made = land(orjson.loads(Path(argument).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            print(f"{argument}: no land of Natural Earth: {error}", file=sys.stderr)
            return 1
        target = _OUTPUT / f"land-{scale[0]}.json"
        target.write_bytes(orjson.dumps(made))
        print(f"{target}: {target.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
