"""What objects of Gramps point to: notes as text, citations as evidence, tags and attributes."""

from typing import Any, Final

from app.imports.readers.gramps.dates import DATES, read_date
from app.imports.readers.gramps.index import Index, Known
from app.imports.readers.gramps.xml import Element, Malformed
from app.records.scalars import MAX_ITEMS

_MAX_PAGE: Final = 60
_CONFIDENCE: Final = {"0": "very low", "1": "low", "2": "normal", "3": "high", "4": "very high"}
_TOO_MUCH: Final = (
    "This object points to too much: it and what it points to have more references, or longer notes and citations, than "
    "any record may have."
)


def pointed_to(element: Element, index: Index, *tags: str) -> Known:
    """Return the object that an element points to.

    Raises:
        Malformed: there is none, or none of these names.
    """
    handle = element.get("hlink")
    known = index.known(handle)
    if known is None:
        message = (
            f"{element.tag} points to the handle {handle or '(none)'}, but no object of the file has it."
        )
        raise Malformed(element.line, message)
    if known.tag not in tags:
        message = f"{element.tag} points to {handle}, which is a {known.tag} and no {' or '.join(tags)}."
        raise Malformed(element.line, message)
    if index.has_lent_too_much():
        raise Malformed(element.line, _TOO_MUCH)
    return known


def notes_of(element: Element, index: Index) -> list[str]:
    """Return the notes that an element points to. Raises as `pointed_to`."""
    texts = []
    for one in element.all("noteref"):
        pointed_to(one, index, "note")
        note = index.element(one.get("hlink"))
        texts += [text.text.strip() for text in note.all("text")]
        index.left_out.update(note.unused())
    return list(filter(None, texts))


def tags_of(element: Element, index: Index) -> list[str]:
    """Return the names of the tags on an object. Raises as `pointed_to`."""
    names = (pointed_to(one, index, "tag").title for one in element.all("tagref"))
    return list(dict.fromkeys(filter(None, names)))


def attributes_of(element: Element, index: Index, evidence: list[dict[str, Any]]) -> list[str]:
    """Return the attributes of an object in words, and add what is cited for them. Raises as `pointed_to`."""
    words = []
    for one in element.all("attribute", "srcattribute"):
        words += [f"{one.get('type') or 'Attribute'}: {one.get('value')}", *notes_of(one, index)]
        add_evidence(evidence, evidence_of(one, index, subject=one.get("type")))
    return words


def add_evidence(evidence: list[dict[str, Any]], more: list[dict[str, Any]]) -> None:
    """Add items to others that do not have them yet; a record with too many of them is refused as it is."""
    is_refused = len(evidence) > MAX_ITEMS
    evidence.extend(item for item in more if is_refused or item not in evidence)


def evidence_of(
    element: Element, index: Index, about: str | None = None, subject: str = ""
) -> list[dict[str, Any]]:
    """Return what an element cites as evidence for a property, or the record as a whole. Raises as `pointed_to`.

    `subject` begins the note.
    """
    found: list[dict[str, Any]] = []
    for one in element.all("citationref"):
        pointed_to(one, index, "citation")
        add_evidence(found, [_evidence(index.element(one.get("hlink")), index, about, subject)])
    return found


def _evidence(citation: Element, index: Index, about: str | None, subject: str) -> dict[str, Any]:
    item: dict[str, Any] = {} if about is None else {"property": about}
    words = [subject] if subject else []
    page = citation.text_of("page")
    source = citation.first("sourceref")
    if source is None:
        item["basis"] = "external"
        words.append("A source that is not named.")
    else:
        item["source"] = f"sources/{pointed_to(source, index, 'source').id}"
        if page and len(page) <= _MAX_PAGE and page.isprintable():
            item["selector"] = {"page": page}
            page = ""
    words += [f"Page: {page}"] if page else []
    at = citation.first(*DATES)
    words += [f"Recorded: {read_date(at).as_written}"] if at is not None else []
    confidence = citation.text_of("confidence")
    words += [f"Confidence: {_CONFIDENCE.get(confidence, confidence)}"] if confidence else []
    words += [f"{one.get('type')}: {one.get('value')}" for one in citation.all("srcattribute")]
    words += notes_of(citation, index)
    tags = tags_of(citation, index)
    words += [f"Tags: {', '.join(tags)}"] if tags else []
    index.left_out.update(citation.unused())
    if words:
        item["note"] = "\n".join(words)
    return item
