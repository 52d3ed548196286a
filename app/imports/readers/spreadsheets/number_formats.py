"""What the format of a cell says of its number (ISO/IEC 29500-1, 18.8.30 and 18.8.31): a day, a time, leading zeros."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from app.imports.readers.spreadsheets.errors import broken
from app.imports.readers.spreadsheets.xml_parts import parse_small_part

_MAX_FORMATS: Final = 100_000

_BUILT_IN: Final = {
    **dict.fromkeys((14, 15, 27, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), "yyyy-mm-dd"),
    16: "d-mmm",
    17: "mmm-yy",
    **dict.fromkeys((18, 19, 20, 21, 45, 46, 47, 32, 33, 34, 35, 55, 56), "h:mm"),
    22: "m/d/yy h:mm",
    28: "yyyy-mm-dd",
    29: "yyyy-mm-dd",
}
"""Formats that have numbers alone. Those from 27 to 36 and 50 to 58 differ by language; all are of dates or times."""

_NO_CODE: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
"""What is no code: words, escaped characters, padding, colours, conditions and languages; not elapsed times."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How a number is shown.

    Attributes:
        has_date: with a year, a month or a day.
        has_time: with hours, minutes or seconds.
        has_day: with a day of the month, where it has a date.
        is_elapsed: with hours, minutes or seconds that go on past a day.
        digits: how many digits there are at least, filled up with zeros; 0: as many as it has.
    """

    has_date: bool = False
    has_time: bool = False
    has_day: bool = True
    is_elapsed: bool = False
    digits: int = 0


PLAIN: Final = NumberFormat()


def parse_number_format(code: str) -> NumberFormat:
    """Parse a format code, by its first section, which is that of positive numbers."""
    section = _NO_CODE.sub("", code).partition(";")[0].lower()
    if section.strip("0") == "" and len(section) > 1:
        return NumberFormat(digits=len(section))
    if "general" in section or ("#" in section or "?" in section or "@" in section):
        return PLAIN
    has_time = any(one in section for one in ("h", "s", "am/pm", "[m"))
    has_year = "y" in section or "e" in section.replace("e+", "").replace("e-", "")
    has_day = "d" in section
    # Next to hours or seconds alone, `m` is for minutes.
    has_month = "m" in section and not (has_time and not has_year and not has_day)
    has_date = has_year or has_day or has_month
    if not has_date and not has_time:
        return PLAIN
    return NumberFormat(has_date, has_time, has_day or not has_date, "[" in section)


def read_styles(pieces: Iterable[bytes]) -> list[NumberFormat]:
    """Read the formats of a workbook, by the number that cells give as their style.

    Raises:
        BadSpreadsheet: the part is broken.
    """
    codes = dict(_BUILT_IN)
    styles: list[int] = []
    is_cells = False

    def started(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal is_cells
        try:
            if tag == "numFmt":
                codes[int(attributes["numFmtId"])] = attributes["formatCode"]
            elif tag == "cellXfs":
                is_cells = True
            elif tag == "xf" and is_cells:
                styles.append(int(attributes.get("numFmtId", "0")))
        except (KeyError, ValueError):
            raise broken("styles.xml has a format without number or code") from None
        if len(styles) > _MAX_FORMATS or len(codes) > _MAX_FORMATS:
            raise broken(f"styles.xml has more than {_MAX_FORMATS:,} formats")

    def ended(tag: str) -> None:
        nonlocal is_cells
        if tag == "cellXfs":
            is_cells = False

    parse_small_part(pieces, "styles.xml", "styleSheet", started, ended)
    parsed = {number: parse_number_format(codes[number]) for number in set(styles) if number in codes}
    return [parsed.get(number, PLAIN) for number in styles]
