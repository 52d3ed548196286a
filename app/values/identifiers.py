"""ISBN (ISO 2108) and DOI (ISO 26324): what is one, and in which forms it is searched for."""

import re
from collections.abc import Iterator
from typing import Final

DOI: Final = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+")
_DOI_WITHIN: Final = re.compile(
    rf"(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*)?({DOI.pattern})", re.IGNORECASE
)
_ISBN_10: Final = re.compile(r"[0-9]{9}[0-9X]")
_ISBN_13: Final = re.compile(r"[0-9]{13}")
_ISBN_LABEL: Final = re.compile(r"isbn(?:[- ]?1[03])?(?:\s*:\s*|\s+)", re.IGNORECASE)
_DASHES: Final = re.compile("[\u2010-\u2015\u2212]")
_AROUND: Final = " \t()<>[]{},.;:"


def doi_within(text: str) -> str | None:
    """Return the DOI of a text that is one, alone, after `doi:` or in an address of doi.org; None of any other text."""
    found = _DOI_WITHIN.fullmatch(text)
    return found[1] if found else None


def isbn_digits(text: str) -> str | None:
    """Return an ISBN of ten or thirteen digits without hyphens and spaces; None where its last digit does not check it."""
    digits = text.replace("-", "").replace(" ", "").upper()
    if _ISBN_10.fullmatch(digits):
        return digits if digits[9] == _check_of_10(digits[:9]) else None
    if _ISBN_13.fullmatch(digits):
        return digits if digits[12] == _check_of_13(digits[:12]) else None
    return None


def _check_of_10(digits: str) -> str:
    weighted = sum(weight * int(one) for weight, one in zip(range(10, 1, -1), digits, strict=True))
    return "0123456789X"[-weighted % 11]


def _check_of_13(digits: str) -> str:
    return str(-sum(int(one) * (3 if at % 2 else 1) for at, one in enumerate(digits)) % 10)


def isbn_forms(digits: str) -> tuple[str, ...]:
    """Return an ISBN of `isbn_digits` and the same with thirteen digits in place of ten, or ten in place of thirteen.

    Of those with thirteen digits only the ones that begin with 978 have ten as well.
    """
    if len(digits) == 10:
        longer = f"978{digits[:9]}"
        return digits, longer + _check_of_13(longer)
    if digits.startswith("978"):
        return digits, digits[3:12] + _check_of_10(digits[3:12])
    return (digits,)


def searchable_identifiers(isbn: str | None, doi: str | None) -> Iterator[str]:
    """Yield the texts by which a source is found by its ISBN and its DOI."""
    if isbn is not None:
        yield f"ISBN {isbn}"
        yield from (form for form in isbn_forms(isbn_digits(isbn) or isbn) if form != isbn)
    if doi is not None:
        yield f"doi:{doi}"


def searched_doi(text: str) -> str | None:
    """Return the DOI that a piece of a query is, within punctuation; None where it is none."""
    return doi_within(text.strip(_AROUND))


def searched_isbn(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the ISBN that a piece of a query is, as it is written there, and its forms; None where it is none.

    It may stand within punctuation and after `ISBN`, and have dashes in place of hyphens.
    """
    written = _DASHES.sub("-", text.strip(_AROUND))
    label = _ISBN_LABEL.match(written)
    written = written[label.end() :] if label else written
    digits = isbn_digits(written)
    return None if digits is None else (written, isbn_forms(digits))
