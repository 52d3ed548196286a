"""Labels: a date in English, always the same for the same value.

Years are counted as people do: the astronomical year 0 is 1 BCE, -43 is 44 BCE.
"""

from typing import Final

from app.values.calendar import Calendar, days_in_month
from app.values.edtf.nodes import (
    APPROXIMATE,
    UNCERTAIN,
    DateNode,
    IntervalNode,
    OpenEnd,
    RangeNode,
    SetNode,
    matching,
)

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_SEASONS: Final = ("spring", "summer", "autumn", "winter")
_ORDINALS: Final = ("first", "second", "third", "fourth")

_SUB_YEARS: Final[dict[str, str]] = {
    **{str(21 + n): f"{name} {{year}}" for n, name in enumerate(_SEASONS)},
    **{str(25 + n): f"{name} {{year}} (Northern Hemisphere)" for n, name in enumerate(_SEASONS)},
    **{str(29 + n): f"{name} {{year}} (Southern Hemisphere)" for n, name in enumerate(_SEASONS)},
    **{str(33 + n): f"{name} quarter of {{year}}" for n, name in enumerate(_ORDINALS)},
    **{str(37 + n): f"{name} quadrimester of {{year}}" for n, name in enumerate(_ORDINALS[:3])},
    **{str(40 + n): f"{name} half of {{year}}" for n, name in enumerate(_ORDINALS[:2])},
}

_FIRST_FRACTION: Final = "33"
_INTO_NEXT_YEAR: Final = {"24", "28", "30"}

_DOUBTS: Final = {
    APPROXIMATE: "approximate",
    UNCERTAIN: "uncertain",
    APPROXIMATE | UNCERTAIN: "approximate and uncertain",
}

_DASH: Final = "\N{EN DASH}"


def label_of(parsed: DateNode | IntervalNode | SetNode, calendar: Calendar) -> str:
    """Return a date in English; one in Julian digits is marked as Old Style."""
    if isinstance(parsed, DateNode):
        label = _date(parsed)
    elif isinstance(parsed, IntervalNode):
        label = _interval(parsed)
    else:
        label = _set(parsed)
    return f"{label} (Old Style)" if calendar == Calendar.JULIAN else label


def label_of_day(year: int, month: int, day: int) -> str:
    """Return the label of a whole day in Gregorian digits without qualifiers, as `label_of` does."""
    return f"{day} {_MONTHS[month - 1]} {_year(year)}"


def _interval(interval: IntervalNode) -> str:
    start, end = interval.start, interval.end
    if isinstance(start, OpenEnd):
        if isinstance(end, OpenEnd):
            return f"start {_openness(start)}, end {_openness(end)}"
        return f"until {_date(end)}" + (", start unknown" if start.unknown else "")
    if isinstance(end, OpenEnd):
        return f"from {_date(start)}, end unknown" if end.unknown else f"from {_date(start)} onwards"
    if _bare_year(start) and _bare_year(end):
        return f"{start.year}{_DASH}{end.year}"
    # After "44 BCE", a year without an era may be of either.
    return (
        f"{_date(start)} to {_date(end, says_era=_is_before_common_era(start) > _is_before_common_era(end))}"
    )


def _is_before_common_era(date: DateNode) -> bool:
    return date.negative or not date.year.strip("0")


def _openness(side: OpenEnd) -> str:
    return "unknown" if side.unknown else "open"


def _bare_year(date: DateNode) -> bool:
    """Whether the label of a date is its four digits."""
    return not (date.month or date.negative or len(date.year) > 4 or date.masked or date.significant) and (
        date.qualifiers == (0, 0, 0) and date.year[0] != "0"
    )


def _set(parsed: SetNode) -> str:
    members = [_member(member, one_of=parsed.one_of) for member in parsed.members]
    only = parsed.members[0]
    if len(members) == 1 and (only.first is only.last):
        return members[0]
    separator = "; " if any("," in member for member in members) else ", "
    return ("one of " if parsed.one_of else "all of ") + separator.join(members)


def _member(member: RangeNode, *, one_of: bool) -> str:
    first = _date(member.first)
    if member.open_before:
        return f"{first} or earlier" if one_of else f"all until {first}"
    if member.open_after:
        return f"{first} or later" if one_of else f"all from {first} onwards"
    return first if member.last is member.first else f"{first} to {_date(member.last)}"


def _date(date: DateNode, *, says_era: bool = False) -> str:
    label = _digits(date, says_era=says_era)
    if date.clock:
        label += f", {date.clock}"
    if date.qualifiers == (0, 0, 0):
        return label
    given = date.qualifiers[: 1 + bool(date.month) + bool(date.day)]
    if len(set(given)) > 1:
        return f"{label} ({_doubts(given, date)})"
    if given[0] & APPROXIMATE:
        label = f"c. {label}"
    return f"{label} (uncertain)" if given[0] & UNCERTAIN else label


