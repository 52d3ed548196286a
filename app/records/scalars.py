"""The single values a record is made of: texts, numbers, references, addresses, language tags.

Limits are enforced by pydantic-core where it can; a type has a Python validator only where its rule is
neither a length nor a regular expression. `error_messages` finds the sentence for a failed pattern by the
pattern itself.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, PlainValidator, StringConstraints, TypeAdapter, WithJsonSchema
from pydantic.networks import AnyHttpUrl
from pydantic_core import PydanticCustomError, ValidationError

from app.values.identifiers import DOI, doi_within, isbn_digits
from app.values.one_line import REFUSED
from app.values.slug import ID_PATTERN, MAX_LENGTH

COLLECTIONS: Final = {
    "event": "events",
    "actor": "actors",
    "agreement": "agreements",
    "mission": "missions",
    "place": "places",
    "source": "sources",
}
"""The collection of each kind of record, as in addresses and references."""

CHOSEN_TITLE: Final = ("title_language", "title_recorded")
"""What is told beside a title that was chosen among the names of a record; no member of the record."""

KINDS: Final = {collection: kind for kind, collection in COLLECTIONS.items()}
"""The kind that each collection holds."""

MAX_TITLE: Final = 300
"""The longest title, label, alias, tag, unit or name, in characters."""

MAX_NAMES: Final = 1000
"""The most labels, and the most aliases, of one record."""

MAX_TEXT: Final = 100_000
"""The longest summary, in characters."""

MAX_NOTE: Final = 10_000
"""The longest note, in characters."""

MAX_TAG: Final = 100
"""The longest tag of a language, in characters."""

MAX_ITEMS: Final = 5000
"""The most participants, relations, figures, pieces of evidence or members of any other list."""

MAX_NUMBER: Final = 2**53
"""The largest magnitude of a number: beyond it, JSON readers that use doubles lose digits."""

_ID: Final = ID_PATTERN.removeprefix("^").removesuffix("$")
_SLUG_REFERENCE: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

# One line with something to see in it.
_UNSEEN: Final = (
    r"\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c-\u200f\u2800\u3164\ufe00-\ufe0f\uffa0"
)

LINE_PATTERN: Final = rf"^[^{REFUSED}]*[^{REFUSED}{_UNSEEN}][^{REFUSED}]*$"
REFUSED_IN_LINE: Final = re.compile(f"[{REFUSED}]")
CONTROLS: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
"""What no text has, as the inside of a character class: all controls but tabs and line breaks."""

REFERENCE_PATTERN: Final = f"^({'|'.join(KINDS)})/{_ID}$"
URL_PATTERN: Final = r'^[hH][tT][tT][pP][sS]?://[^\s\x00-\x20\x7f-\x9f\ufeff"<>\\^`{|}]+$'
CONCEPT_PATTERN: Final = r"^[a-z][a-z0-9+.-]*:[^\s\x00-\x20\x7f-\x9f\ufeff]+$"

LANGUAGE_PATTERN: Final = (
    r"^(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(?:-[0-9A-WYZa-wyz](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?$|^[xX](?:-[A-Za-z0-9]{1,8})+$"
)

DIGEST_PATTERN: Final = "^[0-9a-f]{64}$"
QUOTE_PATTERN: Final = r"^[^\x00]*$"
FaultContext = dict[str, Any]
_WEB_ADDRESS: Final[TypeAdapter[AnyHttpUrl]] = TypeAdapter(AnyHttpUrl)
_MAX_LOCATOR: Final = 60
# Controls are refused of whole documents (`app.records.validation.normalize`); here they are but told of.
WITHOUT_CONTROLS: Final = Field(json_schema_extra={"pattern": f"^[^{CONTROLS}]*$"})
Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT), WITHOUT_CONTROLS]
Note = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NOTE), WITHOUT_CONTROLS]
Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LENGTH, pattern=ID_PATTERN)]

Reference = Annotated[
    str, StringConstraints(max_length=len("agreements/") + MAX_LENGTH, pattern=REFERENCE_PATTERN)
]

Language = Annotated[str, StringConstraints(max_length=MAX_TAG, pattern=LANGUAGE_PATTERN)]
Digest = Annotated[str, StringConstraints(pattern=DIGEST_PATTERN)]
_BOUND: Final = {"minimum": -MAX_NUMBER, "maximum": MAX_NUMBER}

MAX_FAULTS: Final = 100
"""How many faults of one document are reported; further ones show once those are corrected."""


def rule_error(
    code: str, detail: str, suggestion: str | None = None, *, suggest: Callable[[], str | None] | None = None
) -> PydanticCustomError:
    """Make the error that a validator raises; `error_messages` turns it into a Fault at the value's pointer.

    `suggest` is called only for the faults that are reported, since finding the nearest name is slow.
    """
    context: FaultContext = {"detail": detail}
    if suggestion is not None:
        context["suggestion"] = suggestion
    if suggest is not None:
        context["suggest"] = suggest
    # mypy wants literals here; both come from this program, never from a client.
    return PydanticCustomError(code, "{detail}", context)


def number(value: object) -> int | float:
    """Accept a finite number within ±2^53, as an integer or a float, as it was given."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise rule_error("wrong_type", "Give a number, without quotation marks.")
    # The comparison is false for NaN too, and works on integers of any size.
    if not abs(value) <= MAX_NUMBER:
        raise rule_error("out_of_range", "Give a number between -2^53 and 2^53.")
    return value


