"""What a card shows of a document, extracted by the database where the document is large."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

MEMBERS: Final = ("title", "type", "date")
"""The members of a document that a card shows, besides its address."""

_WHOLE: Final = 4096
"""Documents up to this many bytes are returned whole: that costs less than extracting members."""


class CardMembers(ColumnElement[str]):
    """A document with at least `MEMBERS`, as JSON; a missing one may be null."""

    inherit_cache = False
    type = Text()

    def __init__(self, document: ColumnElement[Any]) -> None:
        """Extract from the column that holds the document."""
        self.document = document


@compiles(CardMembers, "sqlite")
def _on_sqlite(element: CardMembers, compiler: SQLCompiler, **kw: Any) -> str:
    document = compiler.process(element.document, **kw)
    members = ", ".join(f"'{name}', {document} -> '$.{name}'" for name in MEMBERS)
    # Concatenated with nothing it is a text: as an argument of a JSON function, JSON would be nested
    # instead.
    return _either(document, f"json_object({members}) || ''")


@compiles(CardMembers, "postgresql")
def _on_postgresql(element: CardMembers, compiler: SQLCompiler, **kw: Any) -> str:
    document = compiler.process(element.document, **kw)
    members = ", ".join(f"'{name}', CAST({document} AS json) -> '{name}'" for name in MEMBERS)
    return _either(document, f"CAST(json_build_object({members}) AS text)")


def _either(document: str, members: str) -> str:
    return f"CASE WHEN octet_length({document}) <= {_WHOLE} THEN {document} ELSE {members} END"
