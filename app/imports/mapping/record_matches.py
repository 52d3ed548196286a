"""References found by names: `actor: {from: "{name}", match: {kind: actor, by: [title, aliases], else: fault}}`."""

from typing import Any, Final, Protocol, get_args

from app.errors import nearest
from app.imports.mapping.templates import Row, Value, columns_of
from app.imports.wanted import BY, Otherwise, Wanted
from app.records.kinds import RECORD_KINDS

_KINDS: Final = tuple(kind.kind for kind in RECORD_KINDS)
_OTHERWISE: Final[tuple[Otherwise, ...]] = get_args(Otherwise)
_KEYS: Final = frozenset({"kind", "by", "else"})

_KIND_OF: Final = {"actor": "actor", "place": "place", "source": "source", "agreement": "agreement"}
"""The members that refer to records of one kind."""

_REFERENCES: Final = frozenset({*_KIND_OF, "target", "obliges", "benefits", "id"})


class Compiler(Protocol):
    """The interface of what compiles the text that is matched."""

    def treated(self, said: dict[str, Any], pointer: str) -> Value:
        """Compile an object that says `from` which columns a text comes."""

    def refuse(self, pointer: str, detail: str, suggestion: str | None = None) -> None:
        """Add a fault of the mapping."""

    def known(self, said: dict[str, Any], known: frozenset[str], pointer: str) -> None:
        """Refuse unknown keywords."""


def is_record_match(said: Any) -> bool:
    """Return whether a value matches records, rather than expressions."""
    return (
        isinstance(said, dict)
        and isinstance(said.get("match"), dict)
        and isinstance(said["match"].get("by"), list)
    )


def has_record_match(said: Any) -> bool:
    """Return whether anything in it matches records."""
    if isinstance(said, dict):
        return is_record_match(said) or any(map(has_record_match, said.values()))
    return isinstance(said, list) and any(map(has_record_match, said))


def compiled_match(name: str, said: dict[str, Any], pointer: str, compiler: Compiler) -> Value:
    """Make a function that returns what is wanted for the member of that name; None where the text is empty."""
    match, here = said["match"], f"{pointer}/match"
    compiler.known(match, _KEYS, here)
    kind, by, otherwise = match.get("kind"), match["by"], match.get("else", "fault")
    if name not in _REFERENCES:
        compiler.refuse(here, "Records are matched where a reference to one stands, or its id.")
    if kind not in _KINDS or _KIND_OF.get(name, kind) != kind:
        detail = f"Choose one of {', '.join(_KINDS)}."
        compiler.refuse(
            f"{here}/kind", f"Here stands a reference to a {_KIND_OF[name]}." if name in _KIND_OF else detail
        )
    for at, one in enumerate(by):
        if one not in BY:
            compiler.refuse(f"{here}/by/{at}", f"Choose among {', '.join(BY)}.", nearest(str(one), BY))
    if not by:
        compiler.refuse(f"{here}/by", f"Choose among {', '.join(BY)}.")
    if otherwise not in _OTHERWISE:
        compiler.refuse(
            f"{here}/else", f"Choose one of {', '.join(_OTHERWISE)}.", nearest(str(otherwise), _OTHERWISE)
        )
    if name == "id" and otherwise != "fault":
        compiler.refuse(f"{here}/else", "Where a record is told more of, one that is not there is a fault.")
    elif otherwise == "create" and "title" not in by:
        compiler.refuse(f"{here}/else", "What is created has the text for its title: match by title as well.")
    text = compiler.treated({key: one for key, one in said.items() if key != "match"}, pointer)
    columns, known = columns_of(said.get("from")), tuple(map(str, by))

    def wanted(row: Row) -> Any:
        found = text(row)
        if isinstance(found, list):
            return [Wanted(str(kind), known, one, otherwise, columns) for one in found]
        return None if found is None else Wanted(str(kind), known, found, otherwise, columns, name == "id")

    return wanted
