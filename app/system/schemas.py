"""What the service answers about itself."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.schemas.responses import KindName, Moment
from app.web.auth import KeyScope


class Status(TypedDict):
    """How the service is."""

    status: Literal["alive"]


class PoolStatus(TypedDict):
    """A pool of connections to a server of the database."""

    name: Annotated[
        str,
        Field(
            description="`reading`, `snapshots`, `writing`, or `replica 1` and so on, in the order of the setting."
        ),
    ]
    ready: bool
    reason: Annotated[NotRequired[str], Field(description="Why it is of no use.")]


class Readiness(TypedDict):
    """What the service is ready for."""

    status: Literal["ready"]
    writes: Annotated[bool, Field(description="Whether writes are taken.")]
    pools: list[PoolStatus]


class ServiceVersion(TypedDict):
    """Which service this is, and which version."""

    name: str
    version: str
    api: str


class OwnKeyDescription(TypedDict):
    """The key that a request was sent with."""

    label: Annotated[str, Field(description="What its revisions are signed with.")]
    scopes: Annotated[list[KeyScope], Field(description="`write` includes `read`, `admin` both.")]
    expires_at: Annotated[Moment | None, Field(description="Null where it does not expire.")]
    last_used_at: Annotated[Moment | None, Field(description="The first use within the last minute of use.")]


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
