"""The Chinese calendar of the Ming and the Qing, by the names of their eras, and its months since.

When its months began was computed, and announced, anew for each year: the tables and the astronomy are those of
`lunar_python`. A year is named by the Gregorian year in which it begins.
"""

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from app.values.calendars.rules import NoSuchDate

YEARS: Final = range(1368, 2101)
"""The years that are known."""

# The number that the library gives 1970-01-01.
_DAY_0: Final = 2_440_588

# First year, years, and the names: romanised, in traditional and in simplified characters.
_ERAS: Final = (
    *((1368, 31, "Hongwu, Hung wu", "洪武"), (1399, 4, "Jianwen, Chien wen", "建文")),
    *((1403, 22, "Yongle, Yung lo", "永樂 永乐"), (1425, 1, "Hongxi, Hung hsi", "洪熙")),
    *((1426, 10, "Xuande, Hsuan te", "宣德"), (1436, 14, "Zhengtong, Cheng tung", "正統 正统")),
    *((1450, 8, "Jingtai, Ching tai", "景泰"), (1457, 8, "Tianshun, Tien shun", "天順 天顺")),
    *((1465, 23, "Chenghua, Cheng hua", "成化"), (1488, 18, "Hongzhi, Hung chih", "弘治")),
    *((1506, 16, "Zhengde, Cheng te", "正德"), (1522, 45, "Jiajing, Chia ching", "嘉靖")),
    *((1567, 6, "Longqing, Lung ching", "隆慶 隆庆"), (1573, 48, "Wanli, Wan li", "萬曆 万历")),
    *((1621, 7, "Tianqi, Tien chi", "天啟 天启"), (1628, 17, "Chongzhen, Chung chen", "崇禎 崇祯")),
    *((1644, 18, "Shunzhi, Shun chih", "順治 顺治"), (1662, 61, "Kangxi, Kang hsi", "康熙")),
    *((1723, 13, "Yongzheng, Yung cheng", "雍正"), (1736, 60, "Qianlong, Chien lung", "乾隆")),
    *((1796, 25, "Jiaqing, Chia ching", "嘉慶 嘉庆"), (1821, 30, "Daoguang, Tao kuang", "道光")),
    *((1851, 11, "Xianfeng, Hsien feng", "咸豐 咸丰"), (1862, 13, "Tongzhi, Tung chih", "同治")),
    *((1875, 34, "Guangxu, Kuang hsu", "光緒 光绪"), (1909, 3, "Xuantong, Hsuan tung", "宣統 宣统")),
)


class _Era(NamedTuple):
    name: str
    first: int
    years: int


def _eras() -> dict[str, tuple[_Era, ...]]:
    named: dict[str, tuple[_Era, ...]] = {}
    for first, years, romanised, written in _ERAS:
        names = romanised.split(", ")
        era = _Era(names[0], first, years)
        for name in (*(one.lower() for one in names), *written.split()):
            named[name] = (*named.get(name, ()), era)
    return named


_NAMED: Final = MappingProxyType(_eras())
_ROMANISED: Final = tuple(name for name in _NAMED if name.isascii())
_WRITTEN: Final = tuple(name for name in _NAMED if not name.isascii())

ERA_WORDS: Final = frozenset(name.split()[0] for name in _ROMANISED)
"""The words with which the romanised names of eras begin."""

CHARACTERS: Final = frozenset(name[0] for name in _WRITTEN) | frozenset("農农夏陰阴")
"""The characters with which their names, and those of the lunar calendar, begin."""


class ChineseDate(NamedTuple):
    """A date of an era.

    Attributes:
        era: its name.
        year: the Gregorian year in which the year begins.
        month: 1 to 12; None: the year alone.
        day: None: the month alone.
        intercalary: whether it is the second month of that number.
        written: the date in English.
    """

    era: str
    year: int
    month: int | None
    day: int | None
    intercalary: bool
    written: str

    def days(self) -> tuple[int, int]:
        """Return the first and the last day number.

        Raises:
            NoSuchDate: there is none.
        """
        return days_of_chinese(self.year, self.month, self.day, intercalary=self.intercalary)


@lru_cache(maxsize=256)
def _months(year: int) -> dict[tuple[int, bool], tuple[int, int]]:
    """Return the first day and the length of each month of a year, by its number and whether it is intercalary."""
    # Its tables take long to load, and few need them.
    from lunar_python import LunarYear

    return {
        (abs(month.getMonth()), month.getMonth() < 0): (
            month.getFirstJulianDay() - _DAY_0,
            month.getDayCount(),
        )
        for month in LunarYear.fromYear(year).getMonths()
        if month.getYear() == year
    }


def days_of_chinese(
    year: int, month: int | None = None, day: int | None = None, *, intercalary: bool = False
) -> tuple[int, int]:
    """Return the first and the last day number of a day, a month or a year; the year is that in which it begins.

    Raises:
        NoSuchDate: the calendar has no such date, or the year is not known.
    """
    if year not in YEARS:
        message = f"years of the Chinese calendar are known from {YEARS.start} to {YEARS.stop - 1}"
        raise NoSuchDate(message)
    months = _months(year)
    if month is None:
        return min(first for first, _ in months.values()), max(
            first + days for first, days in months.values()
        ) - 1
    if (month, intercalary) not in months:
        message = f"the Chinese year {year} has no such month"
        raise NoSuchDate(message)
    first, length = months[month, intercalary]
    if day is None:
        return first, first + length - 1
    if not 1 <= day <= length:
        message = f"that month has {length} days in the Chinese year {year}"
        raise NoSuchDate(message)
    return first + day - 1, first + day - 1


