"""What the service answers about itself."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from app.schemas.responses import KindName


class Status(TypedDict):
    """How the service is."""

    status: Literal["alive", "ready"]


class ServiceVersion(TypedDict):
    """Which service this is, and which version."""

    name: str
    version: str
    api: str


class Collection(TypedDict):
    """Where the records of a kind are, and what types they have."""

    kind: KindName
    href: str
    types: str


class EndpointSummary(TypedDict):
    """An operation."""

    method: str
    path: str
    summary: str


class Directory(TypedDict):
    """What there is."""

    name: str
    version: str
    docs: Annotated[str, Field(description="The path of the documentation.")]
    description: Annotated[str, Field(description="The path of the OpenAPI document.")]
    collections: list[Collection]
    endpoints: list[EndpointSummary]
