"""LaTeX as bibliographies have it: the text that TeX would print.

Accents and letters become characters, commands for fonts leave what they set. A command that is not known here and
mathematics stay as they are written, so that nothing is lost.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

_TOKEN: Final = re.compile(
    r"\\(?P<command>[A-Za-z]+)\*?[ \t\n]*|\\(?P<sign>.)|(?P<math>\$[^$]+\$)|(?P<ligature>---?|``|''|[?!]`)"
    r"|(?P<open>\{)|(?P<close>\})|(?P<tie>~)|(?P<text>[^\\${}~\-`'?!]+|.)",
    re.DOTALL,
)
_SPECIAL: Final = re.compile(r"[\\${}~\-`'?!]")
_DEEPEST: Final = 40

_ACCENTS: Final[Mapping[str, str]] = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    "u": "\u0306",
    ".": "\u0307",
    '"': "\u0308",
    "r": "\u030a",
    "H": "\u030b",
    "v": "\u030c",
    "d": "\u0323",
    "c": "\u0327",
    "k": "\u0328",
    "b": "\u0331",
}
_LIGATURES: Final[Mapping[str, str]] = {"--": "–", "---": "—", "``": "“", "''": "”", "?`": "¿", "!`": "¡"}
_SIGNS: Final[Mapping[str, str]] = {
    ",": " ",
    " ": " ",
    "\n": " ",
    "\\": " ",
    "-": "",
    "/": "",
    "@": "",
    ";": " ",
}
_COMMANDS: Final[Mapping[str, str]] = {
    "AA": "Å",
    "AE": "Æ",
    "DH": "Ð",
    "DJ": "Đ",
    "L": "Ł",
    "LaTeX": "LaTeX",
    "NG": "Ŋ",
    "O": "Ø",
    "OE": "Œ",
    "P": "¶",
    "S": "§",
    "TH": "Þ",
    "TeX": "TeX",
    "aa": "å",
    "ae": "æ",
    "copyright": "©",
    "dag": "†",
    "dh": "ð",
    "dj": "đ",
    "dots": "…",
    "guillemotleft": "«",
    "guillemotright": "»",
    "i": "ı",
    "j": "ȷ",
    "l": "ł",
    "ldots": "…",
    "ng": "ŋ",
    "o": "ø",
    "oe": "œ",
    "pounds": "£",
    "quotedblbase": "„",
    "quotesinglbase": "‚",
    "ss": "ß",
    "textasciicircum": "^",
    "textasciitilde": "~",
    "textbackslash": "\\",
    "textbar": "|",
    "textbraceleft": "{",
    "textbraceright": "}",
    "textcopyright": "©",
    "textdegree": "°",
    "textdollar": "$",
    "textellipsis": "…",
    "textemdash": "—",
    "textendash": "–",
    "texteuro": "€",
    "textgreater": ">",
    "textless": "<",
    "textordfeminine": "ª",
    "textordmasculine": "º",
    "textquotedbl": '"',
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "textquoteleft": "‘",
    "textquoteright": "’",
    "textquotesingle": "'",
    "textregistered": "®",
    "textsection": "§",
    "texttrademark": "™",
    "textunderscore": "_",
    "th": "þ",
}
_FONTS: Final = frozenset(
    [
        "emph",
        "enquote",
        "mbox",
        "mkbibemph",
        "mkbibitalic",
        "mkbibquote",
        "nolinkurl",
        "text",
        "textbf",
        "textit",
        "textmd",
        "textnormal",
        "textrm",
        "textsc",
        "textsf",
        "textsl",
        "textsubscript",
        "textsuperscript",
        "texttt",
        "textup",
        "underline",
        "url",
    ]
)
_DECLARATIONS: Final = frozenset(
    [
        "bf",
        "bfseries",
        "em",
        "it",
        "itshape",
        "normalfont",
        "rm",
        "rmfamily",
        "sc",
        "scshape",
        "sf",
        "sl",
        "slshape",
        "tt",
        "ttfamily",
        "upshape",
    ]
)


def to_text(latex: str) -> str:
    """Return the text that TeX would print, on one line."""
    if _SPECIAL.search(latex) is not None:
        latex = _Printer(latex).printed()
    return " ".join(latex.split())


class _Printer:
    def __init__(self, latex: str) -> None:
        self._latex = latex
        self._at = 0

    def printed(self) -> str:
        parts = []
        while self._at < len(self._latex):
            parts.append(self._group(0))
            # A brace that closes nothing.
            if self._at < len(self._latex):
                self._at += 1
                parts.append("}")
        return "".join(parts)

    def _group(self, depth: int) -> str:
        """Return what is printed up to the end of the group, or of the text."""
        parts: list[str] = []
        while (token := _TOKEN.match(self._latex, self._at)) is not None and not token["close"]:
            parts.append(self._one(token, depth))
        return "".join(parts)

    def _one(self, token: re.Match[str], depth: int) -> str:
        self._at = token.end()
        if token["open"]:
            return self._rest_of_group(depth)
        if token["ligature"]:
            return _LIGATURES[token["ligature"]]
        if token["tie"]:
            return " "
        name = token["command"] or token["sign"]
        if not name:
            return token[0]
        if name in _ACCENTS:
            return self._accented(name, depth)
        return _SIGNS.get(name, name) if token["sign"] else self._command(token, depth)

    def _command(self, token: re.Match[str], depth: int) -> str:
        command = token["command"]
        if command in _COMMANDS:
            # An empty group ends the name of a command, so that a space after it is one.
            self._at += 2 * self._latex.startswith("{}", self._at)
            return _COMMANDS[command]
        if command in _FONTS or command in _DECLARATIONS:
            return ""
        if not self._latex.startswith("{", self._at):
            return token[0]
        self._at += 1
        return f"{token[0]}{{{self._rest_of_group(depth)}}}"

    def _rest_of_group(self, depth: int) -> str:
        if depth >= _DEEPEST:
            return "{"
        inside = self._group(depth + 1)
        if self._at < len(self._latex):
            self._at += 1
        return inside

    def _accented(self, name: str, depth: int) -> str:
        """Return the letter that follows with an accent; the accent alone where an empty group follows."""
        while self._latex[self._at : self._at + 1].isspace():
            self._at += 1
        token = _TOKEN.match(self._latex, self._at)
        if token is None or token["close"]:
            return name
        if token["text"]:
            self._at += 1
            letters = self._latex[self._at - 1]
        else:
            letters = self._one(token, depth + 1) if depth < _DEEPEST else ""
        base = {"ı": "i", "ȷ": "j"}.get(letters[:1], letters[:1])
        return unicodedata.normalize("NFC", base + _ACCENTS[name]) + letters[1:] if base else name
