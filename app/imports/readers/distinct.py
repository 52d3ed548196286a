"""Items of which none says the same as another, told in time that grows with their number alone."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson


def distinct(items: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Return the items in order, each that is repeated once: of plain values, as documents have them."""
    return list({orjson.dumps(item, option=orjson.OPT_SORT_KEYS): item for item in items}.values())
