"""Validation: a document from outside or from the database becomes a record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from app.errors import Fault, InvalidDocument
from app.records.base import SERVER_FIELDS, Record
from app.records.kinds import RecordKind
from app.records.references import written_references
from app.records.scalars import MAX_FAULTS
from app.records.serialization import to_revision_json
from app.records.term_fields import ValidationContext
from app.records.validation.collect_errors import Located, collect_faults, pointer_to
from app.records.validation.error_messages import translate_errors, unknown_fields
from app.records.validation.normalize import encoded, is_empty, normalize_document
from app.records.validation.size_limits import (
    fail_fast_validator,
    faults_near,
    is_large,
    oversized_collections,
)
from app.records.vocabulary import Vocabulary

MAX_BYTES: Final = 2**20
"""The largest document, in bytes of its JSON without what the server derives."""

MAX_RAW_BYTES: Final = 8 * MAX_BYTES
"""The largest document that is accepted for validation, with derived members that a client sends back."""

_TOO_LARGE: Final = Fault("too_large", "Keep a record within 1 MiB of JSON.", "")

IGNORED: Final = SERVER_FIELDS | {"linked", "incoming"}
"""Members that a document read here has; they are accepted and not written."""


class InvalidRecord(InvalidDocument):
    """A document breaks rules that can be checked without the database.

    Attributes:
        mentions: the pointers and references of the other records that it refers to, as far as it could be told
            and nothing else is wrong there; whether they lead anywhere the database knows.
    """

    def __init__(
        self, faults: Sequence[Fault], mentions: Sequence[tuple[str, str]] = (), *, more: bool = False
    ) -> None:
        """Keep all faults; `more` says that there may be others."""
        count = len(faults)
        detail = "The document has a fault." if count == 1 else f"The document has {count:,} faults."
        if more or count > MAX_FAULTS:
            detail = (
                "The document has faults, and may have more than are listed; mend these, then send it again."
            )
        super().__init__(detail, faults=faults[:MAX_FAULTS])
        self.mentions = tuple(mentions)
        self.more = more


def validate_document(
    kind: RecordKind,
    raw: Mapping[str, Any],
    vocabulary: Vocabulary,
    *,
    text_scalars: bool = False,
    earlier: Sequence[Fault] = (),
) -> Record:
    """Validate a document that came from a client, a file or a fixture.

    `raw` is JSON as `orjson.loads` returns it. With `text_scalars` every scalar is a string, as fixtures in
    YAML are parsed, and is converted where a field is a number. Whether references lead anywhere is not
    checked here. Faults that were found `earlier`, in the document's text, are reported with its own.

    Raises:
        InvalidRecord: with every fault that was found, each with its pointer.
    """
    if not isinstance(raw, Mapping):
        raise InvalidRecord([*earlier, Fault("wrong_type", "Give one object: a record.", "")])
    document = {name: value for name, value in raw.items() if name not in IGNORED}
    written = encoded(document)
    if len(written) > MAX_RAW_BYTES:
        raise InvalidRecord([*earlier, _TOO_LARGE])
    large = is_large(written)
    too_long = oversized_collections(document) if large else []
    if too_long:
        raise InvalidRecord([*earlier, *too_long])
    document, unclean, emptied = normalize_document(document, written, text_scalars=text_scalars)
    faults = _first_at_each([*earlier, *unclean, *unknown_fields(kind.model, emptied)])
    document["kind"] = kind.kind
    named = raw.get("kind")
    if named != kind.kind and not is_empty(named):
        faults.append(
            Fault("wrong_kind", f"Write a record of kind {kind.kind} here.", "/kind", suggestion=kind.kind)
        )
    validator = fail_fast_validator(kind.model) if large else kind.model.__pydantic_validator__
    more = False
    try:
        record: Record = validator.validate_python(document, context=ValidationContext(kind.kind, vocabulary))
    except ValidationError as error:
        faults = _first_at_each([*faults, *_all_faults(kind, document, vocabulary, error, large=large)])
        more = large or error.error_count() > MAX_FAULTS
    if faults:
        untold = large or len(faults) >= MAX_FAULTS
        mentions = [] if untold else _others(written_references(document), kind, document, faults)
        raise InvalidRecord(faults, mentions, more=more)
    return _of_size(record, len(written))


def _others(
    mentions: Iterable[tuple[str, str]],
    kind: RecordKind,
    document: Mapping[str, Any],
    faults: Sequence[Fault],
) -> list[tuple[str, str]]:
    """Return the references to other records, except those where something else is at fault already."""
    own, faulty = f"{kind.collection}/{document.get('id')}", {fault.pointer for fault in faults}
    return [(pointer, ref) for pointer, ref in mentions if ref != own and pointer not in faulty]


def _first_at_each(faults: Iterable[Fault]) -> list[Fault]:
    """Return the first fault at each place."""
    kept: dict[str | None, Fault] = {}
    for fault in faults:
        kept.setdefault(fault.pointer, fault)
    return list(kept.values())


def load_stored(kind: RecordKind, text: str | bytes) -> Record:
    """Load a document that this service wrote: a record's or a revision's.

    Derived members are computed anew, so that serializing the record renders it by the present rules.
    """
    record: Record = kind.model.__pydantic_validator__.validate_json(text)
    return record


def _all_faults(
    kind: RecordKind,
    document: Mapping[str, Any],
    vocabulary: Vocabulary,
    first: ValidationError,
    *,
    large: bool,
) -> list[Fault]:
    model = kind.model

    def ask(part: Mapping[str, Any]) -> list[Located]:
        try:
            model.__pydantic_validator__.validate_python(
                part, context=ValidationContext(kind.kind, vocabulary)
            )
        except ValidationError as error:
            return translate_errors(error, part, model)
        return []

    if large:
        return faults_near(document, translate_errors(first, document, model), ask)
    if first.error_count() > MAX_FAULTS:
        return [
            replace(fault, pointer=pointer_to(path))
            for path, fault in translate_errors(first, document, model)
        ]
    return collect_faults(document, ask)


def _of_size(record: Record, raw_bytes: int) -> Record:
    # Only a large document is measured again as it would be stored: the input may carry derived members.
    if raw_bytes > MAX_BYTES and len(to_revision_json(record)) > MAX_BYTES:
        raise InvalidRecord([_TOO_LARGE])
    return record


def model_faults(document: Any, model: type[BaseModel]) -> list[Fault]:
    """Return where a document does not fit a model, each place once.

    Places are named as in documents (by alias), not as in the program.
    """

    def ask(part: Any) -> list[Located]:
        try:
            model.model_validate(part, by_alias=True, by_name=False)
        except ValidationError as error:
            return translate_errors(error, part, model)
        return []

    found = collect_faults(document, ask)
    # pydantic also reports a list of invalid items as empty; only the errors of the items are kept.
    return [one for one in found if not any(_is_below(other, one) for other in found)]


def _is_below(one: Fault, other: Fault) -> bool:
    return (one.pointer or "").startswith(f"{other.pointer}/")
