"""The questions that a draft leaves, read off its lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.imports.mapping.drafts.lines import end_of_block, kind_at, list_of, parts_of
from app.imports.mapping.guesses import CHOOSE, GUESS, Guess, open_choices, unconfirmed_guesses
from app.imports.mapping.suggest.yaml_text import quoted
from app.imports.mapping.templates import columns_of

_MARK: Final = re.compile(rf"#\s*(?:{GUESS}|{CHOOSE}):?\s*", re.IGNORECASE)
_GAP: Final = re.compile(r'("(?:[^"\\]|\\.)*"): …')


@dataclass(frozen=True, slots=True)
class Question:
    """A line of a draft that somebody has to decide on.

    Attributes:
        line: its number, counted from 1.
        record: the kind of record that it belongs to; empty where that is open, or where it belongs to none.
        key: the member that the line gives, or the list that it is an item of.
        value: what the line says; empty where that has to be chosen.
        below: what the lines below it say, where it has no value of its own.
        remark: the comment at its end.
        is_choice: whether there is no guess that could be taken.
        proposals: values that the remark gives, to be taken as they are.
        columns: the columns that the value, or else the remark, names.
    """

    line: int
    record: str
    key: str
    value: str
    below: tuple[str, ...]
    remark: str
    is_choice: bool
    proposals: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def why(self) -> str:
        """What speaks for the guess, or what there is to choose among."""
        return _MARK.sub("", self.remark, count=1)

    @property
    def what(self) -> str:
        """What is to be chosen, without the proposals."""
        return self.why.partition(self.proposals[0])[0].strip(" ,:;") if self.proposals else self.why

    @property
    def described_proposals(self) -> tuple[str, ...]:
        """The proposals, each with what the remark says of it."""
        found, rest = [], self.why
        for at, one in enumerate(self.proposals):
            after = rest.partition(one)[2]
            rest = after
            until = self.proposals[at + 1] if at + 1 < len(self.proposals) else None
            said = after.partition(until)[0] if until is not None else after
            found.append(f"{one} {said.strip(' ,;').removesuffix('or').strip()}".rstrip())
        return tuple(found)


def questions_of(text: str) -> list[Question]:
    """Return what a draft asks: first its open choices, the kind before all others, then its guesses."""
    choices = [_question(text, one, is_choice=True) for one in open_choices(text)]
    choices.sort(key=lambda one: one.key != "kind")
    return choices + [_question(text, one, is_choice=False) for one in unconfirmed_guesses(text)]


def _question(text: str, marked: Guess, *, is_choice: bool) -> Question:
    lines = text.split("\n")
    _, key, value = parts_of(marked.text)
    why = _MARK.sub("", marked.remark, count=1)
    proposals = tuple(_fragments(why)) if is_choice else ()
    block = lines[marked.line - 1 : end_of_block(lines, marked.line - 1)]
    named = columns_of(value) or columns_of(list(proposals)) or (() if key == "kind" else columns_of(block))
    below = () if value.strip() else tuple(one.split("  #")[0].strip() for one in block[1:])
    return Question(
        marked.line,
        kind_at(lines, marked.line - 1),
        key or list_of(lines, marked.line - 1),
        value.strip(),
        below,
        marked.remark,
        is_choice,
        proposals,
        named,
    )


def _fragments(why: str) -> Iterator[str]:
    """Yield the values of YAML in a remark: texts in quotes with columns, and flow mappings."""
    at = 0
    while at < len(why):
        end = _end_of_fragment(why, at)
        if end > at:
            if "{" in why[at:end]:
                yield why[at:end]
            at = end
        else:
            at += 1


def _end_of_fragment(why: str, at: int) -> int:
    """Return where the value ends that begins there; the same place where none does."""
    if why[at] not in '"{':
        return at
    depth, in_quotes, start = 0, False, at
    while at < len(why):
        one = why[at]
        if in_quotes and one == "\\":
            at += 1
        elif one == '"':
            in_quotes = not in_quotes
        elif not in_quotes:
            depth += {"{": 1, "}": -1}.get(one, 0)
        at += 1
        if not in_quotes and depth == 0:
            return at
    return start


def gaps_of(proposal: str) -> tuple[str, ...]:
    """Return the codes for which a proposal leaves open what they mean (`"1": …`), in their YAML quotes."""
    return tuple(match[1] for match in _GAP.finditer(proposal))


def with_gaps_filled(proposal: str, meanings: dict[str, str]) -> str:
    """Return a proposal with the meanings of its codes; a code without one is left out."""

    def filled(match: re.Match[str]) -> str:
        return f"{match[1]}: {quoted(meanings[match[1]])}" if meanings[match[1]] else f'{match[1]}: ""'

    return _GAP.sub(filled, proposal)
