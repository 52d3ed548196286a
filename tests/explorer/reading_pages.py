"""What is in a page: its links, its fields, its text."""

from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Final

_WITHOUT_END: Final = frozenset({"input", "meta", "link", "img", "br"})


class Element:
    """An element: its name, attributes, children, and all text in it."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []
        self.texts: list[str] = []

    @property
    def text(self) -> str:
        """All text in it, with single spaces."""
        return " ".join("".join(self.texts).split())

    def all(self, name: str = "", /, **wanted: str) -> "Sequence[Element]":
        """Return the elements in it of a name and with some attributes, in order; a class may be one of several."""
        found = []
        for child in self.children:
            given = child.attributes
            if (not name or child.name == name) and all(
                value in given.get(key.strip("_"), "").split()
                if key == "class_"
                else given.get(key.strip("_")) == value
                for key, value in wanted.items()
            ):
                found.append(child)
            found += child.all(name, **wanted)
        return found

    def one(self, name: str = "", /, **wanted: str) -> "Element":
        """Return the only such element."""
        [found] = self.all(name, **wanted)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        made = Element(name, {key: value or "" for key, value in attributes})
        self.open[-1].children.append(made)
        if name not in _WITHOUT_END:
            self.open.append(made)

    def handle_endtag(self, name: str) -> None:
        if name in _WITHOUT_END:
            return
        assert self.open[-1].name == name, f"{name} ends where {self.open[-1].name} is open"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for one in self.open:
            one.texts.append(data)


def read_page(text: str) -> Element:
    """Parse a page whose elements are all closed in order."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.open) == 1, reader.open[-1].name
    return reader.open[0]


def sent_by(form: Element) -> list[tuple[str, str]]:
    """Return what a form sends as it stands."""
    pairs = []
    for field in form.all():
        name, kind = field.attributes.get("name"), field.attributes.get("type", "text")
        if field.name == "select":
            chosen = [one for one in field.all("option") if "selected" in one.attributes] or field.all(
                "option"
            )[:1]
            pairs.append((name, chosen[0].attributes["value"]))
        elif field.name == "input" and (kind != "checkbox" or "checked" in field.attributes):
            pairs.append((name, field.attributes.get("value", "")))
    return pairs
