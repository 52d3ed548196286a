"""Numbers, days and times of cells, as text."""

import math
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from app.imports.readers.spreadsheets.number_formats import NumberFormat

_AS_SHOWN: Final = re.compile(r"-?[1-9][0-9]{0,18}|0|-?(?:0|[1-9][0-9]{0,6})\.[0-9]{0,7}[1-9]")
"""A whole number, or one with no more than 15 digits, written without an exponent and without zeros that say nothing."""

_DIGITS: Final = 15
_MANY_DIGITS: Final = 30
_DAY_SECONDS: Final = 86_400
_LAST: Final = 2_958_465  # 9999-12-31, since 1900
_SINCE_1904: Final = 1462
_NO_DAY: Final = 60
_BEGIN: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - cells have no zone
_FIRST_ORDINAL: Final = _BEGIN.toordinal()
_GREGORIAN: Final = (datetime(1582, 10, 15) - _BEGIN).days  # noqa: DTZ001 - as above
_MIDNIGHT: Final = "T00:00:00"


class NoSuchDay(ValueError):
    """The number of a day is that of none; the message says why."""


def is_as_shown(text: str) -> bool:
    """Return whether it is a number that `number_as_text` leaves as it is."""
    return _AS_SHOWN.fullmatch(text) is not None


def number_as_text(text: str) -> str:
    """Return a number as a spreadsheet shows it where there is room: with 15 digits at the most, without exponent.

    Raises:
        ValueError: it is no number.
    """
    if _AS_SHOWN.fullmatch(text):
        return text
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a number")
    shown = Decimal(f"{number:.{_DIGITS}g}")
    if shown == 0:
        return "0"
    if abs(shown.adjusted()) > _MANY_DIGITS:
        return f"{number:.{_DIGITS}g}"
    plain = f"{shown:f}"
    return plain.rstrip("0").removesuffix(".") if "." in plain else plain


def date_as_text(number: float, form: NumberFormat, *, since_1904: bool, counts_1899: bool) -> str:
    """Return a day, or a day with its time, or a time, in ISO 8601.

    Args:
        number: days, and a fraction for the time.
        form: how it is shown.
        since_1904: whether day 0 is 1904-01-01.
        counts_1899: whether day 0 is 1899-12-30, as LibreOffice has it; else day 1 is 1900-01-01, and there is
            a day 60 that never was, as Excel has it. They agree from 1900-03-01 on.

    Raises:
        NoSuchDay: there is no such day, or it is not known which.
    """
    seconds = round(number * _DAY_SECONDS)
    if not form.has_date and seconds >= 0 and (form.is_elapsed or number < 1):
        return _clock(seconds)
    if since_1904:
        if number < 0:
            raise NoSuchDay("it lies before 1904, where the days of this workbook begin")
        number += _SINCE_1904
    elif not counts_1899 and 0 <= number < _NO_DAY + 1:
        number = _of_excel(number)
    if number >= _LAST + 1:
        raise NoSuchDay("it lies after the year 9999")
    if number < _GREGORIAN:
        raise NoSuchDay("it lies before 1582-10-15, where programs differ in the calendar that they mean")
    if number == (day := int(number)):
        return date.fromordinal(_FIRST_ORDINAL + day).isoformat()
    # To the millisecond, which is more than the fraction of a day is exact to.
    found = _BEGIN + timedelta(milliseconds=round(number * _DAY_SECONDS * 1000))
    exact = found.isoformat(timespec="milliseconds" if found.microsecond else "seconds")
    return exact.removesuffix(_MIDNIGHT)


def _of_excel(number: float) -> float:
    """Return the day since 1899-12-30 that Excel means by a number up to its day that never was."""
    if number < 1:
        raise NoSuchDay("it is day 0, which Excel shows as 1900-01-00")
    if number >= _NO_DAY:
        raise NoSuchDay("it is 1900-02-29, a day that Excel counts and that never was")
    return number + 1


def _clock(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}" + (f":{second:02}" if second else "")


def iso_as_text(text: str) -> str:
    """Return a date that is written in ISO 8601, at midnight as a day."""
    return re.sub(r"T00:00(:00(\.0+)?)?Z?$", "", text.strip())
