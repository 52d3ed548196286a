"""What a source says of a record: one passage bearing on one property."""

from typing import Annotated, Any, Final, Self

from pydantic import Field, StringConstraints, ValidationInfo, model_validator
from pydantic_core import InitErrorDetails, ValidationError

from app.records.parts import Part
from app.records.scalars import (
    QUOTE_PATTERN,
    WITHOUT_CONTROLS,
    Count,
    Id,
    Locator,
    Note,
    SourceReference,
    rule_error,
)
from app.records.term_fields import Basis, Rank, Stance
from app.values import text_selectors as passage

MAX_EXACT: Final = 200
"""The longest phrase that a selector may quote, in characters."""

MAX_EXACT_WORDS: Final = 12
"""The most words that a selector may quote."""

# The text's own characters: anything but NUL, which Postgres cannot hold.
_Quote = Annotated[str, StringConstraints(min_length=1, max_length=MAX_EXACT, pattern=QUOTE_PATTERN)]

_FRONT_MATTER: Final = 2**41
_PAGES: Final = 2**42
_NOWHERE: Final = 2**61
_PARAGRAPHS: Final = 2**20
_ROMAN: Final = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


class Selector(Part):
    """Where in a source's text: W3C Web Annotation's TextPositionSelector and TextQuoteSelector in one."""

    start: Count | None = Field(
        default=None,
        description="First character of the passage, counted in Unicode code points from 0.",
        examples=[1204],
    )
    end: Count | None = Field(default=None, description="The character after the passage.", examples=[1230])
    exact: _Quote | None = Field(
        default=None,
        description="The phrase that stands there, to the letter: at most 12 words and 200 characters.",
        examples=["on 30 October 2000"],
    )
    prefix: _Quote | None = Field(default=None, description="What stands right before the phrase.")
    suffix: _Quote | None = Field(default=None, description="What stands right after the phrase.")
    page: Locator | None = Field(
        default=None, description="The page, where there is no text.", examples=[17, "xiv"]
    )
    paragraph: Locator | None = Field(
        default=None, description="The paragraph, where there is no text.", examples=[3]
    )

    @model_validator(mode="after")
    def _holds_together(self, info: ValidationInfo) -> Self:
        if info.context is None:
            return self
        if (self.start is None) != (self.end is None):
            raise rule_error("missing", "Give start and end together.")
        if self.exact is None:
            if self.prefix is not None or self.suffix is not None:
                raise rule_error("missing", "Give the exact phrase that prefix and suffix surround.")
            if self.start is None and self.page is None and self.paragraph is None:
                raise rule_error(
                    "missing", "Say where: start and end, an exact phrase, a page or a paragraph."
                )
        elif len(self.exact.split()) > MAX_EXACT_WORDS:
            raise rule_error("too_long", "Quote at most 12 words: enough to find the place.")
        if self.start is not None and self.end is not None:
            if self.start >= self.end:
                raise rule_error("wrong_order", "Give an end that lies after the start.")
            if self.exact is not None and len(self.exact) != self.end - self.start:
                detail = (
                    "Give an exact phrase as long as the passage: end minus start, in Unicode code points."
                )
                raise rule_error("wrong_length", detail)
        return self


class Evidence(Part):
    """One passage of one source, and what it says of one property."""

    id: Id | None = Field(
        default=None, description="Unique in the record; given by the server if left out.", examples=["e1"]
    )
    property: Annotated[str, StringConstraints(min_length=1, max_length=400), WITHOUT_CONTROLS] | None = (
        Field(
            default=None,
            description=(
                "What it bears on: a field, or `figures/ID`, `provisions/ID`, `participants/REF:role`, `parties/REF`, "
                "`places/REF`, `relations/TYPE/REF`, `names/NAME`. Left out: the record as a whole."
            ),
            examples=["date", "figures/deaths", "participants/actors/hugo-chavez:guest"],
        )
    )
    stance: Stance | None = Field(
        default=None, description="`supports` (as is assumed), `disputes` or `mentions`."
    )
    source: SourceReference | None = Field(
        default=None, description="Reference to a source.", examples=["sources/cuba-venezuela-cooperation"]
    )
    selector: Selector | None = Field(default=None, description="Where in the source.")
    value: Any = Field(
        default=None,
        description="What the source says the property is, where that differs from the record: of the property's shape.",
    )
    rank: Rank | None = Field(
        default=None, description="`preferred`, `normal` (as is assumed) or `deprecated`."
    )
    basis: Basis | None = Field(
        default=None,
        description="`stated` (as is assumed), `inferred` (the editor's reading) or `external` (from outside the sources).",
    )
    note: Note | None = Field(default=None, description="The editor's words.")

    @model_validator(mode="after")
    def _holds_together(self, info: ValidationInfo) -> Self:
        if info.context is None:
            return self
        if self.source is None:
            if self.basis != "external":
                raise _at("source", "Name the source; only evidence whose basis is external may go without.")
            if self.selector is not None:
                raise _at("source", "Name the source that the selector points into.")
            if self.note is None:
                raise _at("note", "Say where the knowledge comes from, as no source is named.")
        if self.value is not None and self.property is None:
            raise _at("property", "Name the property that has this value.")
        return self


def reading_order(selector: Selector | None) -> int:
    """Return a sort key that grows as a source is read, for the place that a selector names.

    Places in a text sort by their first character, then pages in Roman numerals, then pages and paragraphs
    by number; a selector that names no place, or one that is no number, sorts last.
    """
    if selector is None:
        return _NOWHERE
    if selector.start is not None:
        return min(selector.start, _FRONT_MATTER - 1)
    paragraph = _numbered(selector.paragraph)
    within = 0 if paragraph is None else min(paragraph, _PARAGRAPHS - 1)
    page = _numbered(selector.page)
    if page is not None:
        return _PAGES + min(page, _PARAGRAPHS - 1) * _PARAGRAPHS + within
    roman = _roman(selector.page)
    if roman is not None:
        return _FRONT_MATTER + roman * _PARAGRAPHS + within
    return _NOWHERE if selector.page is not None or paragraph is None else _PAGES + within


def _numbered(locator: int | str | None) -> int | None:
    if isinstance(locator, str) and locator.isascii() and locator.isdecimal() and len(locator) < 10:
        return int(locator)
    return locator if isinstance(locator, int) else None


def _roman(locator: int | str | None) -> int | None:
    if (
        not isinstance(locator, str)
        or not locator
        or len(locator) > 15
        or not set(locator.lower()) <= _ROMAN.keys()
    ):
        return None
    values = [_ROMAN[letter] for letter in locator.lower()]
    # A smaller numeral before a greater one is subtracted from it.
    signed = (-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))
    return max(0, sum(signed))


def _at(member: str, detail: str) -> ValidationError:
    details = InitErrorDetails(type=rule_error("missing", detail), loc=(member,), input=None)
    return ValidationError.from_exception_data("evidence", [details])


def is_checkable(selector: Selector) -> bool:
    """Return whether a selector points into a text, and not to a page alone."""
    return selector.start is not None or selector.exact is not None


def as_passage(selector: Selector) -> passage.TextSelector:
    """Return a selector as `app.values.text_selectors` takes it."""
    return passage.TextSelector(
        selector.start, selector.end, selector.exact, selector.prefix, selector.suffix
    )
