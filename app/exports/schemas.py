"""What `GET /v1/export` takes."""

from typing import Annotated, Final

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from app.formats import formats_for
from app.formats.format import Use
from app.schemas.parameter_types import OneOf
from app.schemas.parameters import BomParameter, FormatParameter

EXPORT_FORMATS: Final = formats_for(Use.EXPORT)


class ExportQuery(FormatParameter, BomParameter):
    """What an export is written as."""

    format: Annotated[str, OneOf(tuple(EXPORT_FORMATS))] | SkipJsonSchema[None] = Field(
        None, description="The format, `ndjson` where neither this nor `Accept` names one."
    )
