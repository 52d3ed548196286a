"""An import as a form of several parts: a mapping, the tables that it joins, and last the file, which is streamed."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Final

from app.errors import BadRequest, Fault, InvalidDocument, TooLarge, nearest
from app.imports.documents import ImportedDocument
from app.imports.import_rows import SourceFile
from app.imports.mapping import Mapping, parse_mapping, read_mapped
from app.imports.mapping.declaration import MAX_BYTES
from app.imports.multipart import FILE, MAPPING, Part, read_parts
from app.imports.readers import MEDIA_TYPES, format_of_head, format_of_name, head_of
from app.imports.readers.encoding import ENCODINGS, parse_encoding

MAX_TABLES_BYTES: Final = 16 * 2**20
"""The largest joined tables, all together: they are held in memory."""

MAX_TABLES: Final = 100
"""The most joined tables."""


class ImportForm:
    """The parts of a form up to its file.

    Attributes:
        mapping: what the columns of the file mean.
        file_name: the name of the file, or of its part where the form does not tell that.
    """

    def __init__(self, content_type: str, chunks: Iterator[bytes], mapping: Mapping | None = None) -> None:
        """Read what comes before the file; a mapping that is given is none of the parts.

        Raises:
            BadRequest: the body is malformed, or a part is missing, or out of place.
            TooLarge: the joined tables are.
            InvalidDocument: the mapping cannot be followed; with all of its faults.
        """
        self._parts = (_ReadPart(part) for part in read_parts(content_type, chunks))
        self._read: list[_ReadPart] = []
        self._tables: dict[str, list[bytes]] = {}
        room = MAX_TABLES_BYTES
        for read_part in self._parts:
            part = read_part.part
            self._read.append(read_part)
            if part.name == FILE:
                if mapping is None:
                    raise _refusal(
                        "Give the mapping in a part before the file, or name one that ships with as=."
                    )
                self.mapping = mapping
                self.file_name = read_part.file_name
                self._file = part
                self._check_tables()
                return
            if part.name == MAPPING:
                if mapping is not None:
                    raise _refusal("Give one mapping: one part of that name, or one that ships (as=).")
                data = b"".join(_at_most(part, MAX_BYTES, "A mapping may have 1 MiB."))
                mapping = parse_mapping(data)
            elif part.name in self._tables:
                raise _refusal("Two parts before the file have one name.")
            elif len(self._tables) == MAX_TABLES:
                raise _refusal(f"A form may have {MAX_TABLES} tables to be joined; this one has more.")
            else:
                too_large = f"Joined tables may have {MAX_TABLES_BYTES // 2**20} MiB together: they are held in memory."
                table = list(_at_most(part, room, too_large))
                self._tables[part.name] = table
                room -= sum(map(len, table))
        raise _refusal(f"There is no part with the name {FILE}: the table that the mapping is for.")

    def documents(self) -> Iterator[ImportedDocument]:
        """Yield the documents that the mapping makes of the file; its first bytes decide where its Content-Type says nothing.

        Raises:
            BadRequest: the body is malformed, or the file was not its last part.
        """
        part, mapping = self._file, self.mapping
        chunks = part.content
        form = MEDIA_TYPES.get(part.media_type)
        if form is None:
            head, chunks = head_of(chunks)
            form = format_of_head(head) or format_of_name(part.filename) or ""
        if part.charset is not None:
            encoding = parse_encoding(part.charset)
            if encoding is None:
                detail = f"Choose one of {', '.join(ENCODINGS)}, or leave the charset of the file out."
                raise _refusal(detail)
            mapping = replace(mapping, encoding=encoding)
        yield from read_mapped(mapping, form, chunks, tables=self._tables)
        # A reader may end before its file does; the digest is of the whole.
        for _ in part.content:
            pass
        if next(self._parts, None) is not None:
            raise _refusal("The file has to be the last part: it is read while it comes.")

    def files(self) -> list[SourceFile]:
        """Return each part as a file that was read, in an order that does not depend on theirs: what of it has been read so far."""
        order = {name: place for place, name in enumerate((FILE, MAPPING, *self.mapping.joins))}
        read = sorted(self._read, key=lambda one: order[one.part.name])
        return [SourceFile(one.file_name, one.digest.hexdigest()) for one in read]

    def _check_tables(self) -> None:
        joins = self.mapping.joins
        faults = [
            Fault(
                "unknown_part",
                "The mapping joins no table of the name of this part"
                + (f"; it joins {', '.join(joins)}." if joins else "; it joins none."),
                suggestion=nearest(name, joins),
            )
            for name in self._tables
            if name not in joins
        ]
        faults += [
            Fault(
                "no_such_table",
                f"The mapping joins a table {name!r}: send it as a part of that name, before the file.",
            )
            for name in joins
            if name not in self._tables
        ]
        if faults:
            raise InvalidDocument("Parts and mapping do not go together; nothing was read.", faults=faults)


class _ReadPart:
    """A part whose content is put into a digest while it is read."""

    def __init__(self, part: Part) -> None:
        self.digest = sha256()
        self.file_name = part.filename or part.name
        self.part = replace(part, content=self._digested(part.content))

    def _digested(self, content: Iterator[bytes]) -> Iterator[bytes]:
        for piece in content:
            self.digest.update(piece)
            yield piece


def _at_most(part: Part, size: int, detail: str) -> Iterator[bytes]:
    for piece in part.content:
        size -= len(piece)
        if size < 0:
            raise TooLarge(detail, code="too_large", headers={"Connection": "close"})
        yield piece


def _refusal(detail: str) -> BadRequest:
    return BadRequest(f"{detail} Nothing was changed.", code="malformed_form")
