"""Figures: columns that count casualties, each with its bounds."""

from dataclasses import dataclass, field
from typing import Final

from app.imports.mapping.suggest import column_names as names
from app.imports.mapping.suggest.column_names import Words
from app.imports.mapping.suggest.draft import Draft
from app.imports.mapping.suggest.numbers import Numbers, choices, decided, decimal_signs, numbers_of
from app.imports.mapping.suggest.sample import Column
from app.imports.mapping.suggest.yaml_text import column as template
from app.imports.mapping.suggest.yaml_text import (
    listed,
    literal,
    quoted,
    shown,
    shown_name,
    with_choice,
    with_guess,
)

_MEASURES: Final = (
    ("deaths", names.DEATHS),
    ("casualties", names.CASUALTIES),
    ("injured", names.INJURED),
)

_BOUNDS: Final = (("low", names.LOWEST), ("best", names.BEST), ("high", names.HIGHEST))
_AT: Final = "      "


@dataclass
class Figure:
    """What is counted, with its bounds.

    Attributes:
        measure: a term of figure-measure; None where no name says which.
        group: the rest of the name: who is counted.
        bounds: `low`, `best` and `high`, as far as there are columns of them.
        is_likely: whether the measure is that of the other columns of the table.
    """

    measure: str | None
    group: str
    bounds: dict[str, tuple[Column, Numbers]] = field(default_factory=dict)
    is_likely: bool = False


def figures_of(draft: Draft) -> list[Figure]:
    """Find the columns that count the dead, the wounded, or both together."""
    found: dict[tuple[str | None, str], Figure] = {}
    signs = decimal_signs(draft.columns)
    for one in draft.free():
        read = _read(one)
        if read is None:
            continue
        measure, bound, group = read
        numbers = numbers_of(one)
        if numbers is not None:
            numbers = decided(numbers, signs)
        if numbers is None:
            if measure is not None:
                draft.leave_out(one, f"by its name a count, but it has {_odd(one)}")
            continue
        if numbers.lowest < 0:
            lowest = next(cell for cell in one.distinct if cell.startswith("-"))
            draft.leave_out(
                one,
                f"it has {shown(lowest)}, less than nothing; if that means no answer, say so in `table: {{empty: [{shown(lowest)}]}}`",
            )
            continue
        figure = found.setdefault((measure, group), Figure(measure, group))
        if bound in figure.bounds:
            continue
        figure.bounds[bound] = one, numbers
    # Without a measure in their names, columns count as bounds only together with a best estimate.
    figures = [
        figure for figure in found.values() if figure.measure is not None or {"best"} < figure.bounds.keys()
    ]
    named = sorted({figure.measure for figure in figures if figure.measure is not None})
    figures = [figure for figure in figures if not _is_left_out(draft, figure, named)]
    for figure in figures:
        if figure.measure is None and len(named) == 1:
            figure.measure, figure.is_likely = named[0], True
        draft.use(one for one, _ in figure.bounds.values())
    return figures


def _is_left_out(draft: Draft, figure: Figure, named: list[str]) -> bool:
    """Leave out a figure of which something is in doubt, where nobody can be asked: without one bound it says something else."""
    if draft.asks:
        return False
    why = "nothing says what it counts" if figure.measure is None and len(named) != 1 else ""
    for one, numbers in figure.bounds.values():
        if len(numbers.readings) > 1:
            ways = choices(quoted(template(one.name)), numbers)
            why = f"a count that can be read in two ways, as {ways}; write `figures` with the right one"
    for one, _ in figure.bounds.values() if why else ():
        draft.leave_out(one, why)
    return bool(why)


def _out_of_order(figure: Figure) -> int:
    """Return in how many rows a bound contradicts the best estimate, or the other bound."""
    if any(len(numbers.readings) > 1 for _, numbers in figure.bounds.values()):
        return 0
    ordered = [figure.bounds[bound] for bound, _ in _BOUNDS if bound in figure.bounds]
    values = []
    for one, numbers in ordered:
        read = dict(zip(one.distinct, numbers.readings[0].values(one.distinct) or (), strict=False))
        values.append([read.get(cell) for cell in one.cells])
    rows = ([value for value in row if value is not None] for row in zip(*values, strict=True))
    return sum(row != sorted(row) for row in rows)


def _read(one: Column) -> tuple[str | None, str, str] | None:
    """Parse a name: what is counted, which bound of it, and of whom."""
    own = set(one.words)
    measures = [(measure, own & words) for measure, words in _MEASURES if own & words]
    bounds = [bound for bound, words in _BOUNDS if own & words]
    if own & names.NO_COUNTS or len(measures) > 1 or len(bounds) > 1 or not (measures or bounds):
        return None
    bound = bounds[0] if bounds else "best"
    taken: Words = frozenset().union(
        names.OF_COUNTS, *(words for _, words in _BOUNDS), *(words for _, words in measures)
    )
    group = " ".join(word for word in one.words if word not in taken)
    if not measures and group:
        return None
    return (measures[0][0] if measures else None), bound, group


def _odd(one: Column) -> str:
    odd = [
        cell for cell in one.distinct if not cell.isascii() or not cell.lstrip("-").isdigit()
    ] or one.distinct
    return shown(odd[0])


def figure_lines(figures: list[Figure]) -> list[str]:
    """Draft figures; what is counted, and how its numbers are written, is left open where that is in doubt."""
    if not figures:
        return []
    lines = ["    figures:"]
    for figure in figures:
        columns = listed([shown_name(one.name) for one, _ in figure.bounds.values()])
        if figure.measure is None:
            what = f"what {columns} count, a term of figure-measure such as deaths"
            lines.append(with_choice(f"{_AT}- measure:", what))
        elif figure.is_likely:
            why = f"{columns} stand beside columns that count {figure.measure}"
            lines.append(with_guess(f"{_AT}- measure: {figure.measure}", why))
        else:
            verb = "counts" if len(figure.bounds) == 1 else "count"
            means = (
                " (dead, wounded, captured and missing together)" if figure.measure == "casualties" else ""
            )
            lines.append(
                with_guess(f"{_AT}- measure: {figure.measure}", f"{columns} {verb} {figure.measure}{means}")
            )
        if figure.group:
            lines.append(
                with_guess(
                    f"{_AT}  group: {quoted(literal(figure.group))}", f"of those alone; {columns} says so"
                )
            )
        for bound, _ in _BOUNDS:
            if bound in figure.bounds:
                lines.append(_number(bound, *figure.bounds[bound]))
        if (odd := _out_of_order(figure)) and "best" in figure.bounds:
            why = f"in {odd:,} rows the bounds do not enclose the best estimate, and give way to it"
            lines.append(with_guess(f"{_AT}  in_order: true", why))
    return lines


def _number(bound: str, one: Column, numbers: Numbers) -> str:
    text = quoted(template(one.name))
    if len(numbers.readings) > 1:
        return with_choice(f"{_AT}  {bound}:", choices(text, numbers))
    (reading,) = numbers.readings
    if not reading.said:
        return f"{_AT}  {bound}: {text}"
    marked = next(cell for cell in one.distinct if not cell.lstrip("-").isdigit())
    return with_guess(
        f"{_AT}  {bound}: {{from: {text}, {reading.said}}}", f"so that {shown(marked)} is a number"
    )
