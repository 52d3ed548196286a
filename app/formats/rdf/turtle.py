"""Turtle (RDF 1.1): the triples of JSON-LD in a notation that people can read.

Which triples there are is the rule of `app.formats.rdf.describe`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from app.formats.format import ALL_KINDS, About, Format, FormatItem
from app.formats.rdf.describe import described
from app.formats.rdf.resource import Resource, Tagged, Typed, Value
from app.formats.rdf.vocabulary import LINK, TERMS, prefixes

_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})

_MAX_REMEMBERED: Final = 100_000
"""Blocks that are remembered, so that none is written twice; past that some are, which adds no triples."""

_NOT_IN_IRI: Final = re.compile(r"[\x00-\x20<>\"{}|^`\\]")


class TurtleWriter:
    """Writes a block of triples for each resource."""

    held = 0

    def __init__(self, about: About) -> None:
        """Write for the service at an address."""
        self._base = about.base
        self._written: set[int] = set()

    def begin(self) -> bytes:
        """Return the prefixes."""
        lines = [f"@prefix {name}: {iri(address)} ." for name, address in prefixes(self._base).items()]
        return ("\n".join(lines) + "\n").encode()

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Return the blocks of each item, and of what it names besides itself."""
        return "".join(block for one in described(items, self._base) for block in self._blocks(one)).encode()

    def end(self) -> tuple[bytes, ...]:
        """Return nothing: triples need no frame."""
        return ()

    def _blocks(self, resource: Resource) -> Iterator[str]:
        beside: list[Resource] = []
        yield f"\n{iri(resource.id or '')}{_body(resource, beside, 1)} .\n"
        for one in beside:
            block = "".join(self._blocks(one))
            # Many resources are named again and again: once is enough.
            if hash(block) not in self._written:
                if len(self._written) >= _MAX_REMEMBERED:
                    self._written.clear()
                self._written.add(hash(block))
                yield block


def _body(resource: Resource, beside: list[Resource], depth: int) -> str:
    indent = "\n" + "    " * depth
    pairs = [f"a {', '.join(resource.types)}"] if resource.types else []
    for term, values in resource.members.items():
        word = TERMS.get(term)
        type_ = LINK if word is None else word.type
        said = ", ".join(_said(value, type_, beside, depth) for value in values)
        pairs.append(f"{term if word is None else word.iri} {said}")
    return "".join(f"{indent}{pair}{' ;' if at < len(pairs) else ''}" for at, pair in enumerate(pairs, 1))


def _said(value: Value, type_: str | None, beside: list[Resource], depth: int) -> str:
    match value:
        case Resource(id=None):
            return f"[{_body(value, beside, depth + 1)}\n{'    ' * depth}]"
        case Resource(id=address):
            beside.append(value)
            return iri(address or "")
        case Tagged(text, language):
            return f"{quoted(text)}@{language}"
        case Typed(text, own_type):
            return f"{quoted(text)}^^{own_type}"
        case int():
            return str(value)
        case _ if type_ == LINK:
            return iri(value)
        case _:
            return quoted(value) + (f"^^{type_}" if type_ else "")


def quoted(text: str) -> str:
    """Write a string literal (Turtle §6.5)."""
    return f'"{text.translate(_ESCAPES)}"'


def iri(address: str) -> str:
    """Write an IRI; characters that it may not contain are percent-encoded."""
    return f"<{_NOT_IN_IRI.sub(lambda match: f'%{ord(match[0]):02X}', address)}>"


TURTLE = Format(
    name="turtle",
    media_type="text/turtle",
    suffix=".ttl",
    rule="The triples of JSON-LD.",
    writer=TurtleWriter,
    beside=ALL_KINDS,
    parameters="; charset=utf-8",
    as_written=True,
    has_addresses=True,
)
