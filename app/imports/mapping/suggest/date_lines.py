"""The lines of a draft for dates: which dates, from which columns, with which precision."""

from typing import Final

from app.imports.mapping.suggest import column_names as names
from app.imports.mapping.suggest.column_names import Words
from app.imports.mapping.suggest.date_columns import Found, Moment, Role
from app.imports.mapping.suggest.draft import Draft, name_list
from app.imports.mapping.suggest.known_tables import known_precisions
from app.imports.mapping.suggest.sample import Column
from app.imports.mapping.suggest.wikidata_dates import wikidata_date
from app.imports.mapping.suggest.yaml_text import column as template
from app.imports.mapping.suggest.yaml_text import (
    commented,
    listed,
    quoted,
    shown,
    shown_name,
    with_choice,
    with_guess,
)

_PRECISIONS: Final = frozenset({"day", "month", "year", "decade", "century", "within"})

# https://www.wikidata.org/wiki/Help:Dates#Precision
_WIKIDATA: Final = {"11": "day", "10": "month", "9": "year", "8": "decade", "7": "century"}

_GREGORIAN: Final = frozenset(
    {"gregorian", "proleptic gregorian", "g", "ns", "n.s.", "new style", "q1985727"}
)

_OPEN_PRECISION: Final = "precision:"
_AT: Final = "    "


def date_lines(draft: Draft, found: Found, *, goes_on: bool) -> list[str]:
    """Draft the date of a row; without lines where there is none that can be expressed.

    An empty end counts as ongoing where `goes_on`.
    """
    for one, _, _, why in found.unreadable:
        draft.leave_out(one, f"by its name a date, but {why}")
    if lines := wikidata_date(draft, found):
        return lines
    calendar = _calendar(draft)
    if calendar is not None and (found.moments or found.unreadable):
        for moment in found.moments:
            for one in moment.columns:
                draft.leave_out(
                    one, f"{shown_name(calendar.name)} says that it is in several calendars, or in another"
                )
        return []
    start, end = _pair(found)
    if start is not None and end is not None:
        draft.use((*start.columns, *end.columns))
        return _unless_open(draft, _interval(draft, start, end, goes_on=goes_on))
    alone = _alone(found, draft)
    if not alone:
        return []
    if len(alone) > 1:
        said = listed([moment.text for moment in alone], "or")
        draft.use(one for moment in alone for one in moment.columns)
        return [draft.left_open(f"{_AT}date:", f"which of them tells when: {said}")]
    draft.use(alone[0].columns)
    return _unless_open(draft, _single(draft, alone[0]))


def _unless_open(draft: Draft, lines: list[str]) -> list[str]:
    """Leave a date out of which nobody tells how well it is known: a day may stand for its year."""
    if draft.asks or not any(line.lstrip().startswith(f"{_OPEN_PRECISION}  #") for line in lines):
        return lines
    return [commented(line) for line in lines]


def _calendar(draft: Draft) -> Column | None:
    for one in draft.free():
        if names.CALENDARS & set(one.words) and not {cell.casefold() for cell in one.distinct} <= _GREGORIAN:
            return one
    return None


def _pair(found: Found) -> tuple[Moment | None, Moment | None]:
    """Find a beginning and an end that belong together, preferably those whose names say nothing else."""
    starts = [moment for moment in found.moments if moment.role is Role.START]
    ends = [moment for moment in found.moments if moment.role is Role.END]
    pairs = [(one, two) for one in starts for two in ends if one.rest == two.rest]
    # Whole dates before mere years.
    pairs.sort(key=lambda pair: (len(pair[0].rest), pair[0].is_year_alone + pair[1].is_year_alone))
    return pairs[0] if pairs else (None, None)


def _alone(found: Found, draft: Draft) -> list[Moment]:
    """Return the dates that may be the one; a beginning whose end cannot be read, or an end alone, is none."""
    odd = {(role, rest) for _, role, rest, _ in found.unreadable}
    usable = []
    for moment in found.moments:
        if moment.role is Role.START and (Role.END, moment.rest) in odd:
            for one in moment.columns:
                draft.leave_out(
                    one, "the end that goes with it cannot be read, and a beginning alone is another date"
                )
        elif moment.role is Role.END:
            for one in moment.columns:
                draft.leave_out(one, "an end without a beginning that can be read")
        else:
            usable.append(moment)
    plain = [moment for moment in usable if moment.role is Role.ALONE and not moment.rest]
    # A column of whole dates has the year of another.
    finer = [moment for moment in plain if not moment.is_year_alone]
    return finer or plain or usable


def _single(draft: Draft, moment: Moment) -> list[str]:
    why = [f"{listed(name_list(moment.columns))} {'tells' if len(moment.columns) == 1 else 'tell'} when"]
    if moment.role is Role.START:
        why = [f"{shown_name(moment.first.name)} has no end beside it, and is taken as the whole date"]
    why += moment.remarks
    how = _precision(draft, moment.role, moment.rest) or _precision(draft, Role.ALONE, moment.rest)
    if how is None:
        if moment.ranges:
            return [
                with_guess(f"{_AT}date:", "; ".join(why)),
                f"{_AT}  start: {moment.text}",
                _ranges(moment),
            ]
        return [with_guess(f"{_AT}date: {moment.text}", "; ".join(why))]
    start = moment.text
    return [with_guess(f"{_AT}date:", "; ".join(why)), f"{_AT}  start: {start}", f"{_AT}  {how}"]


