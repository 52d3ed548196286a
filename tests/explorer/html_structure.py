"""The structure of a page: every element is closed in order, every id is there once, every fragment leads to one."""

from html.parser import HTMLParser
from typing import Any, Final

import httpx

_WITHOUT_END: Final = frozenset({"br", "img", "input", "link", "meta"})

_INLINE: Final = frozenset({"a", "bdi", "code", "del", "ins", "mark", "q", "span", "strong", "sup", "time"})


class Structure(HTMLParser):
    """What was found in a page.

    Attributes:
        links: the addresses that it links to.
        marked: text by the class of the innermost element that has one.
        problems: what is wrong with it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[str] = []
        self.texts: list[str] = []
        self.by_class: dict[str, str] = {}
        self.problems: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.links.append(str(given.get("href")))
        if tag == "script":
            self.scripts += 1
        self.problems += [f"{tag} has {name}" for name in given if name == "style" or name.startswith("on")]
        if len(given) != len(attrs):
            self.problems.append(f"{tag} has an attribute twice")
        if tag not in _WITHOUT_END:
            self.open.append((tag, given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _WITHOUT_END:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            self.problems.append(f"{tag} ends within {self.open[-1][0] if self.open else 'nothing'}")
            return
        self.open.pop()
        if tag not in _INLINE:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        tags = [tag for tag, _ in self.open]
        if "h1" in tags:
            self.headings.append(data)
        for _, given in self.open:
            for name in str(given.get("class") or "").split():
                self.by_class[name] = self.by_class.get(name, "") + data

    @property
    def text(self) -> str:
        """All text, with single spaces."""
        return " ".join("".join(self.texts).split())

    @property
    def title(self) -> str:
        """What the heading says."""
        return " ".join("".join(self.headings).split())

    def of_class(self, name: str) -> str:
        """Return all text within elements of a class, with single spaces."""
        return " ".join(self.by_class.get(name, "").split())


def structure_of(answer: httpx.Response) -> Structure:
    """Parse a page, and check its structure and what it may load."""
    policy: Any = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    found = Structure()
    found.feed(answer.text)
    found.close()
    assert not found.problems, found.problems
    assert not found.open
    assert len(found.ids) == len(set(found.ids)), sorted(
        {one for one in found.ids if found.ids.count(one) > 1}
    )
    within = {link[1:] for link in found.links if link.startswith("#")}
    assert within <= set(found.ids), within - set(found.ids)
    assert found.scripts == 1
    return found
