"""Reading dates as people write them in other calendars: `5 Nisan 5708`, `1300 AH`, `3 brumaire an VIII`.

A text is read where every word of it is understood, and only then. A month that two calendars have gives a reading in
each, unless a word for the era or the calendar decides; so does Adar in a year that has two.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from app.values.calendar import days_from_gregorian, gregorian_from_days, iso_day
from app.values.calendars.chinese import CHARACTERS, ERA_WORDS, find_chinese
from app.values.calendars.names import ERAS, FILLERS, MONTHS
from app.values.calendars.rules import RULES, NoSuchDate, OtherCalendar, days_of
from app.values.calendars.scripts import has_other_script, in_latin

MAX_LENGTH: Final = 200
"""The longest text that is read, in characters."""

_MARKS: Final = {ord(mark): None for mark in "'’‘`´ʿʾʼʻ"}
_WORDS: Final = re.compile(r"[a-z]+|[0-9]+|[^\sa-z0-9.,;/()\[\]-]")
_LETTER_DOTS: Final = re.compile(r"(?<=\b[a-z])\.")
_ORDINAL: Final = frozenset({"st", "nd", "rd", "th", "er", "e", "eme", "re"})
_ROMAN: Final = {"i": 1, "v": 5, "x": 10}
_YEAR: Final = frozenset({"an", "annee", "lan", "year"})
_MAX_DIGITS: Final = 6
_MAX_DAY: Final = 31
# "40 Nisan 5708" is told to be no day of it.
_MAX_SAID_DAY: Final = 99

# Lunar calendars of other eras have the months of the Indian national one.
_NEED_AN_ERA: Final = frozenset({OtherCalendar.INDIAN})

# Where no word says which calendar it is, a date is taken to lie here: "5 Nisan 1948" is none of the Hebrew calendar.
_LIKELY: Final = (days_from_gregorian(1, 1, 1), days_from_gregorian(2200, 1, 1))

_NAMES: Final = {
    OtherCalendar.HEBREW: "Hebrew calendar",
    OtherCalendar.ISLAMIC: "Islamic civil calendar",
    OtherCalendar.FRENCH_REPUBLICAN: "French Republican calendar",
    OtherCalendar.COPTIC: "Coptic calendar",
    OtherCalendar.ETHIOPIAN: "Ethiopian calendar",
    OtherCalendar.PERSIAN: "Persian (Solar Hijri) calendar",
    OtherCalendar.INDIAN: "Indian national calendar",
    OtherCalendar.CHINESE: "Chinese calendar",
}
_DOUBTS: Final = {OtherCalendar.ISLAMIC: ", a day or two off where the moon was watched"}


class CalendarTextError(ValueError):
    """A date that its calendar does not have; the text says why, and what the calendar has."""


class CalendarReading(NamedTuple):
    """One reading of a text.

    Attributes:
        first: the day number of its first day.
        last: that of its last day; of a day, the same.
        calendar: the calendar that the text is in.
        written: the date as it is in that calendar, in English: `5 Nisan 5708 in the Hebrew calendar`.
    """

    first: int
    last: int
    calendar: OtherCalendar
    written: str

    @property
    def edtf(self) -> str:
        """The Gregorian day, or one of the days of a month or year (`[1882-11-12..1883-11-01]`)."""
        first, last = iso_day(self.first), iso_day(self.last)
        return first if first == last else f"[{first}..{last}]"


class _Month(NamedTuple):
    calendar: OtherCalendar
    number: int


def folded(text: str) -> str:
    """Return a name as the tables of names have it: lower case, without accents, apostrophes and hyphens."""
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text)
        text = "".join(one for one in apart if not unicodedata.combining(one))
    return text.translate(_MARKS).lower().replace("-", " ")


def _month_names() -> dict[str, tuple[_Month, ...]]:
    names: dict[str, tuple[_Month, ...]] = {}
    for calendar, months in MONTHS.items():
        for number, spellings in enumerate(months, 1):
            for name in dict.fromkeys(map(folded, spellings)):
                names[name] = (*names.get(name, ()), _Month(calendar, number))
    # A year has one Adar or two.
    names["adar"] = (_Month(OtherCalendar.HEBREW, 6), _Month(OtherCalendar.HEBREW, 7))
    return names


_MONTHS: Final = _month_names()


def _longest(names: Iterable[str]) -> dict[str, int]:
    longest: dict[str, int] = {}
    for name in names:
        words = name.split()
        longest[words[0]] = max(longest.get(words[0], 0), len(words))
    return longest


# How many words the longest name has that begins with a word.
_LONGEST: Final = _longest((*_MONTHS, *ERAS))

NAMING_WORDS: Final = frozenset({*_LONGEST, *ERA_WORDS, *CHARACTERS})
"""Words, folded, one of which every text has that is read here."""


class _Found(NamedTuple):
    """What the words of a text say.

    Attributes:
        before: the numbers before the month.
        after: those after it.
        year: the number that follows a word for a year.
        months: the months that the name may mean.
        calendars: those that the words for eras leave; None where there are none.
        alone: of those, the ones for which such a word is enough without a month.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    year: int | None
    months: tuple[_Month, ...]
    calendars: frozenset[OtherCalendar] | None
    alone: frozenset[OtherCalendar]