def _interval(draft: Draft, start: Moment, end: Moment, *, goes_on: bool) -> list[str]:
    why = [
        f"{listed(name_list(start.columns))} is when it began, {listed(name_list(end.columns))} when it ended"
    ]
    if names.WEAK_STARTS & set(start.first.words) and "min" in start.first.words:
        why.append("or they are bounds of one day, which `precision: within` says")
    why += dict.fromkeys((*start.remarks, *end.remarks))
    lines = [with_guess(f"{_AT}date:", "; ".join(why))]
    one_for_both = _precision(draft, Role.ALONE, start.rest)
    lines += _end(
        draft, "start", start, end, None if one_for_both else _precision(draft, Role.START, start.rest)
    )
    lines += _end(
        draft,
        "end",
        end,
        start,
        None if one_for_both else _precision(draft, Role.END, end.rest),
        goes_on=goes_on,
    )
    if one_for_both:
        lines.append(f"{_AT}  {one_for_both}")
    if start.ranges or end.ranges:
        lines.append(_ranges(start, end))
    return lines


def _ranges(*moments: Moment) -> str:
    examples = [next((cell for cell in one.first.distinct if ".." in cell), "") for one in moments]
    means = [
        f"{shown(cell)} is then or {'before' if cell.startswith('..') else 'later'}"
        for cell in examples
        if cell
    ]
    return with_guess(f"{_AT}  ranges: true", listed(means))


def _end(
    draft: Draft, word: str, moment: Moment, other: Moment, how: str | None, *, goes_on: bool = False
) -> list[str]:
    """Write one end; where it may be empty next to the other, what that means."""
    empty = sum(
        1 for cell, beside in zip(moment.first.cells, other.first.cells, strict=True) if beside and not cell
    )
    if not empty and how is None:
        return [f"{_AT}  {word}: {moment.text}"]
    means = why = ""
    if empty:
        means, why = _emptiness(word, moment, other, goes_on=goes_on)
        why = f"{empty:,} of {draft.sample.count:,} rows have none: {why}"
    if how is None:
        return [with_guess(f"{_AT}  {word}: {{{', '.join(moment.members)}, {means}: true}}", why)]
    lines = [f"{_AT}  {word}:"]
    lines += [f"{_AT}    {member}" for member in moment.members]
    if means:
        lines.append(with_guess(f"{_AT}    {means}: true", why))
    lines.append(f"{_AT}    {how}")
    return lines


def _emptiness(word: str, moment: Moment, other: Moment, *, goes_on: bool) -> tuple[str, str]:
    if word == "start":
        return "unknown", "it began, nobody knows when (or `open`: it has always been)"
    if names.OF_DEATHS & set(moment.first.words):
        return "unknown", "it ended, nobody knows when (or `open`: it goes on)"
    if goes_on:
        return "open", "it goes on (or `unknown`: it ended, nobody knows when)"
    if any(
        cell and cell == beside for cell, beside in zip(moment.first.cells, other.first.cells, strict=True)
    ):
        return "unknown", "it ended, nobody knows when (or `open`: it goes on)"
    return "same", "it ended on the day on which it began (or `unknown`, or `open`: it goes on)"


def _precision(draft: Draft, role: Role, rest: Words) -> str | None:
    """Return the precision of a date, where a column has it; unknown codes are left open."""
    for one in draft.free():
        words = set(one.words)
        if not words & names.PRECISIONS or not _tells_of(words - names.PRECISIONS, role, rest):
            continue
        draft.use([one])
        text = quoted(template(one.name))
        known = known_precisions(draft.known, one.name) if draft.known is not None else {}
        if set(one.distinct) <= known.keys():
            codes = ", ".join(f"{quoted(code)}: {known[code]}" for code in one.distinct)
            why = f"the table looks like that of the mapping {draft.known.name}" if draft.known else ""
            return with_guess(f"precision: {{from: {text}, look_up: {{{codes}}}}}", why)
        if set(one.distinct) <= _PRECISIONS:
            return with_guess(f"precision: {text}", f"{shown_name(one.name)} tells how well it is known")
        if set(one.distinct) <= _WIKIDATA.keys():
            codes = ", ".join(f'"{code}": {_WIKIDATA[code]}' for code in sorted(one.distinct, key=int))
            return with_guess(
                f"precision: {{from: {text}, look_up: {{{codes}}}}}", "the numbers are those of Wikidata"
            )
        codes = ", ".join(f"{quoted(code)}: …" for code in one.distinct[:12])
        what = (
            f"what each code of {shown_name(one.name)} means (day, month, year, decade, century or within): "
            f"{{from: {text}, look_up: {{{codes}}}}}"
        )
        return with_choice(_OPEN_PRECISION, what)
    return None


def _tells_of(words: set[str], role: Role, rest: Words) -> bool:
    is_start, is_end = (
        bool(words & (names.STARTS | names.WEAK_STARTS)),
        bool(words & (names.ENDS | names.WEAK_ENDS)),
    )
    wanted = {Role.START: (True, False), Role.END: (False, True), Role.ALONE: (False, False)}[role]
    others = words - names.STARTS - names.WEAK_STARTS - names.ENDS - names.WEAK_ENDS
    return (
        is_start,
        is_end,
    ) == wanted and others - names.DATES - names.WEAK_DATES - names.OF_EVENTS - names.FILLERS <= rest
