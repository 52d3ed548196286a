"""Restrictions of GEDCOM (RESN): what its authors do not want to be published."""

from typing import Final

from app.imports.readers.gedcom.lines import Node

RESTRICTION: Final = "Restriction (RESN)"
"""What is written before a restriction in words."""

# 5.5.1, RESTRICTION_NOTICE; 7.0, the enumeration RESN. What is locked is only not to be changed.
_NOT_TO_BE_PUBLISHED: Final = frozenset({"confidential", "privacy"})


def restriction_on(record: Node) -> list[str]:
    """Return the words for the restriction on a whole record; empty where there is none."""
    said = record.text("RESN")
    return [f"{RESTRICTION}: {said.lower()}"] if said else []


def is_restricted(record: Node) -> bool:
    """Return whether a record, or something that is said in it, is not to be published."""
    nodes = (record, *record.below)
    said = (one.value.lower().replace(",", " ") for node in nodes for one in node.below if one.tag == "RESN")
    return any(not _NOT_TO_BE_PUBLISHED.isdisjoint(words.split()) for words in said)
