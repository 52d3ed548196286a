"""The signature of an endpoint, read once: what must be provided to call it, and what it answers."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, Self, TypeGuard, get_args, get_origin, get_type_hints

from fastapi import Request, params

from app.errors import AnnalsError, MergedInto
from app.schemas.query_model import QueryModel
from app.web.dependencies import Negotiated
from app.web.typed_responses import TypedResponse

Endpoint = Callable[..., Awaitable[TypedResponse[Any]]]


class Provider(Protocol):
    """Gives an argument of an endpoint, or lets a request in."""

    async def __call__(self, request: Request, /) -> Any:
        """Give it."""


Problem = type[AnnalsError] | type[MergedInto]


@dataclass(frozen=True, slots=True)
class Signature:
    """What an endpoint takes and gives.

    Attributes:
        query: the name and the model of its query parameters.
        path: the names of its path parameters.
        provided: what functions of the request alone provide, by name.
        others: parameters of any other sort; only FastAPI can provide these.
        answer: what its `TypedResponse` holds.
    """

    query: tuple[str, type[QueryModel]] | None
    path: tuple[str, ...]
    provided: Mapping[str, Provider | Negotiated]
    others: tuple[str, ...]
    answer: Any

    @classmethod
    def of(cls, endpoint: Callable[..., Any], path: str) -> Self:
        """Read the signature of an endpoint at a path.

        Raises:
            TypeError: it is none that a route can have.
        """
        hints = get_type_hints(endpoint, include_extras=True)
        answer = hints.pop("return", None)
        if get_origin(answer) is not TypedResponse:
            raise TypeError(f"{endpoint} must say that it returns a TypedResponse[T].")
        query: tuple[str, type[QueryModel]] | None = None
        names: list[str] = []
        provided: dict[str, Any] = {}
        others: list[str] = []
        for name, hint in hints.items():
            is_annotated = get_origin(hint) is Annotated
            base, *metadata = get_args(hint) if is_annotated else (hint,)
            depends = next((one for one in metadata if isinstance(one, params.Depends)), None)
            if inspect.isclass(base) and issubclass(base, QueryModel):
                if query is not None or not any(isinstance(one, params.Query) for one in metadata):
                    raise TypeError(f"{endpoint} may have one query model, Annotated with Query().")
                query = name, base
            elif depends is not None and is_provider(provider := depends.dependency):
                provided[name] = provider
            elif f"{{{name}}}" in path and base is str:
                names.append(name)
            else:
                others.append(name)
        return cls(query, tuple(names), provided, tuple(others), *get_args(answer))


def is_provider(function: object) -> TypeGuard[Provider]:
    """Say whether a function is asynchronous and takes a request alone."""
    if not callable(function):
        return False
    hints = [one.annotation for one in inspect.signature(function).parameters.values()]
    return hints == [Request] and any(
        inspect.iscoroutinefunction(one) for one in (function, type(function).__call__)
    )


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
