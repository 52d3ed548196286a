"""Text folded for comparison: one definition for sort keys, full text and suggestions.

What is folded, and what is not:

- Case and compatibility forms go (NFKD of Unicode Standard Annex 15, full case folding of the Unicode
  Standard §3.13): `Straße` is `strasse`, `İ` is `i`, `ﬁ` is `fi`; decimal digits become ASCII digits.
- Diacritics go: marks of general category Mn with a non-zero combining class, where the mark itself
  belongs to the Latin, Greek, Cyrillic, Hebrew, Arabic or general combining blocks. The mark's block
  decides rather than its base, so that the folding of a character never depends on its neighbours.
  Marks of Indic, Thai, Tibetan and Japanese scripts are parts of letters and stay.
- Latin letters without a decomposition become ASCII: `ø` o, `ł` l, `đ` d, `æ` ae, `œ` oe, `þ` th.
- Invisible characters go (soft hyphen, joiners, variation selectors), with the Arabic tatweel and the
  half rings of transliteration, so that `Saʿūd` is `saud`. A zero-width space is a space.
- Other scripts stay as they are, in NFC with at most 30 marks in a row.

Words are runs of letters, digits and marks. An apostrophe separates like any other punctuation:
`l'accord` is found under `accord`, `Castro's` under `castro`. Ideographs, kana and the letters of Thai,
Lao, Myanmar and Khmer, which are written without spaces, are words of one character (with its marks)
each; a query tokenised likewise finds them as a phrase.

`collapse` is a much lighter folding, for finding a quotation again: white space and quotation marks alone.

The tables come from `unicodedata`: a Python with a newer Unicode may fold new characters otherwise, and
stored keys are then rebuilt by a reindex.
"""

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Final

MAX_TOKEN: Final = 200
"""The longest token, in characters; longer ones are cut, in the index and in the query alike."""

MAX_TITLE_KEY: Final = 200
"""The longest title key, in bytes."""

# First and last code points of the blocks whose marks are diacritics.
_DIACRITICS: Final = (
    (0x0300, 0x036F),  # combining diacritical marks
    (0x0483, 0x0487),  # Cyrillic titlo and breathings
    (0x0591, 0x05C7),  # Hebrew points and accents
    (0x0610, 0x061A),  # Arabic honorifics
    (0x064B, 0x0670),  # Arabic vowel signs, hamza and superscript alef
    (0x06D6, 0x06ED),  # Quranic marks
    (0x0898, 0x08FF),  # Arabic extended
    (0x1AB0, 0x1AFF),  # combining diacritical marks, extended
    (0x1DC0, 0x1DFF),  # combining diacritical marks, supplement
    (0x20D0, 0x20FF),  # combining marks for symbols
    (0x2DE0, 0x2DFF),  # Cyrillic letters written above
    (0xA66F, 0xA69F),  # Cyrillic extended
    (0xFE20, 0xFE2F),  # combining half marks
)

# Variation selectors: of Mongolian, the common ones, and those of ideographs.
_SELECTORS: Final = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))

_ZERO_WIDTH_SPACE: Final = "\u200b"
_MODIFIER_APOSTROPHE: Final = "\u02bc"

# Tatweel; primes, turned comma, reversed comma and half rings of transliteration.
_UNWRITTEN: Final = frozenset("\u0640\u02b9\u02ba\u02bb\u02bd\u02be\u02bf")

# Latin letters that Unicode does not decompose, by what they are read as.
_READ_AS: Final = (
    "a:ɑ b:ƀƃɓ c:ƈȼɕ d:đðƌɖɗ e:əǝɛɇ f:ƒ g:ǥɠɡ h:ħɦ i:ıɨɩ j:ȷɉʝ k:ƙĸ l:łƚɫɬɭ n:ŋƞɲɳ o:øɵɔ "
    "p:ƥ q:ɋ r:ɍɽɾ s:ȿʂ t:ŧƫƭʈ u:ʉʊ v:ʋʌ w:ɯ y:ƴɏ z:ƶȥɀʐ ae:æ oe:œ th:þ"
)

