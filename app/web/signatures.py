"""The signature of an endpoint, read once: what must be provided to call it, and what it answers."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial, update_wrapper
from types import MappingProxyType
from typing import Annotated, Any, Protocol, Self, TypeGuard, get_args, get_origin, get_type_hints

from fastapi import Request, params

from app.errors import AnnalsError, MergedInto
from app.records.kinds import RecordKind
from app.schemas.query_model import QueryModel
from app.web.dependencies import Negotiated
from app.web.headers import JSON_MEDIA_TYPE
from app.web.typed_responses import TypedResponse

Endpoint = Callable[..., Awaitable[Any]]


class Provider(Protocol):
    """Gives an argument of an endpoint, or lets a request in."""

    async def __call__(self, request: Request, /) -> Any:
        """Give it."""


Problem = type[AnnalsError] | type[MergedInto]


class StrictBody(params.Body):  # type: ignore[misc] # pydantic calls its field final, which FastAPI passes over
    """Marks the body of a write: it is read as strictly as `app.values.strict_json` says.

    A model is given valid; a `WriteRequest` of one as it came, which documents the body as that model.

    Attributes:
        media_types: those that are taken.
        most_bytes: its size, where that is bounded below the limit of all bodies.
        detail: what the refusal of an invalid model says.
        content: what the OpenAPI document shows of each media type, beside the schema of the model.
    """

    def __init__(
        self,
        media_type: str = JSON_MEDIA_TYPE,
        *,
        example: Any = None,
        examples: Mapping[str, Any] = MappingProxyType({}),
        also: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        most_bytes: int | None = None,
        detail: str = "",
    ) -> None:
        """Mark a body of a media type, with an example that can be sent as it is; `also` has others, with their schemas.

        `examples` are several, each with a summary, of which a page sends the first unless it is told otherwise.
        """
        super().__init__(media_type=media_type)
        self.media_types = (media_type, *also)
        self.most_bytes = most_bytes
        self.detail = detail
        shown = {"examples": dict(examples)} if examples else {"example": example}
        self.content = {media_type: shown} | dict(also)


@dataclass(frozen=True, slots=True)
class Signature:
    """What an endpoint takes and gives.

    Attributes:
        query: the name and the model of its query parameters.
        path: the names of its path parameters.
        body: the name and the type of its body, where that is received strictly, and what is said of it.
        provided: what functions of the request alone provide, by name.
        others: parameters of any other sort; only FastAPI can provide these.
        answer: what its response holds.
    """

    query: tuple[str, type[QueryModel]] | None
    path: tuple[str, ...]
    body: tuple[str, Any, StrictBody] | None
    provided: Mapping[str, Provider | Negotiated]
    others: tuple[str, ...]
    answer: Any

    @classmethod
    def of(cls, endpoint: Callable[..., Any], path: str, returns: type = TypedResponse) -> Self:
        """Read the signature of an endpoint at a path; `returns` is the generic type that it must return.

        Raises:
            TypeError: it is none that a route can have.
        """
        hints = get_type_hints(endpoint, include_extras=True)
        answer = hints.pop("return", None)
        if get_origin(answer) is not returns:
            raise TypeError(f"{endpoint} must say that it returns a {returns.__name__}[T].")
        body: tuple[str, Any, StrictBody] | None = None
        query: tuple[str, type[QueryModel]] | None = None
        names: list[str] = []
        provided: dict[str, Any] = {}
        others: list[str] = []
        for name, hint in hints.items():
            is_annotated = get_origin(hint) is Annotated
            base, *metadata = get_args(hint) if is_annotated else (hint,)
            depends = next((one for one in metadata if isinstance(one, params.Depends)), None)
            strict = next((one for one in metadata if isinstance(one, StrictBody)), None)
            if inspect.isclass(base) and issubclass(base, QueryModel):
                if query is not None or not any(isinstance(one, params.Query) for one in metadata):
                    raise TypeError(f"{endpoint} may have one query model, Annotated with Query().")
                query = name, base
            elif strict is not None:
                body = name, base, strict
            elif depends is not None and is_provider(provider := depends.dependency):
                provided[name] = provider
            elif f"{{{name}}}" in path and base is str:
                names.append(name)
            else:
                others.append(name)
        return cls(query, tuple(names), body, provided, tuple(others), *get_args(answer))


def is_provider(function: object) -> TypeGuard[Provider]:
    """Say whether a function is asynchronous and takes a request alone."""
    if not callable(function):
        return False
    hints = [one.annotation for one in inspect.signature(function).parameters.values()]
    return hints == [Request] and any(
        inspect.iscoroutinefunction(one) for one in (function, type(function).__call__)
    )


def of_kind(endpoint: Endpoint, kind: RecordKind, *, returns: Any, **parameters: Any) -> Endpoint:
    """Give an endpoint for one kind of record.

    Args:
        endpoint: one that takes a `kind`, and serves all.
        kind: what it is given.
        returns: what is in the response of this one.
        parameters: the types of its parameters, where they are other than those of the one for all.
    """
    signature = inspect.signature(endpoint, eval_str=True)
    types = {name: one.annotation for name, one in signature.parameters.items() if name != "kind"}
    types |= parameters
    response = get_origin(signature.return_annotation)[returns]

    specialised = update_wrapper(partial(endpoint, kind=kind), endpoint)
    specialised.__annotations__ = {**types, "return": response}
    specialised.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=one)
            for name, one in types.items()
        ],
        return_annotation=response,
    )
    return specialised


def raises(*problems: Problem) -> Callable[[Endpoint], Endpoint]:
    """Say which problems an endpoint answers beside those that its signature tells of."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.raises = problems  # type: ignore[attr-defined]
        return endpoint

    return declare


def raised_by(endpoint: Endpoint) -> tuple[Problem, ...]:
    """Give the problems that `raises` has declared."""
    declared: tuple[Problem, ...] = getattr(endpoint, "raises", ())
    return declared
