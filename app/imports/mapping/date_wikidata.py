"""Dates as Wikidata writes them: `{wikidata: "{time}", precision: "{precision}", calendar: "{calendar}", years: rdf}`."""

from typing import Any, Final, Protocol, get_args

from app.imports.mapping.date_texts import TextReader, WrittenDate
from app.imports.mapping.errors import CellFault
from app.imports.mapping.templates import Row, Value, columns_of
from app.values.wikidata_time import (
    CENTURY,
    DAY,
    DECADE,
    GREGORIAN_MODEL,
    JULIAN_MODEL,
    MILLENNIUM,
    MONTH,
    YEAR,
    WikidataTimeError,
    Years,
    read_wikidata_time,
    years_of,
)

WIKIDATA: Final = "wikidata"
"""The keyword of a time of Wikidata."""

OF_WIKIDATA: Final = frozenset({WIKIDATA, "precision", "calendar", "years"})
"""The keywords of a time of Wikidata."""

_YEARS: Final[tuple[Years, ...]] = get_args(Years)
_MODELS: Final = {"gregorian": GREGORIAN_MODEL, "julian": JULIAN_MODEL}
_PRECISIONS: Final = {
    "day": DAY,
    "month": MONTH,
    "year": YEAR,
    "decade": DECADE,
    "century": CENTURY,
    "millennium": MILLENNIUM,
    **{str(number): number for number in range(DAY + 1)},
}


class Compiler(Protocol):
    """The interface of what compiles the values that a time is made of."""

    def value(self, said: Any, pointer: str) -> Value:
        """Compile a text, or an object that says how it is transformed."""

    def refuse(self, pointer: str, detail: str, suggestion: str | None = None) -> None:
        """Add a fault of the mapping."""


def compiled_wikidata(said: dict[str, Any], pointer: str, compiler: Compiler) -> TextReader:
    """Make a function that reads a time of Wikidata; None where its column is empty.

    What is not said, the calendar or how years are counted, is a fault of the rows where it matters.
    """
    source = compiler.value(said[WIKIDATA], f"{pointer}/{WIKIDATA}")
    if "precision" not in said:
        compiler.refuse(pointer, "A time of Wikidata needs its precision: a column, or 11 for days.")
    precise = compiler.value(said.get("precision", str(DAY)), f"{pointer}/precision")
    calendar = compiler.value(said["calendar"], f"{pointer}/calendar") if "calendar" in said else None
    years: Years | None = said.get("years")
    if years is not None and years not in _YEARS:
        compiler.refuse(
            f"{pointer}/years",
            "Choose json (-0044 is 44 BCE) or rdf, as the query service answers (-0043 is 44 BCE).",
        )
    columns = columns_of({name: one for name, one in said.items() if name != "years"})

    def read(row: Row) -> WrittenDate | None:
        time = source(row)
        if time is None:
            return None
        written = precise(row)
        precision = _PRECISIONS.get(str(written).lower())
        if precision is None:
            detail = "Say how precise the time is: 11 (a day), 10 (a month), 9 (a year), down to 0."
            raise CellFault("unknown_precision", detail, written, columns)
        model = calendar(row) if calendar is not None else None
        models = tuple(_MODELS.values()) if model is None else (str(_MODELS.get(model.lower(), model)),)
        known = years or years_of(time)
        try:
            return _read(time, precision, models, _YEARS if known is None else (known,))
        except WikidataTimeError as error:
            raise CellFault("not_a_date", str(error), time, columns) from None

    return read


def _read(time: str, precision: int, models: tuple[str, ...], conventions: tuple[Years, ...]) -> WrittenDate:
    """Return what a time means by all of these calendars and conventions.

    Raises:
        WikidataTimeError: it is no time, or it means different dates.
    """
    found, failed = set(), None
    for model in models:
        for years in conventions:
            try:
                found.add(read_wikidata_time(time, precision, model, years))
            except WikidataTimeError as error:
                failed = error
    if failed is not None and not found:
        raise failed
    if len({one.edtf for one in found}) > 1:
        raise WikidataTimeError(
            "Say in the mapping how years are counted: `years: json` (-0044 is 44 BCE) or `years: rdf`, as the query service "
            "answers (-0043 is 44 BCE)."
        )
    if len(found) > 1:
        raise WikidataTimeError(
            "Say in the mapping which calendar the time is of: `calendar`, a column or a word, gregorian or julian; and `years`."
        )
    (one,) = found
    return WrittenDate(one.edtf, one.calendar, one.calendar, "")
