"""What citations in CSL-JSON hold, for the OpenAPI document; `app.formats.csl` has the rules."""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict


class CslName(TypedDict):
    """The name of somebody."""

    literal: NotRequired[str]
    family: NotRequired[str]
    given: NotRequired[str]
    suffix: NotRequired[str]


_CslDateParts = TypedDict("_CslDateParts", {"date-parts": NotRequired[list[list[int]]]})


class CslDate(_CslDateParts):
    """A date as CSL has it."""

    literal: NotRequired[str]
    circa: NotRequired[bool]


class CslCustom(TypedDict):
    """What CSL has no variable for."""

    permanent: Annotated[str, Field(description="The address of this very revision.")]
    record: str
    revision: NotRequired[int]
    edtf: NotRequired[str]
    date: NotRequired[str]
    calendar: NotRequired[str]
    tags: NotRequired[list[str]]
    type: NotRequired[str]
    accessed: NotRequired[str]
    license: NotRequired[str]


_CslContainer = TypedDict("_CslContainer", {"container-title": NotRequired[str]})


class CslItem(_CslContainer):
    """A citation (CSL-JSON 1.0.2)."""

    id: str
    type: str
    title: str
    abstract: NotRequired[str]
    accessed: NotRequired[CslDate]
    archive: NotRequired[str]
    archive_location: NotRequired[str]
    author: NotRequired[list[CslName]]
    custom: CslCustom
    editor: NotRequired[list[CslName]]
    genre: NotRequired[str]
    issue: NotRequired[str]
    issued: NotRequired[CslDate]
    keyword: NotRequired[str]
    language: NotRequired[str]
    note: NotRequired[str]
    page: NotRequired[str]
    publisher: NotRequired[str]
    source: NotRequired[str]
    version: NotRequired[str]
    volume: NotRequired[str]
    DOI: NotRequired[str]
    ISBN: NotRequired[str]
    URL: NotRequired[str]
