"""`annals import FILE --guide`: a mapping drawn up in questions and answers, on a terminal."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Final, Literal

import typer

from app.cli.common import opened, writable
from app.cli.guide_words import EXPLAINED
from app.cli.import_report import print_faults, print_previewed
from app.cli.interruption import interruptible
from app.database.engine.database import Database
from app.database.vocabulary import vocabulary_of
from app.imports.documents import ImportedDocument
from app.imports.files import BytesRead, import_files
from app.imports.mapping.declaration import declared
from app.imports.mapping.drafts.answers import Known, WrongAnswer, answered, confirmed, left_out
from app.imports.mapping.drafts.lines import kind_at
from app.imports.mapping.drafts.questions import Question, gaps_of, questions_of, with_gaps_filled
from app.imports.mapping.suggest import suggest_mapping
from app.imports.mapping.suggest.sample import Column, sample_of
from app.imports.report import MAX_PREVIEWED, Options, Report
from app.imports.service import import_documents
from app.maintenance.import_damage import BY_IMPORT
from app.settings import Settings
from app.values.failsafe_yaml import load_failsafe_yaml

SHOWN_ROWS: Final = 5
"""Records of this many rows are shown."""

TRIED_ROWS: Final = 1000
"""This many rows are tried for faults before the mapping is written."""

_EXAMPLES: Final = 5
_MAX_EXAMPLE_LENGTH: Final = 40
_LEAVE_OUT: Final = "-"
_TAKE_ALL: Final = "!"
_COLUMNS: Final = "?"

NextStep = Literal["dry run", "import", "nothing"]


def has_terminal() -> bool:
    """Return whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@dataclass(frozen=True)
class _Table:
    """The table that a mapping is drawn up for.

    Attributes:
        path: its file.
        form: the format of that.
        encoding: of its text, where the command names it.
        sheet: of a spreadsheet, where the command names it.
        columns: its columns by name, with their first cells.
    """

    path: Path
    form: str
    encoding: str | None
    sheet: str | None
    columns: dict[str, Column]

    def draft(self, kind: str | None = None) -> str:
        """Draft a mapping; `kind` is that of the rows, where it has been chosen."""
        return suggest_mapping(
            self.path.name, self.form, BytesRead().pieces(self.path), kind, self.sheet, asks=True
        )


def draw_up_mapping(
    path: Path, form: str, target: Path | None, encoding: str | None, sheet: str | None = None
) -> tuple[Path, NextStep]:
    """Draw up a mapping with the person at the terminal, and write it; returns its file, and what to do next.

    `target` is the file to be written, where that was said; one that is there is written over when somebody says so.
    Until then nothing is written.

    Raises:
        InvalidDocument: not one row of the table can be read.
        typer.Abort: the input ended.
    """
    with interruptible("Stopped. Nothing was written."), opened(Settings()) as database:
        sample = sample_of(form, BytesRead().pieces(path), sheet)
        table = _Table(path, form, encoding, sheet, {one.name: one for one in sample.columns})
        draft = table.draft()
        with database.snapshot() as connection:
            known = Known(frozenset({*table.columns, "geometry"}), vocabulary_of(connection))
        _introduce(draft)
        draft = _decided(database, table, draft, known)
        file = _written(_finished(draft, path.name), target or Path(f"{path.name.partition('.')[0]}.yaml"))
    with interruptible(f"Stopped. The mapping is in {file}; nothing was imported."):
        return file, _next_step()


def _introduce(draft: str) -> None:
    remarks = [line for line in _head(draft) if "could not be read" in line]
    rest = [line for line in draft.split("\n") if line.startswith(("# Left out", "# Not used"))]
    typer.echo("What the columns of the table mean, one question after the other.")
    for line in (*remarks, *rest):
        typer.echo(line.removeprefix("# "))
    typer.echo(
        f"Enter takes a guess, {_TAKE_ALL} takes all that are left, {_LEAVE_OUT} leaves something out, {_COLUMNS} "
        "lists the columns. Else type the name of a column, a text with columns in braces ({name}, {year}), or a "
        "value as a mapping has it. Ctrl+C ends without having written anything."
    )


def _head(draft: str) -> list[str]:
    return list(takewhile(lambda line: line.startswith("#"), draft.split("\n")))


def _finished(draft: str, name: str) -> str:
    """Return a mapping without the advice at the head of the draft."""
    lines = draft.split("\n")[len(_head(draft)) :]
    return "\n".join([f"# Drawn up with: annals import {' '.join(name.split())} --guide", *lines])


def _decided(database: Database, table: _Table, draft: str, known: Known) -> str:
    """Ask what cannot be known, show what becomes of rows, ask about the guesses, and show it again."""
    asked = 0
    was_shown = takes_all = False
    while questions := questions_of(draft):
        question = questions[0]
        if not question.is_choice and not was_shown:
            _show(database, table, draft)
            was_shown = True
        if takes_all and not question.is_choice:
            draft = confirmed(draft, question)
            continue
        asked += 1
        whose = f" of the {question.record}" if question.record and question.key != "kind" else ""
        typer.echo(f"\n{asked} of {asked + len(questions) - 1}. {question.key}{whose}")
        _explain(table, question)
        draft, takes_all = _answer(table, draft, question, known)
        if question.is_choice and question.key == "kind":
            # Nothing was asked before it, and what else is drafted depends on it.
            draft = table.draft(kind_at(draft.split("\n"), question.line - 1))
    typer.echo("\nWith your answers:")
    _show(database, table, draft)
    return draft