def _magnitude(value: object) -> int | float:
    given = number(value)
    if given < 0:
        raise rule_error("out_of_range", "Give a number that is zero or more.")
    return given


def _count(value: object) -> int:
    given = _magnitude(value)
    # A number is an integer by its value, not by how it is written (JSON Schema 2020-12, Core 4.2.3).
    if given != int(given):
        raise rule_error("wrong_type", "Give a whole number.")
    return int(given)


def _locator(value: object) -> int | str:
    if isinstance(value, str):
        if len(value) > _MAX_LOCATOR or re.fullmatch(LINE_PATTERN, value) is None:
            raise rule_error(
                "invalid_text", f"Give 1 to {_MAX_LOCATOR} characters on one line, or a whole number."
            )
        return value
    return _count(value)


def _web_address(value: str) -> str:
    try:
        _WEB_ADDRESS.validate_python(value)
    except ValidationError:
        raise rule_error("invalid_url", "Give a full address that begins with http:// or https://.") from None
    return value


def _isbn(value: str) -> str:
    if isbn_digits(value) is None:
        detail = "Give an ISBN of ten or thirteen digits, the last of which checks the others."
        raise rule_error("invalid_isbn", detail)
    return value


def _doi(value: str) -> str:
    if DOI.fullmatch(value):
        return value
    detail = "Give the DOI alone, such as 10.1000/182, without an address before it."
    raise rule_error("invalid_doi", detail, doi_within(value))


def _line(limit: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=limit, pattern=LINE_PATTERN)


def _reference(collection: str) -> StringConstraints:
    return StringConstraints(max_length=len(collection) + 1 + MAX_LENGTH, pattern=f"^{collection}/{_ID}$")


Line = Annotated[str, _line(MAX_TITLE)]
LongLine = Annotated[str, _line(1000)]
ActorReference = Annotated[str, _reference("actors")]
AgreementReference = Annotated[str, _reference("agreements")]
PlaceReference = Annotated[str, _reference("places")]
SourceReference = Annotated[str, _reference("sources")]

WebAddress = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2048, pattern=URL_PATTERN),
    AfterValidator(_web_address),
    Field(json_schema_extra={"format": "uri"}),
]

Isbn = Annotated[
    str,
    _line(20),
    AfterValidator(_isbn),
    Field(json_schema_extra={"pattern": r"^[- ]*(?:[0-9][- ]*){9}(?:[0-9Xx]|(?:[0-9][- ]*){3}[0-9])[- ]*$"}),
]

Doi = Annotated[
    str,
    _line(MAX_TITLE),
    AfterValidator(_doi),
    Field(json_schema_extra={"pattern": rf"^\s*10\.[0-9]{{4,9}}(?:\.[0-9]+)*/[^\s{REFUSED}]+\s*$"}),
]

Number = Annotated[int | float, PlainValidator(number), WithJsonSchema({"type": "number", **_BOUND})]

Magnitude = Annotated[
    int | float, PlainValidator(_magnitude), WithJsonSchema({"type": "number", **_BOUND, "minimum": 0})
]

Count = Annotated[int, PlainValidator(_count), WithJsonSchema({"type": "integer", **_BOUND, "minimum": 0})]

Locator = Annotated[
    int | str,
    PlainValidator(_locator),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER},
                {"type": "string", "minLength": 1, "maxLength": _MAX_LOCATOR, "pattern": LINE_PATTERN},
            ]
        }
    ),
]


def split_reference(ref: str) -> tuple[str, str]:
    """Return the collection and the id of a reference: `events/x` is `("events", "x")`."""
    collection, _, identifier = ref.partition("/")
    return collection, identifier


def kind_of_reference(ref: str) -> str:
    """Return the kind of record that a well-formed reference names."""
    return KINDS[ref.partition("/")[0]]


def is_reference(text: str) -> bool:
    """Return whether the text is a well-formed reference to a record of any kind."""
    collection, identifier = split_reference(text)
    return (
        collection in KINDS
        and len(identifier) <= MAX_LENGTH
        and _SLUG_REFERENCE.fullmatch(identifier) is not None
    )
