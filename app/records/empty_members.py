"""Members that documents leave out while they are empty: a patch may still name them, as the empty lists or objects that they are."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def empty_member(model: type[BaseModel], path: Sequence[str]) -> list[Any] | dict[str, Any] | None:
    """Return what stands at a path of a document while it is left out: an empty list or object, or None for nothing.

    Args:
        model: of the document.
        path: the tokens of a JSON Pointer (RFC 6901), those of list items included: `["parties", "0", "actions"]`.
    """
    models = [model]
    found: FieldInfo | None = None
    for token in path:
        if found is not None and isinstance(found.default, tuple | dict):
            # The place of an item in a list, or of a member in an object: what it holds is known already.
            found = None
            continue
        found = next((one.model_fields[token] for one in models if token in one.model_fields), None)
        if found is None:
            return None
        models = list(_models_in(found.annotation))
    default = None if found is None else found.default
    if isinstance(default, tuple):
        return []
    return {} if isinstance(default, dict) else None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models of which a field, or its items, may be."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
