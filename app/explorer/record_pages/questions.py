"""Questions that a page asks as its readers can: the query string of a list, and what it means."""

from collections.abc import Mapping
from urllib.parse import urlencode

from app.listing.query import LIST_QUERIES, ListQuery
from app.schemas.query_model import parse_query


def query_string(given: Mapping[str, str | int | None]) -> str:
    """Write parameters as a query string that people can read; those that are None are left out."""
    return urlencode({name: value for name, value in given.items() if value is not None}, safe="/:,")


def list_question(kind: str, given: Mapping[str, str | int | None]) -> ListQuery:
    """Return what is asked of the list of a kind with these parameters.

    Raises:
        BadRequest: one of them is wrong.
    """
    return parse_query(LIST_QUERIES[kind], query_string(given).encode()).question
