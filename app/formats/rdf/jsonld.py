"""JSON-LD 1.1: a node object for a record, a `@graph` of them for a list.

Which triples there are is the rule of `app.formats.rdf.describe`. Ids are absolute. The context is in the
document itself, so that it can be read without network; the same context is served at `/v1/context.jsonld`.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from app.formats.format import ALL_KINDS, About, Format, FormatItem
from app.formats.rdf.describe import described
from app.formats.rdf.resource import Resource, Tagged, Typed, Value
from app.formats.rdf.vocabulary import LINK, TERMS, context


class JsonLdWriter:
    """Writes node objects."""

    held = 0

    def __init__(self, about: About) -> None:
        """Write one record or a list, for the service at an address."""
        self._about = about
        self._comma = b""

    def begin(self) -> bytes:
        """Return the context."""
        opened = b'{"@context":' + orjson.dumps(context(self._about.base))
        return opened + (b"," if self._about.one else b',"@graph":[')

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Return a node object for each item."""
        nodes = [orjson.dumps(_node(one)) for one in described(items, self._about.base)]
        if self._about.one:
            return nodes[0].removeprefix(b"{").removesuffix(b"}")
        comma, self._comma = self._comma, b"," if nodes else self._comma
        return comma + b",".join(nodes) if nodes else b""

    def end(self) -> tuple[bytes, ...]:
        """Close what was opened."""
        return (b"}" if self._about.one else b"]}",)


def _node(resource: Resource) -> dict[str, Any]:
    node: dict[str, Any] = {} if resource.id is None else {"@id": resource.id}
    if resource.types:
        node["@type"] = list(resource.types)
    for term, values in resource.members.items():
        said = [_said(value, is_link=term not in TERMS) for value in values]
        node[term] = said[0] if len(said) == 1 else said
    return node


def _said(value: Value, *, is_link: bool) -> Any:
    match value:
        case Resource():
            return _node(value)
        case Tagged(text, language):
            return {"@value": text, "@language": language}
        case Typed(text, type_):
            return {"@value": text, "@type": type_}
        case str() if is_link:
            return {LINK: value}
        case _:
            return value


JSONLD = Format(
    name="jsonld",
    media_type="application/ld+json",
    suffix=".jsonld",
    rule=(
        "A node object for each record, in terms of schema.org, CIDOC CRM, PROV and Web Annotation, with the "
        "context that is served at /v1/context.jsonld. Ids are absolute."
    ),
    writer=JsonLdWriter,
    beside=ALL_KINDS,
    as_written=True,
    has_addresses=True,
)
