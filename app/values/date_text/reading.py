"""Reads a text as a date, of whatever calendar, and says every reading that is possible."""

from contextlib import suppress
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from app.values.calendar import Calendar
from app.values.calendars.rules import OtherCalendar
from app.values.calendars.text import NAMING_WORDS, CalendarTextError, read_calendar_text
from app.values.date_text.cursor import Cursor
from app.values.date_text.errors import DateTextError
from app.values.date_text.folding import fold, position_in
from app.values.date_text.grammar import Found, read_tokens
from app.values.date_text.kinds import Token
from app.values.date_text.other_calendars import read_other_calendars
from app.values.date_text.tokens import Lexeme, languages_in, lexemes_of, tokens_of
from app.values.date_text.vocabulary import LANGUAGES, Language, vocabulary_of
from app.values.edtf.nodes import EdtfError
from app.values.edtf.text import is_edtf
from app.values.edtf.value import EdtfValue, parse_edtf

__all__ = [
    "LANGUAGES",
    "MAX_LENGTH",
    "DateText",
    "DateTextError",
    "Language",
    "Order",
    "Reading",
    "read_date_text",
]

Order = Literal["dmy", "mdy", "ymd"]
"""The order of day, month and year in a date of numbers."""

MAX_LENGTH: Final = 1_000
"""The most characters that a text may have; longer ones are refused unread."""

_FIRST_OF_EDTF: Final = frozenset("0123456789-[{XY?~%./")
_MAX_WAYS: Final = 16
_MAX_WORDS: Final = 120
_MAX_CACHED: Final = 64


class Reading(NamedTuple):
    """One thing that a text can mean.

    Attributes:
        edtf: the value; None: the text says that there is no date.
        calendar: the calendar that the text is in.
        notes: what was taken for what, in English.
    """

    edtf: str | None
    calendar: Calendar | OtherCalendar = Calendar.GREGORIAN
    notes: tuple[str, ...] = ()

    @property
    def digits(self) -> Calendar:
        """The calendar of the digits of `edtf`: of all calendars but the Julian the Gregorian."""
        return Calendar.JULIAN if self.calendar is Calendar.JULIAN else Calendar.GREGORIAN

    @property
    def value(self) -> EdtfValue | None:
        """What the EDTF means; None where there is no date."""
        return None if self.edtf is None else parse_edtf(self.edtf, self.digits)

    @property
    def understood(self) -> str:
        """What was understood, in English: the label of the date, and the notes."""
        value = self.value
        return "; ".join(("no date" if value is None else value.label, *self.notes))


class DateText(NamedTuple):
    """A text that was read as a date.

    Attributes:
        text: the text.
        readings: everything that it can mean, each once; one at least.
    """

    text: str
    readings: tuple[Reading, ...]

    @property
    def decided(self) -> Reading | None:
        """The reading, where there is only one."""
        return self.readings[0] if len(self.readings) == 1 else None


def read_date_text(text: str, language: Language | None = None, order: Order | None = None) -> DateText:
    """Read a text as a date.

    Args:
        text: what somebody wrote, such as `c. 1850`, `12 de octubre de 1492` or EDTF.
        language: the language of its words; without it, each is tried.
        order: the order of numbers such as `3/4/1848`; without it, both are told. Dots mean day, month, year.

    Raises:
        DateTextError: part of the text is not understood; nothing else is raised.
    """
    if len(text) > MAX_LENGTH:
        raise DateTextError(f"a date has at most {MAX_LENGTH} characters", MAX_LENGTH)
    return _read_short(text, language, order) if len(text) <= _MAX_CACHED else _read(text, language, order)


