"""Decades as facets name them, by their first years, for links and for people."""

from app.formats.svg.axis import year_label


def decade_edtf(name: str) -> str:
    """Return the days of a decade as EDTF: `1960` is `1960/1969`, `-0040` is `-0040/-0031`."""
    first = int(name)
    return f"{_edtf_year(first)}/{_edtf_year(first + 9)}"


def decade_label(name: str) -> str:
    """Return a decade in words: `1960s`; before the common era by its years, which count no year 0."""
    first = int(name)
    return f"{first}s" if first >= 10 else f"{year_label(first)} to {year_label(first + 9)}"


def _edtf_year(year: int) -> str:
    sign = "-" if year < 0 else ""
    return f"{sign}{abs(year):04d}" if abs(year) <= 9999 else f"Y{year}"
