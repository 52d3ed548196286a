"""Sources of Gramps, with the repositories that have them."""

from typing import Any

from app.imports.readers.gramps.index import Index
from app.imports.readers.gramps.people import urls_of
from app.imports.readers.gramps.references import attributes_of, notes_of, pointed_to, tags_of
from app.imports.readers.gramps.xml import Element


def read_source(source: Element, index: Index) -> dict[str, Any]:
    """Return the document of a source. Raises as `pointed_to`."""
    known = index.known(source.get("handle"))
    title, short = source.text_of("stitle"), source.text_of("sabbrev")
    author, publication = source.text_of("sauthor"), source.text_of("spubinfo")
    words = [f"Publication: {publication}"] if publication else []
    words += attributes_of(source, index, [])
    kept: dict[str, str] = {}
    for one in source.all("reporef"):
        repository = pointed_to(one, index, "repository")
        mark, medium = one.get("callno"), one.get("medium")
        if not kept and repository.title:
            kept = {"archive": repository.title, "shelfmark": mark}
        else:
            words.append(f"Archive: {', '.join(filter(None, (repository.title, mark)))}")
        words += [f"Medium: {medium}"] if medium and medium != "Unknown" else []
        words += notes_of(one, index)
        words += _about_repository(index.element(one.get("hlink")), index)
    words += notes_of(source, index)
    members = {
        "aliases": [short] if short and title and short != title else [],
        "authors": [author] if author else [],
        "summary": "\n".join(words),
        "tags": tags_of(source, index),
        **kept,
    }
    document = {
        "kind": "source",
        "id": "" if known is None else known.id,
        "title": title or short or f"Source {source.get('id')}".strip(),
    }
    return document | {name: member for name, member in members.items() if member}


def _about_repository(repository: Element, index: Index) -> list[str]:
    list(repository.all("rname", "type"))
    words = [*urls_of(repository), *notes_of(repository, index)]
    index.left_out.update(repository.unused())
    return words
