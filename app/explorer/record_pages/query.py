"""What a record's page is asked: as whom, in which language and as of when it is read."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlencode

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from app.errors import Fault
from app.history.schemas import RevisionNumber
from app.reading.chosen_names import NameChoice
from app.reading.schemas import KnownMoment
from app.schemas.parameter_types import WholeNumber
from app.schemas.parameters import LanguageParameter, PolicyParameter

_LAST_PLACE = 2**62


class RecordPageQuery(PolicyParameter, LanguageParameter):
    """How a record is read, and which part of what is long."""

    known_at: KnownMoment = Field(None, description="The record as this service had it at that moment.")
    revision: RevisionNumber | SkipJsonSchema[None] = Field(
        None, description="The record as it was in that revision."
    )
    before: RevisionNumber | SkipJsonSchema[None] = Field(
        None, description="Which revisions are listed: those before this one."
    )
    from_: Annotated[int, WholeNumber(0, _LAST_PLACE)] | SkipJsonSchema[None] = Field(
        None,
        alias="from",
        description="Of a source: the first character, or the place in the order of reading, that is shown.",
    )
    cursor: str | SkipJsonSchema[None] = Field(None, description="Of a source: which page of its passages.")

    def rules(self) -> Iterator[Fault]:
        """Refuse what does not go with an earlier state: sources, names and passages are read as they are now."""
        if self.known_at is not None or self.revision is not None:
            detail = (
                "Leave this out where `known_at` or `revision` is given: it is of the record as it is now."
            )
            others = {"policy", "lang", "from", "cursor"} & self.given
            for name in sorted(others):
                yield Fault("conflicting_parameter", detail, parameter=name)
        if self.known_at is not None and self.revision is not None:
            yield Fault("conflicting_parameter", "Give a moment or a revision.", parameter="revision")
        if self.from_ is not None and self.cursor is not None:
            yield Fault("conflicting_parameter", "Give a place or a page.", parameter="cursor")

    @property
    def given(self) -> set[str]:
        """The parameters that are given, by their names in the query string."""
        return {"from" if name == "from_" else name for name in self.model_fields_set}

    @property
    def names(self) -> NameChoice:
        """Which names are wanted."""
        return NameChoice(self.lang)

    @property
    def is_present(self) -> bool:
        """Whether the record is read as it is now."""
        return self.known_at is None and self.revision is None

    def kept(self, **more: object) -> str:
        """Return the end of a link that keeps as whom and in which language records are read: empty, or `?policy=…`."""
        policy = None if self.policy is None else f"source:{self.policy}"
        values = {"policy": policy, "lang": self.lang, **more}
        given = {name: str(value) for name, value in values.items() if value is not None}
        return f"?{urlencode(given, safe='/:')}" if given else ""
