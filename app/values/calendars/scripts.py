"""Dates in Hebrew and in Arabic script, written over in Latin letters: `ה׳ באייר תש״ח` is `5 Iyyar 5708`.

Only words that mean one thing are written over; a text with another one stays as it is, and so is not understood.
"""

import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from types import MappingProxyType
from typing import Final

_HEBREW_VALUES: Final = MappingProxyType(
    dict(zip("אבגדהוזחט", range(1, 10), strict=True))
    | dict(zip("יכלמנסעפצ", range(10, 100, 10), strict=True))
    | dict(zip("ךםןףץ", (20, 40, 50, 80, 90), strict=True))
    | dict(zip("קרשת", range(100, 500, 100), strict=True))
)
_MONTHS_IN_HEBREW: Final = {
    "Tishri": "תשרי",
    "Heshvan": "חשון חשוון מרחשון מרחשוון",
    "Kislev": "כסלו כסליו",
    "Tevet": "טבת",
    "Shevat": "שבט",
    "Adar": "אדר",
    "Nisan": "ניסן",
    "Iyyar": "אייר איר",
    "Sivan": "סיון סיוון",
    "Tammuz": "תמוז",
    "Av": "אב",
    "Elul": "אלול",
}
_HEBREW_MONTHS: Final = {word: name for name, words in _MONTHS_IN_HEBREW.items() for word in words.split()}
_ADARS: Final = {"א": "Adar I", "ראשון": "Adar I", "ב": "Adar II", "שני": "Adar II"}
_HEBREW_FILLERS: Final = frozenset({"יום", "חודש", "לחודש", "בחודש", "לחדש", "מנחם", "במנחם"})
_HEBREW_YEAR: Final = frozenset({"שנת", "בשנת", "לשנת"})
_HEBREW_WORD: Final = re.compile(r"[א-ת'\"׳״]+")
_NO_THOUSANDS: Final = 1_000
# Where the thousands are left out, those of the present millennium are meant.
_MILLENNIUM: Final = 5_000
_FIFTEEN_AND_SIXTEEN: Final = {"טו": 15, "טז": 16}

# The names without blanks, as Persian writes some.
_MONTHS_IN_ARABIC: Final = {
    "Muharram": "محرم المحرم",
    "Safar": "صفر",
    "Rabi I": "ربيعالاول ربيعاول",
    "Rabi II": "ربيعالثاني ربيعالاخر ربيعالثانی",
    "Jumada I": "جماديالاولي جماديالاول",
    "Jumada II": "جماديالاخره جماديالثانيه جماديالثاني جماديالاخري",
    "Rajab": "رجب",
    "Shaban": "شعبان",
    "Ramadan": "رمضان",
    "Shawwal": "شوال",
    "Dhu al Qada": "ذوالقعده ذيالقعده ذيقعده",
    "Dhu al Hijja": "ذوالحجه ذيالحجه ذيحجه",
    "Farvardin": "فروردين",
    "Ordibehesht": "ارديبهشت",
    "Khordad": "خرداد",
    # The Ethiopian calendar has a month of that name too.
    "Tir persian": "تير",
    "Mordad": "مرداد امرداد",
    "Shahrivar": "شهريور",
    "Mehr": "مهر",
    "Aban": "ابان",
    "Azar": "اذر",
    "Dey": "دي",
    "Bahman": "بهمن",
    "Esfand": "اسفند",
    # Eras: of the moon, and of the sun.
    "hijri": "ه هجري هجريه هجريقمري هق قمري للهجره",
    "hijri shamsi": "هش هجريشمسي شمسي خورشيدي هجريخورشيدي",
    "": "شهر في من سنه عام لسنه لعام يوم سال ماه",
}
_ARABIC_NAMES: Final = {word: name for name, words in _MONTHS_IN_ARABIC.items() for word in words.split()}
_MOST_WORDS_OF_A_NAME: Final = 3
_ARABIC_LETTERS: Final = str.maketrans("ىیۀةەک", "ييهههك")
_IN_ARABIC: Final = re.compile(r"[0-9]+|[\u0600-\u06ff.]+|\S")


