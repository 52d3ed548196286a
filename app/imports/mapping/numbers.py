"""Numbers as tables write them: plain, or with the separators that a mapping declares as `decimal` and `thousands`."""

import re
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any, Final

from app.imports.mapping.errors import CellFault, MappingFault
from app.records.scalars import MAX_NUMBER

KEYS: Final = frozenset({"decimal", "thousands"})
"""The keywords for how numbers are written."""

_BLANKS: Final = " \u00a0\u2009\u202f"  # also no-break, thin, and narrow no-break
_APOSTROPHES: Final = "'\u2019"
_POINTS: Final = (".", ",")
_SEPARATORS: Final = frozenset({"", *_POINTS, *_BLANKS, *_APOSTROPHES})
_PLAIN: Final = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")

# A double distinguishes all numbers of this many digits.
_FEW_DIGITS: Final = 15

# As many digits as `_PLAIN` allows.
_EXACT: Final = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Notation:
    """How numbers are written: the decimal separator, and the thousands separators."""

    decimal: str
    thousands: str

    @classmethod
    def said(cls, words: dict[str, Any]) -> "Notation | None":
        """Parse the keywords of a mapping; None where there are none of them.

        With a decimal separator alone, thousands may be separated in any of the usual ways, as long as it
        is one and the digits come in threes; with a thousands separator alone, the other of point and comma
        is the decimal.

        Raises:
            MappingFault: they name no such sign, or the same one twice.
        """
        if KEYS.isdisjoint(words):
            return None
        decimal, thousands = words.get("decimal"), words.get("thousands")
        if decimal is not None and decimal not in _POINTS:
            raise MappingFault("The decimal sign is a point or a comma.")
        if thousands is not None and thousands not in _SEPARATORS:
            raise MappingFault(
                "Between thousands stands a point, a comma, a blank or an apostrophe; or nothing, ''."
            )
        if decimal is not None and decimal == thousands:
            raise MappingFault("One sign cannot stand both before fractions and between thousands.")
        if decimal is None:
            decimal = "," if thousands == "." else "."
        if thousands is None:
            thousands = "".join(sign for sign in _POINTS if sign != decimal) + _BLANKS + _APOSTROPHES
        elif thousands and thousands in _BLANKS + _APOSTROPHES:
            # Which of the blanks it is cannot be seen.
            thousands = _BLANKS if thousands in _BLANKS else _APOSTROPHES
        return cls(decimal, thousands)

    def plain(self, text: str) -> str | None:
        """Convert a number to digits and a point; None where it is not written so."""
        if self.decimal == "." and _PLAIN.fullmatch(text):
            return text
        whole, point, fraction = text.partition(self.decimal)
        sign = "-" if whole.startswith("-") else ""
        digits = whole.removeprefix("-")
        between = next((one for one in digits if not one.isdigit()), "")
        if between:
            first, *groups = digits.split(between)
            if between not in self.thousands or not 1 <= len(first) <= 3:
                return None
            if any(len(group) != 3 for group in groups):
                return None
            digits = first + "".join(groups)
        plain = f"{sign}{digits}{'.' if point else ''}{fraction}"
        return plain if _PLAIN.fullmatch(plain) else None


def read_number(text: str, notation: Notation | None = None) -> int | float:
    """Parse a number; without a notation only a plain one, in digits and with a point.

    Raises:
        CellFault: it is none, or has more digits than can be kept (an IEEE 754 double).
    """
    plain = text if notation is None else notation.plain(text)
    written = None if plain is None else _PLAIN.fullmatch(plain)
    if plain is None or written is None:
        raise CellFault("not_a_number", _not_so(notation), text)
    if written[1] is None and written[2] is None:
        found: int | float = int(plain)
    else:
        found = float(plain)
        if not _is_kept(plain, found):
            raise CellFault("too_precise", "This number has more digits than can be kept.", text)
        if found.is_integer():
            found = int(found)
    if abs(found) > MAX_NUMBER:
        raise CellFault("out_of_range", "Give a number between -2^53 and 2^53.", text)
    return found


def _not_so(notation: Notation | None) -> str:
    if notation is None:
        return (
            "Give a number in digits, with a point and without other signs; where the table writes numbers "
            "otherwise, say so with `decimal` and `thousands`."
        )
    point = "a point" if notation.decimal == "." else "a comma"
    between = (
        "the sign for thousands before each three digits or nowhere" if notation.thousands else "no sign"
    )
    return f"Give a number in digits, with {point} before fractions and {between} between thousands."


def _is_kept(plain: str, found: float) -> bool:
    """Return whether the double, written with as many digits, is the same number."""
    digits = len(plain) - plain.startswith("-") - 1
    if digits <= _FEW_DIGITS or repr(found) == plain or abs(found) > MAX_NUMBER:
        return True
    written = Decimal(plain)
    return _EXACT.quantize(Decimal(found), written) == written
