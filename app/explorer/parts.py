"""A question in words, part by part, each of which can be taken away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.explorer.query import Asked
from app.filters.base import Filter
from app.filters.links import Reference


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a question in words, and the query string without it."""

    sentence: str
    without: str


def parts_of(asked: Asked) -> Sequence[Part]:
    """Return a part for each filter that is given, or for each of its references; and one for the policy."""
    parts = [part for one in asked.query.filters for part in _of_filter(asked, one)]
    if asked.query.policy:
        parts.append(Part(f"read as {asked.query.policy} has it", asked.without("policy")))
    return parts


def _of_filter(asked: Asked, one: type[Filter]) -> Iterator[Part]:
    query = asked.query
    own = [name for name in vars(one).get("__annotations__", {}) if name in query.model_fields_set]
    sentences = [said.sentence for said in one.conditions(query, query.question.kind)] if own else []
    if not any(sentences):
        return
    values = getattr(query, own[0]) if len(own) == 1 else ()
    if isinstance(values, tuple) and len(values) == len(sentences) and _are_of_several(values):
        for sentence, value in zip(sentences, values, strict=True):
            yield Part(sentence, asked.without_value(own[0], value.ref))
    else:
        yield Part(" and ".join(filter(None, sentences)), asked.without(*own))


def _are_of_several(values: Sequence[object]) -> bool:
    """Return whether values are references to different records, each a condition of its own."""
    refs = [one.ref for one in values if isinstance(one, Reference)]
    return len(refs) == len(values) == len(set(refs))