def _explain(table: _Table, question: Question) -> None:
    if question.key in EXPLAINED:
        typer.echo(f"  {EXPLAINED[question.key]}")
    if question.is_choice:
        typer.echo(f"  To choose: {question.what or 'one of these'}")
        for number, one in enumerate(question.described_proposals, 1):
            typer.echo(f"    {number}: {one}")
    else:
        typer.echo(f"  A guess: {question.value or '; '.join(question.below)}")
        typer.echo(f"  Because: {question.why}")
    for name in question.columns[:3]:
        if name in table.columns:
            typer.echo(f"  {_examples(table.columns[name])}")


def _examples(column: Column) -> str:
    cells = " | ".join(map(_printable, column.distinct[:_EXAMPLES]))
    more = ", …" if len(column.distinct) > _EXAMPLES else ""
    empty = len(column.cells) - len(column.filled)
    note = f" ({empty:,} of {len(column.cells):,} empty)" if empty else ""
    return f"{_printable(column.name)}: {cells}{more}{note}"


def _printable(text: str) -> str:
    """Return the beginning of a text on one line, without what a terminal would obey."""
    short = " ".join(text[: _MAX_EXAMPLE_LENGTH * 2].split())
    if len(short) > _MAX_EXAMPLE_LENGTH:
        short = f"{short[: _MAX_EXAMPLE_LENGTH - 1]}…"
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in short)


def _answer(table: _Table, draft: str, question: Question, known: Known) -> tuple[str, bool]:
    """Ask until an answer can be taken; returns the draft with it, and whether all other guesses are taken."""
    while True:
        numbers = " (a number, or your own)" if question.proposals else ""
        given = typer.prompt(
            f"  Yours{numbers}" if question.is_choice else "  Right?", "", show_default=False
        ).strip()
        try:
            if given == _COLUMNS:
                for column in table.columns.values():
                    typer.echo(f"    {_examples(column)}")
            elif given == _LEAVE_OUT:
                return left_out(draft, question), False
            elif given in ("", _TAKE_ALL) and not question.is_choice:
                return confirmed(draft, question), given == _TAKE_ALL
            elif given in ("", _TAKE_ALL):
                typer.echo("  There is no guess to take: type what it is.")
            else:
                return answered(draft, question, _chosen(question, given), known), False
        except WrongAnswer as error:
            typer.echo(f"  {error}")


def _chosen(question: Question, given: str) -> str:
    """Return the proposal of that number, with the meanings of its codes; what is no number of one stays as it is."""
    if not (given.isascii() and given.isdecimal() and 0 < int(given[:9]) <= len(question.proposals)):
        return given
    proposal = question.proposals[int(given) - 1]
    meanings = {
        code: typer.prompt(f"    {code} means (Enter: nothing)", "", show_default=False).strip()
        for code in gaps_of(proposal)
    }
    return with_gaps_filled(proposal, meanings) if meanings else proposal


def _show(database: Database, table: _Table, draft: str) -> None:
    """Show what would become of the first rows, and the faults of some more."""
    report, shown = _tried(database, table, draft)
    typer.echo(f"\nThe records of the first {SHOWN_ROWS} rows would be:")
    print_previewed(one for one in report.preview or () if (one["line"], one.get("feature")) in shown)
    print_faults(report)
    counts = report.counts
    if counts.faults:
        typer.echo(
            f"Faults in the first {TRIED_ROWS:,} rows: {counts.faults:,}. A row with a fault stops an import, or is left "
            "out with --on-error skip."
        )


def _tried(database: Database, table: _Table, draft: str) -> tuple[Report, set[tuple[int, int | None]]]:
    """Return what would become of the first rows, and which of them are shown."""
    shown: set[tuple[int, int | None]] = set()
    mapping = declared(load_failsafe_yaml(draft), table.path.parent)
    [file] = import_files([table.path], mapping, BytesRead(), table.encoding)

    def first_rows() -> Iterator[ImportedDocument]:
        rows = 0
        # What a mapping makes once comes before the first row, and has the line of the header.
        at: tuple[int, int | None] = (1, None)
        for document in file.documents():
            if (document.line, document.number) != at:
                at = (document.line, document.number)
                rows += 1
            if rows > TRIED_ROWS:
                return
            if rows <= SHOWN_ROWS:
                shown.add(at)
            yield document

    options = Options(BY_IMPORT, dry_run=True, keeps=True, preview=MAX_PREVIEWED)
    return import_documents(database, [replace(file, documents=first_rows)], options), shown


def _written(mapping: str, target: Path) -> Path:
    """Write the mapping to a file that appears when it is whole; one that is there needs a yes."""
    while True:
        file = Path(typer.prompt("\nWrite the mapping to", str(target)))
        try:
            writable(file)
        except typer.BadParameter as error:
            typer.echo(error.message)
            continue
        if not file.exists() or typer.confirm(f"{file} is there already. Write over it?", default=False):
            break
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_text(mapping, encoding="utf-8")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    typer.echo(f"The mapping is in {file}.")
    return file


def _next_step() -> NextStep:
    steps: dict[str, NextStep] = {"d": "dry run", "i": "import", "n": "nothing"}
    while True:
        given = typer.prompt("Next: d for a dry run of the whole file, i to import it, n for nothing", "d")
        if given.strip().lower()[:1] in steps:
            return steps[given.strip().lower()[:1]]
