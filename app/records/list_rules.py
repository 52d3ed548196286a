"""Rules over lists of parts: nothing twice, and an id for everything that needs one."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, NoReturn, Protocol, Self, TypeVar

from pydantic import ValidationInfo
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from app.records.scalars import MAX_FAULTS, rule_error
from app.values.slug import slugify, with_suffix


class _HasId(Protocol):
    @property
    def id(self) -> str | None: ...

    def model_copy(self, *, update: dict[str, Any]) -> Self: ...


Identified = TypeVar("Identified", bound=_HasId)
Item = TypeVar("Item")
ErrorLocation = tuple[int | str, ...]


def raise_errors(faults: Iterable[tuple[ErrorLocation, PydanticCustomError] | InitErrorDetails]) -> NoReturn:
    """Raise several errors from one validator, each at its place below the validated value."""
    details = [
        InitErrorDetails(type=fault[1], loc=fault[0], input=None) if isinstance(fault, tuple) else fault
        for fault in faults
    ]
    raise ValidationError.from_exception_data("record", details)


def nested_errors(error: ValidationError, below: ErrorLocation) -> list[InitErrorDetails]:
    """Collect the first errors of another validation, to raise them at a place below the validated value."""
    taken: list[InitErrorDetails] = []
    for item in error.errors(include_url=False)[:MAX_FAULTS]:
        context = item.get("ctx", {})
        kind = PydanticCustomError(item["type"], "{detail}", context) if "detail" in context else item["type"]
        taken.append(
            InitErrorDetails(type=kind, loc=(*below, *item["loc"]), input=item["input"], ctx=context)
        )
    return taken


def unique_items(*names: str) -> Callable[[tuple[Item, ...], ValidationInfo], tuple[Item, ...]]:
    """Make a validator that refuses items which agree in these attributes, or altogether where none is named."""
    key: Callable[[Any], Any] = attrgetter(*names) if names else lambda item: item

    def check(items: tuple[Item, ...], info: ValidationInfo) -> tuple[Item, ...]:
        if info.context is None or len(items) < 2 or len({key(item) for item in items}) == len(items):
            return items
        seen = set()
        faults: list[tuple[ErrorLocation, PydanticCustomError]] = []
        for index, item in enumerate(items):
            if key(item) in seen:
                faults.append(
                    ((index,), rule_error("duplicate", "This is in the list already; leave it out."))
                )
            seen.add(key(item))
        raise_errors(faults)

    return check


def unique_languages(labels: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    """Refuse language tags that differ in case alone (RFC 5646, 2.1.1)."""
    if info.context is None or len(labels) < 2 or len({tag.lower() for tag in labels}) == len(labels):
        return labels
    seen = set()
    faults: list[tuple[ErrorLocation, PydanticCustomError]] = []
    for tag in labels:
        if tag.lower() in seen:
            faults.append(((tag,), rule_error("duplicate", "There is a label in this language already.")))
        seen.add(tag.lower())
    raise_errors(faults)


def fill_in_ids(
    stem: Callable[[Any], str | None], prefix: str = "", *, counted: bool = False
) -> Callable[[tuple[Identified, ...], ValidationInfo], tuple[Identified, ...]]:
    """Make a validator that gives an id to items without one, and refuses one used twice.

    The id is made from the stem (`deaths`, `deaths-2`), or counted from the prefix (`e1`, `e2`) where
    `counted` says so or nothing of the stem is left.
    """

    def check(items: tuple[Identified, ...], info: ValidationInfo) -> tuple[Identified, ...]:
        given = [item.id for item in items if item.id is not None]
        taken = set(given)
        if info.context is not None and len(taken) < len(given):
            seen: set[str] = set()
            faults: list[tuple[ErrorLocation, PydanticCustomError]] = []
            for index, item in enumerate(items):
                if item.id in seen:
                    faults.append(
                        ((index, "id"), rule_error("duplicate", "Another item of the list has this id."))
                    )
                elif item.id is not None:
                    seen.add(item.id)
            raise_errors(faults)
        if len(given) == len(items):
            return items
        # Numbers go on from the last one tried: starting at 2 for each id would be quadratic in ids of one
        # stem.
        tried: dict[str, int] = {}

        def free(item: Identified) -> str:
            base = None if counted else slugify(stem(item) or "")
            if base is not None and base not in taken:
                return base
            name = base or prefix
            number = tried.get(name, 1 if base is not None else 0)
            while True:
                number += 1
                candidate = f"{prefix}{number}" if base is None else with_suffix(base, number)
                if candidate not in taken:
                    tried[name] = number
                    return candidate

        completed = []
        for item in items:
            if item.id is not None:
                completed.append(item)
                continue
            identifier = free(item)
            taken.add(identifier)
            completed.append(item.model_copy(update={"id": identifier}))
        return tuple(completed)

    return check
