"""Decades and centuries as facets name them, by their first years, for links and for people."""

from app.formats.svg.axis import year_label


def decade_edtf(name: str) -> str:
    """Return the days of a decade as EDTF: `1960` is `1960/1969`, `-0040` is `-0040/-0031`."""
    return _edtf(int(name), 10)


def century_edtf(name: str) -> str:
    """Return the days of a century likewise: `1900` is `1900/1999`."""
    return _edtf(int(name), 100)


def decade_label(name: str) -> str:
    """Return a decade in words: `1960s`; before the common era by its years, which count no year 0."""
    first = int(name)
    return f"{first}s" if first >= 10 else _years(first, 10)


def century_label(name: str) -> str:
    """Return a century in words, by its years: `1900 to 1999`."""
    return _years(int(name), 100)


def _years(first: int, count: int) -> str:
    return f"{year_label(first)} to {year_label(first + count - 1)}"


def _edtf(first: int, count: int) -> str:
    return f"{_edtf_year(first)}/{_edtf_year(first + count - 1)}"


def _edtf_year(year: int) -> str:
    sign = "-" if year < 0 else ""
    return f"{sign}{abs(year):04d}" if abs(year) <= 9999 else f"Y{year}"
