"""The grammar of EDTF: from text to a syntax tree, with no meaning given to it yet.

Section numbers are those of the Library of Congress specification of 2019-02-04 by level and heading. Every
pattern is bounded in length or advances on one class of characters, so that scanning is linear.
"""

import re
from typing import Final, NoReturn

from app.values.edtf.nodes import (
    QUALIFIER_SIGNS,
    DateNode,
    EdtfError,
    IntervalNode,
    OpenEnd,
    RangeNode,
    SetNode,
)

MAX_LENGTH: Final = 1_000
"""The most characters a value may have; longer ones are refused unread."""

_QUALIFIERS: Final = {None: 0} | {sign: bits for bits, sign in QUALIFIER_SIGNS.items()}

# The days of ±10^15 years fit the sentinels of timespan.py with room to spare.
MAX_YEAR: Final = 10**15

_MAX_YEAR_DIGITS: Final = 16
_YEAR_DIGITS: Final = 4
_MAX_SIGNIFICANT_DIGITS: Final = 2
_Q = "([?~%]?)"

_DATE: Final = re.compile(
    rf"{_Q}(-?)([0-9X]{{4}})(?:S([0-9]+))?{_Q}(?:-{_Q}([0-9X]{{2}}){_Q}(?:-{_Q}([0-9X]{{2}}){_Q})?)?"
)

_LONG_YEAR: Final = re.compile(rf"{_Q}Y(-?)([0-9]+)(?:E([0-9]+))?(?:S([0-9]+))?{_Q}")
_PLAIN_DAY: Final = re.compile("-?[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile("T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:(Z)|([+-])([0-9]{2})(?::([0-9]{2}))?)?")

_MASK_OF_LEVEL_1: Final = re.compile(
    "[0-9]{3}X|[0-9]{2}XX|[0-9]{4}-XX|[0-9]{4}-[0-9]{2}-XX|[0-9]{4}-XX-XX|X+(?:-XX){0,2}"
)

_SEPARATOR: Final = re.compile(", *")
_SEASONS: Final = range(21, 42)
_SEASONS_OF_LEVEL_1: Final = range(21, 25)
_MINUTES_IN_HOUR: Final = 60
_EARLIEST_OFFSET: Final = -12 * _MINUTES_IN_HOUR
_LATEST_OFFSET: Final = 14 * _MINUTES_IN_HOUR


def scan(text: str) -> DateNode | IntervalNode | SetNode:
    """Parse a text; raises EdtfError where its form is not EDTF."""
    if not text:
        raise EdtfError("a date is needed here", 0)
    if text[0] in "[{":
        return _scan_set(text)
    if "/" in text:
        return _scan_interval(text)
    date, end = _scan_date(text, 0)
    if end < len(text) and text[end] == "T":
        end = _scan_time(text, date, end)
    if end != len(text):
        _refuse_rest(text, end)
    return date


def _scan_date(text: str, position: int) -> tuple[DateNode, int]:
    """Scan one date; return it and the position after it."""
    match = _DATE.match(text, position)
    if match is None:
        return _scan_long_year(text, position)
    left, sign, year, significant, right, month_left, month, month_right, day_left, day, day_right = (
        match.groups()
    )
    month = month or ""
    day = day or ""
    if sign and year == "0000":
        raise EdtfError("the year 0 has no sign", match.start(2))
    if month:
        if significant is not None:
            raise EdtfError("a year with significant digits stands alone", match.start(7) - 1)
        _check_month(match, month, day)
    level = 1 if sign else 0
    qualifiers = (0, 0, 0)
    if left or right or month_left or month_right or day_left or day_right:
        qualifiers = _spread(left, right, month_left, month_right, day_left, day_right)
        # Level 1 knows a qualifier at the end of a date alone ("Qualification of a date").
        last = day_right if day else month_right if month else right
        only_last = last and not (
            left or month_left or day_left or (month and right) or (day and month_right)
        )
        level = 1 if only_last else 2
    masked = "X" in match.group()
    if masked:
        written = f"{year}-{month}-{day}" if day else f"{year}-{month}" if month else year
        level = max(level, 1 if _MASK_OF_LEVEL_1.fullmatch(written) else 2)
    elif month > "12":
        level = max(level, 1 if int(month) in _SEASONS_OF_LEVEL_1 else 2)
    digits = 0
    if significant is not None:
        if masked:
            raise EdtfError("a year with significant digits has no masked ones", match.start(4) - 1)
        digits = _significant(significant, _YEAR_DIGITS, match.start(4))
        level = 2
    date = DateNode(
        position=position,
        negative=sign == "-",
        year=year,
        month=month,
        day=day,
        significant=digits,
        qualifiers=qualifiers,
        masked=masked,
        level=level,
        day_position=match.start(10),
    )
    return date, match.end()


