"""Queries of lists, made without a request."""

from collections.abc import Iterable
from urllib.parse import urlencode

from app.listing.query import LIST_QUERIES, ListQuery
from app.schemas.query_model import parse_query


def list_query(kind: str, pairs: Iterable[tuple[str, str]]) -> ListQuery:
    """Give what is asked of a list of a kind by parameters and their values."""
    return parse_query(LIST_QUERIES[kind], urlencode(list(pairs)).encode()).question
