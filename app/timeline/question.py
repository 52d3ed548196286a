"""What a timeline is asked: a list query, and the buckets to count it in."""

from dataclasses import dataclass

from app.filters.base import Condition
from app.listing.bound_query import BoundQuery
from app.timeline.bucket_sizes import DECADE, SIZE_BY_NAME, BucketRange, BucketSize, Days
from app.timeline.schemas import AnyBucketName
from app.values.timespan import OPEN_END, OPEN_START, TemporalRelation


@dataclass(frozen=True, slots=True)
class TimelineQuestion:
    """A list query, and the buckets to count it in; `size` is None where the finest that can be seen at once is wanted."""

    question: BoundQuery
    size: BucketSize | None
    split: bool = False

    @classmethod
    def of(cls, question: BoundQuery, bucket: AnyBucketName, *, split: bool = False) -> "TimelineQuestion":
        """Ask for buckets by the name of their size."""
        return cls(question, None if bucket == "auto" else SIZE_BY_NAME[bucket], split)

    @property
    def when(self) -> Condition | None:
        """The condition on time that says which buckets are wanted, if there is one."""
        return next((one for one in self.question.conditions if one.shape[0] == "when"), None)

    @property
    def days(self) -> Days:
        """The days of `when`; all days where it is not given."""
        when = self.when
        if when is None:
            return OPEN_START, OPEN_END
        return when.parameters["when_a"], when.parameters["when_b"]

    @property
    def is_bounded(self) -> bool:
        """Whether both ends are asked for."""
        first, last = self.days
        return first > OPEN_START and last < OPEN_END

    @property
    def begins_alone(self) -> bool:
        """Whether a beginning is asked for, and no end."""
        first, last = self.days
        return first > OPEN_START and last == OPEN_END

    @property
    def whole_decades(self) -> BucketRange | None:
        """The decades of which all days are asked for, where whatever may be in one of them matches `when`.

        Either end may be open. None where there is no such decade.
        """
        when = self.when
        if when is None or when.shape[1:] != (TemporalRelation.OVERLAPS.value, "possible"):
            return None
        first, last = self.days
        begins = first if first == OPEN_START else DECADE.number_of(first - 1) + 1
        ends = last if last == OPEN_END else DECADE.number_of(last + 1) - 1
        return (begins, ends) if begins <= ends else None
