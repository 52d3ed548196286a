"""The door: a document from outside or from the store becomes a record."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError

from app.errors import Fault, InvalidDocument
from app.records.base import SERVER_FIELDS, Record
from app.records.cleaning import MAX_FAULTS, clean
from app.records.faults import faults_of
from app.records.kinds import RecordKind
from app.records.pruning import Located, all_faults, pointer_to
from app.records.terms import Circumstances
from app.records.vocabulary import Vocabulary
from app.records.writing import to_revision_json

MAX_BYTES: Final = 2**20
"""The largest document, in bytes of its JSON without what the server derives."""

MAX_RAW_BYTES: Final = 8 * MAX_BYTES
"""The largest document that is looked at, with what a client sends back of it."""

_TOO_LARGE: Final = Fault("too_large", "Keep a record within 1 MiB of JSON.", "")

IGNORED: Final = SERVER_FIELDS | {"linked", "incoming"}
"""Members that a document may have because it was read here; they are not written."""


def read_record(
    kind: RecordKind, raw: Mapping[str, Any], vocabulary: Vocabulary, *, text_scalars: bool = False
) -> Record:
    """Read a document that a client, a file or a fixture holds.

    `raw` is JSON as `orjson.loads` gives it. With `text_scalars` every scalar is a string, as fixtures
    in YAML are read, and numbers are made where a field is a number. Whether references lead anywhere
    is not asked here.

    Raises:
        InvalidDocument: with every fault that was found, each with its pointer.
    """
    if not isinstance(raw, Mapping):
        raise InvalidDocument(faults=[Fault("wrong_type", "Give one object: a record.", "")])
    document = {name: value for name, value in raw.items() if name not in IGNORED}
    document, faults, size = clean(document, text_scalars=text_scalars)
    if size > MAX_RAW_BYTES:
        raise _invalid([_TOO_LARGE])
    document["kind"] = kind.kind
    named = raw.get("kind")
    if isinstance(named, str) and named not in {kind.kind, ""}:
        faults.append(
            Fault("wrong_kind", f"Write a record of kind {kind.kind} here.", "/kind", suggestion=kind.kind)
        )
    around = Circumstances(kind.kind, vocabulary)
    try:
        record: Record = kind.model.__pydantic_validator__.validate_python(document, context=around)
    except ValidationError as error:
        known = {fault.pointer for fault in faults}
        found = _all_faults(kind.model, document, around, error)
        raise _invalid([*faults, *(fault for fault in found if fault.pointer not in known)]) from None
    if faults:
        raise _invalid(faults)
    return _of_size(record, size)


def read_stored(kind: RecordKind, text: str | bytes) -> Record:
    """Read a document that this service wrote: a record's or a revision's.

    Derived members are computed anew, so that to write what was read is to render it again.
    """
    record: Record = kind.model.__pydantic_validator__.validate_json(text)
    return record


def _all_faults(
    model: type[Record], document: Mapping[str, Any], around: Circumstances, first: ValidationError
) -> list[Fault]:
    if first.error_count() > MAX_FAULTS:
        return [replace(fault, pointer=pointer_to(path)) for path, fault in faults_of(first, document, model)]

    def ask(pruned: Mapping[str, Any]) -> list[Located]:
        try:
            model.__pydantic_validator__.validate_python(pruned, context=around)
        except ValidationError as error:
            return faults_of(error, pruned, model)
        return []

    return all_faults(document, ask)


def _of_size(record: Record, raw_bytes: int) -> Record:
    # Only a large document is measured as it will be kept: what was read may carry derived members.
    if raw_bytes > MAX_BYTES and len(to_revision_json(record)) > MAX_BYTES:
        raise _invalid([_TOO_LARGE])
    return record


def _invalid(faults: list[Fault]) -> InvalidDocument:
    count = len(faults)
    detail = "The document has a fault." if count == 1 else f"The document has {count:,} faults."
    return InvalidDocument(detail, faults=faults)
