"""The time axis: its ticks and their labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.values.calendar import day_of_iso, days_from_gregorian, days_in_month, gregorian_from_days

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DECEMBER: Final = 12
_YEAR: Final = 365.2425
_MONTH: Final = _YEAR / 12
_DAY_STEPS: Final = (1, 2, 5, 10)
_MONTH_STEPS: Final = (1, 2, 3, 6)
_PERIODS: Final = ((1_000_000_000, "billion"), (1_000_000, "million"))


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick: its day and its label."""

    day: int
    label: str


def ticks(first: int, last: int, most: int) -> list[Tick]:
    """Return at most so many ticks at round dates between two days, no two with the same label.

    Round are days 1, 11 and 21 or every few days of a month, every few months of a year, or 1, 2 or 5 times
    a power of ten of years, counted from the era on both sides: 500 BCE, 1 CE, 500 CE.
    """
    for step, found in _ladder(first, last):
        if (last - first) / step + 1 <= most:
            within = [tick for tick in found if first <= tick.day <= last]
            if len(within) <= most:
                return within
    return []


def _ladder(first: int, last: int) -> Iterator[tuple[float, Iterator[Tick]]]:
    for step in _DAY_STEPS:
        yield step, _days(first, last, step)
    for step in _MONTH_STEPS:
        yield step * _MONTH, _months(first, last, step)
    step = 1
    while True:
        for times in (1, 2, 5):
            yield step * times * _YEAR, _years(first, last, step * times)
        step *= 10


def _days(first: int, last: int, step: int) -> Iterator[Tick]:
    for day in range(first, last + 1):
        year, month, of_month = gregorian_from_days(day)
        # The 31st would be next to the 1st.
        if (of_month - 1) % step == 0 and (step == 1 or of_month <= 28 - step // 2):
            yield Tick(day, f"{of_month} {_MONTHS[month - 1]} {year_label(year)}")


def _months(first: int, last: int, step: int) -> Iterator[Tick]:
    year, month, _ = gregorian_from_days(first)
    month -= (month - 1) % step
    while (day := days_from_gregorian(year, month, 1)) <= last:
        yield Tick(day, f"{_MONTHS[month - 1]} {year_label(year)}")
        month += step
        if month > 12:
            year, month = year + 1, 1


def _years(first: int, last: int, step: int) -> Iterator[Tick]:
    year = _round_year(gregorian_from_days(first)[0], step)
    while (day := days_from_gregorian(year, 1, 1)) <= last:
        yield Tick(day, year_label(year))
        year = _round_year(year + 1, step)


def _round_year(year: int, step: int) -> int:
    """Return the first round year from this one on: n BCE or n CE where n is a multiple, or 1 CE."""
    if year > 1:
        return -(-year // step) * step
    before = (1 - year) // step * step
    return 1 - before if before else 1


def year_label(year: int, digits: int = 10) -> str:
    """Return an astronomical year as people write it: `1960`, `44 BCE`, `2.5 million BCE` with so many digits."""
    number, era = (year, "") if year > 0 else (1 - year, " BCE")
    for size, word in _PERIODS:
        if number >= size:
            return f"{number / size:.{digits}g} {word}{era or ' CE'}"
    plain = f"{number:,}" if number > 9999 else str(number)
    return f"{plain}{era or (' CE' if number < 1000 else '')}"


def days_label(start: str, end: str) -> str:
    """Return a range of days, given as ISO 8601 has them, as people write it: in years, a month or days, as short as it can be."""
    (first, month, day), (last, last_month, last_day) = (
        gregorian_from_days(day_of_iso(one)) for one in (start, end)
    )
    ends_month = last_day == days_in_month(last, last_month)
    if (month, day, last_month) == (1, 1, _DECEMBER) and ends_month:
        return _range(year_label(first), year_label(last))
    if day == 1 and ends_month:
        return _range(
            f"{_MONTHS[month - 1]} {year_label(first)}", f"{_MONTHS[last_month - 1]} {year_label(last)}"
        )
    return _range(
        f"{day} {_MONTHS[month - 1]} {year_label(first)}",
        f"{last_day} {_MONTHS[last_month - 1]} {year_label(last)}",
    )


def _range(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"