def has_other_script(text: str) -> bool:
    """Return whether a text has Hebrew or Arabic letters."""
    return not text.isascii() and any(
        begin <= character <= end for character in text for begin, end, _ in _SCRIPTS
    )


def in_latin(text: str) -> str:
    """Return a date in Hebrew or Arabic script in Latin letters and digits; another text as it is."""
    for begin, end, written_over in _SCRIPTS:
        if any(begin <= character <= end for character in text):
            return written_over(_plain(text)) or text
    return text


def _plain(text: str) -> str:
    """Return a text without vowel signs, direction marks and letters that only join others, with ASCII digits."""
    apart = unicodedata.normalize("NFKD", text)
    kept = (one for one in apart if unicodedata.category(one) not in ("Mn", "Cf", "Lm"))
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in kept)


def _hebrew(text: str) -> str | None:
    """Write a Hebrew date over; None where a word is not understood."""
    words: list[str] = []
    has_month = is_year = False
    for word in re.findall(r"[^\s,]+", text):
        plain = word.replace("'", "").replace("׳", "")
        month = _HEBREW_MONTHS.get(plain) or _HEBREW_MONTHS.get(plain[1:] if plain[:1] in "בל" else "")
        if word.isascii() and word.isdigit():
            words.append(word)
        elif plain in _HEBREW_FILLERS:
            continue
        elif plain in _HEBREW_YEAR:
            is_year = True
        elif words[-1:] == ["Adar"] and plain in _ADARS:
            words[-1] = _ADARS[plain]
        elif month is not None and not has_month:
            words.append(month)
            has_month = True
        else:
            number = _hebrew_number(word, is_year=is_year or has_month or "״" in word or '"' in word)
            if number is None:
                return None
            words.append(str(number))
    if not any(one.isdecimal() and int(one) >= _NO_THOUSANDS for one in words):
        # `ע״ג` may be 73 of any hundred years.
        return None
    return " ".join(words) if has_month else f"anno mundi {' '.join(words)}"


def _hebrew_number(word: str, *, is_year: bool) -> int | None:
    """Return the value of Hebrew letters, the greater before the lesser; of a year, with its thousands."""
    if _HEBREW_WORD.fullmatch(word) is None:
        return None
    thousands, sign, rest = word[:1], word[1:2], word[2:]
    value = 0
    if sign in ("'", "׳") and rest:
        value, word = _HEBREW_VALUES.get(thousands, 0) * _NO_THOUSANDS, rest
    letters = re.sub(r"['\"׳״]", "", word)
    values = [_HEBREW_VALUES[letter] for letter in letters]
    last = _FIFTEEN_AND_SIXTEEN.get(letters[-2:])
    ordered = values[:-2] if last else values
    if not values or any(one < after for one, after in pairwise(ordered)):
        return None
    number = sum(ordered) + (last or 0)
    if value:
        return value + number
    # `ט״ו בשבט` is a day.
    is_day = number < 31 and not is_year
    return number if is_day else number + (_MILLENNIUM if number >= 100 else 0)


def _arabic(text: str) -> str | None:
    """Write an Arabic or Persian date over; None where a word is not understood."""
    words = [
        word
        for word in _IN_ARABIC.findall(text.translate(_ARABIC_LETTERS))
        if word not in ("،", ",", "/", ".")
    ]
    found: list[str] = []
    at = 0
    while at < len(words):
        if words[at].isdigit():
            found.append(words[at])
            at += 1
            continue
        for count in range(_MOST_WORDS_OF_A_NAME, 0, -1):
            name = _ARABIC_NAMES.get("".join(words[at : at + count]).replace(".", ""))
            if name is not None:
                found.append(name)
                at += min(count, len(words) - at)
                break
        else:
            return None
    return " ".join(found)


_SCRIPTS: Final[tuple[tuple[str, str, Callable[[str], str | None]], ...]] = (
    ("\u05d0", "\u05ea", _hebrew),
    ("\u0621", "\u06cc", _arabic),
)
