"""The dates of what a row is: those of an event are when it happened, those of an actor when it lived or existed."""

from dataclasses import replace
from typing import Final

from app.imports.mapping.suggest import column_names as names
from app.imports.mapping.suggest import kinds
from app.imports.mapping.suggest.column_names import Words, words_of
from app.imports.mapping.suggest.date_columns import Found, Moment, Role
from app.imports.mapping.suggest.date_lines import date_lines
from app.imports.mapping.suggest.draft import Draft
from app.imports.mapping.suggest.sample import Column
from app.imports.mapping.suggest.yaml_text import shown_name, with_guess

_AT: Final = "    "


def dates_of_kind(draft: Draft, found: Found, kind: str | None, title: Column | None) -> list[str]:
    """Draft the dates of a row of that kind; columns that tell of something else are left out, with the reason."""
    if kind == kinds.ACTOR:
        is_body = bool(_words_of_rows(draft, title) & names.BODIES)
        lives, others = _parted(found, names.OF_LIVES, keep_ends=is_body)
        _leave_out(draft, others, "the date of an actor is when it lived or existed, and this may be another")
        return _life(draft, lives)
    if kind == kinds.PLACE:
        _leave_out(draft, found.moments, "what it tells of a place is not known")
        return []
    if kind == kinds.AGREEMENT:
        in_force, others = _parted(found, names.IN_FORCE)
        signings, rest = _parted(replace(found, moments=others), names.SIGNING)
        if len(signings.moments) == 1 and len(in_force.moments) <= 1:
            _leave_out(draft, rest, "the date of an agreement is that of its signing")
            lines = date_lines(draft, signings, goes_on=False)
            return [*lines, *(line for one in in_force.moments for line in _in_force(draft, one))]
    return date_lines(draft, found, goes_on=kind != kinds.EVENT)


def _words_of_rows(draft: Draft, title: Column | None) -> Words:
    """Return the words for a row: in the name of the file and of its title, and where most titles begin or end so."""
    found = {*words_of(draft.name.partition(".")[0]), *(title.words if title is not None else ())}
    if title is not None:
        ends = [{words[0], words[-1]} for words in map(words_of, title.distinct) if words]
        found |= {word for word in names.BODIES if sum(word in pair for pair in ends) * 2 > len(ends)}
    return frozenset(found)


def _parted(found: Found, words: Words, *, keep_ends: bool = False) -> tuple[Found, list[Moment]]:
    """Part the dates whose names have one of the words from the others."""
    kept: list[Moment] = []
    others: list[Moment] = []
    for moment in found.moments:
        has_word = bool(words & set(moment.first.words))
        is_end = keep_ends and moment.role is not Role.ALONE
        (kept if has_word or is_end else others).append(moment)
    return replace(found, moments=kept), others


def _leave_out(draft: Draft, moments: list[Moment], why: str) -> None:
    for moment in moments:
        for one in moment.columns:
            draft.leave_out(one, why)


def _life(draft: Draft, found: Found) -> list[str]:
    """Draft a life; of one whose end no column tells, the end is not known."""
    if [moment.role for moment in found.moments] != [Role.START] or found.unreadable:
        return date_lines(draft, found, goes_on=True)
    (birth,) = found.moments
    draft.use(birth.columns)
    why = f"{shown_name(birth.first.name)} is when it began, and no column tells when it ended"
    members = ", ".join(birth.members)
    return [with_guess(f"{_AT}date: {{start: {{{members}}}, end: {{unknown: true}}}}", why)]


def _in_force(draft: Draft, moment: Moment) -> list[str]:
    draft.use(moment.columns)
    why = f"{shown_name(moment.first.name)} is when it came into force, and no column tells until when"
    members = ", ".join(moment.members)
    return [with_guess(f"{_AT}in_force: {{start: {{{members}}}, end: {{unknown: true}}}}", why)]
