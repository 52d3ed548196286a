"""The form of EDTF as one regular expression, for JSON Schemas: what it does not match is no date.

It knows signs and digits alone. That months have days, intervals run forward and members of sets differ is
the parser's to say.
"""

from typing import Final

_Q: Final = "[?~%]?"
_YEAR: Final = "-?[0-9X]{4}"
_SIGNIFICANT: Final = "S0*[1-9][0-9]?"
_MONTH: Final = f"-{_Q}(?:0[1-9X]|1[0-2X]|X[0-9X]|2[1-9X]|3[0-9X]|4[01X]){_Q}"
_DAY: Final = f"-{_Q}(?:[0-2X][0-9X]|3[01X]){_Q}"
_DATE: Final = f"{_Q}{_YEAR}(?:{_SIGNIFICANT}{_Q}|{_Q}(?:{_MONTH}(?:{_DAY})?)?)"
_LONG_YEAR: Final = f"{_Q}Y-?[1-9][0-9]{{0,15}}(?:E[0-9]+)?(?:{_SIGNIFICANT})?{_Q}"
_ONE: Final = f"(?:{_DATE}|{_LONG_YEAR})"
_TIMED: Final = "-?[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}(?::[0-9]{2})?)?"
_END: Final = rf"(?:{_ONE}|\.\.)?"
_MEMBERS: Final = rf"(?:\.\.)?{_ONE}(?:(?:, *|\.\.){_ONE})*(?:\.\.)?"

EDTF_PATTERN: Final = rf"^(?:{_ONE}|{_TIMED}|{_END}/{_END}|\[{_MEMBERS}\]|\{{{_MEMBERS}\}})$"
"""What every EDTF date looks like, as an ECMA 262 and Python regular expression."""