def _check_month(match: re.Match[str], month: str, day: str) -> None:
    """Refuse an invalid month, and a day in a season. What depends on the year is checked with the bounds."""
    if "X" in month:
        if month[0] > "1" and month[0] != "X":
            raise EdtfError("no such month", match.start(7))
        return
    if "01" <= month <= "12":
        return
    if int(month) not in _SEASONS:
        raise EdtfError("no such month or season", match.start(7))
    if day:
        raise EdtfError("a season has no days", match.start(10))


def _spread(*signs: str | None) -> tuple[int, int, int]:
    """Return the qualifiers of each component: one before it is its own, one after it is also of all to the left.

    Level 2, "Qualification": group and individual.
    """
    year_own, year_group, month_own, month_group, day_own, day_group = (_QUALIFIERS[sign] for sign in signs)
    month_group |= day_group
    return year_own | year_group | month_group, month_own | month_group, day_own | day_group


def _scan_long_year(text: str, position: int) -> tuple[DateNode, int]:
    """Scan a year with the letter Y (levels 1 and 2, "Letter-prefixed calendar year", "Exponential year")."""
    match = _LONG_YEAR.match(text, position)
    if match is None:
        _refuse_start(text, position)
    left, sign, digits, exponent, significant, right = match.groups()
    start = match.start(3)
    if digits[0] == "0":
        raise EdtfError("a year after Y does not begin with 0", start)
    zeros = (exponent or "").lstrip("0")
    power = int(zeros) if len(zeros) <= _MAX_SIGNIFICANT_DIGITS and zeros else 0
    too_large = len(zeros) > _MAX_SIGNIFICANT_DIGITS or len(digits) + power > _MAX_YEAR_DIGITS
    if too_large or int(digits) * 10**power > MAX_YEAR:
        raise EdtfError("years go no further than 10^15 either way", start)
    year = digits + "0" * power
    if len(year) <= _YEAR_DIGITS:
        raise EdtfError("a year after Y has more than four digits", start)
    level = 2 if left or exponent is not None or significant is not None else 1
    count = 0 if significant is None else _significant(significant, len(year), match.start(5))
    qualifiers = (_QUALIFIERS[left] | _QUALIFIERS[right], 0, 0)
    date = DateNode(
        position=position,
        negative=sign == "-",
        year=year,
        month="",
        day="",
        significant=count,
        qualifiers=qualifiers,
        masked=False,
        level=level,
    )
    return date, match.end()


def _significant(digits: str, most: int, position: int) -> int:
    """Parse the number after S (level 2, "Significant digits")."""
    digits = digits.lstrip("0")
    if not digits or len(digits) > _MAX_SIGNIFICANT_DIGITS or int(digits) > most:
        raise EdtfError("significant digits are at least one and at most those of the year", position)
    return int(digits)


def _scan_time(text: str, date: DateNode, position: int) -> int:
    """Check a time of day (level 0, "Date and Time"); return its text and the position after it."""
    if _PLAIN_DAY.fullmatch(text, 0, position) is None:
        raise EdtfError("a time of day follows a full date", position)
    match = _TIME.match(text, position)
    if match is None:
        raise EdtfError("a time of day reads T12:30:00, T12:30:00Z or T12:30:00+05:30", position)
    hour, minute, second, zulu, sign, offset_hours, offset_minutes = match.groups()
    midnight = hour == "24" and minute == second == "00"
    if not ((hour < "24" and minute < "60" and second < "60") or midnight):
        raise EdtfError("no such time of day", position + 1)
    date.clock = f"{hour}:{minute}:{second}"
    if zulu:
        date.clock += " UTC"
    if sign:
        minutes = offset_minutes or "00"
        offset = int(sign + offset_hours) * _MINUTES_IN_HOUR + int(sign + minutes)
        # ISO 8601-1 has no negative zero; clocks on earth run from -12:00 to +14:00.
        refused = (
            minutes >= "60"
            or not _EARLIEST_OFFSET <= offset <= _LATEST_OFFSET
            or (sign == "-" and offset == 0)
        )
        if refused:
            raise EdtfError("no such difference from UTC", match.start(5))
        date.clock += f" UTC{sign}{offset_hours}:{minutes}"
    return match.end()


