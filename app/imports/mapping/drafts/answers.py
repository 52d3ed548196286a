"""Answers to the questions of a draft, written into its lines; comments and everything else stay as they are."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.errors import InvalidDocument, nearest
from app.imports.mapping.declaration import declared
from app.imports.mapping.drafts.lines import EMPTY_KEY, end_of_block, kind_at, parts_of, start_of_record
from app.imports.mapping.drafts.questions import Question, questions_of
from app.imports.mapping.guesses import CHOOSE, CONFIRM
from app.imports.mapping.paths import parse_path
from app.imports.mapping.suggest.yaml_text import column, quoted
from app.imports.mapping.templates import columns_of
from app.records.kinds import RECORD_KINDS
from app.records.vocabulary import Vocabulary
from app.values.failsafe_yaml import TextYamlError, load_failsafe_yaml

_EMPTINESS: Final = re.compile(r"\b(same|open|unknown): true")
_COLLECTIONS: Final = {kind.kind: kind.collection for kind in RECORD_KINDS}
_BARE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_LINKS: Final = re.compile(r'"(?P<reference>[a-z]+/[^"]*)"')


class WrongAnswer(ValueError):
    """An answer that the mapping cannot take; the text says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Known:
    """What answers may name.

    Attributes:
        columns: the columns of the table.
        vocabulary: the terms of the database.
    """

    columns: frozenset[str]
    vocabulary: Vocabulary


def confirmed(text: str, question: Question) -> str:
    """Return the draft with a guess taken as it is."""
    lines = text.split("\n")
    content, _, _ = lines[question.line - 1].rpartition(question.remark)
    lines[question.line - 1] = f"{content}# {CONFIRM}: {question.why}"
    return "\n".join(lines)


def left_out(text: str, question: Question) -> str:
    """Return the draft without what the question is about.

    Where it is the kind of a record, or what a figure counts, all of that goes, with the links to the record. A list
    or an object of which nothing is left goes as well.

    Raises:
        WrongAnswer: every record needs it, or others refer to it.
    """
    if question.key == "title" or (question.key == "kind" and question.is_choice):
        raise WrongAnswer(f"Every record needs a {question.key}: this cannot be left out.")
    reference = _reference_at(text.split("\n"), question)
    if question.key == "id" and _is_linked(text, reference):
        raise WrongAnswer("Other lines refer to this id: it cannot be left out.")
    return _without(text, question)


def _without(text: str, question: Question) -> str:
    lines = text.split("\n")
    at = question.line - 1
    reference = _reference_at(lines, question) if question.key == "kind" else None
    del lines[at : end_of_block(lines, at)]
    if reference is not None:
        lines = [line for line in lines if reference not in _links(line)]
    return "\n".join(_without_empty_parents(lines))


def _is_linked(text: str, reference: str | None) -> bool:
    return any(reference in _links(line) for line in text.split("\n"))


def _reference_at(lines: list[str], question: Question) -> str | None:
    """Return the template of references to the record that a line belongs to; None where it is not told."""
    start = start_of_record(lines, question.line - 1)
    return None if start is None else _reference_of(lines[start : end_of_block(lines, start)])


def _reference_of(block: list[str]) -> str | None:
    """Return the template of references to the record of a block."""
    kind = kind_at(block, 0)
    for line in block:
        match = re.match(r' *id: "?([^"#\s][^"#]*)"?', line)
        if match is not None and kind in _COLLECTIONS:
            return f"{_COLLECTIONS[kind]}/{match[1]}"
    return None


def _links(line: str) -> set[str]:
    return {match["reference"] for match in _LINKS.finditer(line)}


def _without_empty_parents(lines: list[str]) -> list[str]:
    """Take out keys that had lines below them and have none now: no draft has an empty value but open choices."""
    kept = list(lines)
    for at in range(len(kept) - 1, -1, -1):
        is_empty = EMPTY_KEY.fullmatch(kept[at]) and end_of_block(kept, at) == at + 1
        if is_empty and f"# {CHOOSE}" not in kept[at]:
            del kept[at]
    return kept


