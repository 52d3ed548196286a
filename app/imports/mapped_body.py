"""What is imported of the body of a request by a mapping: one that ships, or one that came with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from app.database.engine.database import Database
from app.database.vocabulary import vocabulary_of
from app.errors import Fault, InvalidDocument
from app.imports.documents import ImportFile
from app.imports.form import ImportForm
from app.imports.import_rows import SourceFile
from app.imports.mapping import Mapping, read_mapped
from app.imports.mapping.shipped import shipped_mapping, shipped_mapping_file
from app.imports.multipart import MULTIPART
from app.imports.readers import format_of_head, head_of


@dataclass(frozen=True, slots=True)
class MappedBody:
    """What is imported of a body, and from which files that is, once they are read."""

    inputs: list[ImportFile]
    files: Callable[[], list[SourceFile]]


def form_body(
    database: Database, content_type: str, chunks: Iterator[bytes], shipped: str | None
) -> MappedBody:
    """Return the file of a form, to be read by the mapping in it, or by one that ships.

    Raises:
        BadRequest: the form is malformed.
        TooLarge: the tables that the mapping joins are.
        InvalidDocument: the mapping cannot be followed, or names a term that the database does not have.
    """
    form = ImportForm(content_type, chunks, shipped_mapping(shipped) if shipped is not None else None)
    _check_terms(form.mapping, database)
    followed = _shipped_file(shipped) if shipped is not None else []
    return MappedBody([ImportFile(form.file_name, form.documents)], lambda: [*form.files(), *followed])


def table_body(
    database: Database,
    name: str,
    form: str | None,
    chunks: Iterator[bytes],
    shipped: str,
    files: Callable[[], list[SourceFile]],
) -> MappedBody:
    """Return a body that is one table, to be read by a mapping that ships; without a format its first bytes show it.

    Raises:
        InvalidDocument: the mapping joins a second table, or names a term that the database does not have.
    """
    mapping = shipped_mapping(shipped)
    if mapping.joins:
        joined = ", ".join(f"{name} ({join.file})" for name, join in mapping.joins.items())
        detail = (
            f"This mapping joins a second table: {joined}. Send both as {MULTIPART}, the table in a part of the join's name, "
            "then the first in the part file; or use `annals import`."
        )
        raise InvalidDocument(detail, faults=[Fault("second_table", detail, parameter="as")])
    _check_terms(mapping, database)
    head, pieces = head_of(chunks)
    found = form or format_of_head(head) or ""
    followed = _shipped_file(shipped)
    inputs = [ImportFile(name, lambda: read_mapped(mapping, found, pieces))]
    return MappedBody(inputs, lambda: [*files(), *followed])


def _shipped_file(name: str) -> list[SourceFile]:
    path = shipped_mapping_file(name)
    return [SourceFile(path.name, sha256(path.read_bytes()).hexdigest())]


def _check_terms(mapping: Mapping, database: Database) -> None:
    with database.snapshot() as connection:
        mapping.check_terms(vocabulary_of(connection))
