"""What objects of Gramps are called."""

from typing import Any, Final

from app.imports.readers.distinct import distinct
from app.imports.readers.gramps.dates import DATES, read_date
from app.imports.readers.gramps.xml import Element

_TITLES: Final = {
    "source": ("stitle", "sabbrev"),
    "repository": ("rname",),
    "placeobj": ("ptitle",),
}
_OF_BIRTH: Final = frozenset({"", "Birth Name", "Unknown"})


def title_of(element: Element) -> str:
    """Return what an object is called, on one line; empty where nothing says."""
    names = [one for one in element.below if one.tag == "name"]
    if element.tag == "person":
        own = [one for one in names if one.get("alt") != "1"]
        return next(filter(None, map(personal_name, own or names)), "")
    if element.tag == "tag":
        return element.get("name")
    if element.tag == "placeobj":
        named = next((one.get("value") for one in element.below if one.tag == "pname"), "")
        if named:
            return named
    texts = (
        " ".join(one.text.split())
        for tag in _TITLES.get(element.tag, ())
        for one in element.below
        if one.tag == tag
    )
    return next(filter(None, texts), "")


def personal_name(name: Element) -> str:
    """Return a name: given names, surnames with their prefixes, suffix."""
    words = [name.text_of("first")]
    for one in name.all("surname"):
        words += [one.get("prefix"), " ".join(one.text.split()), one.get("connector")]
    words.append(name.text_of("suffix"))
    return " ".join(filter(None, words))


def other_names(person: Element, title: str) -> tuple[list[str], list[dict[str, Any]], list[str]]:
    """Return a person's other names, those with a date or of a sort of their own, and what names say beside."""
    plain: list[str] = []
    dated: list[dict[str, Any]] = []
    words: list[str] = []
    for name in person.all("name"):
        whole = personal_name(name)
        at = name.first(*DATES)
        date = None if at is None else read_date(at)
        document = None if date is None else date.to_document()
        sort = name.get("type") if name.get("type") not in _OF_BIRTH else ""
        if date is not None and document is None and date.as_written:
            words.append(f"{whole}: {date.as_written}")
        if whole and (document is not None or (sort and whole != title)):
            item = {"name": whole, "date": document, "note": sort}
            dated.append({member: value for member, value in item.items() if value})
        elif whole and whole != title:
            plain.append(whole)
        for one in name.all("nick", "familynick", "call"):
            said = " ".join(one.text.split())
            plain += [said] if said and said not in whole.split() else []
        academic = name.text_of("title")
        words += [f"Title: {academic}"] if academic else []
    plain += [" ".join(one.text.split()) for one in person.all("nick")]
    return list(dict.fromkeys(filter(None, plain))), distinct(dated), words
