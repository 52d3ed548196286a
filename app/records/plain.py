"""Small documents that are no records, such as a term: every fault of theirs at once, in the same words."""

from typing import Any

from pydantic import BaseModel, ValidationError

from app.errors import Fault
from app.records.faults import faults_of
from app.records.pruning import Located, all_faults


def faults_in(document: Any, model: type[BaseModel]) -> list[Fault]:
    """Say where a document is not of a model, each place once; nothing where it is.

    Fields have the names that documents have for them, never those of the program.
    """

    def ask(part: Any) -> list[Located]:
        try:
            model.model_validate(part, by_alias=True, by_name=False)
        except ValidationError as error:
            return faults_of(error, part, model)
        return []

    found = all_faults(document, ask)
    # A list whose items are all at fault counts as empty, too: that is told of the items alone.
    return [one for one in found if not any(_is_below(other, one) for other in found)]


def _is_below(one: Fault, other: Fault) -> bool:
    return (one.pointer or "").startswith(f"{other.pointer}/")
