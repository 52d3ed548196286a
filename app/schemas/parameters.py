"""Query parameters that operations of several features take; each operation's model inherits those that it has."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import cache, partial
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, create_model
from pydantic.json_schema import SkipJsonSchema

from app.errors import Fault, nearest
from app.records.kinds import RECORD_KINDS, RecordKind, kind_by_collection
from app.records.other_names import nearest_field
from app.records.scalars import LANGUAGE_PATTERN, MAX_TAG
from app.schemas.parameter_types import (
    CommaList,
    ParsedBy,
    TrueOrFalse,
    WholeNumber,
    invalid_value,
    split_words,
)
from app.schemas.patterns import reference_pattern, unanchored
from app.schemas.query_model import Needs, Q, QueryModel
from app.values.date_text.suggestion import suggested_edtf
from app.values.edtf.nodes import EdtfError
from app.values.edtf.parser import MAX_LENGTH
from app.values.edtf.pattern import EDTF_PATTERN
from app.values.edtf.value import EdtfValue, parse_edtf
from app.values.slug import ID_PATTERN, is_id, slugify

COLLECTIONS: Final = [kind.collection for kind in RECORD_KINDS]

PAGE_BYTES: Final = 8 * 2**20
"""The size of the documents of one page together, in bytes of UTF-8; one document is always allowed."""

DEFAULT_LIMIT, MAX_PER_PAGE = 50, 1000

MAX_QUICK: Final = 200
"""Pages of at most this many records are not large."""

_PREFERRED: Final = "preferred"


def nearest_reference(ref: str, collections: Sequence[str]) -> str | None:
    """Return the reference into these collections that was probably meant; None where that is ambiguous."""
    collection, slash, record_id = ref.partition("/")
    meant = collection if collection in collections else nearest(collection, collections)
    has_other = kind_by_collection(collection) is not None
    if meant is None and len(collections) == 1 and bool(slash) == has_other:
        # A bare id, or one after another collection, is unambiguous where there is only one collection.
        meant, record_id = collections[0], record_id if slash else collection
    made = record_id if is_id(record_id) else slugify(record_id)
    return None if meant is None or made is None or "/" in record_id else f"{meant}/{made}"


def reference_problem(ref: str, collections: Sequence[str]) -> str | None:
    """Return what is wrong with the form of a reference in a query; None where it is right."""
    collection, slash, record_id = ref.partition("/")
    if not slash or kind_by_collection(collection) is None or not re.fullmatch(ID_PATTERN, record_id):
        return "Write a reference as a record's path below /v1/, such as actors/fidel-castro."
    if collection not in collections:
        return f"Give a reference into {' or '.join(collections)}."
    return None


def unknown_fields(fields: Iterable[str], kind: RecordKind | None) -> list[Fault]:
    """Give a fault for each of these `fields` that records of the kind, or of any, do not have."""
    allowed = _fields_of(kind)
    detail = f"There is no such field in these records; there are {', '.join(sorted(allowed))}."
    return [
        Fault("unknown_field", detail, parameter="fields", suggestion=nearest_field(name, allowed))
        for name in fields
        if name not in allowed
    ]


@cache
def _fields_of(kind: RecordKind | None) -> Mapping[str, None]:
    return dict.fromkeys(
        name for one in ([kind] if kind is not None else RECORD_KINDS) for name in one.model.model_fields
    )


def with_examples(model: type[Q], **examples: Any) -> type[Q]:
    """Give a model with other examples of some parameters; None: without an example."""
    fields: dict[str, Any] = {}
    for name, example in examples.items():
        field = copy(model.model_fields[name])
        field.examples = None if example is None else [example]
        fields[name] = (field.annotation, field)
    changed: type[Q] = create_model(model.__name__, __base__=model, **fields)
    return changed


def field_names(kind: RecordKind | None = None) -> list[JsonValue]:
    """Return the names of the fields that records of a kind, or of any, have."""
    return [*_fields_of(kind)]


def with_field_names(model: type[Q], kind: RecordKind) -> type[Q]:
    """Give a model whose parameter `fields` tells the names of the fields that records of a kind have."""
    field = copy(model.model_fields["fields"])
    field.json_schema_extra = {"items": {"type": "string", "enum": field_names(kind)}}
    fields: dict[str, Any] = {"fields": (field.annotation, field)}
    changed: type[Q] = create_model(model.__name__, __base__=model, **fields)
    return changed


def _policy(value: str) -> str | None:
    if value == _PREFERRED:
        return None
    word, _, ref = value.partition(":")
    problem = (
        reference_problem(ref, ["sources"]) if word == "source" else "It is preferred or source:sources/x."
    )
    if problem is not None:
        raise invalid_value("invalid_policy", problem)
    return ref


def check_reference(ref: str, collections: Sequence[str]) -> str:
    """Give a reference as it is.

    Raises:
        PydanticCustomError: it is none into these collections; with what was probably meant.
    """
    problem = reference_problem(ref, collections)
    if problem is not None:
        raise invalid_value("invalid_reference", problem, nearest_reference(ref, collections))
    return ref


ReferenceText = Annotated[
    str,
    AfterValidator(partial(check_reference, collections=COLLECTIONS)),
    Field(json_schema_extra={"pattern": reference_pattern(*COLLECTIONS)}),
]
"""A reference to a record of any kind."""


def _edtf(text: str) -> EdtfValue:
    try:
        return parse_edtf(text)
    except EdtfError as error:
        raise invalid_value(
            "invalid_edtf",
            f"Not an EDTF date, at character {error.position + 1}: {error.reason}.",
            suggested_edtf(text),
        ) from None


Edtf = Annotated[EdtfValue | None, ParsedBy(_edtf, pattern=EDTF_PATTERN, max_length=MAX_LENGTH)]
"""A date, if one is given."""


def _language(text: str) -> str:
    if len(text) > MAX_TAG or re.fullmatch(LANGUAGE_PATTERN, text) is None:
        raise invalid_value("invalid_language", "Give the tag of a language (BCP 47), such as es or pt-BR.")
    return text


class LanguageParameter(QueryModel):
    """The language of the titles that are shown."""

    lang: Annotated[str | None, ParsedBy(_language, pattern=LANGUAGE_PATTERN, max_length=MAX_TAG)] = Field(
        None,
        description="The tag of a language (BCP 47): each `title` is the label or name in it, where there is one. "
        "`title_language` tells that, and `title_recorded` the title as it was written. Sorting is by the latter.",
        examples=["es"],
    )


Certainty = Literal["possible", "certain"]


class CertaintyParameter(QueryModel):
    """How sure a match must be.

    Its default, like that of other parameters that need others, is not in the document: generated clients would send it
    alone.
    """

    certainty: Annotated[Certainty | SkipJsonSchema[None], Needs("when", "in_force_on", "figure")] = Field(
        None,
        description="Whether a record matches where its date may satisfy the question, or only where it must. Without it: "
        "`possible`. What has an open end (`1962/..`) goes on, and certainly overlaps every later day; what has an unknown "
        "one (`1962/`) ended nobody knows when, and is only possible there.",
        examples=["certain"],
    )


class FormatParameter(QueryModel):
    """The parameter of every operation whose answer has a format; routes negotiate by it, and by `Accept`."""

    format: str | SkipJsonSchema[None] = Field(
        None, description="The format of the answer; overrides `Accept`.", examples=["json"]
    )


class BomParameter(QueryModel):
    """Whether a table begins with a byte order mark."""

    bom: TrueOrFalse = Field(
        default=False,
        description="`true`: CSV begins with a byte order mark (U+FEFF), by which Excel knows it for UTF-8. No other format "
        "takes one.",
        examples=[False],
    )


class PolicyParameter(QueryModel):
    """As whom records are read: the source whose view is asked for, or None for the canonical view."""

    policy: Annotated[
        str | None,
        ParsedBy(_policy, pattern=f"^(?:{_PREFERRED}|source:{unanchored(reference_pattern('sources'))})$"),
    ] = Field(
        None,
        description="`preferred`: records as they are written. `source:sources/x`: the database as that source has it.",
        examples=["source:sources/cuba-venezuela-cooperation"],
        json_schema_extra={"default": _PREFERRED},
    )


class LimitParameter(QueryModel):
    """How long a page is."""

    limit: Annotated[int, WholeNumber(1, MAX_PER_PAGE)] = Field(
        DEFAULT_LIMIT,
        description="How many items a page holds at the most. One of large records is shorter: their documents take no "
        f"more than {PAGE_BYTES // 2**20} MiB together (at least one item always comes), and `next` says that there are "
        "more.",
        examples=[20],
    )


class CursorParameter(QueryModel):
    """Where a page begins."""

    cursor: str | SkipJsonSchema[None] = Field(
        None, description="Where the page begins: taken from `next` or `prev` of another page."
    )


class ExplainParameter(QueryModel):
    """Whether the question comes back in words."""

    explain: TrueOrFalse = Field(
        default=False, description="`true`: the question back as one English sentence.", examples=[True]
    )


class FieldsParameter(QueryModel):
    """Which fields of records come."""

    kind: ClassVar[RecordKind | None] = None
    """The kind of the records; None where it is any."""

    fields: CommaList = Field(
        (),
        description="Only these fields of each record; kind, id and href always come.",
        examples=[["title", "date"]],
    )

    def rules(self) -> Iterator[Fault]:
        """Refuse fields that the records do not have."""
        if self.fields:
            yield from unknown_fields(self.fields, self.kind)


class IncludeParameter(QueryModel):
    """What comes beside records."""

    include: Annotated[tuple[Literal["linked", "incoming"], ...], BeforeValidator(split_words)] = Field(
        (),
        description="What comes beside: `linked`, what they refer to; `incoming`, who refers to them.",
        examples=[["linked"]],
    )
