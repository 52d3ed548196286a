"""What the members and types of sources are called in CSL, BibTeX and RIS: for writing, and for reading them back."""

from collections.abc import Mapping
from typing import Final

LICENCE: Final = "license"
"""What citations call the licence: a field of BibTeX and RIS, in CSL a member of `custom`, as its schema has no variable for it."""

VARIABLES: Final[Mapping[str, str]] = {
    "container": "container-title",
    "volume": "volume",
    "issue": "issue",
    "pages": "page",
    "isbn": "ISBN",
    "doi": "DOI",
    "archive": "archive",
    "shelfmark": "archive_location",
    "publisher": "publisher",
    "language": "language",
    "licence": LICENCE,
    "attribution": "note",
}
"""The variable of CSL, or member of its `custom`, for each member of a source that is plain text."""

TYPES: Final = {
    "archival-document": "document",
    "article": "article",
    "audio": "song",
    "book": "book",
    "chapter": "chapter",
    "chronicle": "classic",
    "court-record": "legal_case",
    "dataset": "dataset",
    "diary": "personal_communication",
    "encyclopedia-entry": "entry-encyclopedia",
    "film": "motion_picture",
    "government-document": "document",
    "inscription": "document",
    "interview": "interview",
    "journal-article": "article-journal",
    "legislation": "legislation",
    "letter": "personal_communication",
    "manuscript": "manuscript",
    "map": "map",
    "memoir": "book",
    "news-article": "article-newspaper",
    "newspaper": "periodical",
    "object": "graphic",
    "pamphlet": "pamphlet",
    "photograph": "graphic",
    "press-release": "document",
    "report": "report",
    "speech": "speech",
    "statement": "document",
    "thesis": "thesis",
    "treaty-text": "treaty",
    "website": "webpage",
}
"""The CSL type of each type of source; any other is a `document`."""

ENTRY_TYPES: Final[Mapping[str, str]] = {
    "article": "article",
    "article-journal": "article",
    "article-newspaper": "article",
    "book": "book",
    "chapter": "incollection",
    "classic": "book",
    "dataset": "dataset",
    "entry-encyclopedia": "inreference",
    "manuscript": "unpublished",
    "pamphlet": "booklet",
    "report": "report",
    "thesis": "thesis",
    "webpage": "online",
}
"""The entry type of BibTeX for each type of CSL; any other is `misc`."""

REFERENCE_TYPES: Final[Mapping[str, str]] = {
    "article-journal": "JOUR",
    "article-newspaper": "NEWS",
    "book": "BOOK",
    "chapter": "CHAP",
    "classic": "CLSWK",
    "dataset": "DATA",
    "entry": "DBASE",
    "entry-encyclopedia": "ENCYC",
    "graphic": "ART",
    "legal_case": "CASE",
    "legislation": "STAT",
    "manuscript": "MANSCPT",
    "map": "MAP",
    "motion_picture": "MPCT",
    "pamphlet": "PAMP",
    "periodical": "JFULL",
    "personal_communication": "PCOMM",
    "report": "RPRT",
    "song": "SOUND",
    "thesis": "THES",
    "webpage": "ELEC",
}
"""The type of reference of RIS for each type of CSL; any other is `GEN`."""

# Several types of source have one type of CSL: it says only what they have in common.
_SHARED: Final = ("document", "graphic", "personal_communication")

SOURCE_TYPES: Final[Mapping[str, str]] = {
    **{cited: one for one, cited in reversed(TYPES.items()) if cited not in _SHARED},
    "book": "book",
    "article-magazine": "article",
    "bill": "legislation",
    "collection": "archival-document",
    "entry-dictionary": "encyclopedia-entry",
    "paper-conference": "chapter",
    "post-weblog": "website",
    "regulation": "legislation",
}
"""The type of source for each type of CSL that says it."""

SAYING_LITTLE: Final = frozenset({*_SHARED, "misc", "GEN"})
"""The types that say so little that leaving them out loses nothing."""

TYPES_OF_ENTRIES: Final[Mapping[str, str]] = {
    "article": "journal-article",
    "audio": "audio",
    "book": "book",
    "bookinbook": "book",
    "booklet": "pamphlet",
    "collection": "book",
    "conference": "chapter",
    "dataset": "dataset",
    "electronic": "website",
    "inbook": "chapter",
    "incollection": "chapter",
    "inproceedings": "chapter",
    "inreference": "encyclopedia-entry",
    "jurisdiction": "court-record",
    "legislation": "legislation",
    "letter": "letter",
    "manual": "book",
    "mastersthesis": "thesis",
    "movie": "film",
    "music": "audio",
    "mvbook": "book",
    "mvcollection": "book",
    "mvproceedings": "book",
    "mvreference": "book",
    "online": "website",
    "periodical": "newspaper",
    "phdthesis": "thesis",
    "proceedings": "book",
    "reference": "book",
    "report": "report",
    "suppbook": "chapter",
    "suppcollection": "chapter",
    "suppperiodical": "article",
    "techreport": "report",
    "thesis": "thesis",
    "unpublished": "manuscript",
    "video": "film",
    "www": "website",
}
"""The type of source for each entry type of BibTeX and biblatex that says it."""

TYPES_OF_REFERENCES: Final[Mapping[str, str]] = {
    **{tag: SOURCE_TYPES[cited] for cited, tag in REFERENCE_TYPES.items() if cited in SOURCE_TYPES},
    "BILL": "legislation",
    "BLOG": "website",
    "CONF": "book",
    "CPAPER": "chapter",
    "DICT": "encyclopedia-entry",
    "EBOOK": "book",
    "ECHAP": "chapter",
    "EDBOOK": "book",
    "EJOUR": "journal-article",
    "GOVDOC": "government-document",
    "INPR": "journal-article",
    "MGZN": "article",
    "STAT": "legislation",
    "VIDEO": "film",
}
"""The type of source for each type of reference of RIS that says it."""

FIELDS: Final[Mapping[str, str]] = {
    "publisher": "publisher",
    "container-title": "booktitle",
    "volume": "volume",
    "issue": "number",
    "page": "pages",
    "ISBN": "isbn",
    "DOI": "doi",
    "archive": "library",
    "archive_location": "shelfmark",
    "version": "version",
    "language": "language",
    LICENCE: "copyright",
    "note": "note",
    "abstract": "abstract",
}
"""The field of BibTeX for each variable of CSL, or member of its `custom`, that is plain text."""

JOURNALS: Final = frozenset({"article", "article-journal", "article-newspaper"})
"""The types of CSL whose `container-title` is a `journal` in BibTeX, and no book."""

TAGS: Final[Mapping[str, str]] = {
    "publisher": "PB",
    "container-title": "T2",
    "volume": "VL",
    "issue": "IS",
    "ISBN": "SN",
    "DOI": "DO",
    "archive": "DB",
    "archive_location": "AV",
    "version": "ET",
    "language": "LA",
    LICENCE: "C2",
    "note": "N1",
    "abstract": "AB",
}
"""The tag of RIS for each variable of CSL, or member of its `custom`, that is plain text."""

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""The names of months that every style of BibTeX defines."""
