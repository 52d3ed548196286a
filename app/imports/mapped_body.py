"""What is imported of the body of a request by a mapping: one that ships, or one that came with it."""

from collections.abc import Iterator

from app.database.engine.database import Database
from app.database.vocabulary import vocabulary_of
from app.errors import Fault, InvalidDocument
from app.imports.documents import ImportFile
from app.imports.form import ImportForm
from app.imports.mapping import Mapping, read_mapped
from app.imports.mapping.shipped import shipped_mapping
from app.imports.multipart import FILE, MULTIPART
from app.imports.readers import format_of_head, head_of


def files_of_form(
    database: Database, content_type: str, chunks: Iterator[bytes], shipped: str | None
) -> list[ImportFile]:
    """Return the file of a form, to be read by the mapping in it, or by one that ships.

    Raises:
        BadRequest: the form is malformed.
        TooLarge: the tables that the mapping joins are.
        InvalidDocument: the mapping cannot be followed, or names a term that the database does not have.
    """
    form = ImportForm(content_type, chunks, shipped_mapping(shipped) if shipped is not None else None)
    _check_terms(form.mapping, database)
    return [ImportFile(FILE, form.documents)]


def files_of_table(
    database: Database, name: str, form: str | None, chunks: Iterator[bytes], shipped: str
) -> list[ImportFile]:
    """Return a body that is one table, to be read by a mapping that ships; without a format its first bytes show it.

    Raises:
        InvalidDocument: the mapping joins a second table, or names a term that the database does not have.
    """
    mapping = shipped_mapping(shipped)
    if mapping.joins:
        files = ", ".join(f"{name} ({join.file})" for name, join in mapping.joins.items())
        detail = (
            f"This mapping joins a second table: {files}. Send both as {MULTIPART}, the table in a part of the join's name, "
            "then the first in the part file; or use `annals import`."
        )
        raise InvalidDocument(detail, faults=[Fault("second_table", detail, parameter="as")])
    _check_terms(mapping, database)
    head, pieces = head_of(chunks)
    found = form or format_of_head(head) or ""
    return [ImportFile(name, lambda: read_mapped(mapping, found, pieces))]


def _check_terms(mapping: Mapping, database: Database) -> None:
    with database.snapshot() as connection:
        mapping.check_terms(vocabulary_of(connection))
