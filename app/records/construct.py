"""Model instances made of members that this program made itself, which need no validation."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


def construct_unvalidated(model: type[Model], members: Mapping[str, Any], given: Collection[str]) -> Model:
    """Make an instance of a model without extra or private members; `given` are the fields that were set.

    Does what `model_construct` and `model_copy` do, faster: with those an import took a tenth longer.
    """
    made = object.__new__(model)
    object.__setattr__(made, "__dict__", dict(members))
    object.__setattr__(made, "__pydantic_fields_set__", set(given))
    object.__setattr__(made, "__pydantic_extra__", None)
    object.__setattr__(made, "__pydantic_private__", None)
    return made