_LETTERS: Final = {
    letter: ascii_
    for ascii_, _, letters in (pair.partition(":") for pair in _READ_AS.split())
    for letter in letters
}

# Scripts written without spaces. Kept as a character class, so that words are cut at C speed.
_SPACELESS: Final = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao; Myanmar; Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"  # radicals, iteration marks, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # ideographs
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"  # kana and ideographs of the later planes
)

_has_spaceless: Final = re.compile(f"[{_SPACELESS}]").search

# Folded words hold nothing but letters, digits and marks, so that what is not \w there is a mark. It stays
# with what is before it, in whatever order marks come.
_words_of: Final = re.compile(rf"(?=\w)[{_SPACELESS}][^\w ]*|(?:[^ {_SPACELESS}]|(?!\w)[^ ])+")

_chunks: Final = re.compile(r"[^\x00-/:-@\[-`{-\x7f]+")
_long_run: Final = re.compile(r"[^\w\s]{31,}")
_MAX_MARKS: Final = 30
_KEPT_ENTRIES: Final = 1 << 16


class _Table(dict[int, str]):
    """A translation table that fills itself, one character at a time, up to a bound."""

    def __init__(self, compute: Callable[[str], str]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, code: int) -> str:
        piece = self._compute(chr(code))
        if len(self) < _KEPT_ENTRIES:
            self[code] = piece
        return piece


def _fold_character(character: str) -> str:
    decomposed = _reduce(unicodedata.normalize("NFKD", character))
    # Case folding can decompose again (U+1E9E, U+0390), so marks are removed once more.
    return _reduce(unicodedata.normalize("NFKD", decomposed.casefold()))


def _reduce(text: str) -> str:
    return "".join(map(_reduce_character, text))


def _reduce_character(character: str) -> str:
    if character == _ZERO_WIDTH_SPACE:
        return " "
    if character == _MODIFIER_APOSTROPHE:
        return "'"
    category = unicodedata.category(character)
    if category in {"Cf", "Me"} or character in _UNWRITTEN or _within(character, _SELECTORS):
        return ""
    if category == "Mn" and unicodedata.combining(character) and _within(character, _DIACRITICS):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return _LETTERS.get(character, character)


def _within(character: str, blocks: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(character) <= last for first, last in blocks)


def _word_character(character: str) -> str:
    return "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in _FOLDED[ord(character)])


_FOLDED: Final = _Table(_fold_character)

# The same, with a space for every character that is no part of a word.
_WORDS: Final = _Table(_word_character)

# For ASCII text as bytes, one table lookup a character.
_ASCII_WORDS: Final = bytes(byte if bytes([byte]).isalnum() else ord(" ") for byte in range(256)).lower()


def fold(text: str) -> str:
    """Fold case, compatibility forms and diacritics away; punctuation and white space stay.

    Texts that fold to the same are the same to every search and sort key. Folding twice changes nothing.
    """
    if text.isascii():
        return text.lower()
    return _compose(text.translate(_FOLDED))


def title_sort_key(title: str) -> bytes:
    """Return the key by which titles are sorted: compared as bytes, at most `MAX_TITLE_KEY` of them.

    It is the folded title in UTF-8 with every run of punctuation and white space as one space, cut at
    a character. A title of nothing but punctuation keeps it, so that such titles have an order too.
    """
    key = " ".join(_separated(title).split()) or " ".join(fold(title).split())
    # A lone surrogate has no UTF-8 form.
    encoded = key.encode("utf-8", "replace")
    return encoded[:MAX_TITLE_KEY].decode("utf-8", "ignore").rstrip().encode()


def tokens(text: str) -> list[str]:
    """Cut a text into folded words, in order, as described above; each at most `MAX_TOKEN` long."""
    separated = _separated(text)
    if text.isascii() and len(separated) <= MAX_TOKEN:
        return separated.split()
    words = _words_of.findall(separated) if _has_spaceless(separated) else separated.split()
    return [word[:MAX_TOKEN] for word in words] if len(separated) > MAX_TOKEN else words


