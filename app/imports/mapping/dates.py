"""Dates from columns: a text, parts of a date, two ends of it, and a column with its precision."""

import re
from dataclasses import dataclass
from typing import Any, Final, Protocol

from app.imports.mapping.date_parts import PARTS, date_of_parts
from app.imports.mapping.date_texts import (
    BESIDE_A_TEXT,
    OF_A_TEXT,
    TEXT,
    TextReader,
    compiled_text,
    described,
    in_gregorian,
    of_one_date,
    word_key,
)
from app.imports.mapping.date_wikidata import OF_WIKIDATA, WIKIDATA, compiled_wikidata
from app.imports.mapping.empty_members import Contents
from app.imports.mapping.errors import CellFault
from app.imports.mapping.templates import Row, Value, columns_of
from app.imports.mapping.transforms import nothing
from app.values.edtf.text import is_edtf

KEYS: Final = frozenset({"start", "end", "year", "month", "day", "precision", "approximate", "ranges"})
"""The keywords of a date."""

PRECISIONS: Final = ("day", "month", "year", "decade", "century", "within")
"""Precisions of a date; `within`: it is some one day, or part of a day, from start to end."""

OF_AN_END: Final = PRECISIONS[:-1]
"""Precisions of one end."""

OPEN, UNKNOWN, SAME = "open", "unknown", "same"

_WORDS: Final = {"open_words": "..", "unknown_words": ""}
"""Keywords of an end for words that stand there in place of a date, and what these are in EDTF."""

EMPTY_MEANS: Final = (OPEN, UNKNOWN, SAME)
"""What a mapping can say of an end whose cell is empty: ongoing, unknown, or the day of the other end."""

_CUT: Final = re.compile(r"(-?\d\d(?:\d\d|\dX|XX))(?:-(\d\d))?(?:-(\d\d))?([?~%]?)", re.ASCII)
_DATE_IN_EDTF: Final = re.compile(r"[^\[\]{},./]+")
_NO: Final = frozenset({"0", "false", "no", "f", "n"})


