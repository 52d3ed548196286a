"""What a mapping says of one record: its members, and the keywords next to them."""

from dataclasses import dataclass
from typing import Any, Final

from app.errors import nearest
from app.imports.additions import ADDABLE
from app.imports.json_values import object_of
from app.imports.mapping.compile import Compiler, Rows
from app.imports.mapping.constants import FixedWords
from app.imports.mapping.record_matches import has_record_match, is_record_match
from app.imports.mapping.templates import Value, columns_of, varies
from app.records.kinds import RECORD_KINDS
from app.values.simplify import is_installed, parse_metres

UPDATE: Final = "update"
ADD: Final = "add"
SIMPLIFY: Final = "simplify"
_CONTROLS: Final = frozenset({"kind", "once", "if_missing", "when", "each", UPDATE, ADD, SIMPLIFY})
"""Keywords next to the members of a record."""

_KINDS: Final = {kind.kind: kind for kind in RECORD_KINDS}


@dataclass(frozen=True, slots=True)
class Template:
    """One record to be made of a row, or several of them.

    Attributes:
        kind: the kind of record.
        once: whether it is made once, whatever the rows.
        if_missing: whether it gives way to an existing record.
        when: whether it is made of a row at all.
        each: the rows that it is made of, where one row gives several.
        make: makes its document.
        identify: makes its id; None where the id is made from the title.
        id_columns: the columns of its id.
        members: the members that it sets.
        added: those of them that are added to what the record has.
        wants: whether it matches records.
        must_exist: whether it only tells more of records that are there.
        simplify: how far the outline of a geometry of too many positions may be moved, in metres; None: not.
    """

    kind: str
    once: bool
    if_missing: bool
    when: Value | None
    each: Rows | None
    make: Value
    identify: Value | None
    id_columns: tuple[str, ...]
    members: frozenset[str]
    added: frozenset[str] = frozenset()
    must_exist: bool = False
    wants: bool = False
    simplify: float | None = None


def compiled_template(compiler: Compiler, words: FixedWords, said: Any, pointer: str) -> Template:
    """Compile what is made of each row; its faults are added to those of the compiler."""
    members = object_of(said)
    kind = members.get("kind")
    made = {name: one for name, one in members.items() if name not in _CONTROLS}
    if kind == "":
        compiler.refuse(f"{pointer}/kind", f"Choose what a row is: {', '.join(sorted(_KINDS))}.")
    elif not isinstance(kind, str) or kind not in _KINDS:
        compiler.refuse(f"{pointer}/kind", f"Choose one of {', '.join(_KINDS)}.", nearest(str(kind), _KINDS))
    else:
        # A member that the record cannot have is reported once, rather than for each row.
        words.record(_KINDS[kind], made, pointer)
    once = compiler.flag(members, "once", pointer)
    if once and varies({name: one for name, one in members.items() if name not in ("kind", "once")}):
        compiler.refuse(f"{pointer}/once", "What is made once is made of no row: it can name no columns.")
    with compiler.columns.scope():
        each = compiler.each(members["each"], f"{pointer}/each") if "each" in members else None
        when = compiler.condition(members["when"], f"{pointer}/when") if "when" in members else None
        make = compiler.object(made, pointer)
        # Compiled again for a document that turns out empty; its faults have been reported then.
        known = len(compiler.faults)
        identify = compiler.member("id", made["id"], f"{pointer}/id") if "id" in made else None
        del compiler.faults[known:]
    if is_record_match(made.get("id")):
        if not {UPDATE, ADD} & members.keys():
            detail = "Only a record that is there can be matched: say update or add as well."
            compiler.refuse(f"{pointer}/id", detail)
        if made["id"]["match"].get("kind") != kind:
            compiler.refuse(f"{pointer}/id/match/kind", "The id is that of this record: say its kind.")
    added = _told_more(compiler, members, made, pointer)
    return Template(
        str(kind),
        once,
        compiler.flag(members, "if_missing", pointer),
        when,
        each,
        make,
        identify,
        columns_of(made.get("id")),
        frozenset(made),
        added,
        UPDATE in members or ADD in members,
        has_record_match(made),
        _distance(compiler, members, made, pointer) if SIMPLIFY in members else None,
    )


def _distance(
    compiler: Compiler, members: dict[str, Any], made: dict[str, Any], pointer: str
) -> float | None:
    """Read how far the outlines of a record's geometries may be moved, in metres."""
    here = f"{pointer}/{SIMPLIFY}"
    if {"geometry", "geometries"}.isdisjoint(made):
        compiler.refuse(here, "There is nothing to simplify: this record is given no geometry.")
    try:
        metres = parse_metres(str(members[SIMPLIFY]))
    except ValueError as error:
        compiler.refuse(here, f"{str(error).capitalize()}.")
        return None
    if not is_installed():
        compiler.refuse(here, "There is no shapely, which simplifies: install annals[simplify].")
    return metres


def _told_more(
    compiler: Compiler, members: dict[str, Any], made: dict[str, Any], pointer: str
) -> frozenset[str]:
    """Check `update` and `add`, between them all members but the id of a record that is there; returns those added."""
    said: dict[str, list[str]] = {}
    for word in (UPDATE, ADD):
        names = members.get(word, [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            compiler.refuse(f"{pointer}/{word}", "Give a list of members.")
            names = []
        said[word] = names
    if UPDATE not in members and ADD not in members:
        return frozenset()
    if "id" not in made:
        compiler.refuse(pointer, "Say of which record this tells more: give its id.")
    if "if_missing" in members:
        compiler.refuse(
            f"{pointer}/if_missing", "This is for records that may be new; update and add are not."
        )
    for word, names in said.items():
        for at, name in enumerate(names):
            here = f"{pointer}/{word}/{at}"
            if name == "id" or name not in made:
                compiler.refuse(here, "Name members that stand beside this.", nearest(name, made))
            elif word == ADD and name not in ADDABLE:
                compiler.refuse(here, f"Only these can be added to: {', '.join(sorted(ADDABLE))}.")
            elif word == ADD and name in said[UPDATE]:
                compiler.refuse(here, "A member is either updated or added to.")
    for name in sorted(made.keys() - {"id", *said[UPDATE], *said[ADD]}):
        compiler.refuse(f"{pointer}/{name}", "Name this member in update or in add, or take it out.")
    return frozenset(said[ADD])