def names_a_calendar(text: str) -> bool:
    """Return whether a text has a word by which a date is known to be of another calendar."""
    if has_other_script(text):
        return True
    plain = folded(text)
    return not NAMING_WORDS.isdisjoint(_WORDS.findall(_LETTER_DOTS.sub("", plain)))


def read_calendar_text(text: str) -> tuple[CalendarReading, ...]:
    """Return the readings of a text as a date in one of the other calendars; none where it is no such date.

    A day gives its Gregorian day; a month or a year one of its days. Days are counted as the calendar counts them: those
    that begin at sunset are the day of their daylight.

    Raises:
        CalendarTextError: it is a date of a calendar that has no such date.
    """
    if len(text) > MAX_LENGTH:
        return ()
    if not text.isascii():
        text = in_latin(text)
    plain = folded(text)
    words = _WORDS.findall(_LETTER_DOTS.sub("", plain))
    if NAMING_WORDS.isdisjoint(words):
        return ()
    try:
        chinese = find_chinese(plain, text)
        if chinese is not None:
            return (
                CalendarReading(
                    *chinese.days(), OtherCalendar.CHINESE, f"{chinese.written} in the Chinese calendar"
                ),
            )
    except NoSuchDate as error:
        raise CalendarTextError(str(error)) from None
    found = _find(words)
    if found is None:
        return ()
    faults: list[str] = []
    readings = tuple(_readings(found, faults))
    if faults and not readings:
        raise CalendarTextError(" or ".join(dict.fromkeys(faults)))
    return readings


def _find(words: Sequence[str]) -> _Found | None:
    """Return what the words say; None where one is not understood, or they contradict each other."""
    before: list[int] = []
    after: list[int] = []
    year: int | None = None
    months: tuple[_Month, ...] = ()
    calendars: frozenset[OtherCalendar] | None = None
    alone: frozenset[OtherCalendar] = frozenset()
    is_year = False
    place = 0
    while place < len(words):
        word = words[place]
        name, taken = _name_at(words, place)
        if name in _MONTHS and not months:
            months = _MONTHS[name]
        elif name in ERAS:
            said = ERAS[name]
            calendars = said.calendars if calendars is None else calendars & said.calendars
            alone |= said.alone
        elif word not in FILLERS:
            number, taken = _number_at(words, place)
            if number is None:
                return None
            if is_year and year is None:
                year = number
            else:
                (after if months else before).append(number)
        is_year = word in _YEAR
        place += max(taken, 1)
    return _Found(tuple(before), tuple(after), year, months, calendars, alone)


def _number_at(words: Sequence[str], place: int) -> tuple[int | None, int]:
    """Return the number that stands there, and how many words it has with the ending of an ordinal."""
    word = words[place]
    if word.isdigit():
        is_ordinal = place + 1 < len(words) and words[place + 1] in _ORDINAL
        return (int(word) if len(word) <= _MAX_DIGITS else None), 1 + is_ordinal
    return _roman(word), 1


def _name_at(words: Sequence[str], place: int) -> tuple[str, int]:
    """Return the longest name of a month or an era that begins there, and how many words it has."""
    for count in range(_LONGEST.get(words[place], 0), 0, -1):
        name = " ".join(words[place : place + count])
        if name in _MONTHS or name in ERAS:
            return name, min(count, len(words) - place)
    return "", 0