class Compiler(Protocol):
    """The interface of what compiles the values that a date is made of."""

    def value(self, said: Any, pointer: str) -> Value:
        """Compile a text, or an object that says how it is transformed."""

    def refuse(self, pointer: str, detail: str, suggestion: str | None = None) -> None:
        """Add a fault of the mapping."""

    def known(self, said: dict[str, Any], known: frozenset[str], pointer: str) -> None:
        """Refuse unknown keywords."""

    def flag(self, said: dict[str, Any], name: str, pointer: str) -> bool:
        """Parse a boolean."""

    def one_of(self, said: Any, among: tuple[str, ...], pointer: str) -> None:
        """Refuse a constant that is none of these words."""


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a date.

    Attributes:
        value: returns its text, or None where its columns are empty.
        empty_means: what empty columns mean; None where the mapping does not say.
        precision: returns its precision; None where it has none of its own.
        columns: its columns.
        words: what the mapping says of its precision.
        text: reads it, where it is a text that people wrote.
    """

    value: Value
    empty_means: str | None = None
    precision: Value | None = None
    columns: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    text: TextReader | None = None


def compiled_date(said: dict[str, Any], pointer: str, compiler: Compiler, *, is_whole: bool) -> Value:
    """Make a function that returns a date, or None where its columns are empty.

    The date is EDTF, or an object where it is read from a text; without `is_whole` it is always EDTF.
    """
    if TEXT in said or WIKIDATA in said:
        keys = OF_A_TEXT if TEXT in said else OF_WIKIDATA
        compiler.known(said, keys | BESIDE_A_TEXT if is_whole else keys, pointer)
        read = (compiled_text if TEXT in said else compiled_wikidata)(said, pointer, compiler)

        def edtf(row: Row) -> str | None:
            return None if (found := read(row)) is None else found.edtf

        texts: list[TextReader] = [read]
        date: Value = edtf
    else:
        ends = [
            one
            for one in (said.get("start"), said.get("end"))
            if isinstance(one, dict) and (TEXT in one or WIKIDATA in one)
        ]
        compiler.known(said, KEYS | BESIDE_A_TEXT if is_whole and ends else KEYS, pointer)
        date, texts = _of_ends(said, pointer, compiler)
    if not texts:
        return date
    if is_whole:
        return described(said, pointer, compiler, date, texts)
    return in_gregorian(date, texts, columns_of(said))


def _of_ends(said: dict[str, Any], pointer: str, compiler: Compiler) -> tuple[Value, list[TextReader]]:
    """Make a function that returns EDTF of the parts or ends of a date, and those that read its texts."""
    if not {"start", "end", "year"} & said.keys():
        compiler.refuse(pointer, "A date needs text, wikidata, start, end or year.")
    if set(PARTS) & said.keys() and {"start", "end"} & said.keys():
        compiler.refuse(
            pointer, "Give year, month and day, or start and end, each of which may have year, month and day."
        )
    ends: dict[str, Any] = {name: said[name] for name in ("start", "end") if name in said}
    if "end" in ends and "start" not in ends:
        detail = f"Say what the start is as well, were it only {{{UNKNOWN}: true}} or {{{OPEN}: true}}."
        compiler.refuse(f"{pointer}/end", detail)
    precise = compiler.value(said["precision"], f"{pointer}/precision") if "precision" in said else None
    compiler.one_of(said.get("precision"), PRECISIONS, f"{pointer}/precision")
    whole_columns = columns_of(said.get("precision"))
    approximate = (
        compiler.value(said["approximate"], f"{pointer}/approximate") if "approximate" in said else None
    )
    ranges = compiler.flag(said, "ranges", pointer)
    if "year" in said:
        begin = _End(
            date_of_parts(said, pointer, compiler), columns=columns_of([said.get(one) for one in PARTS])
        )
        contents = Contents.of({})
    else:
        begin = _end(ends.get("start"), f"{pointer}/start", compiler, is_lone="end" not in ends)
        contents = Contents.of(ends)
    finish = _end(ends.get("end"), f"{pointer}/end", compiler)
    is_interval = "end" in ends

    def date(row: Row) -> str | None:
        start, end = begin.value(row), finish.value(row)
        found = {name: one for name, one in (("start", start), ("end", end)) if one is not None}
        if not found or not contents.suffice(found):
            return None
        if ranges:
            start, end = _of_range(start, "start", begin), _of_range(end, "end", finish)
        whole = precise(row) if precise is not None else None
        if whole is not None and whole not in PRECISIONS:
            raise _unknown_precision(whole, PRECISIONS, whole_columns)
        start, end = _cut(row, start, begin, whole), _cut(row, end, finish, whole)
        if is_interval:
            start, end = _filled(start, end, begin, "start"), _filled(end, start, finish, "end")
            text = _interval(str(start), str(end), within=whole == "within")
        else:
            text = str(start)
        mark = approximate(row) if approximate is not None else None
        return text if mark is None or mark.lower() in _NO else _DATE_IN_EDTF.sub(_approximated, text)

    return date, [one.text for one in (begin, finish) if one.text is not None]


def _end(said: Any, pointer: str, compiler: Compiler, *, is_lone: bool = False) -> _End:
    if said is None:
        return _End(nothing)
    if not isinstance(said, dict):
        return _End(compiler.value(said, pointer), columns=columns_of(said))
    meanings = [word for word in EMPTY_MEANS if compiler.flag(said, word, pointer)]
    if len(meanings) > 1:
        compiler.refuse(pointer, f"An empty cell means one of {', '.join(EMPTY_MEANS)}.")
    if meanings and is_lone:
        compiler.refuse(
            f"{pointer}/{meanings[0]}", "This is for one of two ends; say what the end is as well."
        )
    words = _words(said, pointer, compiler)
    precision = text = None
    if "precision" in said and WIKIDATA not in said:
        precision = compiler.value(said["precision"], f"{pointer}/precision")
        compiler.one_of(said["precision"], OF_AN_END, f"{pointer}/precision")
    rest = {
        name: one
        for name, one in said.items()
        if name not in (*EMPTY_MEANS, *_WORDS) and (name != "precision" or WIKIDATA in said)
    }
    if not rest and meanings:
        # A value without columns is the same for every row.
        value: Value = nothing
    elif set(PARTS) & rest.keys():
        compiler.known(rest, frozenset(PARTS), pointer)
        value = date_of_parts(rest, pointer, compiler)
        if words:
            compiler.refuse(
                pointer, "Words in place of a date stand in one column, not in year, month and day."
            )
    elif TEXT in rest:
        compiler.known(rest, OF_A_TEXT, pointer)
        text = compiled_text(rest, pointer, compiler, words, is_last=pointer.endswith("/end"))
        value = of_one_date(text, columns_of(rest))
    elif WIKIDATA in rest:
        compiler.known(rest, OF_WIKIDATA, pointer)
        text = compiled_wikidata(rest, pointer, compiler)
        value = of_one_date(text, columns_of(rest))
        if words:
            compiler.refuse(pointer, "A time of Wikidata has no words in place of a date.")
    else:
        value = _with_words(compiler.value(rest, pointer), words)
    return _End(
        value,
        meanings[0] if meanings else None,
        precision,
        columns_of(rest),
        columns_of(said.get("precision")),
        text,
    )


def _words(said: dict[str, Any], pointer: str, compiler: Compiler) -> dict[str, str]:
    """Return the words that stand in place of a date, folded, and what each means in EDTF."""
    found: dict[str, str] = {}
    for name, meaning in _WORDS.items():
        words = said.get(name, [])
        if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
            compiler.refuse(f"{pointer}/{name}", "Give a list of words, such as [present].")
            continue
        for word in words:
            if found.setdefault(word_key(word), meaning) != meaning:
                compiler.refuse(f"{pointer}/{name}", "A word cannot be both open and unknown.")
    return found


def _with_words(value: Value, words: dict[str, str]) -> Value:
    if not words:
        return value

    def date(row: Row) -> Any:
        text = value(row)
        return words.get(word_key(text), text) if isinstance(text, str) else text

    return date


def _of_range(text: str | None, side: str, end: _End) -> str | None:
    """Convert a range that stands for one end: as a start, `..X` is X or before; as an end, `X..` is X or after.

    EDTF has no such bound for one end of an interval: a beginning at some time up to X is an unknown
    beginning, an end at some time from X on is one that is not known to have come.
    """
    if text is None or ".." not in text or text == "..":
        return text
    day = text.removeprefix("..") if side == "start" else text.removesuffix("..")
    if day == text or not is_edtf(day):
        detail = "As a start, a range is `..1816-01-01` (by then), as an end `2017-12-31..` (still then)."
        raise CellFault("not_a_range", detail, text, end.columns)
    return "" if side == "start" else ".."


def _filled(text: str | None, other: str | None, end: _End, side: str) -> str:
    """Return what the mapping says that an empty end means."""
    if text is not None:
        return text
    match end.empty_means:
        case "open":
            return ".."
        case "unknown":
            return ""
        case "same" if other is not None:
            return other
    detail = (
        f"The {side} is empty and the other end is not: say in the mapping what that means, "
        f"`{OPEN}` (it is an open end, ..), `{UNKNOWN}` (nobody knows when) or `{SAME}` (the same day)."
    )
    raise CellFault("one_end_empty", detail, None, end.columns)


_SOME_YEAR: Final = "XXXX"


def _interval(first: str, last: str, *, within: bool) -> str:
    if first == last:
        return first
    if not within:
        # Next to an open end an unknown one has no bound of its own, and would count as open (as in `/..`):
        # a year of which no digit is known is never certain.
        if (first, last) in (("", ".."), ("..", "")):
            first, last = first or _SOME_YEAR, last or _SOME_YEAR
        return f"{first}/{last}"
    if "" in (first, last):
        raise CellFault("unknown_precision", "Within an end that nobody knows there is no one day.")
    return f"[{'' if first == '..' else first}..{'' if last == '..' else last}]"


def _cut(row: Row, text: str | None, end: _End, whole: str | None) -> str | None:
    """Cut the text of an end to its precision: its own, or else that of the whole date."""
    own = end.precision(row) if end.precision is not None else None
    if own is not None and own not in OF_AN_END:
        raise _unknown_precision(own, OF_AN_END, end.words)
    how = own or whole
    if text in (None, "", "..") or how in (None, "day", "within"):
        return text
    found = _CUT.fullmatch(text)
    if found is None or not is_edtf("-".join(one for one in found.groups()[:3] if one not in (None, "00"))):
        detail = "Only a plain date can be cut to the precision that is said of it."
        raise CellFault("not_a_date", detail, text, end.columns)
    year, month, _, mark = found.groups()
    match how:
        case "month":
            return (f"{year}-{month}" if month else year) + mark
        case "decade":
            return f"{year[:-1]}X{mark}"
        case "century":
            return f"{year[:-2]}XX{mark}"
    return f"{year}{mark}"


def _unknown_precision(found: str, known: tuple[str, ...], columns: tuple[str, ...]) -> CellFault:
    detail = f"Say how well the date is known: {', '.join(known)}."
    return CellFault("unknown_precision", detail, found, columns)


def _approximated(match: re.Match[str]) -> str:
    """Mark one date as approximate; one that is uncertain already (`?`) becomes both (`%`)."""
    date = match[0]
    if date[-1] in "~%":
        return date
    return f"{date[:-1]}%" if date[-1] == "?" else f"{date}~"
