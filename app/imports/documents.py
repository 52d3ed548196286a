"""A document to be imported: what every reader of files yields, and the importer takes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from app.errors import Fault

MISREAD: Final = "windows_1252"
CITED_DATES: Final = "cited_dates"
CITED_IDENTIFIERS: Final = "cited_identifiers"
FOREIGN: Final = "foreign_members"
GEDCOM_DATES: Final = "gedcom_dates"
GEDCOM_EXTENSIONS: Final = "gedcom_extensions"
GEDCOM_IDENTIFIERS: Final = "gedcom_identifiers"
FAMILY_LOOP: Final = "family_loop"
GEDCOM_MEDIA: Final = "gedcom_media"
GEDCOM_OTHER: Final = "gedcom_other"
GEDCOM_RESTRICTED: Final = "gedcom_restricted"
GRAMPS_DATES: Final = "gramps_dates"
GRAMPS_MEDIA: Final = "gramps_media"
GRAMPS_OTHER: Final = "gramps_other"
GRAMPS_PRIVATE: Final = "gramps_private"
ICALENDAR_OTHER: Final = "icalendar_other"
OPENATLAS_OTHER: Final = "openatlas_other"
UNMATCHED: Final = "unmatched"
UNMAPPED: Final = "unmapped_properties"
DAY_NOT_SHOWN: Final = "day_not_shown"
EMPTY_ROWS: Final = "empty_rows"
CELLS_NOT_TOLD: Final = "errors_not_told"
_MERGED: Final = "merged_cells"
_IGNORED_SHEET: Final = "ignored_sheet"
_RECOGNISED: Final = "recognised"
_ENCODING: Final = "encoding"

NOTES: Final = MappingProxyType(
    {
        MISREAD: "Control characters from U+0080 to U+009F were taken for what they are in Windows-1252: quotes, dashes "
        "and the like.",
        CITED_DATES: "What stands for a date in a bibliography and is none that can be read was kept in the summary.",
        CITED_IDENTIFIERS: "What stands for an ISBN, a DOI or an address in a bibliography and is none was kept in the summary.",
        FOREIGN: "Members that GeoJSON has no meaning for (RFC 7946, 6.1) were left out of features and geometries.",
        GEDCOM_DATES: "Dates that do not follow the grammar of GEDCOM were kept in words alone.",
        GEDCOM_EXTENSIONS: "Lines of GEDCOM whose tags begin with an underscore were left out: each program has its own.",
        GEDCOM_IDENTIFIERS: "Identifiers of records in GEDCOM, their submitters and when they were changed were left out: "
        "RIN, REFN, UID, EXID, SUBM, CHAN and the like.",
        FAMILY_LOOP: "Persons stand in a loop of ancestors, or between two: check their child-of relations.",
        GEDCOM_MEDIA: "Links to media in GEDCOM (OBJE) were left out.",
        GEDCOM_OTHER: "Lines of GEDCOM that records have no place for were left out.",
        GEDCOM_RESTRICTED: "Records of GEDCOM that are restricted (RESN confidential or privacy), as a whole or in part, are "
        "read like all others, with the restriction in words: decide whether they may be published.",
        GRAMPS_DATES: "Dates of Gramps that are not understood were kept in words alone.",
        GRAMPS_MEDIA: "Media of Gramps, and links to them, were left out.",
        GRAMPS_OTHER: "Elements of Gramps that records have no place for were left out: the researcher, bookmarks, ordinances, the layout of "
        "notes, what is said of a family without events and the like.",
        GRAMPS_PRIVATE: "Objects of Gramps that are private, as a whole or in part, are read like all others: decide whether "
        "they may be published.",
        ICALENDAR_OTHER: "Components of a calendar that are no events were left out: VTODO, VJOURNAL, VFREEBUSY and the like.",
        OPENATLAS_OTHER: "Entities of OpenAtlas that are no records of their own were left out: types, files, locations, appellations and "
        "reference systems; records keep what they say of them.",
        UNMAPPED: "Properties that no member of a record stands for were left out.",
        DAY_NOT_SHOWN: "Dates of a spreadsheet whose format shows no day were taken as the whole day that is stored.",
        EMPTY_ROWS: "Rows of a spreadsheet that are empty, between others, were passed.",
        CELLS_NOT_TOLD: "In .xls, .xlsb and .ods, errors such as #N/A and formulas whose value was not saved cannot be told "
        "from empty cells; in .xlsx they are faults.",
        _MERGED: "Of merged cells in a spreadsheet only the first has the value, the others are empty: {}.",
        _IGNORED_SHEET: "A sheet that is for reading was left out, as the sheets of records have all of it: {}.",
        UNMATCHED: "References to records that are not there were left out, with what they stand in: `else: leave` of the mapping.",
        _ENCODING: "The text was read as {}.",
        _RECOGNISED: "The format was recognised by its first lines: {}.",
    }
)
"""What may have been done to a document, or to a row, before it was validated: no fault, but reported.

