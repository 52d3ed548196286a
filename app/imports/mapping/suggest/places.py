"""Places: columns of names and positions, and the records that are made of them."""

from dataclasses import dataclass
from typing import Final

from app.imports.mapping.suggest import column_names as names
from app.imports.mapping.suggest.column_names import Words
from app.imports.mapping.suggest.draft import MAX_ID_LENGTH, Draft, all_slugs, name_list
from app.imports.mapping.suggest.numbers import Numbers, Reading, numbers_of
from app.imports.mapping.suggest.sample import Column
from app.imports.mapping.suggest.yaml_text import column as template
from app.imports.mapping.suggest.yaml_text import listed, quoted, shown, shown_name, with_guess

_FINE, _PROVINCE, _COUNTRY = range(3)
_LEVELS: Final[tuple[Words, ...]] = (names.SITES, names.PROVINCES, names.COUNTRIES)
_AT: Final = "    "


@dataclass(frozen=True)
class Position:
    """The columns of longitude and latitude.

    Attributes:
        longitude: in degrees.
        latitude: likewise.
        reading: how their numbers are written.
    """

    longitude: Column
    latitude: Column
    reading: Reading

    @property
    def columns(self) -> tuple[Column, Column]:
        """Both of them."""
        return self.longitude, self.latitude

    def cells(self) -> list[tuple[str, str] | None]:
        """Return the position of each row; None where it has none."""
        return [
            (east, north) if east and north else None
            for east, north in zip(self.longitude.cells, self.latitude.cells, strict=True)
        ]


@dataclass(frozen=True)
class Places:
    """Places made of rows.

    Attributes:
        lines: the record that is made of a row.
        reference: the template that refers to it.
        why: what to mind where it is referred to.
    """

    lines: list[str]
    reference: str
    why: str


def position_of(draft: Draft) -> Position | None:
    """Find the columns of longitude and latitude, by their names and the range of their numbers."""
    found: list[tuple[Column, Numbers]] = []
    for words, most in ((names.LONGITUDES, 180), (names.LATITUDES, 90)):
        for one in draft.free():
            # `where.lat` of nested data as well as `place_latitude`.
            of_degrees = words | names.OF_COORDINATES | names.SITES
            if not set(one.words) & words or not set(one.words) <= of_degrees:
                continue
            numbers = numbers_of(one, -most, most)
            if numbers is not None and len(numbers.readings) == 1:
                found.append((one, numbers))
                break
            draft.leave_out(one, f"by its name degrees, but it has {shown(one.distinct[0])}")
    if len(found) != 2 or found[0][0] is found[1][0]:
        return None
    readings = {numbers.readings[0] for _, numbers in found if not numbers.is_plain}
    if len(readings) > 1:
        for one, _ in found:
            draft.leave_out(one, "longitude and latitude are written in two ways")
        return None
    return Position(found[0][0], found[1][0], next(iter(readings), found[0][1].readings[0]))


def places_of(draft: Draft, position: Position | None) -> Places | None:
    """Draft the places where rows happened."""
    levels = [_named(draft, words) for words in _LEVELS]
    name = next((one for one in levels if one is not None), None)
    around = [
        one
        for one in levels
        if one is not None and one is not name and name is not None and one.is_filled_where(name)
    ]
    if name is None:
        return _positions(draft, position, []) if position is not None else None
    is_fine = name is levels[_FINE]
    if position is not None and not is_fine:
        # The point lies in the country, but is not the country's position.
        return _positions(draft, position, [name] if name.is_complete else [])
    country = levels[_COUNTRY]
    key = [name, country] if country is not None and country in around else [name]
    if position is not None:
        for candidate in (key, [name, *around], [name, *position.columns]):
            is_key = all(one.is_filled_where(name) for one in candidate) and _is_short_enough(
                draft, candidate
            )
            if is_key and _is_one_place_each(candidate, position):
                return _names(draft, candidate, position)
        for one in position.columns:
            draft.leave_out(one, f"{shown_name(name.name)} has names that stand for several positions")
    if not _is_short_enough(draft, key):
        draft.leave_out(name, "its names are too long for ids")
        return None
    return _names(draft, key, None)


