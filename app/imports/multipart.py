"""Bodies of several parts, `multipart/form-data` (RFC 7578), read as a stream: no part is held in memory."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from enum import Enum, auto
from typing import Any, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.errors import BadRequest

FILE: Final = "file"
"""The name of the part that is the table."""

MAPPING: Final = "mapping"
"""The name of the part that says what its columns mean."""

MULTIPART: Final = "multipart/form-data"
"""The media type."""

_MAX_NAME: Final = 200
_FOLDERS: Final = re.compile(r".*[/\\]", re.DOTALL)


class _Event(Enum):
    HEADERS = auto()
    CONTENT = auto()
    END_OF_PART = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Part:
    """One part.

    Attributes:
        name: the name of its field.
        filename: the name of the file that it was, without its folders; empty where it was none.
        media_type: what its Content-Type says, in lower case; empty where it says nothing.
        charset: the charset that its Content-Type names, in lower case.
        content: its bytes as they come. What is not read of them is passed over with the next part.
    """

    name: str
    filename: str
    media_type: str
    charset: str | None
    content: Iterator[bytes]


def read_parts(content_type: str, chunks: Iterable[bytes]) -> Iterator[Part]:
    """Yield the parts of a body in order.

    Raises:
        BadRequest: the body is no `multipart/form-data` (RFC 7578, 4), or is cut off.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if not boundary:
        raise _malformed("Content-Type names no boundary between the parts.")
    events = _events(boundary, chunks)
    for event, headers in events:
        if event is _Event.HEADERS:
            yield _part(headers, _content(events))


def _content(events: Iterator[tuple[_Event, Any]]) -> Iterator[bytes]:
    for event, data in events:
        if event is _Event.END_OF_PART:
            return
        yield data


def _part(headers: dict[bytes, bytes], content: Iterator[bytes]) -> Part:
    disposition, options = parse_options_header(headers.get(b"content-disposition"))
    name = options.get(b"name", b"")
    if disposition != b"form-data" or not name or len(name) > _MAX_NAME:
        raise _malformed("A part has no name: Content-Disposition: form-data; name=… (RFC 7578, 4.2).")
    described = Message()
    described["Content-Type"] = (
        headers.get(b"content-type", b"").decode("latin-1") or "application/octet-stream"
    )
    return Part(
        name.decode("utf-8", "replace"),
        _file_name(options.get(b"filename", b"")),
        described.get_content_type() if b"content-type" in headers else "",
        described.get_content_charset(),
        content,
    )


def _file_name(given: bytes) -> str:
    """Return the name of a file on one line: its path says nothing here (RFC 7578, 4.2)."""
    name = _FOLDERS.sub("", given.decode("utf-8", "replace"))
    return "".join(one for one in name if one.isprintable()).strip()[:_MAX_NAME]


def _events(boundary: bytes, chunks: Iterable[bytes]) -> Iterator[tuple[_Event, Any]]:
    """Yield the headers of each part, its content in pieces, and its end.

    Raises:
        BadRequest: as `read_parts`.
    """
    events: deque[tuple[_Event, Any]] = deque()
    headers: dict[bytes, bytes] = {}
    field, value = bytearray(), bytearray()

    def end_of_header() -> None:
        headers[bytes(field).lower()] = bytes(value)
        field.clear()
        value.clear()

    def end_of_headers() -> None:
        events.append((_Event.HEADERS, dict(headers)))
        headers.clear()

    try:
        parser = MultipartParser(
            boundary,
            {
                "on_header_field": lambda data, start, end: field.extend(data[start:end]),
                "on_header_value": lambda data, start, end: value.extend(data[start:end]),
                "on_header_end": end_of_header,
                "on_headers_finished": end_of_headers,
                "on_part_data": lambda data, start, end: events.append((_Event.CONTENT, data[start:end])),
                "on_part_end": lambda: events.append((_Event.END_OF_PART, None)),
                "on_end": lambda: events.append((_Event.END, None)),
            },
        )
        for chunk in chunks:
            parser.write(chunk)
            while events:
                event = events.popleft()
                if event[0] is _Event.END:
                    # What comes after the last boundary says nothing (RFC 2046, 5.1.1).
                    return
                yield event
    except FormParserError:
        raise _malformed("The parts are not separated as RFC 7578 says.") from None
    raise _malformed("The body ends before its last boundary.")


def _malformed(detail: str) -> BadRequest:
    return BadRequest(f"{detail} Nothing was changed.", code="malformed_form")
