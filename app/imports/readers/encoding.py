"""The encoding of a text: what it is declared to be, or is for certain by its first bytes; and the text in UTF-8.

Nothing is replaced: bytes that do not fit the encoding end the reading, with their line.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import Final

from app.imports.readers.lines import WrongEncoding, peek

SAMPLE_BYTES: Final = 2**20
"""How much of a text is looked at to find its encoding."""

UTF8: Final = "utf-8"
WINDOWS: Final = "windows-1252"
MAC: Final = "mac-roman"

ENCODINGS: Final = (
    UTF8,
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-32-le",
    "utf-32-be",
    WINDOWS,
    MAC,
    "latin-1",
    *(f"iso-8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)),
    *(f"windows-125{page}" for page in (0, 1, 3, 4, 5, 6, 7, 8)),
    "cp437",
    "cp850",
    "cp852",
    "cp866",
    "koi8-r",
    "koi8-u",
    "mac-latin2",
    "mac-cyrillic",
    "mac-greek",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-jp",
    "euc-kr",
)
"""The encodings that can be declared, by the names that they are shown with; any name that Python knows them by is taken."""

_BY_CODEC: Final = {codecs.lookup(name).name: name for name in ENCODINGS}

_WITH_MARK: Final = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Tables of Western and Central Europe, of Cyrillic and Greek, as spreadsheets and databases write them.
_CANDIDATES: Final = ("cp1252", "mac_roman", "cp1250", "cp1251", "cp1253", "koi8_r")

# Values of chaos (charset-normalizer) that differ by less say nothing.
_SAME: Final = 0.02
_MOST_CHAOS: Final = 0.1

# A letter, a character beyond ASCII that is no apostrophe, dash or middle dot, and a letter or the end of the word.
_WITHIN: Final = re.compile(r"([^\W\d_])((?![’‘–—·…“”»«])[^\s\x00-\x7f])(?=([^\W\d_]|\b))")

SAYING_WHICH: Final = "--encoding, `encoding` in the `table` of a mapping, or `charset` in Content-Type"
"""How a user says which encoding a file is in."""

_SAY: Final = f"Say which it is: {SAYING_WHICH}."


def parse_encoding(name: str) -> str | None:
    """Return the name in `ENCODINGS` of an encoding by any of its names in Python; None where it is not among them."""
    try:
        return _BY_CODEC.get(codecs.lookup(name).name)
    except (LookupError, ValueError):
        return None


def detect_encoding(chunks: Iterable[bytes]) -> tuple[str, Iterator[bytes]]:
    """Return the encoding of a text, and all of its bytes.

    UTF-8 where the sample is UTF-8, or is that with a few broken bytes, which its reader reports.

    Raises:
        WrongEncoding: it is not UTF-8, and what it is instead is not certain.
    """
    sample, whole, is_whole = peek(chunks, SAMPLE_BYTES)
    marked = next((name for mark, name in _WITH_MARK if sample.startswith(mark)), None)
    if marked is not None:
        return marked, whole
    if sample.isascii() and b"\0" not in sample:
        return UTF8, whole
    wide = _wide(sample)
    if wide is not None:
        return wide, whole
    try:
        # A character may be cut at the end.
        codecs.getincrementaldecoder(UTF8)().decode(sample, is_whole)
    except UnicodeDecodeError:
        return _narrow(sample), whole
    return UTF8, whole


def _wide(sample: bytes) -> str | None:
    """Return which of UTF-16 and UTF-32 it is without a mark: line ends, digits and delimiters have zeros on one side."""
    zeros = [sample[at::4].count(0) for at in range(4)]
    quarter = len(sample) // 4
    if not quarter or not sum(zeros):
        return None
    if zeros[2] == zeros[3] == quarter and zeros[0] == 0:
        return "utf-32-le"
    if zeros[0] == zeros[1] == quarter and zeros[3] == 0:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    for name, there, elsewhere in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if not elsewhere and there * 4 > len(sample) // 2:
            return name
    return None


def _narrow(sample: bytes) -> str:
    if _is_broken_utf8(sample):
        return UTF8
    if min(sample) > 0x7F:
        # A table has line ends, delimiters and digits.
        raise WrongEncoding(f"The text is not in UTF-8. {_SAY}")
    # Loaded only here: it takes as long as all other readers together.
    from charset_normalizer import from_bytes

    found = [
        (one.chaos, _BY_CODEC[codecs.lookup(one.encoding).name], str(one))
        for one in from_bytes(sample, cp_isolation=list(_CANDIDATES), threshold=_MOST_CHAOS)
    ]
    found = [one for one in found if one[0] <= found[0][0] + _SAME]
    texts = {text: name for _, name, text in reversed(found)}
    western = _decoded(sample, WINDOWS)
    if western in texts:
        # Central European text has the same bytes for what both encodings have.
        texts[western] = WINDOWS
        mac = next((text for text, name in texts.items() if name == MAC), None)
        if mac is None or (_has_odd_words(mac) and not _has_odd_words(western)):
            return WINDOWS
        if _has_odd_words(western) and not _has_odd_words(mac):
            return MAC
    if len(texts) == 1:
        return next(iter(texts.values()))
    possible = f" It may be {' or '.join(sorted(texts.values()))}." if texts else ""
    raise WrongEncoding(f"The text is not in UTF-8.{possible} {_SAY}")


def _has_odd_words(text: str) -> bool:
    """Return whether there is a sign other than an apostrophe, or a capital after a small letter, within a word."""
    return any(
        (found[1].isupper() and found[0].islower()) or not found[1].isalpha()
        for found in _WITHIN.findall(text)
    )


def _decoded(sample: bytes, encoding: str) -> str | None:
    try:
        return sample.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_broken_utf8(sample: bytes) -> bool:
    """Return whether most of what is not ASCII is UTF-8: by chance, bytes of another encoding hardly ever are."""
    right = sum(len(char.encode()) for char in sample.decode(UTF8, "ignore") if char > "\x7f")
    other = sum(1 for byte in sample if byte > 0x7F)
    return right * 2 > other


def to_utf8(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield a text of that encoding in UTF-8; what is in UTF-8 passes as it is, for its reader to judge.

    Raises:
        WrongEncoding: there are bytes that do not fit the encoding; with their line.
    """
    if encoding == UTF8:
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    for chunk in chunks:
        text = _strictly(decoder, chunk, line, encoding)
        line += text.count("\n")
        if text:
            yield text.encode()
    _strictly(decoder, b"", line, encoding, final=True)


def marked_as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a text in UTF-8 with a byte order mark, so that its reader does not go by what the text itself says."""
    head, whole, _ = peek(chunks, len(codecs.BOM_UTF8))
    if not head.startswith(codecs.BOM_UTF8):
        yield codecs.BOM_UTF8
    yield from whole


def _strictly(
    decoder: codecs.IncrementalDecoder, chunk: bytes, line: int, encoding: str, *, final: bool = False
) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        passed = error.object[: error.start].decode(error.encoding, "ignore").count("\n")
        broken = " ".join(f"{byte:02X}" for byte in error.object[error.start : error.end][:4])
        raise WrongEncoding(
            f"Line {line + passed} has bytes that are nothing in {encoding}: {broken}. {_SAY}"
        ) from None
