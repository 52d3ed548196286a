"""Composes a draft from what was found in a table, in the order in which records are written."""

import shlex
from typing import Final

from app.imports.mapping.suggest import columns, kinds
from app.imports.mapping.suggest.columns import Actor
from app.imports.mapping.suggest.date_columns import dates_of
from app.imports.mapping.suggest.dates_of_kinds import dates_of_kind
from app.imports.mapping.suggest.draft import Draft
from app.imports.mapping.suggest.figures import figure_lines, figures_of
from app.imports.mapping.suggest.kinds import Kind
from app.imports.mapping.suggest.places import Places, geometry_line, places_of, position_of
from app.imports.mapping.suggest.sample import Column, Sample
from app.imports.mapping.suggest.yaml_text import column, listed, literal, quoted, shown_name, with_guess

_AT: Final = "    "


def composed(name: str, sample: Sample, said: str | None = None, *, asks: bool = False) -> str:
    """Write the draft of a mapping for the table of that file name.

    `said` is the kind of its rows, where it is known; with `asks` what the draft leaves open will be asked for.
    """
    draft = Draft(name, sample, asks)
    key = columns.id_column(draft)
    draft.use([key] if key is not None else [])
    title = columns.named_title(draft)
    draft.use([title] if title is not None else [])
    figures = figures_of(draft)
    found = dates_of(draft.free())
    title = title or columns.other_title(draft, found)
    kind = kinds.kind_of(
        draft, title, has_date=bool(found.moments or found.unreadable), has_figures=bool(figures), said=said
    )
    draft.use([title] if title is not None else [])
    dates = dates_of_kind(draft, found, kind.name, title)
    is_event = kind.name == kinds.EVENT
    places = places_of(draft, position_of(draft)) if is_event else None
    actors = columns.actors_of(draft) if is_event else []
    rest = [
        *dates,
        *_geometry_lines(draft, kind),
        *columns.summary_lines(draft),
        *_place_lines(places),
        *_participant_lines(draft, actors),
        *figure_lines(figures),
    ]
    note = columns.note_of(draft)
    tags = columns.tag_lines(draft)
    has_title_alone = note is None and not rest and not tags
    shared = (
        columns.shared_id_lines(draft, kind.name, title, has_title_alone=has_title_alone)
        if key is None
        else []
    )
    body = [
        kind.line,
        *(shared or [columns.id_line(draft, key)]),
        columns.title_line(draft, title, key),
        *_type_lines(kind),
        *rest,
        *tags,
        *_evidence_lines(draft, note),
    ]
    lines = [
        *_head(draft),
        f"about: {quoted(f'A draft for {literal(name)}')}",
        *_table_lines(draft),
        *_column_lines(title, key),
        "records:",
        *_source_lines(draft),
        *(line for actor in actors for line in columns.actor_lines(draft, actor)),
        *(places.lines if places is not None else ()),
        *body,
        *_rest(draft, kind),
    ]
    return "\n".join(lines) + "\n"


def _head(draft: Draft) -> list[str]:
    name = shown_name(draft.name)
    typed = shlex.quote(name) if name == draft.name else name
    lines = [
        f"# A draft for {name}, drawn up from {draft.rows()}. Look at each line:",
        '# - A line that ends in "guess" stops the import until # confirm stands at its end as well;',
        "#   annals import --accept-guesses takes them all.",
        '# - What ends in "choose" cannot be told from the table, and is left out as long as it is a comment. To have it as',
        "#   well, complete it, and take the first # away from it and from the lines around it that belong to it.",
        "#   A kind without a value has to be filled in.",
        f"# Then try it, writing nothing: annals import {typed} --map THIS --dry-run",
    ]
    sample = draft.sample
    known = draft.known
    if known is not None:
        beside = f", with {listed(list(known.joined))} beside it" if known.joined else ""
        lines[:0] = [
            f"# This looks like {known.about}:",
            f"# it has {known.columns} columns that the mapping of that name uses, all that it needs. Try that{beside}:",
            f"#   annals import {typed} --as {known.name}",
            "#",
        ]
    if sample.unread_count:
        first = sample.unread[0]
        lines.append(
            f"# {sample.unread_count:,} of the rows could not be read, such as line {first.line}: {first.detail}"
        )
    return lines


def _table_lines(draft: Draft) -> list[str]:
    sample = draft.sample
    lines = []
    if sample.sheet is not None:
        lines.append(f"  sheet: {quoted(sample.sheet)}")
    if sample.items is not None:
        why = "its items are the rows"
        lines.append(with_guess(f"  items: {quoted(sample.items)}", why))
    if sample.encoding is not None:
        lines.append(with_guess(f"  encoding: {sample.encoding}", "the file is not in UTF-8"))
    if sample.empty_words:
        words = ", ".join(map(quoted, sample.empty_words))
        why = "among numbers or dates it stands for nothing; then it does so in every column"
        lines.append(with_guess(f"  empty: [{words}]", why))
    return ["table:", *lines] if lines else []


def _column_lines(title: Column | None, key: Column | None) -> list[str]:
    """Number the rows, where nothing else names them."""
    return ["columns:", f"  {columns.ROW}: {{row: true}}"] if title is None and key is None else []


def _source_lines(draft: Draft) -> list[str]:
    title = quoted(literal(draft.name))
    return [
        "  - kind: source",
        f"{_AT}once: true",
        f"{_AT}id: {draft.stem}",
        with_guess(f"{_AT}title: {title}", "say what the table is called, by whom, and under which licence"),
        f"{_AT}type: dataset",
    ]


def _type_lines(kind: Kind) -> list[str]:
    if kind.name is None:
        return []
    return [f"{_AT}# type: a term of {kind.name}-type, or {{from: …, look_up: …}} a column"]


def _geometry_lines(draft: Draft, kind: Kind) -> list[str]:
    if kind.name != kinds.PLACE:
        return []
    position = position_of(draft)
    if position is not None:
        draft.use(position.columns)
        return [geometry_line(position)]
    if not draft.sample.geometries:
        return []
    return [f"{_AT}geometry: {quoted(column('geometry'))}"]


def _place_lines(places: Places | None) -> list[str]:
    if places is None:
        return []
    return [f"{_AT}places:", with_guess(f"{_AT}  - {{place: {quoted(places.reference)}}}", places.why)]


def _participant_lines(draft: Draft, actors: list[Actor]) -> list[str]:
    if not actors:
        return []
    return [f"{_AT}participants:", *(columns.participant_line(draft, actor) for actor in actors)]


def _evidence_lines(draft: Draft, note: Column | None) -> list[str]:
    source = f"source: sources/{draft.stem}"
    if note is None:
        return [f"{_AT}evidence:", f"{_AT}  - {{{source}}}"]
    line = f"{_AT}  - {{{source}, note: {quoted(column(note.name, 'line'))}}}"
    return [f"{_AT}evidence:", with_guess(line, f"{shown_name(note.name)} says where it is from")]


def _rest(draft: Draft, kind: Kind) -> list[str]:
    """List the columns that are left out, with the reason where there is one."""
    lines = [f"# Left out: {shown_name(name)}: {why}." for name, why in list(draft.left_out.items())[:60]]
    free = draft.free()
    if free:
        until = " as long as nobody says what a row is" if kind.name is None else ""
        lines.append(f"# Not used{until}: {columns.name_columns(free)}")
    return lines
