"""Values of JSON or YAML by the shape that is asked for, whatever stands in their place."""

from typing import Any


def object_of(value: Any) -> dict[str, Any]:
    """Return an object; an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def objects_of(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list; none where it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def values_of(value: Any) -> list[Any]:
    """Return the values in a list; what is no list is the only one, and null is none."""
    return value if isinstance(value, list) else [] if value is None else [value]
