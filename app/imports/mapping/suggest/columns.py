"""Other columns: the id of a row, its title, participants, descriptions, and sources."""

from dataclasses import dataclass
from typing import Final

from app.imports.mapping.suggest import column_names as names
from app.imports.mapping.suggest.date_columns import Found
from app.imports.mapping.suggest.draft import MAX_ID_LENGTH, Draft, all_slugs, is_one_to_one, name_list
from app.imports.mapping.suggest.numbers import numbers_of
from app.imports.mapping.suggest.sample import Column
from app.imports.mapping.suggest.yaml_text import column as template
from app.imports.mapping.suggest.yaml_text import literal, quoted, shown, shown_name, with_guess
from app.imports.readers.table_rows import UNNAMED
from app.records.scalars import MAX_NOTE, MAX_TITLE

_AT: Final = "    "
_MAX_FILE_NAME: Final = 60
_MOST_SPELLINGS: Final = 1.05
_MAX_ACTORS: Final = 6

ROW: Final = "number of the row"
"""The name of the computed column that numbers rows."""

_MAX_TAGS: Final = 3
_MAX_CATEGORIES: Final = 20
_SEPARATORS: Final = (";", "|", "&", "\n")

# Terms of participant-role that occur in names of columns.
_ROLES: Final = {"attacker", "defender", "perpetrator", "victim", "combatant"}


def id_column(draft: Draft) -> Column | None:
    """Find the column that identifies every row, by its name and its cells."""
    found = []
    for one in draft.free():
        is_unnamed = one.name == UNNAMED.format(1) and all(map(str.isdecimal, one.distinct))
        if not (is_unnamed or set(one.words) & names.IDENTIFIERS):
            continue
        is_key = (
            one.is_complete and len(one.distinct) == len(one.cells) and all_slugs(one) and is_one_to_one(one)
        )
        if is_key and len(draft.stem) + 1 + max(map(len, one.slugs)) <= MAX_ID_LENGTH:
            found.append(one)
    return min(
        found, key=lambda one: (one.name.casefold() != "id", one.name == UNNAMED.format(1)), default=None
    )


def shared_id_lines(
    draft: Draft, kind: str | None, title: Column | None, *, has_title_alone: bool
) -> list[str]:
    """Draft the id of what several rows tell of, so that it is one record; no lines where none is known to be so.

    It is an agreement, where a column identifies it and all its dates follow from that; or an actor or place of
    which nothing but the title is drafted.
    """
    if title is None or len(title.distinct) == len(title.cells):
        return []
    shared = None
    if kind == "agreement":
        shared = next((one for one in draft.free() if _identifies(draft, one, title)), None)
    elif kind in ("actor", "place") and has_title_alone:
        shared = title
    if shared is None or not all_slugs(shared):
        return []
    if len(draft.stem) + 1 + max(map(len, shared.slugs)) > MAX_ID_LENGTH:
        return []
    draft.use([shared])
    why = f"rows of one {shown_name(shared.name)} tell of one {kind}, and the first of them is taken"
    identity = quoted(f"{draft.stem}-{template(shared.name, 'slug')}")
    return [f"{_AT}if_missing: true", with_guess(f"{_AT}id: {identity}", why)]


def _identifies(draft: Draft, one: Column, title: Column) -> bool:
    """Return whether a column identifies what rows have in common: all that is drafted, but for how a few titles are spelt."""
    if not set(one.words) & names.IDENTIFIERS or not one.is_complete or not is_one_to_one(one):
        return False
    used = [other for other in draft.columns if other.name in draft.used and other is not title]
    titles = len(_pairs(one, title))
    return titles <= len(one.distinct) * _MOST_SPELLINGS and all(
        len(_pairs(one, other)) == len({cell for cell, _ in _pairs(one, other)}) for other in used
    )


def _pairs(one: Column, other: Column) -> set[tuple[str, str]]:
    return {(cell, beside) for cell, beside in zip(one.cells, other.cells, strict=True) if beside}


def id_line(draft: Draft, key: Column | None) -> str:
    """Draft the id of what a row is."""
    if key is None:
        return (
            f"{_AT}# id: no column tells every row apart. Without one the id is made from the title, and a row that is "
            "changed later becomes another record."
        )
    draft.use([key])
    identity = f"{draft.stem}-{template(key.name, 'slug')}"
    line = f"{_AT}id: {quoted(identity)}"
    if key.name.casefold() == "id":
        return line
    return with_guess(line, f"{shown_name(key.name)} is different in {draft.rows()}")


