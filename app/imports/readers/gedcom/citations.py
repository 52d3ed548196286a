"""Notes and citations of GEDCOM (NOTE_STRUCTURE, SOURCE_CITATION) as text and evidence."""

from typing import Any, Final

from app.imports.readers.distinct import distinct
from app.imports.readers.gedcom.index import NOTES, Index, Known
from app.imports.readers.gedcom.lines import VOID, Malformed, Node
from app.imports.readers.lines import MAX_LINE

_MAX_PAGE: Final = 60
_TOO_LONG: Final = (
    f"The notes that this record points to have more than {MAX_LINE:,} characters, each time taken anew."
)


def pointed_to(node: Node, index: Index, *tags: str) -> Known | None:
    """Return the record that a line points to; None for `@VOID@`.

    Raises:
        Malformed: there is none, or none of these tags.
    """
    if node.pointer is None:
        message = f"Give {node.tag} a pointer to a record: @X1@."
        raise Malformed(node.line, message)
    if node.pointer == VOID:
        return None
    known = index.known(node.pointer)
    if known is None:
        message = f"{node.tag} points to @{node.pointer}@, but no record of the file is called so."
        raise Malformed(node.line, message)
    if known.tag not in tags:
        message = f"{node.tag} points to @{node.pointer}@, which is {known.tag} and not {' or '.join(tags)}."
        raise Malformed(node.line, message)
    return known


def notes_of(node: Node, index: Index) -> list[str]:
    """Return the notes on a line, those that it points to too. Raises as `pointed_to`."""
    texts = []
    for note in node.all(*NOTES):
        known = pointed_to(note, index, *NOTES) if note.pointer is not None else None
        if index.has_lent_too_much():
            raise Malformed(note.line, _TOO_LONG)
        texts.append(note.value if known is None else known.title)
    return [text.strip() for text in texts if text.strip()]


def evidence_of(
    node: Node, index: Index, about: str | None = None, subject: str = ""
) -> list[dict[str, Any]]:
    """Return the citations on a line as evidence for a property, or the record as a whole. Raises as `pointed_to`.

    A source that is described where it is cited, and is no record, becomes words. `subject` begins the note.
    """
    found: list[dict[str, Any]] = []
    for citation in node.all("SOUR"):
        known = pointed_to(citation, index, "SOUR") if citation.pointer is not None else None
        item: dict[str, Any] = {} if about is None else {"property": about}
        words = [subject] if subject else []
        page = citation.text("PAGE")
        if known is not None:
            item["source"] = f"sources/{known.id}"
            if page and len(page) <= _MAX_PAGE and page.isprintable():
                item["selector"] = {"page": page}
                page = ""
        else:
            words.append(citation.value.strip() or "A source that is not named.")
            item["basis"] = "external"
        if page:
            words.append(f"Page: {page}")
        words += _texts(citation)
        for data in citation.all("DATA"):
            recorded = data.text("DATE")
            words += [f"Recorded: {recorded}"] if recorded else []
            words += _texts(data)
        certainty = citation.text("QUAY")
        if certainty:
            words.append(f"Certainty (QUAY, 0 to 3): {certainty}")
        words += notes_of(citation, index)
        if words:
            item["note"] = "\n".join(words)
        found.append(item)
    return distinct(found)


def _texts(node: Node) -> list[str]:
    return [text.value.strip() for text in node.all("TEXT") if text.value.strip()]
