"""Reading NDJSON: one document a line; empty lines are skipped."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import orjson

from app.errors import AnnalsError, Fault
from app.imports.documents import ImportedDocument, unreadable_line
from app.imports.readers.file_format import FileFormat, Head
from app.imports.readers.lines import TOO_LONG, cut_lines, without_mark
from app.values.strict_json import parse_with_faults


def read_ndjson(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Read documents line by line; a line that cannot be read does not stop those after it.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    for number, line in cut_lines(without_mark(chunks), passing=True):
        if line is None:
            yield unreadable_line(number, "line_too_long", TOO_LONG)
        elif line and not line.isspace():
            yield read_document(number, line)


def read_document(number: int, text: bytes) -> ImportedDocument:
    """Parse one document, strictly; what is no JSON object becomes its faults."""
    try:
        raw, broken = parse_with_faults(text)
    except AnnalsError as error:
        return ImportedDocument(number, faults=faults_of_json(error, is_one_line=b"\n" not in text))
    if not isinstance(raw, Mapping):
        return unreadable_line(number, "wrong_type", "Give an object on each line: a record.")
    return ImportedDocument(number, raw, broken)


def faults_of_json(error: AnnalsError, *, is_one_line: bool = False) -> tuple[Fault, ...]:
    """Return what is wrong with a text of JSON in a file; of one line alone, the number of the line says nothing."""
    detail = error.detail.replace("The body", "The text")
    return tuple(error.faults) or (
        Fault(error.code, detail.replace("line 1, ", "") if is_one_line else detail, ""),
    )


def _recognises(head: Head) -> bool:
    """Return whether the first two lines are objects of JSON; one alone may be JSON of any kind."""
    return len(head.lines) > 1 and all(map(_is_object, head.lines[:2]))


def _is_object(line: str) -> bool:
    try:
        return line.lstrip().startswith("{") and isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


FORMAT: Final = FileFormat(
    "ndjson",
    "NDJSON",
    (".ndjson", ".jsonl"),
    ("application/x-ndjson",),
    lambda chunks, _: read_ndjson(chunks),
    _recognises,
)
