"""How a record is cited: the words, the entry for a bibliography, and every format in which it can be had."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from app.database.engine.read_snapshot import ReadConnection
from app.formats import FORMATS, formats_for
from app.formats.format import About, Use
from app.formats.responses import iterate, view_of
from app.formats.serialize import together, write_stream
from app.reading.format_items import read_item
from app.records.kinds import RecordKind


@dataclass(frozen=True, slots=True)
class Citation:
    """How a revision of a record is cited.

    Attributes:
        address: the permanent address of the revision.
        bibtex: the entry for a bibliography.
        formats: the names of all formats in which the record can be had.
    """

    address: str
    bibtex: str
    formats: Sequence[str]


async def cite(db: ReadConnection, kind: RecordKind, record_id: str, base: str) -> Citation:
    """Return how the record is cited as it is now; `base` is the address of the service.

    Raises:
        NotFound, Gone, MergedInto: as reading the record.
    """
    form = FORMATS["bibtex"]
    item, found = await read_item(db, kind, record_id, view_of(form, ()))
    about = About(base, item.record.title, kind, one=True)
    body, _ = await together(write_stream(form, iterate([[item]]), about), sys.maxsize)
    address = f"{base}/v1/{kind.collection}/{record_id}/revisions/{found.revision}"
    return Citation(address, body.decode(), list(formats_for(Use.RECORD)))
