"""Dates that a table has as people write them: `{text: "{Datum}", lang: de, order: dmy}`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, get_args

from app.imports.mapping.errors import CellFault
from app.imports.mapping.templates import Row, Value, columns_of
from app.values.calendar import Calendar
from app.values.calendars.rules import OtherCalendar
from app.values.date_text.reading import (
    LANGUAGES,
    DateText,
    DateTextError,
    Language,
    Order,
    Reading,
    read_date_text,
)
from app.values.date_text.vocabulary import words_for_the_present
from app.values.text_folding import fold

TEXT: Final = "text"
"""The keyword of a date as it is written."""

OF_A_TEXT: Final = frozenset({TEXT, "lang", "order"})
"""The keywords of a date as it is written."""

BESIDE_A_TEXT: Final = frozenset({"as_written", "note"})
"""What may be said of a whole date beside its text."""

_ORDERS: Final[tuple[Order, ...]] = get_args(Order)
_MAX_TOLD: Final = 4


class Compiler(Protocol):
    """The interface of what compiles the values that a text is made of."""

    def value(self, said: Any, pointer: str) -> Value:
        """Compile a text, or an object that says how it is transformed."""

    def refuse(self, pointer: str, detail: str, suggestion: str | None = None) -> None:
        """Add a fault of the mapping."""


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date that was read from a cell.

    Attributes:
        edtf: the value.
        calendar: the calendar that it is written in; None where it has none: an open or unknown end.
        digits: the calendar of the digits of `edtf`; None likewise.
        as_written: the text of the cell; nothing where nobody wrote it so.
    """

    edtf: str
    calendar: Calendar | OtherCalendar | None
    digits: Calendar | None
    as_written: str


TextReader = Callable[[Row], WrittenDate | None]


def word_key(text: str) -> str:
    """Return what is compared of a word that stands in place of a date: without case, accents, and a full stop at its end."""
    return " ".join(fold(text).replace("\u2019", "'").split()).rstrip(" .")


def compiled_text(
    said: dict[str, Any],
    pointer: str,
    compiler: Compiler,
    words: Mapping[str, str] | None = None,
    *,
    is_last: bool = False,
) -> TextReader:
    """Make a function that reads a date; None where its columns are empty, or say that there is no date.

    `words` stand in place of a date, and are EDTF for the end of an interval. With `is_last` it is the last end, where
    those for the present (`heute`, `ongoing`) are open, unless `words` says otherwise.
    """
    source = compiler.value(said[TEXT], f"{pointer}/{TEXT}")
    language: Language | None = _word(said, "lang", LANGUAGES, pointer, compiler)
    order: Order | None = _word(said, "order", _ORDERS, pointer, compiler)
    columns = columns_of(said[TEXT])
    stand_in = {**(dict.fromkeys(words_for_the_present(language), "..") if is_last else {}), **(words or {})}

    def read(row: Row) -> WrittenDate | None:
        text = source(row)
        if text is None:
            return None
        written = " ".join(text.split())
        if stand_in and (meaning := stand_in.get(word_key(written))) is not None:
            return WrittenDate(meaning, None, None, written)
        try:
            found = read_date_text(written, language, order)
        except DateTextError as error:
            detail = (
                f"This is not understood as a date: {error.reason}, at character {error.position + 1}. Put it right, or "
                "add the cell to `empty` of the table if it stands for nothing."
            )
            raise CellFault("unreadable_date", detail, text, columns) from None
        decided = found.decided
        if decided is None:
            raise CellFault("several_readings", _choice(found, language, order), text, columns)
        if decided.edtf is None:
            return None
        return WrittenDate(decided.edtf, decided.calendar, decided.digits, written)

    return read


def _word(said: dict[str, Any], name: str, among: tuple[Any, ...], pointer: str, compiler: Compiler) -> Any:
    word = said.get(name)
    if word is not None and word not in among:
        compiler.refuse(f"{pointer}/{name}", f"Choose one of {', '.join(among)}.")
        return None
    return word


def _choice(found: DateText, language: Language | None, order: Order | None) -> str:
    """Return what a text can mean, and what in the mapping decides it."""
    told = " or ".join(f"{_value(one)} ({one.understood})" for one in found.readings[:_MAX_TOLD])
    more = len(found.readings) - _MAX_TOLD
    told += f" or {more} more" if more > 0 else ""
    words = [f"`order: {one}`" for one in _ORDERS if order is None and _decides(found.text, language, one)]
    words += [f"`lang: {one}`" for one in LANGUAGES if language is None and _decides(found.text, one, order)]
    how = f"say {' or '.join(words)} in the mapping" if words else "write it in the table as one of them"
    return f"This can mean {told}: {how}."


def _value(reading: Reading) -> str:
    return "no date" if reading.edtf is None else reading.edtf


def _decides(text: str, language: Language | None, order: Order | None) -> bool:
    try:
        return read_date_text(text, language, order).decided is not None
    except DateTextError:
        return False


def of_one_date(read: TextReader, columns: tuple[str, ...]) -> Value:
    """Make a function that returns the EDTF of one end of an interval, which is one date."""

    def value(row: Row) -> str | None:
        found = read(row)
        if found is None:
            return None
        if found.edtf[:1] in ("[", "{") or "/" in found.edtf:
            detail = f"An end of an interval is one date, and this is {found.edtf}: give it a year or a day."
            raise CellFault("not_a_date", detail, found.as_written, columns)
        return found.edtf

    return value


def described(
    said: dict[str, Any], pointer: str, compiler: Compiler, date: Value, texts: list[TextReader]
) -> Value:
    """Make a function that returns an object of a date: its EDTF, its calendar, and what was written."""
    besides = {name: compiler.value(said[name], f"{pointer}/{name}") for name in BESIDE_A_TEXT & said.keys()}

    def made(row: Row) -> dict[str, str] | None:
        edtf = date(row)
        if edtf is None:
            return None
        found = [one for read in texts if (one := read(row)) is not None]
        member = {"edtf": edtf}
        calendar = _calendar(found)
        if calendar is not Calendar.GREGORIAN:
            member["calendar"] = calendar.value
        if written := dict.fromkeys(one.as_written for one in found if one.as_written):
            member["as_written"] = " – ".join(written)
        for name, value in besides.items():
            text = value(row)
            if text is not None:
                member[name] = text
        return member

    return made


def in_gregorian(date: Value, texts: list[TextReader], columns: tuple[str, ...]) -> Value:
    """Make a function that returns the EDTF alone, of which no calendar can be said."""

    def made(row: Row) -> Any:
        edtf = date(row)
        if (
            edtf is not None
            and _calendar([one for read in texts if (one := read(row)) is not None]) is Calendar.JULIAN
        ):
            detail = "This is in the Julian calendar: write `date: {text: …}`, or `wikidata`, in the mapping, which says so, not `edtf`."
            raise CellFault("another_calendar", detail, None, columns)
        return edtf

    return made


def _calendar(found: list[WrittenDate]) -> Calendar | OtherCalendar:
    """Return the calendar of a date; Gregorian as well where its ends are of two, and their digits all Gregorian."""
    if len({one.digits for one in found if one.digits is not None}) > 1:
        detail = "One end is in the Julian calendar (Old Style) and the other is not: write both in one."
        raise CellFault("two_calendars", detail, " – ".join(one.as_written for one in found))
    calendars = {one.calendar for one in found if one.calendar is not None}
    return calendars.pop() if len(calendars) == 1 else Calendar.GREGORIAN
