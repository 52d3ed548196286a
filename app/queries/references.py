"""References in a query: their form, and what was probably meant by one that has another."""

import re
from collections.abc import Sequence

from app.errors import nearest
from app.queries.condition import Values
from app.records import RECORDS, kind_of_collection
from app.values.slug import ID_PATTERN, is_id, slugify

COLLECTIONS = [kind.collection for kind in RECORDS]


def is_reference(values: Values, name: str, ref: str, collections: Sequence[str]) -> bool:
    """Say whether a value has the form of a reference into these collections; where not, that is noted."""
    problem = reference_problem(ref, collections)
    if problem is not None:
        values.refuse(name, "invalid_reference", problem, nearest_reference(ref, collections))
    return problem is None


def nearest_reference(ref: str, collections: Sequence[str]) -> str | None:
    """Give the reference into these collections that was probably meant, if that can be told."""
    collection, slash, record_id = ref.partition("/")
    meant = collection if collection in collections else nearest(collection, collections)
    has_other = kind_of_collection(collection) is not None
    if meant is None and len(collections) == 1 and bool(slash) == has_other:
        # An id behind another collection, or alone: there is only one collection that it can be in.
        meant, record_id = collections[0], record_id if slash else collection
    made = record_id if is_id(record_id) else slugify(record_id)
    return None if meant is None or made is None or "/" in record_id else f"{meant}/{made}"


def reference_problem(ref: str, collections: Sequence[str]) -> str | None:
    """Say what is wrong with a reference in a query; None where its form is right."""
    collection, slash, record_id = ref.partition("/")
    if not slash or kind_of_collection(collection) is None or not re.fullmatch(ID_PATTERN, record_id):
        return "Write a reference as a record's path below /v1/, such as actors/fidel-castro."
    if collection not in collections:
        return f"Give a reference into {' or '.join(collections)}."
    return None