def token_spans(text: str) -> list[tuple[str, int, int]]:
    """Return each of `tokens(text)` with its place: start and end (exclusive) in code points of `text`.

    Characters that fold to several words (`½` is 1 and 2) give several tokens with one place. Characters
    that fold to nothing (combining accents, soft hyphens) belong to the token that they follow.
    """
    spans: list[tuple[str, int, int]] = []
    for match in _chunks.finditer(text):
        chunk, offset = match.group(), match.start()
        if chunk.isascii():
            spans.append((chunk.lower()[:MAX_TOKEN], offset, match.end()))
        else:
            spans.extend((token, offset + start, offset + end) for token, start, end in _spans_within(chunk))
    return spans


def _separated(text: str) -> str:
    """Fold a text into words separated by spaces."""
    if text.isascii():
        return text.encode("ascii").translate(_ASCII_WORDS).decode("ascii")
    return _compose(text.translate(_WORDS))


def _spans_within(chunk: str) -> Iterator[tuple[str, int, int]]:
    pieces = [_WORDS[ord(character)] for character in chunk]
    origins = [index for index, piece in enumerate(pieces) for _ in piece]
    for match in _words_of.finditer("".join(pieces)):
        token = _compose(match.group())[:MAX_TOKEN]
        end = origins[match.end() - 1] + 1
        while end < len(pieces) and not pieces[end]:
            end += 1
        yield token, origins[match.start()], end


def _compose(text: str) -> str:
    """Normalize to NFC in linear time.

    `unicodedata` sorts marks by insertion, in time quadratic in the length of their run. So runs are capped
    as in the Stream-Safe Text Format (Unicode Standard Annex 15 §13), which no writing system notices.
    """
    return unicodedata.normalize("NFC", _long_run.sub(_cap_marks, text))


def _cap_marks(match: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in match.group():
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MAX_MARKS:
            kept.append(character)
    return "".join(kept)


_WHITE: Final = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())

_QUOTES: Final = (
    "\"'`\u00b4\u00ab\u00bb\u02bc\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u2039\u203a"
    "\u300c\u300d\u300e\u300f\u301d\u301e\u301f\uff02\uff07"
)

_LEVEL: Final = str.maketrans(dict.fromkeys(_WHITE, " ") | dict.fromkeys(_QUOTES, '"'))
_white_runs: Final = re.compile(" {2,}")
_quote_runs: Final = re.compile('"{2,}')
_runs: Final = re.compile(f"{_white_runs.pattern}|{_quote_runs.pattern}")

COLLAPSED: Final = _WHITE + _QUOTES
"""The characters that `collapse` folds: white space, quotation marks, apostrophes and primes."""


def collapse(phrase: str) -> str:
    """Fold every run of white space to one space and every run of quotation marks to one `"`."""
    return _quote_runs.sub('"', _white_runs.sub(" ", phrase.translate(_LEVEL)))


class CollapsedText:
    """A long text after `collapse`, with a mapping back to its own offsets."""

    def __init__(self, original: str) -> None:
        text = original
        # On a long text one replacement a character is many times faster than `str.translate`.
        for code, replacement in _LEVEL.items():
            text = text.replace(chr(code), replacement)
        # For each run: where it is in the collapsed text, and how many characters were lost up to its end.
        # Arrays, since a text may have a million runs.
        self._runs = array("q")
        self._lost = array("q", [0])
        lost = 0
        for run in _runs.finditer(text):
            start, end = run.span()
            self._runs.append(start - lost)
            lost += end - start - 1
            self._lost.append(lost)
        self.text = _quote_runs.sub('"', _white_runs.sub(" ", text))

    def origin(self, place: int) -> int:
        """Return the offset in the original of a boundary in `text`: outside of a run, at whichever end."""
        return place + self._lost[bisect_left(self._runs, place)]
