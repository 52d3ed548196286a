"""The terms that ship, for readers that make records of another vocabulary's words: none of them knows the database."""

from functools import lru_cache

from app.records.scalars import KINDS
from app.records.vocabulary import Vocabulary, load_vocabulary
from app.settings import data_dir
from app.values.slug import slugify


@lru_cache(maxsize=1)
def _vocabulary() -> Vocabulary:
    return load_vocabulary(data_dir("seed_data") / "vocabulary.yaml")


def known_term(scheme: str, words: str) -> str | None:
    """Return the term of a scheme that is called so; None where there is none."""
    named = slugify(words)
    return named if named is not None and _vocabulary().has(scheme, named) else None


def may_join(relation: str, collection: str, other: str) -> bool:
    """Return whether a relation may run from a record of one collection to one of another."""
    term = _vocabulary().term("relation-type", relation)
    return term is not None and term.may_join(KINDS[collection], KINDS[other])
