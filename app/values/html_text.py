"""The text of HTML as a reader sees it: tags gone, character references decoded, blocks on lines of their own.

Only elements of HTML count as tags: what else stands in angle brackets, such as an address or `x < y`, is text. Linear in the
length of the input, unlike the standard library's parser.
"""

import re
from html import unescape
from typing import Final

_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
        "option",
        "p",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)

_CELLS: Final = frozenset(["td", "th"])

_INLINE: Final = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "applet",
        "area",
        "audio",
        "b",
        "base",
        "basefont",
        "bdi",
        "bdo",
        "big",
        "button",
        "canvas",
        "cite",
        "code",
        "col",
        "colgroup",
        "data",
        "datalist",
        "del",
        "dfn",
        "em",
        "embed",
        "font",
        "frame",
        "frameset",
        "head",
        "i",
        "iframe",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "link",
        "map",
        "mark",
        "meta",
        "meter",
        "noframes",
        "noscript",
        "object",
        "output",
        "param",
        "picture",
        "progress",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "select",
        "slot",
        "small",
        "source",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "svg",
        "template",
        "time",
        "title",
        "track",
        "tt",
        "u",
        "var",
        "video",
        "wbr",
    ]
)

_UNSEEN: Final = frozenset(["script", "style"])

_TAG: Final = re.compile(
    r"""<!--|<!doctype\b[^<>]*+>|</?([a-z][a-z0-9]*+)(?=[\s/>])(?:[^<>"']|"[^"<]*+"|'[^'<]*+')*+>""",
    re.IGNORECASE | re.ASCII,
)
_WHITE: Final = re.compile(r"[ \t\r\n\f]+")


class HtmlTextError(ValueError):
    """A comment, a script or a style has no end, so that nobody can say where the text goes on."""


def text_of_html(html: str) -> str:
    """Return the text of HTML; without comments, scripts and styles, and with single spaces and line breaks.

    Raises:
        HtmlTextError: one of those has no end.
    """
    pieces: list[str] = []
    at = 0
    while (found := _TAG.search(html, at)) is not None:
        name = (found[1] or "").lower()
        end = found.end()
        if name and not _is_element(name):
            pieces.append(_text(html[at:end]))
            at = end
            continue
        pieces.append(_text(html[at : found.start()]))
        if found[0] == "<!--":
            end = _after(html, "-->", end)
        elif name in _UNSEEN and not found[0].startswith("</"):
            end = _after(html, ">", _after(html, f"</{name}", end))
        elif name in _BLOCKS:
            pieces.append("\n")
        elif name in _CELLS:
            pieces.append(" ")
        at = end
    pieces.append(_text(html[at:]))
    lines = (_WHITE.sub(" ", line).strip(" ") for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _is_element(name: str) -> bool:
    return name in _BLOCKS or name in _INLINE or name in _CELLS or name in _UNSEEN


def _text(html: str) -> str:
    return unescape(_WHITE.sub(" ", html))


def _after(html: str, closing: str, at: int) -> int:
    found = re.compile(re.escape(closing), re.IGNORECASE).search(html, at)
    if found is None:
        raise HtmlTextError(f"What is opened before {closing} has no end.")
    return found.end()
