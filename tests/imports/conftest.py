"""An importer: documents in, the report out, on an empty database of either sort."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from app.database import tables
from app.database.engine.database import Database
from app.exports.service import export
from app.formats.format import Projection
from app.imports.documents import ImportFile
from app.imports.readers import read
from app.imports.report import Options, Report
from app.imports.service import import_documents
from app.maintenance.check import check

IMPORTS = (
    tables.import_fault,
    tables.import_job,
    tables.import_line,
    tables.import_record,
    tables.import_reference,
    tables.import_unnamed,
)


def lines(documents: Iterable[Any]) -> bytes:
    return b"".join(orjson.dumps(one) + b"\n" for one in documents)


def exported(database: Database) -> bytes:
    chunks = export(database, Projection(), terms=True)
    return b"".join(f"{item.document}\n".encode() for items in chunks for item in items)


def count(database: Database, table: Any) -> int:
    with database.snapshot() as connection:
        found: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return found


@dataclass
class Importer:
    database: Database

    def __call__(self, body: Any, form: str = "ndjson", **options: Any) -> Report:
        data = body if isinstance(body, bytes) else lines(body)
        pieces = [data[at : at + 7919] for at in range(0, len(data), 7919)]
        inputs = [ImportFile(f"in.{form}", lambda: read(form, pieces))]
        report = import_documents(self.database, inputs, Options("me", **options))
        assert check(self.database) == []
        for table in IMPORTS:
            assert count(self.database, table) == 0
        return report

    def counts(self, *given: Any, **options: Any) -> tuple[int, ...]:
        counts = self(*given, **options).counts
        return counts.created, counts.updated, counts.unchanged, counts.failed


@pytest.fixture
def importer(database: Database) -> Importer:
    return Importer(database)


@pytest.fixture
def stored(database: Database) -> Callable[[], list[dict[str, Any]]]:
    """All records there are, as documents."""
    return lambda: [orjson.loads(line) for line in exported(database).splitlines()]
