"""Columns that hold dates: which of them a mapping can read, and which end they are."""

import re
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from app.imports.mapping.suggest import column_names as names
from app.imports.mapping.suggest.column_names import Words
from app.imports.mapping.suggest.date_texts import Writing, writing_of
from app.imports.mapping.suggest.sample import Column
from app.imports.mapping.suggest.yaml_text import column as template
from app.imports.mapping.suggest.yaml_text import quoted, shown
from app.values.edtf.nodes import EdtfError
from app.values.edtf.value import parse_edtf

_DAY: Final = re.compile(r"-?\d{4}-\d\d-\d\d", re.ASCII)
_MONTH: Final = re.compile(r"-?\d\d(\d\d)-(\d\d)", re.ASCII)

_MOMENT: Final = re.compile(
    r"(-?\d{4}-\d\d-\d\d)[T ]([01]\d|2[0-4]):[0-5]\d(:[0-5]\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII
)

_YEAR: Final = re.compile(r"-?\d{1,4}(\.0)?", re.ASCII)
_SMALL: Final = re.compile(r"\d{1,2}(\.0)?", re.ASCII)
_FEWEST_TO_TELL: Final = 5


class Role(Enum):
    """Which end of something a date is, by the name of its column."""

    START = auto()
    END = auto()
    ALONE = auto()


@dataclass(frozen=True)
class Moment:
    """A date, in one column or in those of its parts.

    Attributes:
        role: which end it is.
        rest: the rest of the name: what it is the date of.
        columns: its columns; of parts year, month and day in this order.
        is_parts: whether it has its parts in columns of numbers.
        has_time: whether a time of day follows the day.
        ranges: whether it is written in the dialect `..1816-01-01`, `2017-12-31..`.
        remarks: what to mind.
        writing: how people wrote it, if it is neither EDTF nor parts.
    """

    role: Role
    rest: Words
    columns: tuple[Column, ...]
    is_parts: bool = False
    has_time: bool = False
    ranges: bool = False
    remarks: tuple[str, ...] = ()
    writing: Writing | None = None

    @property
    def first(self) -> Column:
        """The column without which there is no date."""
        return self.columns[0]

    @property
    def is_year_alone(self) -> bool:
        """Whether it is only a year."""
        return self.is_parts and len(self.columns) == 1

    @property
    def members(self) -> list[str]:
        """Return its parts, `text` or `from` as members of an object."""
        if self.writing is not None:
            return [f"text: {quoted(template(self.first.name))}", *self.writing.members]
        if not self.is_parts:
            return [f"from: {self.text}"]
        return [
            f"{part}: {quoted(template(one.name))}"
            for part, one in zip(("year", "month", "day"), self.columns, strict=False)
        ]

    @property
    def text(self) -> str:
        """Return the date: a template, or an object of parts or of a text."""
        if self.is_parts or self.writing is not None:
            return f"{{{', '.join(self.members)}}}"
        return quoted(template(self.first.name, *(("day",) if self.has_time else ())))


@dataclass(frozen=True)
class Found:
    """The dates of a table.

    Attributes:
        moments: the dates that a mapping can read.
        unreadable: columns that are dates by their names, with their roles and an example.
    """

    moments: list[Moment]
    unreadable: list[tuple[Column, Role, Words, str]]


def dates_of(columns: list[Column]) -> Found:
    """Find the dates among columns."""
    found = Found([], [])
    parts, rest = _by_parts(columns)
    for (role, words), group in parts.items():
        _read_parts(role, words, group, found)
    for one in rest:
        _read_column(one, found)
    return found


def _by_parts(columns: list[Column]) -> tuple[dict[tuple[Role, Words], dict[str, Column]], list[Column]]:
    """Group columns of years, months and days by the rest of their names."""
    groups: dict[tuple[Role, Words], dict[str, Column]] = {}
    rest = []
    for one in columns:
        part = next((part for part, words in _PARTS.items() if len(words.intersection(one.words)) == 1), None)
        # A day of the form 1919-06-28 is a whole date, and so is a year.
        is_part = part is not None and (not one.distinct or not all(map(_DAY.match, one.distinct)))
        if part is None or not is_part:
            rest.append(one)
            continue
        role, others = _role(set(one.words) - _PARTS[part])
        group = groups.setdefault((role, others), {})
        if part in group:
            rest.append(one)
        else:
            group[part] = one
    for key in [key for key, group in groups.items() if "year" not in group]:
        rest += groups.pop(key).values()
    return groups, rest


_PARTS: Final = {"year": names.YEARS, "month": names.MONTHS, "day": names.DAYS}
_IGNORED: Final = names.FILLERS | names.OF_EVENTS | names.REIGNS | names.DATES | names.WEAK_DATES


def _role(words: set[str]) -> tuple[Role, Words]:
    starts = names.STARTS | names.WEAK_STARTS
    ends = names.ENDS | names.WEAK_ENDS
    others = frozenset(words - _IGNORED - starts - ends)
    if words & starts and not words & ends:
        return Role.START, others
    if words & ends and not words & starts:
        return Role.END, others
    return Role.ALONE, others


