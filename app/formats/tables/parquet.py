"""Parquet: the table of CSV with typed columns, for programs that read tables by the million.

The columns are those of `app.formats.tables.columns`, missing cells are null, and text is not escaped:
nobody opens Parquet in a spreadsheet. Days are ISO 8601 texts, as most programs read Parquet's dates into
types without BCE. Rows are written in groups as they come. Needs the extra `parquet` (pyarrow).
"""

import io
from collections.abc import Sequence
from typing import Any

from app.formats.format import About, Format, FormatItem
from app.formats.tables.columns import Column, choose
from app.formats.tables.csv import rows

_ROWS_A_GROUP = 10_000

_CHARACTERS_A_GROUP = 2**22
"""Rows, and characters of documents, that a row group has at the most."""


class _Drain(io.RawIOBase):
    """The file that pyarrow writes to: keeps only what has not been sent yet, and its position."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._written += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._written

    def drain(self) -> bytes:
        drained = b"".join(self._pieces)
        self._pieces.clear()
        return drained


class ParquetWriter:
    """Writes row groups."""

    held = 0

    def __init__(self, about: About) -> None:
        """Select the columns for a kind of record and the fields that were asked for."""
        import pyarrow as pa
        from pyarrow import parquet

        # pyarrow's own memory pool keeps freed memory, many times what a group takes.
        pa.set_memory_pool(pa.system_memory_pool())
        self._pa = pa
        self._columns = choose(about.kind, about.fields, has_names=about.has_names)
        self._schema = pa.schema(
            [
                pa.field(one.name, self._type(one), metadata={"description": one.description})
                for one in self._columns
            ]
        )
        self._drain = _Drain()
        self._waiting: list[list[Any]] = []
        self._characters = 0
        self._parquet = parquet.ParquetWriter(self._drain, self._schema, compression="zstd")

    def _type(self, column: Column) -> Any:
        match column.type:
            case "integer":
                return self._pa.int64()
            case "boolean":
                return self._pa.bool_()
            case _:
                return self._pa.string()

    def begin(self) -> bytes:
        """Return the magic number."""
        return self._drain.drain()

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Collect the rows of some items; return a group when there are enough for one."""
        self._waiting += rows(items, self._columns)
        self._characters += sum(len(item.document) for item in items)
        if len(self._waiting) >= _ROWS_A_GROUP or self._characters >= _CHARACTERS_A_GROUP:
            self._write_group()
        return self._drain.drain()

    def end(self) -> tuple[bytes, ...]:
        """Return the last group and the footer."""
        if self._waiting:
            self._write_group()
        self._parquet.close()
        return (self._drain.drain(),)

    def _write_group(self) -> None:
        cells = zip(*self._waiting, strict=True)
        arrays = [
            self._pa.array(column, type=field.type) for column, field in zip(cells, self._schema, strict=True)
        ]
        self._parquet.write_table(self._pa.Table.from_arrays(arrays, schema=self._schema))
        self._waiting = []
        self._characters = 0


PARQUET = Format(
    name="parquet",
    media_type="application/vnd.apache.parquet",
    suffix=".parquet",
    rule="The columns of CSV with types, in row groups. No limit unless one is given.",
    writer=ParquetWriter,
    streams=True,
    attachment=True,
    beside=("source",),
    keeps=(),
    package="pyarrow",
)