def named_title(draft: Draft) -> Column | None:
    """Find the column whose name says title, or is a name for the row: `name`, `event`, `battle_name`."""
    things = names.EVENTS.one.union(*(nouns.one for nouns in names.OTHERS))
    of_things = names.TITLES | things | names.FILLERS
    called: list[list[Column]] = [[], [], []]
    for one in draft.free():
        own = set(one.words)
        if not own or not _fits_title(one) or not any(map(_has_letters, one.distinct)):
            continue
        if own <= names.TITLES:
            called[0].append(one)
        elif own <= _TITLED:
            called[1].append(one)
        elif own <= of_things and own & names.TITLES and _is_mostly_different(one):
            called[2].append(one)
    return next((one for columns in called for one in columns), None)


# Names of other things occur in tables of events too: `country`, `party`, `book`.
_TITLED: Final = names.EVENTS.one | names.AGREEMENTS.one


def other_title(draft: Draft, dates: Found) -> Column | None:
    """Find a column of names that are mostly different, preferably one that no places or actors are made of."""
    taken = {one.name for moment in dates.moments for one in moment.columns}
    taken |= {one.name for one, *_ in dates.unreadable}
    other = names.SUMMARIES | names.SOURCES | names.PRECISIONS
    different = [
        one
        for one in draft.free()
        if one.is_text
        and _fits_title(one)
        and _is_mostly_different(one)
        and not _are_codes(one)
        and one.name not in taken
        and not set(one.words) & other
    ]
    called = [one for one in different if set(one.words) & names.TITLES]
    of_other = names.ACTORS | names.SITES | names.PROVINCES | names.COUNTRIES
    rest = sorted(different, key=lambda one: bool(set(one.words) & of_other))
    return next(iter((*called, *rest)), None)


def _has_letters(cell: str) -> bool:
    return any(map(str.isalpha, cell))


def _fits_title(one: Column) -> bool:
    return max(len(" ".join(cell.split())) for cell in one.distinct) <= MAX_TITLE


def _is_mostly_different(one: Column) -> bool:
    return len(one.distinct) * 2 >= len(one.cells)


def _are_codes(one: Column) -> bool:
    """Return whether cells look like codes rather than names: short, in capitals, of one word."""
    return all(len(cell) <= 12 and cell == cell.upper() and " " not in cell for cell in one.distinct)


def title_line(draft: Draft, title: Column | None, key: Column | None) -> str:
    """Draft the title; where no column has names, it is made of the file's name, and the row's id or number."""
    if title is None:
        file = literal(draft.name.partition(".")[0][:_MAX_FILE_NAME].strip() or "table")
        own = f"{literal(key.name)} {template(key.name, 'line')}" if key is not None else f"row {{{ROW}}}"
        unnamed = "no column names what a row is; write a text of your own with columns in it"
        return with_guess(f"{_AT}title: {quoted(f'{file}, {own}')}", unnamed)
    draft.use([title])
    why = [f"{shown_name(title.name)} has names"]
    empty = len(title.cells) - len(title.filled)
    if empty:
        why.append(f"{empty:,} of {len(title.cells):,} rows have none and will be refused")
    if len(title.distinct) * 2 < len(title.filled):
        why.append(f"only {len(title.distinct):,} different ones")
    return with_guess(f"{_AT}title: {quoted(template(title.name, 'line'))}", "; ".join(why))


@dataclass(frozen=True)
class Actor:
    """A column that names participants, and their role, where the column's name says it."""

    column: Column
    role: str | None

    def identity(self, draft: Draft) -> str:
        """Return the template of its id."""
        return f"{draft.stem}-{template(self.column.name, 'slug')}"