def _named(draft: Draft, words: Words) -> Column | None:
    """Find the first column with names of places of one level."""
    for one in draft.free():
        own = set(one.words)
        if own & words and not own & names.NOT_OF_NAMES and one.is_text and all_slugs(one):
            return one
    return None


def _ids(columns: list[Column]) -> list[tuple[str, ...] | None]:
    """Return what the id of each row's place is made of; None where something is missing."""
    slugs = [dict(zip(one.distinct, one.slugs, strict=True)) for one in columns]
    rows = zip(*(one.cells for one in columns), strict=True)
    return [
        tuple(slug[cell] for slug, cell in zip(slugs, row, strict=True)) if all(row) else None for row in rows
    ]


def _is_one_place_each(key: list[Column], position: Position) -> bool:
    """Return whether all rows of one id have the same position."""
    found: dict[str, tuple[str, str] | None] = {}
    for parts, where in zip(_ids(key), position.cells(), strict=True):
        if parts is not None and found.setdefault("-".join(parts), where) != where:
            return False
    return True


def _is_short_enough(draft: Draft, columns: list[Column]) -> bool:
    return all(
        parts is None or len("-".join((draft.stem, *parts))) <= MAX_ID_LENGTH for parts in set(_ids(columns))
    )


def _names(draft: Draft, key: list[Column], position: Position | None) -> Places:
    """Draft places that have names, identified by `key`."""
    name = key[0]
    draft.use([name, *(position.columns if position is not None else ())])
    identity = f"{draft.stem}-{'-'.join(template(one.name, 'slug') for one in key)}"
    why = f"one place for each different {listed(name_list(key))}"
    if position is not None and position.longitude in key:
        why += f", as one {shown_name(name.name)} has several positions"
    elif len(set(name.slugs)) < len(name.slugs):
        why += "; names that differ in accents, case or signs alone become one"
    lines = [
        with_guess("  - kind: place", f"{shown_name(name.name)} names places"),
        f"{_AT}if_missing: true",
        with_guess(f"{_AT}id: {quoted(identity)}", why),
        f"{_AT}title: {quoted(template(name.name, 'line'))}",
    ]
    if position is not None:
        missing = sum(
            1 for cell, where in zip(name.cells, position.cells(), strict=True) if where and not cell
        )
        if missing:
            what = f"{missing:,} rows have a position and no {shown_name(name.name)}, and get no place"
            lines.insert(2, with_guess(f"{_AT}when: {quoted(template(name.name))}", what))
        lines.append(geometry_line(position))
    return Places(lines, f"places/{identity}", f"{shown_name(name.name)} is where it happened")


def _positions(draft: Draft, position: Position, within: list[Column]) -> Places | None:
    """Draft places that have no names of their own, one for each position."""
    key = [position.latitude, position.longitude]
    if not _is_one_place_each(key, position):
        for one in key:
            draft.leave_out(
                one, "no column names the places, and ids made of positions would not tell them apart"
            )
        return None
    draft.use(key)
    slugs = "-".join(template(one.name, "slug") for one in key)
    inside = "".join(f" ({template(one.name, 'line')})" for one in within)
    title = f"{template(key[0].name)} / {template(key[1].name)}{inside}"
    lines = [
        with_guess("  - kind: place", "rows have positions, and no column names a place as small as that"),
        f"{_AT}if_missing: true",
        with_guess(f"{_AT}id: {quoted(f'{draft.stem}-{slugs}')}", "one place for each position"),
        with_guess(f"{_AT}title: {quoted(title)}", "the place has no name"),
        geometry_line(position),
    ]
    return Places(lines, f"places/{draft.stem}-{slugs}", "the position is where it happened")


def geometry_line(position: Position) -> str:
    """Draft the geometry of a place: a point."""
    why = f"{listed(name_list(position.columns))} are degrees"
    zeros = sum(
        1
        for where in position.cells()
        if where is not None
        and {float(cell.replace(position.reading.decimal, ".")) for cell in where} == {0.0}
    )
    if zeros:
        why += f"; {zeros:,} rows have 0, 0, which may stand for no position"
    east, north = (_degrees(one, position.reading) for one in position.columns)
    return with_guess(f"{_AT}geometry: {{point: [{east}, {north}]}}", why)


def _degrees(one: Column, reading: Reading) -> str:
    text = quoted(template(one.name))
    return f"{{from: {text}, {reading.said}}}" if reading.said else text
