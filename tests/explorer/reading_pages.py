"""What is in a page: its links, its fields, its text; and what must be right in every page."""

from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Final

import httpx

_INLINE: Final = frozenset({"a", "bdi", "code", "del", "ins", "mark", "q", "span", "strong", "sup", "time"})

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

    def of_class(self, name: str) -> str:
        """Return all text in the elements of a class."""
        return " ".join(one.text for one in self.all(class_=name))

    @property
    def links(self) -> Sequence[str]:
        """The addresses that it links to."""
        return [one.attributes.get("href", "") for one in self.all("a")]

    @property
    def ids(self) -> Sequence[str]:
        """The ids of the elements in it."""
        return [one.attributes["id"] for one in self.all() if "id" in one.attributes]

    @property
    def title(self) -> str:
        """What the main heading says."""
        return self.one("h1").text

    def one(self, name: str = "", /, **wanted: str) -> "Element":
        """Return the only such element."""
        [found] = self.all(name, **wanted)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        names = [key for key, _ in attributes]
        assert len(names) == len(set(names)), f"{name} has an attribute twice: {names}"
        assert not [key for key in names if key == "style" or key.startswith("on")], f"{name} has {names}"
        made = Element(name, {key: value or "" for key, value in attributes})
        self.open[-1].children.append(made)
        if name not in _WITHOUT_END:
            self.open.append(made)

    def handle_endtag(self, name: str) -> None:
        if name in _WITHOUT_END:
            return
        assert self.open[-1].name == name, f"{name} ends where {self.open[-1].name} is open"
        self.open.pop()
        if name not in _INLINE:
            self.handle_data(" ")

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


def page_of(answer: httpx.Response) -> Element:
    """Parse a page; every id is there once, every fragment leads to one, and the policy lets nothing else be loaded."""
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    page = read_page(answer.text)
    ids = page.ids
    assert len(ids) == len(set(ids)), sorted({one for one in ids if ids.count(one) > 1})
    within = {link[1:] for link in page.links if link.startswith("#")}
    assert within <= set(ids), within - set(ids)
    assert len(page.all("script")) == 1
    return page


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
