"""What readers of bibliographies share: from what a citation says of a source to the document of that source.

A source has the id of its citation key, unless that is a number alone, which programs give by position; else that of
its DOI; else one is made from its title. What this service wrote is known by its permanent address, and is read
back as it was.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from app.errors import Fault
from app.imports.documents import CITED_DATES, CITED_IDENTIFIERS, UNMAPPED, ImportedDocument, restored_members
from app.records.scalars import COLLECTIONS, Doi, Isbn, WebAddress, is_reference, split_reference
from app.records.source import spoken_name
from app.values.date_text.errors import DateTextError
from app.values.date_text.reading import read_date_text
from app.values.identifiers import doi_within
from app.values.slug import slugify

_ISBN: Final = re.compile(r"(?:97[89][- ]?)?[0-9](?:[- ]?[0-9]){8}[- ]?[0-9Xx]")
_TAG: Final = re.compile(r"(?:[A-Za-z]{2,3}|[xX])(?:[-_][A-Za-z0-9]{1,8})*")
_IDENTIFIERS: Final[Mapping[str, tuple[str, TypeAdapter[str]]]] = {
    "isbn": ("ISBN", TypeAdapter(Isbn)),
    "doi": ("DOI", TypeAdapter(Doi)),
    "url": ("Address", TypeAdapter(WebAddress)),
}
_LANGUAGES: Final = ("en", "es", "fr", "de", "pt", "it")


def is_own(key: str | None, permanent: str) -> bool:
    """Return whether an entry with this key and address was written by this service, or by another like it."""
    return (
        key is not None
        and is_reference(key)
        and re.search(rf"/v1/{key}/revisions/[0-9]+$", permanent) is not None
    )


def cited_source(
    line: int, key: str | None, said: Mapping[str, Any], *, own: bool, left_out: bool = False
) -> ImportedDocument:
    """Return the document of a source; other members of a record that is there stay as they are.

    Args:
        line: the line that the citation begins on.
        key: its citation key.
        said: the members of the source; `date` and `accessed` may be words. What is empty is left out.
        own: whether this service wrote it (`is_own`): then everything is as it should be.
        left_out: whether there was something that no member stands for.
    """
    if own and key is not None and split_reference(key)[0] != COLLECTIONS["source"]:
        detail = f"This cites {key}, a record that is no source: leave it out, and import the record itself."
        return ImportedDocument(line, faults=(Fault("not_a_source", detail, ""),))
    found = {name: one for name, one in said.items() if one}
    notes = [UNMAPPED] if left_out else []
    faults: list[Fault] = []
    if not own:
        _tidy_identifiers(found, notes)
        _tidy_language(found, notes)
    if isinstance(found.get("date"), str):
        _read_date(found, faults, notes, own=own)
    if isinstance(found.get("accessed"), str) and not own:
        _read_accessed(found, notes)
    if (named := _id(key, found.get("doi"), own=own)) is not None:
        found = {"id": named, **found}
    raw = {"kind": "source", **found}
    members = restored_members(raw) if own else frozenset(raw)
    if "name_parts" in said:
        # Those that are there belong to the names that are replaced.
        members |= {"name_parts"}
    return ImportedDocument(
        line,
        raw,
        tuple(faults),
        notes=tuple(dict.fromkeys(notes)),
        members=members,
    )


def known_parts(parts: Iterable[Mapping[str, str] | None]) -> list[Mapping[str, str]]:
    """Return the parts of names that are known (`NameParts`), once each; not of names whose parts differ from time to time."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for one in parts:
        if one is not None:
            found.setdefault(one["name"], []).append(one)
    return [some[0] for some in found.values() if all(one == some[0] for one in some)]


def parts_of(family: str, given: str, suffix: str = "") -> dict[str, str] | None:
    """Return the parts of a name that is spoken given name first; None where it has no two parts."""
    if not family or not given:
        return None
    after = {"suffix": suffix} if suffix else {}
    return {"name": spoken_name(given, family, suffix), "family": family, "given": given, **after}


def _id(key: str | None, doi: str | None, *, own: bool) -> str | None:
    if own and key is not None:
        return split_reference(key)[1]
    return id_of_key(key or "") or (None if doi is None else slugify(doi))


def id_of_key(key: str) -> str | None:
    """Return the id of the source with a citation key; None where it is a number, or has no letter or digit."""
    return None if key.isdecimal() else slugify(key)


def _tidy_identifiers(found: dict[str, Any], notes: list[str]) -> None:
    if "doi" in found:
        found["doi"] = doi_within(found["doi"].strip()) or found["doi"]
    if "isbn" in found:
        several = _ISBN.findall(found["isbn"])
        if len(several) > 1:
            notes.append(UNMAPPED)
        found["isbn"] = several[0] if several else found["isbn"]
    for name, (called, accepted) in _IDENTIFIERS.items():
        if name in found:
            try:
                accepted.validate_python(found[name])
            except ValidationError:
                # Libraries of thousands have ISSNs for ISBNs, misprinted digits and addresses with blanks in them.
                notes.append(CITED_IDENTIFIERS)
                _add_words(found, f"{called}: {found.pop(name)}")


def _tidy_language(found: dict[str, Any], notes: list[str]) -> None:
    said = found.get("language")
    if said is None:
        return
    tag = said.replace("_", "-") if _TAG.fullmatch(said) else _language_names().get(said.casefold())
    _keep(found, "language", tag, notes)


def _keep(found: dict[str, Any], name: str, value: str | None, notes: list[str]) -> None:
    if value is None:
        notes.append(UNMAPPED)
        del found[name]
    else:
        found[name] = value


@lru_cache(maxsize=1)
def _language_names() -> Mapping[str, str]:
    """Return the tag of each language by its name in six languages, and in itself."""
    from babel import Locale

    names: dict[str, str] = {}
    for one in _LANGUAGES:
        for tag, name in Locale(one).languages.items():
            names.setdefault(name.casefold(), tag.replace("_", "-"))
    # What packages of LaTeX call two spellings of one language.
    return names | {"ngerman": "de", "american": "en-US", "british": "en-GB"}


def _read_date(found: dict[str, Any], faults: list[Fault], notes: list[str], *, own: bool) -> None:
    words = found.pop("date").strip()
    try:
        read = read_date_text(words)
    except DateTextError:
        # `forthcoming`, `in press`: no date, and worth keeping.
        notes.append(CITED_DATES)
        _add_words(found, f"Date: {words}")
        return
    if read.decided is None:
        readings = ", ".join(str(one.edtf) for one in read.readings)
        detail = f"Write the date so that it can mean one thing only: {words[:60]!r} can be {readings}."
        faults.append(Fault("ambiguous_date", detail, "/date"))
    elif read.decided.edtf is not None:
        date: dict[str, Any] = {"edtf": read.decided.edtf}
        if read.decided.edtf != words and not own:
            date["as_written"] = words
        if read.decided.calendar.value != "gregorian":
            date["calendar"] = read.decided.calendar.value
        found["date"] = date


def _add_words(found: dict[str, Any], words: str) -> None:
    found["summary"] = "\n\n".join(one for one in (found.get("summary"), words) if one)


def _read_accessed(found: dict[str, Any], notes: list[str]) -> None:
    try:
        read = read_date_text(found["accessed"].strip()).decided
    except DateTextError:
        read = None
    _keep(found, "accessed", None if read is None else read.edtf, notes)
