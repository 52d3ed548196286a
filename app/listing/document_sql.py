"""From a page's records to their documents, with what a cursor needs: row by row, or joined in one text.

Most pages are sent as they are stored, so the database joins their documents itself: fetching fifty rows
takes longer than finding them.

A page holds at most `PAGE_BYTES` of documents. Statements enforce that at no cost: a document is returned
only where it takes no more than an equal share (the parameter `most_each`). `app.reading.documents` reads
the larger ones, as many of them as fit.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    CTE,
    BigInteger,
    CompoundSelect,
    LargeBinary,
    Select,
    Text,
    UnaryExpression,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.database import tables
from app.database.engine.statement import CompiledStatement, OrderedJoin

entry = tables.entry.c
record = tables.record.c
Selected = Select[Any] | CompoundSelect[Any]
_MAX_EACH: Final = bindparam("most_each", type_=BigInteger())


@dataclass(frozen=True, slots=True)
class Order:
    """The names of the columns by which a page is sorted, each with whether it is descending."""

    columns: tuple[tuple[str, bool], ...]

    @property
    def names(self) -> list[str]:
        """The names alone: those of a cursor's key."""
        return [name for name, _ in self.columns]

    def by(self, of: Any = None) -> list[UnaryExpression[Any]]:
        """Return the ORDER BY clause over something that has these columns; without it over their bare names."""
        found = [(column(name) if of is None else of.c[name], falling) for name, falling in self.columns]
        return [one.desc() if falling else one.asc() for one, falling in found]

    def turned(self) -> "Order":
        """Return the opposite order."""
        return Order(tuple((name, not falling) for name, falling in self.columns))


@dataclass(frozen=True, slots=True)
class PageSelect:
    """The records of a page and one more, in the direction in which they are read.

    Attributes:
        page: selects for each the columns of the order, and its key as `record`.
        order: in which they are selected.
        own: whether it is of the canonical view.
        on_sqlite: an equivalent that SQLite plans better, if there is one.
        more: columns besides those of the order.
    """

    page: Selected
    order: Order
    own: bool
    on_sqlite: Selected | None = None
    more: tuple[str, ...] = ()

    def rows(self) -> CompiledStatement:
        """Select each record's document, the database version, the record's key, and the columns.

        A document of more than `most_each` bytes is NULL. SQLite returns them in the order of the page,
        which it reads from left to right.
        """
        on_sqlite = self._rows(self.page if self.on_sqlite is None else self.on_sqlite)
        return CompiledStatement(self._rows(self.page).order_by(*self.order.by()), on_sqlite=on_sqlite)

    def _rows(self, scan: Selected) -> Select[Any]:
        page = scan.subquery("page")
        document, joined = self._with_documents(page)
        columns = (page.c[name] for name in (*self.order.names, *self.more))
        return select(_small(document), _version(), page.c.record, *columns).select_from(joined)

    def joined(self, *, backward: bool) -> CompiledStatement:
        """Select the documents joined with commas, in the order of the list and without the one more.

        The first row is (documents, version, columns of the first record that is read); where the page is
        full, a row follows for the last that is on it, and one for the one more. Takes the parameters
        `kept`, how many fit on a page, and `kept_but_one`. The documents are NULL where one of them has
        more than `most_each` bytes.
        """
        on_sqlite = (self.page if self.on_sqlite is None else self.on_sqlite).cte("page")
        return CompiledStatement(
            self._joined_on_postgres(self.page.cte("page"), backward=backward),
            on_sqlite=self._joined_on_sqlite(on_sqlite, backward=backward),
        )

    def _joined_on_sqlite(self, page: CTE, *, backward: bool) -> CompoundSelect[Any]:
        kept: Any = select(page).limit(bindparam("kept")).subquery("kept")
        if backward:
            kept = select(kept).order_by(*self.order.turned().by(kept)).subquery("turned")
        document, joined = self._with_documents(kept)
        together = cast(func.group_concat(_small(document), ","), LargeBinary)
        documents = select(_if_all_small(document, together)).select_from(joined)
        first, rest = self._edges(select(page))
        return self._with_edges(documents, first, rest)

    def _joined_on_postgres(self, page: CTE, *, backward: bool) -> CompoundSelect[Any]:
        scan = select(page).order_by(*self.order.by(page))
        kept = scan.limit(bindparam("kept")).subquery("kept")
        document, joined = self._with_documents(kept)
        order = self.order.turned() if backward else self.order
        separator = aggregate_order_by(literal_column("','", Text()), *order.by(kept))
        together = func.string_agg(_small(document), separator)
        documents = select(_if_all_small(document, together)).select_from(joined)
        first, rest = self._edges(scan)
        found = self._with_edges(documents, first, rest)
        return found.order_by(literal_column("version").desc(), *self.order.by())

    def _edges(self, scan: Select[Any]) -> tuple[Any, Any]:
        first = scan.limit(literal_column("1")).subquery("first")
        return first, scan.limit(literal_column("2")).offset(bindparam("kept_but_one")).subquery("rest")

    def _with_edges(self, documents: Select[Any], first: Any, rest: Any) -> CompoundSelect[Any]:
        names = self.order.names
        return union_all(
            select(
                documents.scalar_subquery().label("documents"),
                _version().label("version"),
                *(first.c[name] for name in names),
            ),
            select(null(), literal_column("''"), *(rest.c[name] for name in names)),
        )

    def _with_documents(self, page: Any) -> tuple[Any, OrderedJoin]:
        if self.own:
            return record.document, OrderedJoin(page, tables.record, record.pk == page.c.record)
        in_view = (entry.record == page.c.record) & (entry.view == bindparam("view"))
        return entry.document, OrderedJoin(page, tables.entry, in_view)


def _small(document: Any) -> Any:
    # Both databases store a text's length in front of it, so the text itself is not read for this.
    return case((func.octet_length(document) <= _MAX_EACH, document), else_=null())


def _if_all_small(document: Any, together: Any) -> Any:
    return case((func.max(func.octet_length(document)) <= _MAX_EACH, together), else_=null())


def _version() -> Any:
    return select(tables.database.c.version_tag).scalar_subquery()
