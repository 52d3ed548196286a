"""How the numbers of a column are written, and whether its cells leave that in doubt."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from app.imports.mapping.suggest import column_names as names
from app.imports.mapping.suggest.sample import Column
from app.imports.mapping.suggest.yaml_text import quoted, shown

_BLANKS: Final = " \u00a0\u2009\u202f"
_APOSTROPHES: Final = "'\u2019"
_CERTAIN_NUMBERS: Final = names.LATITUDES | names.LONGITUDES | names.DEATHS | names.CASUALTIES | names.INJURED


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read numbers: the decimal separator, and the thousands separators."""

    decimal: str
    thousands: str = ""

    def values(self, cells: Iterable[str]) -> tuple[float, ...] | None:
        """Parse cells; None where some are not written so: in digits, or groups of three with one separator."""
        groups = rf"|[1-9][0-9]{{0,2}}([{self.thousands}])[0-9]{{3}}(\2[0-9]{{3}})*" if self.thousands else ""
        pattern = re.compile(rf"-?([0-9]{{1,15}}{groups})({re.escape(self.decimal)}[0-9]{{1,15}})?")
        without = str.maketrans({self.decimal: ".", **dict.fromkeys(self.thousands)})
        values = []
        for cell in cells:
            if not pattern.fullmatch(cell):
                return None
            values.append(float(cell.translate(without)))
        return tuple(values)

    @property
    def said(self) -> str:
        """Return it in the keywords of a mapping; nothing for plain numbers, digits with a point."""
        if self == PLAIN:
            return ""
        thousands = f", thousands: {quoted(self.thousands[0])}" if self.thousands else ""
        return f"decimal: {quoted(self.decimal)}{thousands}"


PLAIN: Final = Reading(".")

_READINGS: Final = (
    PLAIN,
    Reading(","),
    *(Reading(decimal, other) for decimal, other in ((".", ","), (",", "."))),
    *(Reading(decimal, signs) for signs in (_BLANKS, _APOSTROPHES) for decimal in (".", ",")),
)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers.

    Attributes:
        readings: the ways to read it that give different values; one where there is no doubt.
        lowest: the smallest of them, by the first reading.
        in_doubt: a cell that the readings give different values.
    """

    readings: tuple[Reading, ...]
    lowest: float
    in_doubt: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether a mapping reads them without further words."""
        return self.readings == (PLAIN,)


def numbers_of(column: Column, low: float | None = None, high: float | None = None) -> Numbers | None:
    """Find how the numbers of a column are written; None where some cell is no number, or out of bounds."""
    if not column.distinct:
        return None
    found: dict[tuple[float, ...], Reading] = {}
    for reading in _READINGS:
        if column.has_json_numbers:
            # Numbers of JSON are in no doubt, but may have an exponent.
            values = tuple(map(float, column.distinct)) if reading == PLAIN else None
        else:
            values = reading.values(column.distinct)
        if (
            values is None
            or (low is not None and min(values) < low)
            or (high is not None and max(values) > high)
        ):
            continue
        found.setdefault(values, reading)
    if not found:
        return None
    first = next(iter(found))
    in_doubt = ""
    if len(found) > 1:
        at = next(at for at, values in enumerate(zip(*found, strict=True)) if len(set(values)) > 1)
        in_doubt = column.distinct[at]
    return Numbers(tuple(found.values()), min(first), in_doubt)


def decimal_signs(columns: Iterable[Column]) -> frozenset[str]:
    """Return the decimal signs of a table, as far as its coordinates and counts leave no doubt about them."""
    found = set()
    for one in columns:
        numbers = numbers_of(one) if set(one.words) & _CERTAIN_NUMBERS and not one.has_json_numbers else None
        if numbers is None or len(numbers.readings) > 1:
            continue
        (reading,) = numbers.readings
        # Digits alone are read so whatever the sign.
        if not all(cell.lstrip("-").isdecimal() for cell in one.distinct):
            found.add(reading.decimal)
    return frozenset(found)


def decided(numbers: Numbers, signs: frozenset[str]) -> Numbers:
    """Return counts that can be read in two ways as the decimal sign of their table has them, if that makes them whole numbers."""
    if len(numbers.readings) < 2 or len(signs) != 1:
        return numbers
    fitting = [one for one in numbers.readings if one.decimal in signs]
    values = fitting[0].values([numbers.in_doubt]) if len(fitting) == 1 else None
    if values is None or not all(map(float.is_integer, values)):
        return numbers
    return replace(numbers, readings=(fitting[0],))


def choices(template: str, numbers: Numbers) -> str:
    """Return the choices where numbers are in doubt: each reading, and its value of a cell."""
    ways = []
    for reading in numbers.readings:
        (value,) = reading.values([numbers.in_doubt]) or (0.0,)
        said = reading.said or f"decimal: {quoted(PLAIN.decimal)}"
        ways.append(f"{{from: {template}, {said}}} for {value:.15g}")
    return f"{' or '.join(ways)}, where the column has {shown(numbers.in_doubt)}"