def answered(text: str, question: Question, answer: str, known: Known) -> str:
    """Return the draft with the line as somebody answers.

    The answer is the name of a column, a text with columns in braces, or a value of a mapping in YAML; of an end that
    may be empty also `same`, `open` or `unknown`.

    Raises:
        WrongAnswer: the mapping would not be valid, or would name columns that are not there.
    """
    value = _value_of(question, answer.strip(), known.columns)
    for name in columns_of(_loaded(value)):
        _check_column(name, known.columns)
    lines = text.split("\n")
    at = question.line - 1
    end = end_of_block(lines, at)
    parts = parts_of(lines[at])
    head = f"{parts.head.rstrip()} " if parts.key else parts.head
    # What stands below a guess of several lines goes with it, but the rest of a record or a figure stays.
    rest = lines[at + 1 : end] if parts.is_item else []
    changed = "\n".join([*lines[:at], head + value, *rest, *lines[end:]])
    if question.key == "id":
        changed = _with_links(changed, _reference_at(lines, question), question)
    _check(text, changed, known.vocabulary)
    return changed


def _check_column(name: str, columns: Collection[str]) -> None:
    if name not in columns and parse_path(name)[0] not in columns:
        near = nearest(name, columns)
        raise WrongAnswer(f"The table has no column {name!r}." + (f" Did you mean {near}?" if near else ""))


def _with_links(text: str, old: str | None, question: Question) -> str:
    """Return a draft in which links follow an id that was changed."""
    new = _reference_at(text.split("\n"), question)
    if old is None or new == old or not _is_linked(text, old):
        return text
    if new is None:
        raise WrongAnswer("Other lines refer to this id: give a text with columns.")
    return text.replace(f'"{old}"', f'"{new}"')


def _value_of(question: Question, answer: str, names: Collection[str]) -> str:
    """Write an answer as YAML on one line."""
    state = _EMPTINESS.search(question.value)
    if state is not None and answer in ("same", "open", "unknown"):
        return question.value.replace(state[0], f"{answer}: true")
    if answer in names:
        if len(columns_of(question.value)) == 1:
            (old,) = columns_of(question.value)
            return re.sub(rf"\{{{re.escape(old)}(?=[|}}?])", lambda _: f"{{{answer}", question.value)
        fitting = [one for one in question.proposals if columns_of(one) == (answer,)]
        if len(fitting) == 1:
            return fitting[0]
        if question.key == "date":
            return f"{{text: {quoted(column(answer))}}}"
        return quoted(column(answer, "line")) if question.key == "title" else quoted(column(answer))
    if question.value.startswith("{") and not answer.startswith("{"):
        raise WrongAnswer("Type the name of a column, or a value in braces as a mapping has it.")
    if _BARE.fullmatch(answer):
        return answer
    if answer[:1] in '{["' and _is_flow(answer):
        return answer
    return quoted(answer)


def _is_flow(answer: str) -> bool:
    """Return whether an answer is a value of YAML; a column in braces alone is a text."""
    try:
        loaded = load_failsafe_yaml(f"value: {answer}")
    except TextYamlError:
        return False
    value = loaded.get("value") if isinstance(loaded, dict) else None
    return not (isinstance(value, dict) and not any(value.values()))


def _loaded(value: str) -> Any:
    try:
        return load_failsafe_yaml(f"value: {value}")
    except TextYamlError as error:
        raise WrongAnswer(f"{str(error).capitalize()}.") from None


def _check(before: str, after: str, vocabulary: Vocabulary) -> None:
    """Refuse a change that brings a fault."""
    known = set(mapping_faults(before, vocabulary))
    new = [detail for detail in mapping_faults(after, vocabulary) if detail not in known]
    if new:
        raise WrongAnswer(new[0])


def mapping_faults(text: str, vocabulary: Vocabulary) -> list[str]:
    """Return what is wrong with a draft, apart from guesses and from choices that are open, in sentences."""
    try:
        mapping = declared(load_failsafe_yaml(_without_choices(text)), Path())
        mapping.check_terms(vocabulary)
    except TextYamlError as error:
        return [f"{str(error).capitalize()}."]
    except InvalidDocument as error:
        return [
            fault.detail + (f" Did you mean {fault.suggestion}?" if fault.suggestion else "")
            for fault in error.faults
        ]
    return []


def _without_choices(text: str) -> str:
    while True:
        choice = next((one for one in questions_of(text) if one.is_choice and one.key != "kind"), None)
        if choice is None:
            return text
        text = _without(text, choice)
