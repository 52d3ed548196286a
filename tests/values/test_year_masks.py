"""Unspecified digits that have two years in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.edtf.text import year_text
from app.values.edtf.value import parse_edtf
from app.values.year_masks import least_mask


@pytest.mark.parametrize(
    ("first", "last", "mask"),
    [
        (1900, 1900, "1900"),
        (1901, 1909, "190X"),
        (1650, 1699, "16XX"),
        (1450, 1550, "1XXX"),
        (-1999, -1900, "-19XX"),
        (999, 1000, None),
        (-1, 1, None),
        (-12000, -11000, None),
        (12000, 12000, "Y12000"),
    ],
)
def test_the_least_mask_is_taken(first, last, mask):
    assert least_mask(first, last) == mask


@given(st.integers(-10_500, 10_500), st.integers(-10_500, 10_500))
def test_both_years_lie_in_the_mask(one, other):
    first, last = sorted((one, other))
    mask = least_mask(first, last)
    if mask is None:
        return
    bounds = parse_edtf(mask).span.bounds
    assert bounds.s1 <= parse_edtf(year_text(first)).span.bounds.s1
    assert bounds.e2 >= parse_edtf(year_text(last)).span.bounds.e2