def _doubts(qualifiers: tuple[int, ...], date: DateNode) -> str:
    """Return which components are qualified, and how: `year uncertain, day approximate`."""
    names = ("year", "month" if date.month <= "12" or "X" in date.month else "season", "day")
    said = []
    for bits, doubt in _DOUBTS.items():
        of = [name for name, own in zip(names, qualifiers, strict=False) if own == bits]
        if of:
            said.append(f"{' and '.join(of)} {doubt}")
    return ", ".join(said)


def _digits(date: DateNode, *, says_era: bool) -> str:
    """Return what the digits say."""
    if not date.masked:
        year = _years(date, says_era=says_era)
        if not date.month:
            return year
        if date.month > "12":
            return _sub_year(date, year, says_era=says_era)
        month = _MONTHS[int(date.month) - 1]
        return f"{int(date.day)} {month} {year}" if date.day else f"{month} {year}"
    return _masked(date, says_era=says_era)


def _masked(date: DateNode, *, says_era: bool) -> str:
    """Return what is known of a date with open digits, then what is not."""
    unknown: list[str] = []
    year = month = day = ""
    if date.year == "XXXX":
        unknown.append("BCE year" if date.negative else "year")
    else:
        year = _years(date, says_era=says_era)
    if date.month in _SUB_YEARS:
        # "first half of the 1960s" would be five years.
        if year.endswith(("0s", "0s CE")) and date.month >= _FIRST_FRACTION:
            year = f"a year between {' and '.join(_span(date.year, negative=False))}"
        return _sub_year(date, year or f"an unknown {unknown[0]}", says_era=says_era)
    months = matching(date.month or "XX", 1, 12)
    if date.month == "XX":
        unknown.insert(0, "month")
    elif date.month:
        month = _choices([_MONTHS[m - 1] for m in months], consecutive=months[-1] - months[0] < len(months))
    if date.day == "XX":
        unknown.insert(0, "day")
    elif date.day:
        # The longest month that may be meant, in a leap year unless the year is known.
        longest = max(days_in_month(2000 if "X" in date.year else int(date.year), m) for m in months)
        days = matching(date.day, 1, longest)
        day = _choices([str(d) for d in days], consecutive=days[-1] - days[0] < len(days))
        if len(months) > 1:
            day = f"day {day}," if month else f"day {day}"
    known = f"{day} {month}".strip()
    if known and year:
        joint = " of " if year.startswith("a ") else ", " if "X" in date.year or not month else " "
        known = f"{known}{joint}{year}"
    known = known or year
    if not unknown:
        return known
    said = f"{', '.join(unknown[:-1])} and {unknown[-1]}" if len(unknown) > 1 else unknown[0]
    return f"{known}, {said} unknown" if known else f"{said} unknown"


def _sub_year(date: DateNode, year: str, *, says_era: bool) -> str:
    if date.month in _INTO_NEXT_YEAR and not date.masked:
        number = -int(date.year) if date.negative else int(date.year)
        following = _year(number + 1, says_era=says_era)
        # 1960-1961, but 44 BCE to 43 BCE: each year says its era.
        year = f"{year}{_DASH}{following}" if year.isdigit() else f"{year} to {following}"
    form = _SUB_YEARS[date.month]
    if year.startswith("a") and "of {year}" not in form:
        year = f"of {year}"
    return form.format(year=year)


def _year(number: int, *, says_era: bool = False) -> str:
    """Return a year as people count it. A year below 1000 has its era, or it could be read as a day."""
    if number <= 0:
        return f"{_grouped(1 - number)} BCE"
    return f"{_grouped(number)} CE" if says_era or number < 1_000 else _grouped(number)


def _grouped(number: int) -> str:
    return str(number) if number < 10_000 else f"{number:,}"


def _years(date: DateNode, *, says_era: bool) -> str:
    """Return the year, the years that its unspecified digits allow, or those that its significant digits do."""
    digits = date.year
    if "X" not in digits and date.significant in {0, len(digits)}:
        return _year(-int(digits) if date.negative else int(digits), says_era=says_era)
    if date.significant:
        low, high = _span(digits[: date.significant].ljust(len(digits), "X"), negative=date.negative)
        return f"c. {_year(-int(digits) if date.negative else int(digits))} (between {low} and {high})"
    first_mask = digits.index("X")
    if digits[first_mask:].strip("X"):
        return f"a year of the form {'-' if date.negative else ''}{digits}"
    if first_mask == 3 and not date.negative and digits[0] != "0" and digits[2] != "0":
        return f"{digits[:3]}0s CE" if says_era else f"{digits[:3]}0s"
    low, high = _span(digits, negative=date.negative)
    return f"a year between {low} and {high}"


def _span(pattern: str, *, negative: bool) -> tuple[str, str]:
    low, high = int(pattern.replace("X", "0")), int(pattern.replace("X", "9"))
    # There is no year -0: a negative pattern begins at -1.
    return (_year(-high), _year(-max(low, 1))) if negative else (_year(low), _year(high))


def _choices(names: list[str], *, consecutive: bool) -> str:
    """Return which of several it may be: `30 or 31`, `between October and December`."""
    if len(names) == 1:
        return names[0]
    if consecutive and len(names) > 2:
        return f"between {names[0]} and {names[-1]}"
    return f"{', '.join(names[:-1])} or {names[-1]}"
