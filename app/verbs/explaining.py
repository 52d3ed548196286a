"""Questions in words: what a list was asked, as one English sentence."""

from app.queries.listquery import ListQuery


def explain(query: ListQuery) -> str:
    """Say every filter, the policy and the order, defaults included."""
    what = query.kind.collection.capitalize() if query.kind is not None else "Records of all kinds"
    said = [condition.sentence for condition in query.conditions]
    filters = f" {', and '.join(said)}" if said else ""
    policy = f"as {query.source} has them" if query.source else "as they are written"
    page = f"at most {query.limit} at a time" if query.limit else "all of them"
    return f"{what}{filters}; read {policy}, sorted {query.sort.sentence}, {page}."
