"""The kind of a table's rows: events, or something else that only a person can decide."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from app.imports.mapping.suggest import column_names as names
from app.imports.mapping.suggest.column_names import EVENTS, OTHERS, Nouns, words_of
from app.imports.mapping.suggest.draft import Draft
from app.imports.mapping.suggest.sample import Column
from app.imports.mapping.suggest.yaml_text import listed, shown, shown_name, with_choice, with_guess

EVENT: Final = "event"
PLACE: Final = "place"
ACTOR: Final = "actor"
AGREEMENT: Final = "agreement"
_CHOICES: Final = "event, actor, agreement, mission or place"
_KINDS: Final = frozenset({EVENT, "actor", "agreement", "mission", PLACE, "source"})
_KIND_OF: Final = {
    "agreements": AGREEMENT,
    "actors": ACTOR,
    "persons": ACTOR,
    "places": PLACE,
    "missions": "mission",
}
_AREAS: Final = frozenset({"Polygon", "MultiPolygon", "LineString", "MultiLineString"})


class Kind(NamedTuple):
    """The kind of a row.

    Attributes:
        name: a kind of record; None where somebody has to choose.
        line: the line of the draft.
    """

    name: str | None
    line: str


class _Hint(NamedTuple):
    """What a name suggests.

    Attributes:
        where: what suggests it.
        what: what rows may be.
        is_weak: whether such a name is that of what a row is about as often as of what it is.
    """

    where: str
    what: str
    is_weak: bool = False


def kind_of(
    draft: Draft, title: Column | None, *, has_date: bool, has_figures: bool, said: str | None = None
) -> Kind:
    """Find the kind of the rows; where names contradict each other, or suggest nothing at all, it is left open.

    `said` is the kind that somebody chose.
    """
    if said is not None:
        return Kind(said, f"  - kind: {said}")
    own = next((one for one in draft.columns if one.name.casefold() == "kind"), None)
    if (
        own is not None
        and own.is_complete
        and len(own.distinct) == 1
        and own.distinct[0] in _KINDS - {"source"}
    ):
        draft.use([own])
        return Kind(own.distinct[0], with_guess(f"  - kind: {own.distinct[0]}", "the column kind says so"))
    hints = list(_hints(draft, title))
    others = [hint for hint in hints if hint.what != EVENTS.what]
    events = [hint for hint in hints if hint.what == EVENTS.what]
    areas = draft.sample.geometries & _AREAS
    if areas and not events and not has_date:
        return Kind(
            PLACE,
            with_guess(f"  - kind: {PLACE}", f"features are {listed(sorted(areas))}, and nothing tells when"),
        )
    suggested = {_KIND_OF.get(hint.what) for hint in hints}
    kind = suggested.pop() if len(suggested) == 1 else None
    if kind is not None and not areas and not all(hint.is_weak for hint in hints):
        why = listed([f"{hint.where} speaks of {hint.what}" for hint in hints[:4]])
        return Kind(kind, with_guess(f"  - kind: {kind}", why))
    if others or areas:
        what = [f"{hint.where} speaks of {hint.what}" for hint in (others + events)[:4]]
        what += [f"features are {listed(sorted(areas))}"] if areas else []
        return Kind(None, with_choice("  - kind:", f"{_CHOICES}; {listed(what)}"))
    if events:
        return Kind(EVENT, with_guess(f"  - kind: {EVENT}", f"{events[0].where} speaks of events"))
    return _kind_without_hints(draft, has_date=has_date, has_figures=has_figures)


def _kind_without_hints(draft: Draft, *, has_date: bool, has_figures: bool) -> Kind:
    if has_date or has_figures:
        why = "rows have dates" if has_date else "rows count people who came to harm"
        return Kind(EVENT, with_guess(f"  - kind: {EVENT}", f"{why}, and nothing speaks of anything else"))
    if draft.sample.geometries:
        why = f"features are {listed(sorted(draft.sample.geometries))}, and no name and no date tells more"
        return Kind(PLACE, with_guess(f"  - kind: {PLACE}", why))
    return Kind(None, with_choice("  - kind:", f"{_CHOICES}; no name and no date tells"))


def _hints(draft: Draft, title: Column | None) -> Iterator[_Hint]:
    """Yield what names suggest: of the file, of its main columns, of titles, of columns that few tables have."""
    file = words_of(draft.name.partition(".")[0])
    for nouns in (EVENTS, *OTHERS):
        # The last word of a name, or one in the plural, is its subject: `battles_1848`, `manytreaties`,
        # `peace-treaty`.
        if any(_is_plural(word, nouns) for word in file) or (file and file[-1] in nouns.one):
            yield _Hint(f"the name of the file {shown_name(draft.name)}", nouns.what)
    first = draft.columns[0] if draft.columns else None
    is_key = (
        first is not None
        and bool(set(first.words) & names.IDENTIFIERS)
        and len(first.distinct) == len(first.cells)
    )
    keys = [first] if is_key else []
    for name in dict.fromkeys(one.name for one in (title, *keys) if one is not None):
        for nouns in (EVENTS, *OTHERS):
            if set(words_of(name)) & (nouns.one | nouns.several):
                yield _Hint(f"the column {shown_name(name)}", nouns.what, is_weak=True)
    if title is not None:
        yield from _in_titles(title)
    for one in draft.columns:
        for words, what in _TELLTALES:
            if set(one.words) & words and set(one.words) <= words | _BESIDE:
                yield _Hint(f"the column {shown_name(one.name)}", what)


_TELLTALES: Final = (
    (names.OF_PERSONS, "persons"),
    (names.OF_BODIES, "actors"),
    (names.OF_AGREEMENTS, "agreements"),
    (names.OF_PUBLICATIONS, "publications"),
    (names.OF_PLACES, "places"),
)

_BESIDE: Final = (
    names.FILLERS
    | names.DATES
    | names.YEARS
    | names.SITES
    | names.STARTS
    | names.ENDS
    | frozenset({"entry", "into"})
)


def _is_plural(word: str, nouns: Nouns) -> bool:
    return word in nouns.several or any(len(one) > 5 and word.endswith(one) for one in nouns.several)


def _in_titles(title: Column) -> Iterator[_Hint]:
    """Use the first and the last word of titles: `Treaty of …`, `… Empire`."""
    ends = [(words[0], words[-1]) for words in map(words_of, title.distinct) if words]
    for nouns in (EVENTS, *OTHERS):
        with_word = [pair for pair in ends if nouns.one & set(pair)]
        if len(with_word) * 2 > len(ends):
            yield _Hint(f"{shown_name(title.name)} (as in {shown(title.distinct[0])})", nouns.what)