def _read_parts(role: Role, rest: Words, group: dict[str, Column], found: Found) -> None:
    year = group["year"]
    if not year.distinct:
        return
    # `active_year` may be a flag; together with a month it is a date of something.
    if rest and role is Role.ALONE and "month" not in group:
        return
    if not all(map(_YEAR.fullmatch, year.distinct)):
        _read_column(year, found, is_date=True)
        for part in ("month", "day"):
            if part in group and group[part].distinct:
                why = "it goes with a year that is no number"
                found.unreadable.append((group[part], Role.ALONE, rest, why))
        return
    numbers = [int(float(cell)) for cell in year.distinct]
    if max(numbers) < 100:
        found.unreadable.append((year, role, rest, "years of one or two digits may be of any century"))
        return
    columns = [year]
    for part, most in (("month", 12), ("day", 31)):
        one = group.get(part)
        if one is None or not one.distinct:
            break
        odd = [cell for cell in one.distinct if not _SMALL.fullmatch(cell) or not 1 <= float(cell) <= most]
        if odd:
            found.unreadable.append((one, Role.ALONE, rest, f"it has {_examples(odd)}"))
            break
        columns.append(one)
    for part in ("month", "day")[len(columns) - 1 :]:
        if (
            (one := group.get(part)) is not None
            and one.distinct
            and all(one is not known[0] for known in found.unreadable)
        ):
            found.unreadable.append((one, Role.ALONE, rest, "it goes with a month that is left out"))
    remarks = ("negative years are taken as astronomical, -43 as 44 BC",) if min(numbers) < 0 else ()
    found.moments.append(Moment(role, rest, tuple(columns), is_parts=True, remarks=remarks))


def _read_column(one: Column, found: Found, *, is_date: bool = False) -> None:
    """Return whether a column holds dates, by its name or by its cells."""
    words = set(one.words)
    if not one.distinct or words & (names.PRECISIONS | names.CALENDARS | names.NOT_OF_EVENTS):
        return
    role, rest = _role(words - names.YEARS - names.DAYS)
    # A column is a date by its name if the name says nothing else, or says that it is a date: `start`,
    # `signature_date`.
    strong = is_date or bool(
        words & (names.DATES | names.YEARS) or (not rest and words & (names.STARTS | names.ENDS))
    )
    weak = not rest and bool(words & (names.WEAK_DATES | names.WEAK_STARTS | names.WEAK_ENDS | names.DAYS))
    has_days = all(_DAY.search(cell) for cell in one.distinct)
    if not (strong or weak or has_days):
        return
    moment = _moment(one, role, rest)
    if moment is not None:
        # `from` and `to` may be any numbers, except those of four digits.
        numbers = all(map(_YEAR.fullmatch, one.distinct))
        if strong or not numbers or all(len(cell) == 4 for cell in one.distinct):
            found.moments.append(moment)
    elif strong or has_days or (weak and all(re.search(r"\d{3}", cell) for cell in one.distinct)):
        writing = writing_of(one.distinct, is_end=role is Role.END, all_needed=not strong)
        if isinstance(writing, Writing):
            found.moments.append(Moment(role, rest, (one,), remarks=writing.remarks, writing=writing))
            return
        odd = [cell for cell in one.distinct if not _is_readable(cell)] or one.distinct
        found.unreadable.append((one, role, rest, f"it has {_examples(odd)}; {writing}"))


def _moment(one: Column, role: Role, rest: Words) -> Moment | None:
    cells = one.distinct
    if all(map(_YEAR.fullmatch, cells)) and not all(map(_is_readable, cells)):
        # Years of fewer than four digits are numbers.
        years = [int(float(cell)) for cell in cells]
        if max(years) < 100:
            return None
        remarks = ("negative years are taken as astronomical, -43 as 44 BC",) if min(years) < 0 else ()
        return Moment(role, rest, (one,), is_parts=True, remarks=remarks)
    moment = Moment(
        role, rest, (one,), has_time=any(map(_MOMENT.fullmatch, cells)), remarks=tuple(_remarks(cells))
    )
    if all(map(_is_readable, cells)):
        return moment
    side = str.removeprefix if role is Role.START else str.removesuffix
    if role is not Role.ALONE and all(
        _DAY.fullmatch(side(cell, "..")) and _is_readable(side(cell, "..")) for cell in cells
    ):
        return replace(moment, ranges=True)
    return None


def _is_readable(cell: str) -> bool:
    found = _MOMENT.fullmatch(cell)
    month = _MONTH.fullmatch(cell)
    if month is not None and int(month[2]) > 12:
        # 1921-22 is the summer of 1921 in EDTF, and two years as people write.
        return False
    try:
        parse_edtf(found[1] if found is not None else cell)
    except EdtfError:
        return False
    return True


def _remarks(cells: list[str]) -> list[str]:
    remarks = []
    if any(cell.startswith("-") for cell in cells):
        remarks.append("negative years are taken as astronomical, -0043 as 44 BC")
    days = [cell[:10] for cell in cells if _DAY.match(cell)]
    if any(day < "1582-10-15" for day in days):
        remarks.append("days before 15 October 1582 are taken as Gregorian")
    if len(days) >= _FEWEST_TO_TELL and all(day.endswith("-01-01") for day in days):
        remarks.append("each is a 1 January, as where only the year is known")
    months = [month for month in map(_MONTH.fullmatch, cells) if month is not None]
    if months and all(month[2] > month[1] for month in months):
        remarks.append(f"{shown(months[0][0])} is taken as a month, not as two years")
    return remarks


def _examples(cells: list[str]) -> str:
    more = f" and {len(cells) - 3} more" if len(cells) > 3 else ""
    return ", ".join(shown(cell) for cell in cells[:3]) + more
