"""Areas on the map: keys that say what they are of, and counts in coarse cells."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from app.values.map_areas import (
    COLUMNS,
    LAST_CELL,
    LEAST_HASH,
    ROWS,
    area_key,
    area_of,
    area_text,
    numbers_of,
    parse_area,
)
from app.values.map_totals import SIZES, CellTotals

columns = st.integers(0, COLUMNS - 1)
rows = st.integers(0, ROWS - 1)
cells = st.tuples(columns, rows).map(lambda at: (*at, *at))
ranges = st.tuples(columns, rows, columns, rows).map(
    lambda one: (min(one[0], one[2]), min(one[1], one[3]), max(one[0], one[2]), max(one[1], one[3]))
)
extents = st.lists(st.one_of(cells, ranges), min_size=1, max_size=3, unique=True).map(
    lambda found: tuple(sorted(found))
)
areas = st.one_of(st.lists(cells.map(lambda one: (one,)), max_size=4), st.lists(extents, max_size=3)).map(
    area_of
)


@given(areas)
def test_areas_are_read_as_they_were_written(area):
    key = area_key(area)
    assert 0 <= key < 2**63
    assert parse_area(key, area_text(area) if key >= LEAST_HASH else None) == area


@given(areas, areas)
def test_different_areas_have_different_keys(one, other):
    assert (area_key(one) == area_key(other)) == (one == other)


@given(st.lists(cells.map(lambda one: (one,)), min_size=1, max_size=3, unique=True).map(area_of))
def test_keys_of_a_few_cells_list_them(area):
    numbers = [1 + extent[0][1] * COLUMNS + extent[0][0] for extent in area]
    assert list(numbers_of(area_key(area))) == sorted(numbers)
    assert (area_key(area) <= LAST_CELL) == (len(area) == 1)


def test_keys_at_the_ends_of_the_map():
    first, last = ((0, 0, 0, 0),), ((359, 179, 359, 179),)
    assert area_key((first,)) == 1
    assert area_key((last,)) == LAST_CELL
    assert parse_area(area_key((first, last)), None) == (first, last)
    whole = (((0, 0, 359, 179),),)
    assert parse_area(area_key(whole), None) == whole


@given(st.lists(st.tuples(areas, st.sampled_from(["a", "b"]), st.integers(-2, 3)), max_size=3))
def test_totals_are_what_is_found_one_degree_after_another(counts):
    totals = CellTotals()
    possible, certain = Counter(), Counter()
    for area, type_, n in counts:
        if key := area_key(area):
            totals.add(("event", type_), key, area_text(area) if key >= LEAST_HASH else None, n)
        for size in SIZES:
            touched = [
                {
                    (row // size) * (COLUMNS // size) + column // size
                    for west, south, east, north in extent
                    for row in {*range(south, north + 1, size), north}
                    for column in {*range(west, east + 1, size), east}
                }
                for extent in area
            ]
            for cell in set().union(*touched):
                possible[type_, size, cell] += n
            for cell in set().union(*(one for one in touched if len(one) == 1)):
                certain[type_, size, cell] += n
    sure, there, onward = Counter(), Counter(), Counter()
    for kind, type_, size, cell, *found in totals.rows():
        assert kind == "event"
        for counter, n in zip((sure, there, onward), found, strict=True):
            counter[type_, size, cell] = n
    for (type_, size, cell), n in onward.items():
        across = COLUMNS // size
        for further in range(cell, (cell // across + 1) * across) if n else ():
            there[type_, size, further] += n
    assert {key: n for key, n in sure.items() if n} == {key: n for key, n in certain.items() if n}
    assert {key: n for key, n in there.items() if n} == {key: n for key, n in possible.items() if n}


def test_what_extends_over_the_world_costs_a_number_for_each_row():
    totals = CellTotals()
    totals.add(("event",), area_key((((0, 0, 359, 179),),)), None, 1)
    assert len(totals.rows()) == sum(-(-ROWS // size) for size in SIZES)
