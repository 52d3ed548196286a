"""Columns of dates as Wikidata writes them, with the columns of their precision and calendar."""

from typing import Final

from app.imports.mapping.suggest import column_names as names
from app.imports.mapping.suggest.date_columns import Found, Role
from app.imports.mapping.suggest.draft import Draft
from app.imports.mapping.suggest.sample import Column
from app.imports.mapping.suggest.yaml_text import column as template
from app.imports.mapping.suggest.yaml_text import quoted, shown_name, with_guess
from app.values.wikidata_time import GREGORIAN_MODEL, JULIAN_MODEL, WIKIDATA_TIME, years_of

_PRECISIONS: Final = frozenset(map(str, range(12)))
_MODELS: Final = frozenset({GREGORIAN_MODEL, JULIAN_MODEL})


def wikidata_date(draft: Draft, found: Found) -> list[str]:
    """Draft the date of a row whose times are written as Wikidata does; no lines where there is none.

    What tells is a sign or a zero for a month, or calendars by the numbers of their items; and there has to be a
    precision. Years before our era are read only where the column shows how they are counted.
    """
    times = [one.first for one in found.moments if one.role is Role.ALONE and not one.is_parts]
    times += [one for one, role, _, _ in found.unreadable if role is Role.ALONE]
    times = [one for one in times if all(map(WIKIDATA_TIME.fullmatch, one.distinct))]
    precision = _column(draft, names.PRECISIONS, _PRECISIONS)
    calendar = _column(draft, names.CALENDARS, _MODELS)
    if len(times) != 1 or precision is None:
        return []
    (time,) = times
    years = next(filter(None, map(years_of, time.distinct)), None)
    if years is None and calendar is None:
        return []
    draft.use([time, precision, *([calendar] if calendar is not None else [])])
    draft.left_out.pop(time.name, None)
    members = [f"wikidata: {quoted(template(time.name))}", f"precision: {quoted(template(precision.name))}"]
    if calendar is not None:
        members.append(f"calendar: {quoted(template(calendar.name))}")
    why = f"{shown_name(time.name)} has times as Wikidata writes them"
    if years is not None:
        members.append(f"years: {years}")
        why += "; in its JSON, -0044 is 44 BCE"
    return [with_guess(f"    date: {{{', '.join(members)}}}", why)]


def _column(draft: Draft, words: names.Words, cells: frozenset[str]) -> Column | None:
    """Find the one column of that name with such cells, which may be addresses that end in them."""
    found = [
        one
        for one in draft.free()
        if words & set(one.words) and {cell.rpartition("/")[2] for cell in one.distinct} <= cells
    ]
    return found[0] if len(found) == 1 else None
