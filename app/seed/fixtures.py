"""Fixtures: the records in the files of seed_data, parsed and validated, not yet written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from app.errors import Fault, InvalidDocument, nearest
from app.records.base import Record
from app.records.kinds import RECORD_KINDS, RecordKind
from app.records.validation.document import validate_document
from app.records.vocabulary import Vocabulary
from app.values.failsafe_yaml import TextYamlError, load_failsafe_yaml

MAX_FILE_BYTES: Final = 32 * 1024 * 1024

KINDS_OF_FILES: Final = {name: kind for kind in RECORD_KINDS for name in (kind.kind, kind.collection)}
"""The kind of record a file holds, by its name without `.yaml`: `event` or `events`, …"""

NO_FIXTURES = "mappings"
"""A folder next to the fixtures that holds none: it has the mappings for other people's tables."""


@dataclass(frozen=True, slots=True)
class Fixture:
    """One record of a file.

    Attributes:
        kind: its kind, from the name of the file.
        record: the record; it has an id.
        origin: the file and the record's id in it, for messages.
    """

    kind: RecordKind
    record: Record
    origin: str

    @property
    def ref(self) -> str:
        """The record's path below `/v1/`."""
        return f"{self.kind.collection}/{self.record.id}"

    def located(self, fault: Fault) -> Fault:
        """Return a fault of the record with its file: `events.yaml#some-id/date`."""
        return replace(fault, pointer=f"{self.origin}{fault.pointer or ''}")


def read_fixtures(path: Path, vocabulary: Vocabulary) -> list[Fixture]:
    """Read every fixture in the folders of `path`, or in `path` where it holds the files itself.

    In the order of kinds, so that targets of references tend to come first, then of folders and of the
    records in a file.

    Raises:
        InvalidDocument: with every fault of every file; a pointer begins with the file and the record's id.
        FileNotFoundError: there is nothing to read at `path`.
    """
    faults: list[Fault] = []
    fixtures: list[Fixture] = []
    for file in _files(path):
        fixtures.extend(_read_file(file, path, vocabulary, faults))
    seen: dict[str, str] = {}
    for fixture in fixtures:
        first = seen.setdefault(fixture.ref, fixture.origin)
        if first is not fixture.origin:
            faults.append(
                fixture.located(Fault("duplicate", f"This record is given by {first} already.", "/id"))
            )
    if faults:
        count = "a fault" if len(faults) == 1 else f"{len(faults):,} faults"
        raise InvalidDocument(f"The fixtures have {count}; nothing was written.", faults=faults)
    order = {kind.kind: position for position, kind in enumerate(RECORD_KINDS)}
    return sorted(fixtures, key=lambda fixture: order[fixture.kind.kind])


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is no folder")
    if any(file.stem in KINDS_OF_FILES for file in path.glob("*.yaml")):
        return sorted(path.glob("*.yaml"))
    files = sorted(file for file in path.glob("*/*.yaml") if file.parent.name != NO_FIXTURES)
    if not files:
        raise FileNotFoundError(f"{path} has no folders with files such as events.yaml")
    return files


def _read_file(file: Path, path: Path, vocabulary: Vocabulary, faults: list[Fault]) -> Iterator[Fixture]:
    name = file.relative_to(path).as_posix()
    kind = KINDS_OF_FILES.get(file.stem)
    if kind is None:
        detail = f"Name the file after what it holds: {', '.join(kind.collection for kind in RECORD_KINDS)}."
        near = nearest(file.stem, KINDS_OF_FILES)
        faults.append(
            Fault("unknown_kind", detail, name, suggestion=None if near is None else f"{near}.yaml")
        )
        return
    if file.stat().st_size > MAX_FILE_BYTES:
        faults.append(Fault("too_large", f"A file may have {MAX_FILE_BYTES:,} bytes; split it.", name))
        return
    try:
        loaded: Any = load_failsafe_yaml(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        faults.append(Fault("invalid_text", "Write the file in UTF-8.", name))
        return
    except TextYamlError as error:
        faults.append(Fault("invalid_yaml", f"{str(error).capitalize()}.", name))
        return
    documents = [] if loaded is None else loaded if isinstance(loaded, list) else [loaded]
    for position, document in enumerate(documents):
        fixture = _read_one(kind, document, f"{name}#", position, vocabulary, faults)
        if fixture is not None:
            yield fixture


def _read_one(
    kind: RecordKind, document: Any, file: str, position: int, vocabulary: Vocabulary, faults: list[Fault]
) -> Fixture | None:
    if not isinstance(document, Mapping):
        faults.append(Fault("wrong_type", "Write a mapping: one record.", f"{file}/{position}"))
        return None
    given = document.get("id")
    named = isinstance(given, str) and given != ""
    origin = f"{file}{given}" if named else f"{file}/{position}"
    if not named:
        faults.append(Fault("missing", "Give the record an id, so that it is found again.", f"{origin}/id"))
    try:
        record = validate_document(kind, document, vocabulary, text_scalars=True)
    except InvalidDocument as error:
        faults.extend(replace(fault, pointer=f"{origin}{fault.pointer or ''}") for fault in error.faults)
        return None
    return Fixture(kind, record, origin) if named else None
