"""Query parameters that operations of several features take; each operation's model inherits those that it has."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from app.errors import Fault
from app.records.kinds import RecordKind
from app.schemas.query import (
    COLLECTIONS,
    DEFAULT_LIMIT,
    MOST_PER_PAGE,
    PAGE_BYTES,
    nearest_reference,
    reference_problem,
    unknown_fields,
)
from app.schemas.query_model import (
    CommaList,
    Needs,
    ParsedBy,
    QueryModel,
    TrueOrFalse,
    WholeNumber,
    invalid_value,
    split_words,
)
from app.values.edtf.nodes import EdtfError
from app.values.edtf.value import EdtfValue, parse_edtf

_PREFERRED: Final = "preferred"


def _policy(value: str) -> str:
    if value == _PREFERRED:
        return value
    word, _, ref = value.partition(":")
    problem = (
        reference_problem(ref, ["sources"]) if word == "source" else "It is preferred or source:sources/x."
    )
    if problem is not None:
        raise invalid_value("invalid_policy", problem)
    return value


def check_reference(ref: str, collections: Sequence[str]) -> str:
    """Give a reference as it is.

    Raises:
        PydanticCustomError: it is none into these collections; with what was probably meant.
    """
    problem = reference_problem(ref, collections)
    if problem is not None:
        raise invalid_value("invalid_reference", problem, nearest_reference(ref, collections))
    return ref


ReferenceText = Annotated[str, AfterValidator(partial(check_reference, collections=COLLECTIONS))]
"""A reference to a record of any kind."""


def _edtf(text: str) -> EdtfValue:
    try:
        return parse_edtf(text)
    except EdtfError as error:
        raise invalid_value(
            "invalid_edtf", f"Not an EDTF date, at character {error.position + 1}: {error.reason}."
        ) from None


Edtf = Annotated[EdtfValue | None, ParsedBy(_edtf)]
"""A date, if one is given."""

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


class PolicyParameter(QueryModel):
    """As whom records are read."""

    policy: Annotated[str, AfterValidator(_policy)] = Field(
        _PREFERRED,
        description="`preferred`: records as they are written. `source:sources/x`: the database as that source has it.",
        examples=["source:sources/cuba-venezuela-cooperation"],
    )

    @property
    def read_as(self) -> str | None:
        """The source whose view is asked for, or None for the canonical view."""
        return None if self.policy == _PREFERRED else self.policy.removeprefix("source:")


class LimitParameter(QueryModel):
    """How long a page is."""

    limit: Annotated[int, WholeNumber(1, MOST_PER_PAGE)] = Field(
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
        examples=[["title,date"]],
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