Where the sentence has a gap, what is in it follows the code, after a colon.
"""


def recognised_as(title: str) -> str:
    """Return the note on a file whose format its content showed rather than its name."""
    return f"{_RECOGNISED}:{title}"


def read_as(encoding: str) -> str:
    """Return the note on a text whose encoding was found from its bytes."""
    return f"{_ENCODING}:{encoding}"


def merged_cells(ranges: str) -> str:
    """Return the note on a sheet that has merged cells, in some ranges."""
    return f"{_MERGED}:{ranges}"


def ignored_sheet(name: str) -> str:
    """Return the note on a sheet of which nothing is imported."""
    return f"{_IGNORED_SHEET}:{name}"


def note_of(code: str) -> tuple[str, str]:
    """Return the code of a note without what fills its gap, and its sentence."""
    name, _, about = code.partition(":")
    return name, NOTES[name].format(about)


@dataclass(frozen=True, slots=True)
class ImportedDocument:
    """One document of a file, not yet validated, or what was there instead of one.

    Attributes:
        line: the line it begins on, counted from 1; where lines mean nothing, its number.
        raw: the document as parsed JSON, with its `kind`; None where there are faults alone.
        faults: why it could not be read; pointers are into the document, or name a column.
        if_missing: whether it only has to exist for others to refer to, and gives way to an existing record
            of the same reference.
        notes: what was done to it before; codes of `NOTES`.
        members: the members that it sets, whether it has them or they are empty; with a dot for a member of
            a member (`date.note`). The record's other members stay as they are. None: it is the whole
            record.
        added: those of them that are added to what the record has; an item with the id of one takes its place.
        more: of a completed document what it gave for those that are added to, before they had what is present.
        must_exist: whether it only tells more of a record that is there.
        wants: whether there are records in it that are still to be found (`app.imports.wanted`).
        number: which feature of its file it is, counted from 1, where that says more than its line.
        simplify: how far the outline of a geometry of too many positions may be moved, in metres, where the import
            as a whole does not say; None: not.
        base_revision: the revision that it was completed from; 0 where there was no record yet.
        reported_before: a fault that was reported for an earlier document of the same table and is not
            repeated: this one cannot be written either.
    """

    line: int
    raw: Mapping[str, Any] | None = None
    faults: tuple[Fault, ...] = ()
    if_missing: bool = False
    notes: tuple[str, ...] = ()
    members: frozenset[str] | None = None
    added: frozenset[str] = frozenset()
    more: Mapping[str, Any] | None = None
    must_exist: bool = False
    wants: bool = False
    number: int | None = None
    simplify: float | None = None
    base_revision: int | None = None
    reported_before: Fault | None = None


def restored_members(raw: Mapping[str, Any]) -> frozenset[str]:
    """Return the members that a document sets which comes back from a format that has no place for all of a date.

    Of the date these are the members that the document has: the words and the note of the record stay as they are.
    """
    date = raw.get("date")
    if not isinstance(date, Mapping):
        return frozenset(raw)
    return frozenset({*(raw.keys() - {"date"}), *(f"date.{name}" for name in date)})


@dataclass(frozen=True, slots=True)
class ImportFile:
    """One file to be imported.

    Attributes:
        name: as in the report.
        documents: reads it from its beginning, each time it is called.
    """

    name: str
    documents: Callable[[], Iterator[ImportedDocument]]


def unreadable_line(
    line: int, code: str, detail: str, pointer: str = "", suggestion: str | None = None
) -> ImportedDocument:
    """Make the document for a line that cannot be read."""
    return ImportedDocument(line, faults=(Fault(code, detail, pointer, suggestion=suggestion),))


def noted(documents: Iterable[ImportedDocument], notes: tuple[str, ...]) -> Iterator[ImportedDocument]:
    """Report with the first of some documents what was done to all of them."""
    for at, one in enumerate(documents):
        yield replace(one, notes=(*notes, *one.notes)) if notes and not at else one
