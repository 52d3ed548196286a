"""Types of query parameters: what makes a value of a text, and what is told to whoever gives another."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

EMPTY_VALUE: Final = "Leave the parameter out, or give it a value."
"""What is told of a value that is empty."""


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """Says of an `int` that it is written in decimal digits alone, and lies between two bounds."""

    low: int
    high: int

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Give the schema that validates and documents it."""
        return core_schema.no_info_before_validator_function(
            self._parse, core_schema.int_schema(ge=self.low, le=self.high)
        )

    def _parse(self, text: str) -> int:
        plain = text.isascii() and text.isdecimal() and len(text) <= 20
        if not plain or not self.low <= int(text) <= self.high:
            raise PydanticCustomError(
                "out_of_range",
                "Give a whole number from {low} to {high}.",
                {"low": self.low, "high": self.high},
            )
        return int(text)


@dataclass(frozen=True, slots=True)
class OneOf:
    """Says of a `str` that it is one of some words, as `Literal` does where they stand in the code."""

    words: tuple[str, ...]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Give the schema that validates and documents it."""
        return core_schema.literal_schema(list(self.words))


@dataclass(frozen=True, slots=True)
class ParsedBy:
    """Says what makes a parameter's value of its text, which is what it is documented as; never called for a default.

    `pattern` and `max_length` tell, as far as a schema can, which texts `parse` takes; it alone decides.
    """

    parse: Callable[[str], Any]
    documented_as: type = str
    pattern: str | None = None
    max_length: int | None = None

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Give the schema that validates and documents it."""
        text = core_schema.str_schema(pattern=self.pattern, max_length=self.max_length)
        written = text if self.documented_as is str else handler.generate_schema(self.documented_as)
        return core_schema.no_info_plain_validator_function(self.parse, json_schema_input_schema=written)


def invalid_value(code: str, detail: str, suggestion: str | None = None) -> PydanticCustomError:
    """Make the error with which a validator refuses a value; all of it is in the fault that clients are shown."""
    return PydanticCustomError(code, "{detail}", {"detail": detail, "suggestion": suggestion})


def number_between(text: str, low: float, high: float, unit: str) -> float:
    """Return the number that a text is, in a unit that is named to whoever gives another.

    Raises:
        PydanticCustomError: it is none, or not between the two.
    """
    try:
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise invalid_value("out_of_range", f"Give {unit} from {low} to {high}.")
    return number


def split_words(values: Collection[str]) -> tuple[str, ...]:
    """Split values at their commas; each word comes once, in the order given.

    Raises:
        PydanticCustomError: one of the words is empty.
    """
    words = [word.strip() for value in values for word in value.split(",")]
    if not all(words):
        raise PydanticCustomError("empty_value", EMPTY_VALUE)
    return tuple(dict.fromkeys(words))


CommaList = Annotated[tuple[str, ...], BeforeValidator(split_words)]
"""Words that are separated by commas, in one value or in several; each comes once, in the order given."""


def _true_or_false(text: str) -> bool:
    if text not in ("true", "false"):
        raise PydanticCustomError("unknown_value", "Choose one of true, false.")
    return text == "true"


TrueOrFalse = Annotated[bool, BeforeValidator(_true_or_false)]
"""One of the words `true` and `false`."""