def actors_of(draft: Draft) -> list[Actor]:
    """Find the columns that name participants, one in a cell."""
    found: list[Actor] = []
    for one in draft.free():
        own = set(one.words)
        if not own & names.ACTORS or own & names.NOT_OF_NAMES or not one.is_text:
            continue
        several = next((cell for cell in one.distinct if any(sign in cell for sign in _SEPARATORS)), None)
        if several is None and any(word.endswith("s") for word in own & names.ACTORS):
            several = next(
                (cell for cell in one.distinct if "," in cell or " and " in cell or "/" in cell), None
            )
        if several is not None:
            draft.leave_out(
                one, f"it seems to name several in a cell, such as {shown(several)}: see `each` and `split`"
            )
        elif (
            not all_slugs(one)
            or len(draft.stem) + 1 + max(map(len, one.slugs)) > MAX_ID_LENGTH
            or not _fits_title(one)
        ):
            draft.leave_out(one, "some of its names are too long, or cannot be written in an id")
        elif len(found) < _MAX_ACTORS:
            draft.use([one])
            found.append(Actor(one, next((word for word in one.words if word in _ROLES), None)))
    return found


def actor_lines(draft: Draft, actor: Actor) -> list[str]:
    """Draft the actors that a column names."""
    name = shown_name(actor.column.name)
    why = f"one actor for each different {name}"
    if not is_one_to_one(actor.column):
        why += "; names that differ in accents, case or signs alone become one"
    return [
        with_guess("  - kind: actor", f"{name} names actors"),
        f"{_AT}if_missing: true",
        with_guess(f"{_AT}id: {quoted(actor.identity(draft))}", why),
        f"{_AT}title: {quoted(template(actor.column.name, 'line'))}",
    ]


def participant_line(draft: Draft, actor: Actor) -> str:
    """Draft who took part."""
    role = f", role: {actor.role}" if actor.role is not None else ""
    name = shown_name(actor.column.name)
    return with_guess(
        f"{_AT}  - {{actor: {quoted(f'actors/{actor.identity(draft)}')}{role}}}", f"{name} took part"
    )


def summary_lines(draft: Draft) -> list[str]:
    """Draft the summary: a column of descriptions of the row, and of nothing else in it."""
    allowed = names.SUMMARIES | names.FILLERS | names.EVENTS.one
    for one in draft.free():
        if set(one.words) & names.SUMMARIES and set(one.words) <= allowed and one.is_text:
            draft.use([one])
            # Paragraphs stay; where there are none, it is a single line.
            filters = () if any("\n" in cell for cell in one.distinct) else ("line",)
            line = f"{_AT}summary: {quoted(template(one.name, *filters))}"
            return [with_guess(line, f"{shown_name(one.name)} says what it is")]
    return []


def note_of(draft: Draft) -> Column | None:
    """Find the column that says where the row comes from."""
    for one in draft.free():
        own = set(one.words)
        is_source = bool(own & names.SOURCES) and not own & (names.NOT_OF_NAMES - {"source", "url"})
        if is_source and one.longest() <= MAX_NOTE and numbers_of(one) is None:
            draft.use([one])
            return one
    return None


def tag_lines(draft: Draft) -> list[str]:
    """Draft the tags: columns with few different words."""
    found = []
    for one in draft.free():
        own = set(one.words)
        words = names.CATEGORIES | names.COUNTRIES | names.TYPES
        if (
            not own & words
            or own & names.NOT_OF_NAMES - {"type"}
            or not one.is_text
            or one.longest() > MAX_TITLE
        ):
            continue
        if len(one.distinct) > _MAX_CATEGORIES and not own & {
            "tag",
            "tags",
            "keyword",
            "keywords",
            *names.COUNTRIES,
        }:
            continue
        text = quoted(template(one.name, "line"))
        separator = next((sign for sign in (";", "|") if any(sign in cell for cell in one.distinct)), None)
        if separator is None:
            line = with_guess(f"{_AT}  - {text}", f"{shown_name(one.name)} has words to find it by")
        else:
            line = with_guess(
                f"{_AT}  - {{from: {text}, split: {quoted(separator)}}}",
                f"{shown_name(one.name)} lists words to find it by",
            )
        found.append((one, line))
    draft.use(one for one, _ in found[:_MAX_TAGS])
    return [f"{_AT}tags:", *(line for _, line in found[:_MAX_TAGS])] if found else []


def name_columns(columns: list[Column], most: int = 60) -> str:
    """List the names of columns for a comment, up to a limit."""
    shown_ones = ", ".join(name_list(columns[:most]))
    return shown_ones + (f" and {len(columns) - most:,} more" if len(columns) > most else "")
