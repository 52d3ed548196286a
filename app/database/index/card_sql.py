"""What a card shows of a document, taken out of it by the database where the document is a large one."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

MEMBERS: Final = ("title", "type", "date")
"""The members of a document that a card shows, beside its address."""


_WHOLE: Final = 4096
"""Documents up to so many bytes are handed over as they are: that costs less than to read them."""


class CardMembers(ColumnElement[str]):
    """A document with `MEMBERS` at the least, as JSON; one that is missing may be null."""

    inherit_cache = False
    type = Text()

    def __init__(self, document: ColumnElement[Any]) -> None:
        """Take the column that has the document."""
        self.document = document


@compiles(CardMembers, "sqlite")
def _on_sqlite(element: CardMembers, compiler: SQLCompiler, **kw: Any) -> str:
    document = compiler.process(element.document, **kw)
    members = ", ".join(f"'{name}', {document} -> '$.{name}'" for name in MEMBERS)
    # Joined with nothing it is a text: as the argument of another function JSON would be taken for a part of that.
    return _either(document, f"json_object({members}) || ''")


@compiles(CardMembers, "postgresql")
def _on_postgresql(element: CardMembers, compiler: SQLCompiler, **kw: Any) -> str:
    document = compiler.process(element.document, **kw)
    members = ", ".join(f"'{name}', CAST({document} AS json) -> '{name}'" for name in MEMBERS)
    return _either(document, f"CAST(json_build_object({members}) AS text)")


def _either(document: str, members: str) -> str:
    return f"CASE WHEN octet_length({document}) <= {_WHOLE} THEN {document} ELSE {members} END"