_ORDINALS: Final = (
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)
_NUMBER: Final = rf"(?:[0-9]{{1,2}}(?:st|nd|rd|th)?|{'|'.join(_ORDINALS)})"
_ERA: Final = f"(?P<era>{'|'.join(sorted(_ROMANISED, key=len, reverse=True))})"
_LEAP: Final = "(?P<leap>(?:intercalary|leap) )?"
_FORMS: Final = tuple(
    re.compile(form)
    for form in (
        # Guangxu 24/8/6
        rf"{_ERA} (?P<year>[0-9]{{1,2}})(?:[/. ](?P<month>[0-9]{{1,2}})(?:[/. ](?P<day>[0-9]{{1,2}}))?)?",
        # Guangxu 24, 8th month, 6th day
        (
            rf"{_ERA}(?: year)? (?P<year>{_NUMBER})(?: year)?(?: {_LEAP}(?P<month>{_NUMBER}) (?:lunar )?month"
            rf"(?: (?P<day>{_NUMBER})(?: day)?)?)?"
        ),
        # 6th day of the 8th month of the 24th year of Guangxu
        (
            rf"(?:(?:(?P<day>{_NUMBER}) day )?{_LEAP}(?P<month>{_NUMBER}) (?:lunar )?month )?"
            rf"(?:(?P<year>{_NUMBER}) year {_ERA}|{_ERA.replace('era', 'era2')} (?:year )?(?P<year2>{_NUMBER}))"
        ),
    )
)
_UNSAID: Final = re.compile(
    r"\b(?:of|the|in|reign|emperor|era|chinese|calendar|ming|qing|dynasty)\b|[,;()]|\.(?![0-9])"
)

_DIGITS: Final = {character: value for value, character in enumerate("〇一二三四五六七八九十")} | {
    "零": 0,
    "元": 1,
    "正": 1,
    "冬": 11,
}
_NUMERAL: Final = "[0-9]{1,2}|[元正冬腊臘〇一二三四五六七八九十廿卅]{1,3}"
_MONTH_AND_DAY: Final = rf"(?:(?P<leap>[閏闰])?(?P<month>{_NUMERAL})月(?:初?(?P<day>{_NUMERAL})[日號号]?)?)?"
# 農曆一九四八年三月初五: a year that is named by the Gregorian one in which it begins.
_LUNAR: Final = re.compile(
    rf"[農农夏陰阴][曆历](?P<year>[0-9]{{4}}|[〇零一二三四五六七八九]{{4}})年{_MONTH_AND_DAY}"
)
_IN_CHARACTERS: Final = re.compile(
    rf"[大清明]{{0,2}}(?P<era>{'|'.join(_WRITTEN)})(?P<year>{_NUMERAL})年"
    rf"{_MONTH_AND_DAY}"
)


def find_chinese(plain: str, text: str) -> ChineseDate | None:
    """Return the date of an era that a text is; `plain` is the text folded, as `app.values.calendars.names` says.

    Raises:
        NoSuchDate: the era had no such year, or two eras that had it are romanised alike.
    """
    lunar = _LUNAR.fullmatch(text.strip())
    if lunar is not None:
        return _of_lunar_year(lunar)
    match = _IN_CHARACTERS.fullmatch(text.strip())
    if match is None:
        said = " ".join(_UNSAID.sub(" ", plain).split())
        match = next(filter(None, (form.fullmatch(said) for form in _FORMS)), None)
    if match is None:
        return None
    parts = match.groupdict()
    eras = _NAMED[parts["era"] or parts["era2"]]
    year, month, day = (_value(parts[name]) for name in ("year", "month", "day"))
    year = year or _value(parts.get("year2"))
    fitting = [era for era in eras if year is not None and 1 <= year <= era.years]
    if year is None:
        return None
    if not fitting:
        message = f"the era {eras[0].name} has {max(one.years for one in eras)} years"
        raise NoSuchDate(message)
    if len(fitting) > 1:
        message = f"this is the era {' or '.join(one.name for one in fitting)}: write the one that is meant"
        raise NoSuchDate(message)
    [era] = fitting
    leap = parts.get("leap") is not None
    shown = [f"{era.name} {year}"]
    if month is not None:
        shown.append(f"{'intercalary ' if leap else ''}month {month}")
    if day is not None:
        shown.append(f"day {day}")
    return ChineseDate(era.name, era.first + year - 1, month, day, leap, ", ".join(shown))


def _of_lunar_year(match: re.Match[str]) -> ChineseDate:
    year = int("".join(one if one.isdecimal() else str(_DIGITS[one]) for one in match["year"]))
    month, day = _value(match["month"]), _value(match["day"])
    leap = match["leap"] is not None
    shown = [f"the year that began in {year}"]
    if month is not None:
        shown.append(f"{'intercalary ' if leap else ''}month {month}")
    if day is not None:
        shown.append(f"day {day}")
    return ChineseDate("", year, month, day, leap, ", ".join(shown))


def _value(written: str | None) -> int | None:
    if not written:
        return None
    if written in _ORDINALS:
        return _ORDINALS.index(written) + 1
    if written[0].isascii():
        return int("".join(one for one in written if one.isdigit()))
    if written in ("腊", "臘"):
        return 12
    value = 0
    for character in written.replace("廿", "二十").replace("卅", "三十"):
        digit = _DIGITS[character]
        # Ten multiplies what stands before it, and is added where nothing does.
        value = max(value, 1) * 10 if digit == 10 else value + digit
    return value
