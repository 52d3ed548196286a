"""Questions in words: what a list was asked, as one English sentence."""

from app.queries.listquery import ListQuery


def explain(query: ListQuery) -> str:
    """Say every filter, the policy and the order, defaults included."""
    page = f"at most {query.limit} at a time" if query.limit else "all of them"
    facets = f", counted over all of them by {', '.join(query.facets)}" if query.facets else ""
    return f"{_asked(query)}; read {_policy(query)}, sorted {query.sort.sentence}, {page}{facets}."


def explain_timeline(query: ListQuery, bucket: str, *, split: bool) -> str:
    """Say every filter and the policy of a timeline, and what it counts."""
    types = ", and by type" if split else ""
    return (
        f"{_asked(query)}; read {_policy(query)}, and counted by {bucket}{types}, "
        "where their dates possibly and where they certainly overlap it, and before and after all of these."
    )


def _asked(query: ListQuery) -> str:
    what = query.kind.collection.capitalize() if query.kind is not None else "Records of all kinds"
    said = [condition.sentence for condition in query.conditions if condition.sentence]
    return " ".join([what, ", and ".join(said)] if said else [what])


def _policy(query: ListQuery) -> str:
    return f"as {query.source} has them" if query.source else "as they are written"