def _roman(word: str) -> int | None:
    """Return the value of a Roman numeral up to 39, in its usual form."""
    if not set(word) <= _ROMAN.keys() or len(word) > 6:
        return None
    values = [_ROMAN[letter] for letter in word]
    value = sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))
    tens, ones = divmod(value, 10)
    usual = "x" * tens + ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[ones]
    return value if word == usual else None


def _readings(found: _Found, faults: list[str]) -> Iterator[CalendarReading]:
    """Make the readings; why there are none is added to `faults`."""
    for year, day in _year_and_day(found):
        if not found.months:
            # The order of the calendars is that of their names, not of a set.
            for calendar in sorted((found.calendars or frozenset()) & found.alone):
                yield from _reading(found, calendar, year, None, None, faults)
        for month in found.months:
            if found.calendars is None:
                is_read = month.calendar not in _NEED_AN_ERA
            else:
                is_read = month.calendar in found.calendars
            # "Germ 7" alone may be anything.
            is_bare = day is None and found.year is None and found.calendars is None
            if found.calendars is not None and not is_read:
                name = MONTHS[month.calendar][month.number - 1][0]
                faults.append(f"{name} is a month of the {_NAMES[month.calendar]}, and another one is named")
            elif is_bare and year <= _MAX_DAY:
                faults.append("the year is missing")
            elif is_read:
                yield from _reading(found, month.calendar, year, month.number, day, faults)


def _year_and_day(found: _Found) -> Iterator[tuple[int, int | None]]:
    match (found.year, found.before, found.after):
        case (int(year), (), ()) | (None, (), (year,)) | (None, (year,), ()):
            yield year, None
        case (int(year), (day,), ()) | (int(year), (), (day,)) if found.months:
            yield year, day
        case (None, (day,), (year,)) | (None, (), (day, year)) if day <= max(
            _MAX_DAY, min(year, _MAX_SAID_DAY)
        ):
            yield year, day
        case (None, (year,), (day,)) if day <= _MAX_DAY:
            yield year, day
        case _:
            return


def _reading(
    found: _Found,
    calendar: OtherCalendar,
    year: int,
    month: int | None,
    day: int | None,
    faults: list[str],
) -> Iterator[CalendarReading]:
    name = "" if month is None else MONTHS[calendar][month - 1][0]
    if name == "Adar I" and not _has_month(calendar, year, (month or 0) + 1):
        if len(found.months) == 1:
            faults.append(f"the year {year} of the {_NAMES[calendar]} has one Adar")
            return
        name = "Adar"
    try:
        first, last = days_of(calendar, year, month, day)
    except NoSuchDate:
        faults.append(_why(calendar, year, month, name))
        return
    numbered = f"year {year}" if calendar == OtherCalendar.FRENCH_REPUBLICAN or not name else str(year)
    written = (
        f"{' '.join(part for part in (str(day or ''), name, numbered) if part)} in the {_NAMES[calendar]}"
    )
    is_decided = found.calendars is not None and len(found.calendars) == 1
    if not is_decided and not _LIKELY[0] <= first < _LIKELY[1]:
        if found.months:
            civil, _, _ = gregorian_from_days(first)
            said = f"{1 - civil} BCE" if civil < 1 else f"{civil} CE"
            faults.append(f"{written} is in {said}: name the calendar if that is meant")
        return
    yield CalendarReading(first, last, calendar, written + _DOUBTS.get(calendar, ""))


def _has_month(calendar: OtherCalendar, year: int, month: int) -> bool:
    try:
        days_of(calendar, year, month)
    except NoSuchDate:
        return False
    return True


def _why(calendar: OtherCalendar, year: int, month: int | None, name: str) -> str:
    """Return why a calendar has no such date."""
    years, called = RULES[calendar].years, _NAMES[calendar]
    if year not in years:
        return f"years of the {called} are known from {years.start} to {years.stop - 1}"
    if month is None or not _has_month(calendar, year, month):
        return f"the year {year} of the {called} has no {name}"
    first, last = days_of(calendar, year, month)
    return f"{name} has {last - first + 1} days in the year {year} of the {called}"
