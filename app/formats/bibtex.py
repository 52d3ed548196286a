"""BibTeX, with the fields of biblatex where BibTeX has none: what CSL-JSON says of a record, as an entry.

* The key is the reference: `sources/x`. Names of authors are in braces, as they stand in the record, unless it says which
  part is the family's: then that comes first, before a comma.
* A date that is a plain year, month or day is `year`, `month` and `day`. Any other is told in words as `year`, as BibTeX
  prints it, and in EDTF as `date`, which biblatex reads before it, up to level 1 of EDTF, which is what it knows.
* What a source appeared in is `journal`, or `booktitle`; `library` and `shelfmark` say where it is kept. A keyword that has a
  comma or semicolon is in braces.
* `entrysubtype` is the type of the source here, `annotation` the permanent address of its record.
* What TeX gives a meaning is written as commands, braces too, as BibTeX counts them wherever they are; addresses are
  not, and have no braces. Text is UTF-8, and of one line, as TeX makes no difference between a line break and a space.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from app.formats.citation_terms import ENTRY_TYPES, FIELDS, JOURNALS, MONTHS
from app.formats.csl import citation, plain_text
from app.formats.entries import EntryWriter
from app.formats.format import Format, FormatItem
from app.values.edtf.value import parse_edtf

_COMMANDS: Final = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "#$%&_"},
    }
)

# What TeX joins into one sign: dashes, quotation marks and inverted marks.
_LIGATURES: Final = re.compile(r"-(?=-)|'(?=')|`(?=`)|[?!](?=`)")
# What is between two names or two parts, or names a part in the extended format of biblatex.
_DIVIDING: Final = re.compile(r"[,=]|\band\b|^others$", re.IGNORECASE)
_HYPHENS: Final = re.compile(r"-+")


def _entry(item: FormatItem, base: str) -> str:
    cited = citation(item, base)
    fields = _fields(cited, item.record.tags, item.record.type)
    lines = "".join(f"  {name} = {value},\n" for name, value in fields)
    kind = ENTRY_TYPES.get(cited["type"], "misc")
    return f"@{kind}{{{item.ref},\n{lines}}}\n\n"


def _fields(cited: Mapping[str, Any], tags: Sequence[str], subtype: str | None) -> Iterator[tuple[str, str]]:
    permanent = cited["custom"]["permanent"]
    yield "title", f"{{{{{escape(cited['title'])}}}}}"
    for role in ("author", "editor"):
        if role in cited:
            yield role, f"{{{' and '.join(map(_name, cited[role]))}}}"
    yield from _date(cited)
    for variable, field in FIELDS.items():
        # Where it is kept is nothing but the address of the record, if nothing else is known.
        text = plain_text(cited, variable)
        if text is None or text == permanent:
            continue
        if variable == "container-title":
            yield _container(cited["type"]), f"{{{escape(text)}}}"
        elif variable == "page":
            yield field, f"{{{_HYPHENS.sub(_range, text.translate(_COMMANDS))}}}"
        elif variable == "DOI":
            yield field, f"{{{_identifier(text)}}}"
        else:
            yield field, f"{{{escape(text)}}}"
    if tags:
        yield "keywords", f"{{{', '.join(map(_keyword, tags))}}}"
    yield "url", f"{{{cited['URL']}}}"
    if "accessed" in cited and (parts := plain_parts(cited["accessed"])) is not None:
        yield (
            "urldate",
            "{" + "-".join(f"{part:02d}" if at else f"{part:04d}" for at, part in enumerate(parts)) + "}",
        )
    if subtype is not None:
        yield "entrysubtype", f"{{{subtype}}}"
    yield "annotation", f"{{{escape(permanent)}}}"


def _name(one: Mapping[str, str]) -> str:
    if "literal" in one:
        return f"{{{escape(one['literal'])}}}"
    return ", ".join(_part(one[part]) for part in ("family", "suffix", "given") if part in one)


def _part(text: str) -> str:
    """Write a part of a name; in braces where it could be taken for several."""
    escaped = escape(text)
    return f"{{{escaped}}}" if _DIVIDING.search(text) else escaped


def _container(cited_type: str) -> str:
    if cited_type == "entry":
        return "organization"
    return "journal" if cited_type in JOURNALS else FIELDS["container-title"]


def _range(hyphens: re.Match[str]) -> str:
    """Write one hyphen between pages as the dash that BibTeX has there, and more of them as they are."""
    count = len(hyphens[0])
    return "--" if count == 1 else "-" + "{}-" * (count - 1)


def _identifier(doi: str) -> str:
    """Write a DOI as it is, which is not typeset, unless it has what would end the field."""
    return escape(doi) if set(doi) & set("{}\\") else doi


def _keyword(tag: str) -> str:
    return f"{{{escape(tag)}}}" if "," in tag or ";" in tag else escape(tag)


def _date(cited: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    issued = cited.get("issued")
    if issued is None:
        return
    parts = plain_parts(issued)
    if parts is None:
        yield "year", f"{{{escape(cited['custom']['date'])}}}"
        edtf = cited["custom"]["edtf"]
        if parse_edtf(edtf).level <= 1 and cited["custom"].get("calendar") != "julian":
            yield "date", f"{{{edtf}}}"
        return
    yield "year", f"{{{parts[0]:04d}}}"
    if len(parts) > 1:
        yield "month", MONTHS[parts[1] - 1]
    if len(parts) > 2:
        yield "day", f"{{{parts[2]}}}"


def plain_parts(date: Mapping[str, Any]) -> list[int] | None:
    """Return the year, month and day of a date of CSL; None unless it is one that every program can hold."""
    parts: list[list[int]] = date.get("date-parts", [])
    if len(parts) != 1 or date.get("circa") or not 0 < parts[0][0] < 10_000:
        return None
    return parts[0]


def escape(text: str) -> str:
    """Write text on one line, so that TeX prints it as it is."""
    return _LIGATURES.sub(r"\g<0>{}", " ".join(text.split()).translate(_COMMANDS))


BIBTEX = Format(
    name="bibtex",
    media_type="application/x-bibtex",
    suffix=".bib",
    rule=(
        "An entry for each record, by what CSL-JSON has; the key is its reference. A date that is no plain year, month or "
        "day is told in words as `year`, and in EDTF as `date` for biblatex. No limit unless one is given."
    ),
    writer=partial(EntryWriter, _entry),
    streams=True,
    attachment=True,
    beside=("source",),
    parameters="; charset=utf-8",
    as_written=True,
    has_addresses=True,
)
