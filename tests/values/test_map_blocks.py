"""Blocks of the map: those of an area are among those around each cell that it touches."""

from hypothesis import given
from hypothesis import strategies as st

from app.values.map_areas import COLUMNS, LEAST_HASH, ROWS, area_key, area_of, area_text
from app.values.map_blocks import BLOCK, EVERYWHERE, MOST_BLOCKS, blocks_in, blocks_of

columns, rows = st.integers(0, COLUMNS - 1), st.integers(0, ROWS - 1)
sides = st.integers(0, 45)
ranges = st.tuples(columns, rows, sides, sides).map(
    lambda one: (*one[:2], min(one[0] + one[2], COLUMNS - 1), min(one[1] + one[3], ROWS - 1))
)
extents = st.lists(ranges, min_size=1, max_size=3, unique=True).map(lambda found: tuple(sorted(found)))
areas = st.lists(extents, min_size=1, max_size=3).map(area_of)


@given(areas)
def test_blocks_of_an_area_are_those_of_its_cells(area):
    touched = {
        row // BLOCK * (COLUMNS // BLOCK) + column // BLOCK
        for extent in area
        for west, south, east, north in extent
        for column in range(west, east + 1)
        for row in range(south, north + 1)
    }
    key = area_key(area)
    found = set(blocks_of(key, area_text(area) if key >= LEAST_HASH else None))
    assert found in ({EVERYWHERE}, touched)
    # Overlapping ranges may be taken for more than they are.
    if len(touched) > MOST_BLOCKS:
        assert found == {EVERYWHERE}
    for extent in area:
        for one in extent:
            assert found & set(blocks_in([one]))


def test_an_area_of_one_cell_is_in_one_block():
    assert list(blocks_of(area_key((((359, 179, 359, 179),),)), None)) == [647]


def test_what_lies_outside_of_the_map_is_in_no_block():
    assert blocks_in([(-1, -1, 9, 9), (355, 175, 360, 180)]) == [EVERYWHERE, 0, 647]