def _scan_interval(text: str) -> IntervalNode:
    """Scan `start/end` (level 0, "Time Interval"; level 1, "Extended Interval"; level 2, "Interval")."""
    slash = text.index("/")
    start, end_of_start = _scan_end(text, 0, slash)
    if end_of_start != slash:
        _refuse_rest(text, end_of_start)
    end, end_of_end = _scan_end(text, slash + 1, len(text))
    if end_of_end != len(text):
        _refuse_rest(text, end_of_end)
    level = 0
    for side in (start, end):
        # Masks inside an interval are a feature of level 2, whatever they are alone.
        level = max(level, 1 if isinstance(side, OpenEnd) else 2 if side.masked else side.level)
    return IntervalNode(start, end, level)


def _scan_end(text: str, position: int, limit: int) -> tuple[DateNode | OpenEnd, int]:
    if position == limit:
        return OpenEnd(position, unknown=True), position
    if text.startswith("..", position):
        return OpenEnd(position, unknown=False), position + 2
    return _scan_date(text, position)


def _scan_set(text: str) -> SetNode:
    """Scan a set (level 2, "Set representation"): `..` opens the list before its first or after its last date."""
    closing = "]" if text[0] == "[" else "}"
    members: list[RangeNode] = []
    position = 1
    while True:
        member, position = _scan_member(text, position, first=not members)
        members.append(member)
        separator = _SEPARATOR.match(text, position)
        if separator is None or member.open_after:
            break
        position = separator.end()
    if not text.startswith(closing, position):
        if position == len(text):
            raise EdtfError("the set is not closed", position)
        _refuse_rest(text, position)
    if position + 1 != len(text):
        _refuse_rest(text, position + 1)
    return SetNode(closing == "]", members)


def _scan_member(text: str, position: int, *, first: bool) -> tuple[RangeNode, int]:
    """Scan a date or a range of them; return it and the position after it."""
    open_before = text.startswith("..", position)
    if open_before and not first:
        raise EdtfError("only the first of a set may be open before it", position)
    date, position = _scan_date(text, position + 2 if open_before else position)
    if open_before or not text.startswith("..", position):
        return RangeNode(date, date, open_before=open_before), position
    position += 2
    if position == len(text) or text[position] in "]},":
        return RangeNode(date, date, open_after=True), position
    last, position = _scan_date(text, position)
    return RangeNode(date, last), position


def _refuse_start(text: str, position: int) -> NoReturn:
    """Return why no date begins here, at the character that is wrong."""
    if position == len(text) or text[position] in "/,]}":
        raise EdtfError("a date is needed here", position)
    at = position
    while at < len(text) and text[at] in "?~%":
        at += 1
    if at > position + 1:
        raise EdtfError("one qualifier is enough", position + 1)
    if at < len(text) and text[at] == "Y":
        at += 1
        if text.startswith("-", at):
            at += 1
        raise EdtfError("the digits of a year are needed here", at)
    if text.startswith("-", at):
        at += 1
    digits = at
    while at < len(text) and text[at] in "0123456789X":
        at += 1
    reason = "a year has four digits" if at > digits else "a date begins with a year of four digits"
    raise EdtfError(reason, at)


def _refuse_rest(text: str, position: int) -> NoReturn:
    """Return why a date does not go on like this."""
    sign, before = text[position], text[position - 1]
    if sign in "?~%" and (before in "]}." or "T" in text[:position]):
        reason = "a qualifier stands with a date, not with a set, an open end or a time of day"
    elif sign in "?~%":
        reason = "one qualifier is enough"
    elif sign == "-":
        reason = "a month or a day of two digits is needed after this hyphen"
    elif sign == "/":
        reason = "an interval has one slash, and stands alone"
    elif sign == "T":
        reason = "a time of day follows a single full date"
    elif sign in "0123456789X":
        reason = "too many digits, or a hyphen is missing"
    elif sign == ",":
        reason = "only the last of a set may be open after it, and a comma stands in sets alone"
    else:
        reason = "a sign that cannot stand here"
    raise EdtfError(reason, position)