def _read(text: str, language: Language | None, order: Order | None) -> DateText:
    given = text.strip()
    if not given:
        raise DateTextError("there is no text", 0)
    may_be_edtf = given[0] in _FIRST_OF_EDTF
    as_edtf = _as_edtf(given) if may_be_edtf else None
    if as_edtf is not None and not _is_two_ways(as_edtf.edtf or "", order):
        return DateText(text, (as_edtf,))
    lexemes = lexemes_of(fold(text))
    try:
        readings = _readings(lexemes, language, order)
    except DateTextError as error:
        if given[0] == "[" and as_edtf is None:
            as_edtf = _as_edtf(given, may_be_set_of_one=True)
        if as_edtf is not None:
            return DateText(text, (as_edtf,))
        try:
            of_other_calendars = _of_other_calendars(text)
        except CalendarTextError as fault:
            raise DateTextError(str(fault), 0, len(text)) from None
        if of_other_calendars:
            return DateText(text, of_other_calendars)
        start, end = position_in(text, error.position), position_in(text, error.end)
        raise DateTextError(error.reason, start, max(start + 1, end)) from None
    if as_edtf is not None and all(one.edtf != as_edtf.edtf for one in readings):
        # `1921-22`: the summer of 1921, or two years
        readings.insert(0, as_edtf)
    if not NAMING_WORDS.isdisjoint([lexeme[0] for lexeme in lexemes]):
        # `Ab 5708` is a month of the Hebrew calendar, or German for "from 5708 on".
        with suppress(CalendarTextError):
            readings += [Reading(one.edtf, one.calendar, (one.written,)) for one in read_calendar_text(text)]
    return DateText(text, tuple(readings))


_read_short = lru_cache(maxsize=2_048)(_read)


def _of_other_calendars(text: str) -> tuple[Reading, ...]:
    return tuple(Reading(one.edtf, one.calendar, one.notes) for one in read_other_calendars(text))


def _as_edtf(text: str, *, may_be_set_of_one: bool = False) -> Reading | None:
    """Return the reading of a text that is EDTF; a year in brackets is an editor's, rather than a set of one."""
    # Only in sets a comma and blanks may stand between dates.
    if " " in text and text[0] not in "[{":
        return None
    notes: tuple[str, ...] = ()
    if text[0] == "[" and not may_be_set_of_one and "," not in text and ".." not in text:
        if text[-1] != "]" or text[1:2] in ("", "[", "]"):
            return None
        text, notes = text[1:-1], ("brackets: supplied by an editor",)
    return Reading(text, Calendar.GREGORIAN, notes) if is_edtf(text) else None


def _is_two_ways(text: str, order: Order | None) -> bool:
    """Return whether EDTF such as `1904-05` or `1921-22?` can mean two years as well, or `?-1340` the end of a life."""
    if text[:2] == "?-":
        return True
    if not len("1904-05") <= len(text) <= len("1904-05?"):
        return False
    years = text[:-1] if text[-1:] in ("?", "~", "%") else text
    return (
        len(years) == len("1904-05")
        and years[4] == "-"
        and years[:4].isdecimal()
        and years[2:4] < years[5:]
        and order != "ymd"
    )


def _readings(lexemes: list[Lexeme], language: Language | None, order: Order | None) -> list[Reading]:
    if len(lexemes) > _MAX_WORDS:
        raise DateTextError(f"a date has at most {_MAX_WORDS} words and numbers", lexemes[_MAX_WORDS][1])
    found: dict[tuple[str | None, str], Reading] = {}
    seen: list[list[Token]] = []
    failure: DateTextError | None = None
    for one in languages_in(lexemes) if language is None else (language,):
        try:
            tokens = tokens_of(lexemes, vocabulary_of(one))
            if tokens in seen:
                continue
            seen.append(tokens)
            for reading in _readings_of(tokens, order):
                found.setdefault((reading.edtf, reading.calendar), reading)
        except DateTextError as error:
            if failure is None or error.position > failure.position:
                failure = error
    if not found:
        raise failure or DateTextError("there is no text", 0)
    return list(found.values())


def _readings_of(tokens: list[Token], order: Order | None) -> list[Reading]:
    """Read tokens in every way that they can be read in; those that fail are none."""
    readings: list[Reading] = []
    failure: DateTextError | None = None
    waiting: list[dict[str, int]] = [{}]
    for taken in waiting:
        cursor = Cursor(tokens, order, taken)
        try:
            readings.append(_checked(read_tokens(cursor)))
        except DateTextError as error:
            if failure is None or error.position > failure.position:
                failure = error
        if not cursor.choices:
            continue
        first_ways = dict(taken)
        for name, ways in cursor.choices.items():
            if name not in taken and len(waiting) < _MAX_WAYS:
                waiting += [{**first_ways, name: way} for way in range(1, ways)]
                first_ways[name] = 0
    if not readings:
        raise failure or DateTextError("there is no text", 0)
    return readings


def _checked(found: Found) -> Reading:
    """Return a reading whose EDTF is valid."""
    if found.edtf is not None:
        try:
            parse_edtf(found.edtf, found.calendar)
        except EdtfError as error:
            raise DateTextError(error.reason, 0) from None
    return Reading(found.edtf, found.calendar, found.notes)
