"""Which kinds of record are counted where a query names none."""

from collections.abc import Iterator, Sequence

from pydantic import Field

from app.errors import Fault
from app.filters import OF_AGREEMENTS, refuse_of_other_kinds
from app.filters.actions import ActionFilter
from app.filters.attributes import KindNames
from app.filters.dates import InForceOnFilter
from app.listing.query import RecordQuery


class CountedKinds(InForceOnFilter, ActionFilter, RecordQuery):
    """The kinds of the records that are counted, and the filters that only agreements have."""

    kind: KindNames = Field(
        (),
        description="Any of these kinds of record, with commas; events where nothing is said, agreements with "
        "`in_force_on` or `action`.",
        examples=[["event"]],
    )

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of the records that are counted."""
        of_agreements = not self.model_fields_set.isdisjoint(OF_AGREEMENTS)
        return self.kind or ("agreement" if of_agreements else "event",)

    def rules(self) -> Iterator[Fault]:
        """Refuse to ask of other kinds what only agreements have."""
        yield from refuse_of_other_kinds(self.model_fields_set, self.kinds)
