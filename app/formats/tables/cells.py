r"""Lists of a record as one cell of a table: in short where that says everything, else as a JSON array.

==============  ============================================  =====================================
field           an item in short                              what it may hold
==============  ============================================  =====================================
places          `places/havana:site`                          place, role
participants    `actors/hugo-chavez:guest`                    actor, role
parties         `actors/cuba:party`                           actor, role
relations       `part-of=events/x`, `ally-of=actors/y@1999`   type, target, a date that is EDTF alone
figures         `deaths=15`, `deaths#kia=10..20`,             measure, id where it is not the measure,
                `deaths=10..15..20`, `deaths=10..`            best; low..high; low..best..high
==============  ============================================  =====================================

Items are separated by `; `. Where one item has more to say, the whole cell is a JSON array, which begins
with `[`; lists with no short form (names, name_parts, geometries, evidence, provisions, sections) are always that. Lists of texts are
separated in the same way, with a backslash before each `;` and `\` of their own and before a `[` that
begins the cell; labels are `es=…; pt=…`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

Part = dict[str, Any]
_WORD: Final = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_MEMBER: Final = re.compile(rf"(?P<ref>[a-z]+/{_WORD})(?::(?P<role>{_WORD}))?")
_RELATION: Final = re.compile(rf"(?P<type>{_WORD})=(?P<target>[a-z]+/{_WORD})(?:@(?P<edtf>[^;@\s]+))?")
_NUMBER: Final = r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?"

_FIGURE: Final = re.compile(
    rf"(?P<measure>{_WORD})(?:#(?P<id>{_WORD}))?="
    rf"(?:(?P<only>{_NUMBER})|(?P<low>{_NUMBER})?\.\.(?:(?P<best>{_NUMBER})\.\.)?(?P<high>{_NUMBER})?)"
)

SPACE: Final = " \t\r\n"
"""White space around the parts of a cell; control characters are kept (`str.strip` removes some of them)."""

_DERIVED: Final = frozenset({"start", "end", "qualified", "label"})


def _member(name: str, part: Mapping[str, Any]) -> str | None:
    if not part.keys() <= {name, "role"}:
        return None
    return f"{part[name]}:{part['role']}" if "role" in part else str(part[name])


def _relation(part: Mapping[str, Any]) -> str | None:
    date = part.get("date")
    if not part.keys() <= {"type", "target", "date"} or (date and not date.keys() <= {"edtf", *_DERIVED}):
        return None
    return f"{part['type']}={part['target']}" + (f"@{date['edtf']}" if date else "")


def _figure(part: Mapping[str, Any]) -> str | None:
    if not part.keys() <= {"id", "measure", "low", "best", "high"}:
        return None
    low, best, high = (_digits(part.get(name)) for name in ("low", "best", "high"))
    own = part.get("id", part["measure"])
    stem = part["measure"] + ("" if own == part["measure"] else f"#{own}")
    if not (low or high):
        return f"{stem}={best}"
    return f"{stem}={low}..{f'{best}..' if best else ''}{high}"


def _digits(number: float | None) -> str:
    return "" if number is None else repr(number)


def _read_member(name: str, match: Mapping[str, str | None]) -> Part:
    return _given({name: match["ref"], "role": match["role"]})


def _read_relation(match: Mapping[str, str | None]) -> Part:
    return _given({"type": match["type"], "target": match["target"], "date": match["edtf"]})


def _read_figure(match: Mapping[str, str | None]) -> Part:
    numbers = {
        "low": match["low"],
        "best": match["best"] or match["only"],
        "high": match["high"],
    }
    words = {"id": match["id"] or match["measure"], "measure": match["measure"]}
    return _given({**words, **{name: _number(text) for name, text in numbers.items() if text}})


def _number(text: str) -> float:
    return float(text) if re.search(r"[.e]", text) else int(text)


def _given(members: Mapping[str, Any]) -> Part:
    return {name: value for name, value in members.items() if value is not None}


_SHORT: Final[dict[str, tuple[re.Pattern[str], Callable[[Part], str | None], Callable[[Any], Part]]]] = {
    "places": (_MEMBER, lambda part: _member("place", part), lambda match: _read_member("place", match)),
    "participants": (
        _MEMBER,
        lambda part: _member("actor", part),
        lambda match: _read_member("actor", match),
    ),
    "parties": (_MEMBER, lambda part: _member("actor", part), lambda match: _read_member("actor", match)),
    "relations": (_RELATION, _relation, _read_relation),
    "figures": (_FIGURE, _figure, _read_figure),
}


_SHORT_EXAMPLES: Final = {
    "places": "places/havana or places/havana:venue",
    "participants": "actors/fidel-castro or actors/fidel-castro:host",
    "parties": "actors/cuba or actors/cuba:signatory",
    "relations": "part-of=events/x or part-of=events/x@1961",
    "figures": "deaths=51, deaths=51..60 or deaths=51..",
}


def encode_cell(field: str, parts: Sequence[Part]) -> str:
    """Write the members of a field as one cell."""
    if field in _SHORT:
        pattern, write, _ = _SHORT[field]
        short = [write(part) for part in parts]
        if all(one is not None and pattern.fullmatch(one) for one in short):
            return "; ".join(one for one in short if one is not None)
    return orjson.dumps(_plain(parts)).decode()


def decode_cell(field: str, cell: str) -> list[Part]:
    """Parse what `encode_cell` writes.

    Raises:
        ValueError: the cell is neither a JSON array nor items of the short form.
    """
    if cell.lstrip().startswith("["):
        parts: list[Part] = orjson.loads(cell)
        return parts
    if field not in _SHORT:
        raise ValueError("write a JSON array, such as [{…}, {…}]")
    pattern, _, read = _SHORT[field]
    found = []
    for text in cell.split(";"):
        match = pattern.fullmatch(text.strip())
        if match is None:
            raise ValueError(
                f"write items such as {_SHORT_EXAMPLES[field]}, with semicolons between, or a JSON array"
            )
        found.append(read(match.groupdict()))
    return found


def join_texts(texts: Sequence[str]) -> str:
    """Write texts as one cell."""
    joined = "; ".join(text.replace("\\", "\\\\").replace(";", "\\;") for text in texts)
    return "\\" + joined if joined.startswith("[") else joined


def split_texts(cell: str) -> list[str]:
    """Parse what `join_texts` writes; a JSON array of texts is accepted as well.

    Raises:
        ValueError: the cell begins as a JSON array and is none of texts.
    """
    if cell.startswith("["):
        texts = orjson.loads(cell)
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("not a list of texts")
        return list(texts)
    found, current, escaped = [], "", False
    for character in cell:
        if escaped or character not in "\\;":
            current += character
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            found.append(current.strip(SPACE))
            current = ""
    return [text for text in (*found, current.strip(SPACE)) if text]


def _plain(value: Any) -> Any:
    """Remove the derived members of dates, wherever they are."""
    if isinstance(value, dict):
        dated = "edtf" in value
        return {name: _plain(one) for name, one in value.items() if not (dated and name in _DERIVED)}
    return [_plain(one) for one in value] if isinstance(value, list) else value
