"""What timelines take and answer."""

from functools import cached_property
from typing import Annotated, Final, Literal, NotRequired

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypeAliasType, TypedDict

from app.filters import with_filters
from app.filters.attributes import select_kinds
from app.filters.base import Filters
from app.listing.counted_kinds import CountedKinds
from app.listing.query import ListQuery
from app.listing.sorting import SORTS
from app.schemas.parameters import BomParameter, ExplainParameter, FormatParameter, PolicyParameter
from app.timeline.bucket_sizes import BucketName

MAX_BUCKETS: Final = 2000

BucketLength = TypeAliasType("BucketLength", BucketName)
"""The name of a size, as a component of its own: generators of clients would name it as they name the parameter."""

AnyBucketName = Literal["auto", "day", "month", "year", "decade", "century", "millennium"]


class BucketParameters(CountedKinds):
    """Which records are counted, and in what."""

    bucket: AnyBucketName = Field(
        "decade",
        description="How long a bucket is; `auto` is the finest of which there are at most 200, and `bucket` in the answer "
        "says which that is. Buckets are aligned by floor: the century `1900` is 1900-1999, the decade `-0040` "
        "is -0040 to -0031. With `when` they are those of its days alone, on a side where it is open as without it. Without "
        "`when` they run from the first to the last finite bound of the dates whose year is given in full, but where that "
        f"would be more than {MAX_BUCKETS:,} buckets, dates as long as that themselves do not count. If it is still more, "
        "that is refused, with a coarser bucket proposed. `auto` is never refused: more than "
        f"{MAX_BUCKETS:,} millennia are cut off at their beginning, and `before` counts what lies there.",
        examples=["decade"],
    )
    split: Literal["type"] | SkipJsonSchema[None] = Field(
        None,
        description="`type`: each bucket says as well how its records are spread over types.",
        examples=["type"],
    )


@with_filters
class TimelineQuery(
    FormatParameter, BomParameter, ExplainParameter, PolicyParameter, Filters, BucketParameters
):
    """What is counted, and over which buckets."""

    @cached_property
    def question(self) -> ListQuery:
        """Which records are asked for."""
        kind, kinds = select_kinds(self.kinds)
        return ListQuery(
            kind=kind,
            conditions=[*self.conditions(kind), *kinds],
            sort=SORTS["date"],
            limit=None,
            source=self.policy,
            explain=self.explain,
        )


class OutsideCounts(TypedDict):
    """How many records lie outside of the buckets, on one side of them."""

    certain: Annotated[int, Field(ge=0)]
    possible: Annotated[int, Field(ge=0)]


class BucketCounts(TypedDict):
    """How many records overlap a bucket."""

    certain: Annotated[int, Field(ge=0, description="Records whose date must overlap the bucket.")]
    possible: Annotated[int, Field(ge=0, description="Records whose date may overlap the bucket.")]


class BucketTypeCounts(BucketCounts):
    """How many records of one type overlap a bucket."""

    type: NotRequired[str]


class Bucket(BucketCounts):
    """A day, a month, a year, a decade, a century or a millennium."""

    bucket: Annotated[
        str, Field(description="Its name: a day (`1960-07-26`), a month (`1960-07`), else its first year.")
    ]
    start: Annotated[str, Field(description="Its first day.")]
    end: Annotated[str, Field(description="Its last day.")]
    types: NotRequired[
        Annotated[
            list[BucketTypeCounts],
            Field(
                description="With `split=type`: the types of its records; those without a type have no `type`."
            ),
        ]
    ]


class Timeline(TypedDict):
    """Counts over time."""

    bucket: Annotated[BucketLength, Field(description="How long a bucket is.")]
    items: list[Bucket]
    before: Annotated[
        OutsideCounts,
        Field(
            description="Records that lie before the days of `when` (as `relation=before` has it), or before the first "
            "bucket without it; where buckets are cut off, before the first that is left."
        ),
    ]
    after: Annotated[OutsideCounts, Field(description="Records that lie after them, likewise.")]
    undated: Annotated[
        int,
        Field(
            ge=0,
            description="Records without a date, or with one of which no year is known (`XXXX-01-03`).",
        ),
    ]
    explanation: NotRequired[str]
