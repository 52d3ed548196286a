"""Columns of dates as people write them: whether they can be read, in which language and order."""

from dataclasses import dataclass
from typing import Final

from app.imports.mapping.suggest.yaml_text import listed, shown
from app.values.date_text.reading import LANGUAGES, DateTextError, Language, Order, Reading, read_date_text

_LEAST_READ: Final = 0.8
_MAX_READ: Final = 2_000
_DAY_OR_MONTH_FIRST: Final[tuple[Order, ...]] = ("dmy", "mdy")


@dataclass(frozen=True, slots=True)
class Writing:
    """How the dates of a column are written.

    Attributes:
        language: their language, where it decides.
        order: the order of their numbers, where the column decides it.
        remarks: what to mind.
    """

    language: Language | None
    order: Order | None
    remarks: tuple[str, ...]

    @property
    def members(self) -> list[str]:
        """Return it as members beside `text`."""
        found = (("lang", self.language), ("order", self.order))
        return [f"{name}: {word}" for name, word in found if word is not None]


def writing_of(cells: list[str], *, is_end: bool, all_needed: bool) -> Writing | str:
    """Return how the dates of a column are written, or why it cannot be read, as a clause.

    Args:
        cells: its different cells.
        is_end: whether each must be one date, for it is one end of something.
        all_needed: whether each must be read; else a few may not.
    """
    cells = cells[:_MAX_READ]
    least = len(cells) if all_needed else _LEAST_READ * len(cells)
    tried: tuple[Language | None, ...] = (None, *LANGUAGES)
    for language in tried:
        order = _order_of(cells, language, least)
        if isinstance(order, str) and order not in _DAY_OR_MONTH_FIRST:
            return order
        found = [_decided(cell, language, order) for cell in cells]
        read = [one is not None and not (is_end and _is_several(one)) for one in found]
        dated = sum(one is not None and one.edtf is not None for one in found)
        if sum(read) >= least and 2 * dated >= len(cells):
            return Writing(language, order, tuple(_remarks(cells, found, read)))
    return "there are cells that are not read as one date"


def _order_of(cells: list[str], language: Language | None, least: float) -> Order | str | None:
    """Return the order that the column decides; None: it makes no difference; other texts say why it is open."""
    differing = []
    possible = dict.fromkeys(_DAY_OR_MONTH_FIRST, True)
    for cell in cells:
        one, other = (_decided(cell, language, order) for order in _DAY_OR_MONTH_FIRST)
        if one == other:
            continue
        differing.append(cell)
        possible["dmy"] = possible["dmy"] and one is not None
        possible["mdy"] = possible["mdy"] and other is not None
    if not differing:
        return None
    decided = [order for order, is_possible in possible.items() if is_possible]
    if len(decided) == 1:
        return decided[0]
    undecided = [cell for cell in differing if _decided(cell, language, None) is None]
    if decided and len(cells) - len(undecided) >= least:
        # Dots say that the day comes first.
        return None
    how = "say which in `order: dmy` or `order: mdy` beside `text`" if decided else "its cells differ in it"
    return f"the day or the month may come first in {shown(differing[0])}: {how}"


def _decided(cell: str, language: Language | None, order: Order | None) -> Reading | None:
    try:
        return read_date_text(cell, language, order).decided
    except DateTextError:
        return None


def _is_several(reading: Reading) -> bool:
    return reading.edtf is not None and (reading.edtf[0] in "[{" or "/" in reading.edtf)


def _remarks(cells: list[str], found: list[Reading | None], read: list[bool]) -> list[str]:
    example = next(
        (cell, one)
        for cell, one in zip(cells, found, strict=True)
        if one is not None and one.edtf is not None
    )
    remarks = [f"{shown(example[0])} is taken as {shown(example[1].value.label if example[1].value else '')}"]
    unread = [cell for cell, is_read in zip(cells, read, strict=True) if not is_read]
    if unread:
        more = f" and {len(unread) - 3:,} more" if len(unread) > 3 else ""
        remarks.append(f"not read as one date: {listed([shown(cell) for cell in unread[:3]])}{more}")
    return remarks
