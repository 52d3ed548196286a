"""What the operations of a JSON Patch replace and remove."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import jsonpatch
import jsonpointer


def with_old_values(document: Any, operations: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return operations that each say as `old` what stood at their path; the patched document is modified.

    They are those of a patch of `document`, whose every operation fits. A member that RFC 6902 does not define is ignored
    by whoever applies them (§4). What an operation adds or moves replaces nothing, and has no `old`.
    """
    found = []
    for operation in operations:
        # What is added may be changed by a later operation.
        told = deepcopy(operation)
        if operation["op"] in ("replace", "remove"):
            told["old"] = jsonpointer.resolve_pointer(document, operation["path"])
        document = jsonpatch.apply_patch(document, [operation], in_place=True)
        found.append(told)
    return found
