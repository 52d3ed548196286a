"""Other calendars: their days held against published dates of known events and against another implementation."""

from contextlib import suppress

import pytest
from convertdate import coptic, french_republican, hebrew, indian_civil, islamic, persian
from hypothesis import given
from hypothesis import strategies as st

from app.values.calendar import iso_day
from app.values.calendars.chinese import YEARS, days_of_chinese
from app.values.calendars.names import MONTHS
from app.values.calendars.rules import RULES, NoSuchDate, OtherCalendar, days_of
from app.values.calendars.text import CalendarTextError, read_calendar_text
from app.values.edtf.value import parse_edtf

ONE_DAY = [
    # The independence of Israel; the October War; the fast of 9 Av and a Purim in a year with two Adars.
    ("5 Iyyar 5708", "hebrew", "1948-05-14"),
    ("10 Tishrei 5734", "hebrew", "1973-10-06"),
    ("1 Tishri 5784", "hebrew", "2023-09-16"),
    ("9 Av 5780", "hebrew", "2020-07-30"),
    ("14 Adar Sheni 5784", "hebrew", "2024-03-24"),
    ("14 Adar II, 5784 A.M.", "hebrew", "2024-03-24"),
    ("14 Adar 5783", "hebrew", "2023-03-07"),
    # The fall of Constantinople, on 29 May in the Julian calendar.
    ("20 Jumada al-Ula 857 AH", "islamic", "1453-06-07"),
    ("1 Muharram 1 AH", "islamic", "0622-07-19"),
    ("1 Muḥarram 1300", "islamic", "1882-11-12"),
    ("12 Muharram 1300 AH", "islamic", "1882-11-23"),
    ("9 thermidor an II", "french-republican", "1794-07-27"),
    ("22 prairial an 2", "french-republican", "1794-06-10"),
    ("13 Vendémiaire, Year IV", "french-republican", "1795-10-05"),
    ("18 fructidor an V", "french-republican", "1797-09-04"),
    ("18 Brumaire Year VIII", "french-republican", "1799-11-09"),
    ("l'an VIII, le 18 brumaire", "french-republican", "1799-11-09"),
    ("11 frimaire an XIII", "french-republican", "1804-12-02"),
    ("10 nivôse an XIV", "french-republican", "1805-12-31"),
    ("1er vendémiaire an I de la République", "french-republican", "1792-09-22"),
    ("6e jour complémentaire an III", "french-republican", "1795-09-22"),
    ("1 Tout 1 Anno Martyrum", "coptic", "0284-08-29"),
    ("1 Tout 1740", "coptic", "2023-09-12"),
    ("1 Thout 1741 AM", "coptic", "2024-09-11"),
    # Adwa; Haile Selassie is deposed; the millennium.
    ("23 Yekatit 1888", "ethiopian", "1896-03-01"),
    ("2 Meskerem 1967", "ethiopian", "1974-09-12"),
    ("1 Meskerem 2000 E.C.", "ethiopian", "2007-09-12"),
    # The coup of 1953; the Iranian revolution.
    ("28 Mordad 1332", "persian", "1953-08-19"),
    ("22 Bahman 1357", "persian", "1979-02-11"),
    ("30 Esfand 1403 SH", "persian", "2025-03-20"),
    # The calendar begins; Republic Day; Independence Day.
    ("1 Chaitra 1879 Saka", "indian", "1957-03-22"),
    ("6 Magha 1879 Saka", "indian", "1958-01-26"),
    ("24 Sravana 1882 Saka era", "indian", "1960-08-15"),
    # The fall of the Ming, Nerchinsk, Nanking, the coup of 1898, the Boxer war, Wuchang, the abdication.
    ("Chongzhen 17, third month, 19th day", "chinese", "1644-04-25"),
    ("Kangxi 28/7/24", "chinese", "1689-09-07"),
    ("24th day of the 7th month of the 22nd year of Daoguang", "chinese", "1842-08-29"),
    ("Guangxu 24/8/6", "chinese", "1898-09-21"),
    ("光緒二十四年八月初六", "chinese", "1898-09-21"),
    ("光绪24年8月6日", "chinese", "1898-09-21"),
    ("Guangxu 26.5.25", "chinese", "1900-06-21"),
    ("Guangxu 26, intercalary 8th month, 1st day", "chinese", "1900-09-24"),
    ("Xuantong 3, 8th month, 19th day", "chinese", "1911-10-10"),
    ("宣統三年十二月廿五", "chinese", "1912-02-12"),
    ("Hongwu 1/1/4", "chinese", "1368-01-31"),
    # In the letters of the calendar: the independence of Israel with and without signs and thousands, Tu BiShvat.
    ("ה׳ באייר תש״ח", "hebrew", "1948-05-14"),
    ("ה' באייר ה'תש\"ח", "hebrew", "1948-05-14"),
    ("ה באייר תשח", "hebrew", "1948-05-14"),
    ("ט״ו בשבט תש״ח", "hebrew", "1948-01-26"),
    ("י״ד אדר ב׳ תשפ״ד", "hebrew", "2024-03-24"),
    ("תש״ח ניסן ה׳", "hebrew", "1948-04-14"),
    ("5 ניסן 5708", "hebrew", "1948-04-14"),
    ("١٢ محرم ١٣٠٠", "islamic", "1882-11-23"),
    ("٢٠ جمادى الأولى ٨٥٧ هـ", "islamic", "1453-06-07"),
    ("١ رَبِيع الأَوَّل ١٤٤٥", "islamic", "2023-09-16"),
    ("۱۵ ربیع\u200cالاول ۱۳۲۴ ه.ق", "islamic", "1906-05-09"),
    ("۲۸ مرداد ۱۳۳۲", "persian", "1953-08-19"),
    ("۲۲ بهمن ۱۳۵۷ ه.ش", "persian", "1979-02-11"),
    # Ethiopians write Tir in letters of their own.
    ("۵ تیر ۱۳۰۰", "persian", "1921-06-26"),
    ("農曆一九四八年三月初五", "chinese", "1948-04-13"),
    ("农历2024年正月初一", "chinese", "2024-02-10"),
    ("農曆2023年閏二月初一", "chinese", "2023-03-22"),
]

SEVERAL_DAYS = [
    ("1300 AH", "islamic", "[1882-11-12..1883-11-01]"),
    ("AH 1300", "islamic", "[1882-11-12..1883-11-01]"),
    ("germinal an VII", "french-republican", "[1799-03-21..1799-04-19]"),
    ("an II", "french-republican", "[1793-09-22..1794-09-21]"),
    ("5708 AM", "hebrew", "[1947-09-15..1948-10-03]"),
    ("Jewish year 5708", "hebrew", "[1947-09-15..1948-10-03]"),
    ("Ramadan 1300", "islamic", "[1883-07-06..1883-08-04]"),
    ("康熙元年", "chinese", "[1662-02-18..1663-02-07]"),
    ("Chia-ching 30", "chinese", "[1551-02-15..1552-02-04]"),
    ("תש״ח", "hebrew", "[1947-09-15..1948-10-03]"),
    ("שנת תש״ח", "hebrew", "[1947-09-15..1948-10-03]"),
    ("١٣٠٠ هـ", "islamic", "[1882-11-12..1883-11-01]"),
]


@pytest.mark.parametrize(("text", "calendar", "edtf"), ONE_DAY + SEVERAL_DAYS)
def test_a_date_is_read_as_the_days_that_are_published(text: str, calendar: str, edtf: str) -> None:
    assert [(one.edtf, str(one.calendar)) for one in read_calendar_text(text)] == [(edtf, calendar)]


@pytest.mark.parametrize(
    ("text", "edtf"),
    [
        ("5 Tir 1300", {"ethiopian": "1308-01-09", "persian": "1921-06-26"}),
        ("5 Tir 1300 AP", {"persian": "1921-06-26"}),
        ("5 Tir 1300 E.C.", {"ethiopian": "1308-01-09"}),
    ],
)
def test_a_month_of_two_calendars_has_both_readings_unless_an_era_decides(
    text: str, edtf: dict[str, str]
) -> None:
    assert {str(one.calendar): one.edtf for one in read_calendar_text(text)} == edtf


def test_adar_of_a_year_that_has_two_has_both_readings() -> None:
    assert [one.edtf for one in read_calendar_text("3 Adar 5708")] == ["1948-02-13", "1948-03-14"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "c. 1850", "12 March 1848", "May 1850", "an", "AH"),
        # Times of day, other eras, months that Gregorian years have in other languages, unknown words.
        *(
            "10 AM",
            "1130 AM",
            "1950 e.c.",
            "1 Chaitra 1879",
        ),
        *(
            "5 Nisan 5708 or later",
            "before 1300 AH",
            "an iiii",
            # Years of the common era; a year without hundreds; letters in no order of numbers; a year of a cycle of sixty.
            *(
                "١٥ مارس ١٩٤٨",
                "١٩٤٨",
                "כ״ט בנובמבר 1947",
                "ה׳ באייר ע״ג",
                "ה׳ באייר חשת״א",
                "农历甲午年三月初五",
            ),
            "5 Nisan 5708" + " " * 200,
        ),
    ],
)
def test_what_is_not_understood_is_not_read(text: str) -> None:
    assert read_calendar_text(text) == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("31 Nisan 5708", "Nisan has 30 days in the year 5708 of the Hebrew calendar"),
        ("40 Nisan 5708", "Nisan has 30 days in the year 5708 of the Hebrew calendar"),
        ("ל׳ באייר תש״ח", "Iyyar has 29 days in the year 5708"),
        ("۳۱ مهر ۱۳۰۰", "Mehr has 30 days in the year 1300"),
        ("30 Tevet 5708", "Tevet has 29 days in the year 5708 of the Hebrew calendar"),
        ("14 Adar II 5783", "the year 5783 of the Hebrew calendar has no Adar II"),
        ("14 Adar I 5783", "the year 5783 of the Hebrew calendar has one Adar"),
        ("30 Adar 5783", "Adar has 29 days in the year 5783"),
        ("6 jour complémentaire an II", "jour complémentaire has 5 days in the year 2"),
        ("an XV", "years of the French Republican calendar are known from 1 to 14"),
        ("12345 AH", "years of the Islamic civil calendar are known from 1 to 9000"),
        ("1 Chaitra 1878 Saka", "years of the Indian national calendar are known from 1879"),
        ("31 Mehr 1300", "Mehr has 30 days in the year 1300 of the Persian"),
        ("Guangxu 35", "the era Guangxu has 34 years"),
        ("Guangxu 24, intercalary 8th month, 1st day", "no such month"),
        ("Guangxu 24/8/31", "that month has 30 days|that month has 29 days"),
        # Jiajing and Jiaqing are written alike, and had a tenth year both.
        ("Chia-ching 10", "the era Jiajing or Jiaqing"),
        ("5 Nisan 1948", "is in 1813 BCE: name the calendar if that is meant"),
        ("14 Tammuz 1958", "name the calendar"),
        ("5 Nisan 5708 AH", "Nisan is a month of the Hebrew calendar, and another one is named"),
        ("5 Nisan", "the year is missing"),
        ("Germ 7", "the year is missing"),
    ],
)
def test_a_date_that_its_calendar_does_not_have_is_refused_with_what_it_has(text: str, why: str) -> None:
    with pytest.raises(CalendarTextError, match=why):
        read_calendar_text(text)


def test_what_was_understood_is_said_in_english() -> None:
    [one] = read_calendar_text("18 brumaire an VIII")
    assert one.written == "18 Brumaire year 8 in the French Republican calendar"
    [one] = read_calendar_text("1300 AH")
    assert one.written.startswith("year 1300 in the Islamic civil calendar, a day or two off")


@pytest.mark.parametrize(
    ("calendar", "month", "spelling"),
    [(calendar, month, spelling) for calendar, months in MONTHS.items() for month, names in enumerate(months, 1) for spelling in names],
)  # fmt: skip
def test_every_spelling_of_a_month_is_read(calendar: OtherCalendar, month: int, spelling: str) -> None:
    year = {"hebrew": 5708, "french-republican": 3, "indian": 1900}.get(calendar, 1300)
    era = " Saka" if calendar == OtherCalendar.INDIAN else ""
    readings = {one.calendar: one.edtf for one in read_calendar_text(f"2 {spelling} {year}{era}")}
    assert readings[calendar] == iso_day(days_of(calendar, year, month, 2)[0])


ORACLES = {
    # convertdate counts the Hebrew months from Nisan, with Adar II as the thirteenth.
    OtherCalendar.HEBREW: lambda year, month, day: hebrew.to_jd(
        year, month + 6 if month < 8 else month - 7, day
    ),
    OtherCalendar.ISLAMIC: islamic.to_jd,
    OtherCalendar.FRENCH_REPUBLICAN: french_republican.to_jd,
    OtherCalendar.COPTIC: coptic.to_jd,
    OtherCalendar.INDIAN: indian_civil.to_jd,
}
INVERSES = {
    OtherCalendar.HEBREW: lambda jd: _from_tishri(hebrew.from_jd(jd)),
    OtherCalendar.ISLAMIC: islamic.from_jd,
    OtherCalendar.COPTIC: coptic.from_jd,
    OtherCalendar.INDIAN: indian_civil.from_jd,
}
DAY_0 = 2_440_587.5


def _from_tishri(date: tuple[int, int, int]) -> tuple[int, int, int]:
    year, month, day = date
    return year, month - 6 if month > 6 else month + 7, day


@st.composite
def dates(draw: st.DrawFn) -> tuple[OtherCalendar, int, int, int]:
    calendar = draw(st.sampled_from(list(RULES)))
    rule = RULES[calendar]
    # convertdate's search for a Hebrew year takes the longer the later it is.
    year = draw(st.integers(rule.years.start + 1, min(rule.years.stop - 1, 6000)))
    lengths = rule.month_lengths(year)
    month = draw(st.sampled_from([number for number, length in enumerate(lengths, 1) if length]))
    return calendar, year, month, draw(st.integers(1, lengths[month - 1]))


@pytest.mark.filterwarnings("ignore:month_days is deprecated")
@given(dates())
def test_days_are_those_of_another_implementation(date: tuple[OtherCalendar, int, int, int]) -> None:
    calendar, year, month, day = date
    first, last = days_of(calendar, year, month, day)
    assert first == last
    if calendar in ORACLES:
        assert first == ORACLES[calendar](year, month, day) - DAY_0
    if calendar in INVERSES:
        assert tuple(INVERSES[calendar](first + DAY_0)) == (year, month, day)


@pytest.mark.parametrize("year", [1, 475, 1206, 1279, 1300, 1345, 1403, 1404, 1408, 1500])
def test_the_persian_year_begins_with_the_equinox_at_tehran(year: int) -> None:
    assert days_of(OtherCalendar.PERSIAN, year, 1, 1)[0] == persian.to_jd(year, 1, 1) - DAY_0


@pytest.mark.parametrize("calendar", list(RULES))
def test_days_follow_each_other_without_gap_through_months_and_years(calendar: OtherCalendar) -> None:
    years = RULES[calendar].years
    at = days_of(calendar, years.start)[0]
    for year in range(years.start, min(years.stop, years.start + 3300)):
        lengths = RULES[calendar].month_lengths(year)
        assert days_of(calendar, year)[0] == at
        for month in (number for number, length in enumerate(lengths, 1) if length):
            first, last = days_of(calendar, year, month)
            assert first == at
            at = last + 1
        assert days_of(calendar, year)[1] == at - 1


@pytest.mark.parametrize("year", [1368, 1500, 1644, 1800, 1898, 1900, 2033, 2099])
def test_chinese_months_follow_each_other_without_gap(year: int) -> None:
    at, last = days_of_chinese(year)
    for month in range(1, 13):
        for intercalary in (False, True):
            try:
                begin, end = days_of_chinese(year, month, intercalary=intercalary)
            except NoSuchDate:
                assert intercalary
                continue
            assert (begin, end - begin + 1) in {(at, 29), (at, 30)}
            at = end + 1
    assert at == last + 1 == days_of_chinese(year + 1)[0]


@pytest.mark.parametrize("calendar", list(RULES))
def test_years_beyond_the_rule_are_refused(calendar: OtherCalendar) -> None:
    years = RULES[calendar].years
    for year in (years.start - 1, years.stop):
        with pytest.raises(NoSuchDate, match=f"{years.start} to {years.stop - 1}"):
            days_of(calendar, year)
    # Every day that there is has four digits in its year, as EDTF needs.
    first, last = days_of(calendar, years.start)[0], days_of(calendar, years.stop - 1)[1]
    assert parse_edtf(f"[{iso_day(first)}..{iso_day(last)}]").span.bounds.s1 == first


@pytest.mark.parametrize("year", [YEARS.start - 1, YEARS.stop])
def test_chinese_years_beyond_the_tables_are_refused(year: int) -> None:
    with pytest.raises(NoSuchDate, match="1368 to 2100"):
        days_of_chinese(year)


@given(st.text(max_size=60))
def test_any_text_is_read_or_not(text: str) -> None:
    with suppress(CalendarTextError):
        for one in read_calendar_text(text):
            parse_edtf(one.edtf)


WORDS = ["5", "17", "1300", "5708", "an", "VIII", "Nisan", "Tir", "Adar", "AM", "AH", "year", "of", "Guangxu", "閏", "年", "月", "光緒", ",", "農曆", "ה׳", "אדר", "ב׳", "תש״ח", "محرم", "١٣٠٠", "هـ", "تیر"]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join))
def test_any_words_of_dates_are_read_or_not(text: str) -> None:
    with suppress(CalendarTextError):
        for one in read_calendar_text(text):
            parse_edtf(one.edtf)


HEBREW_YEARS = [
    (5708, "תש״ח"),
    (5775, "תשע״ה"),
    (5715, "תשט״ו"),
    (5716, "תשט״ז"),
    (5699, "תרצ״ט"),
    (5800, "ת״ת"),
    (5700, "ת״ש"),
]


@pytest.mark.parametrize(("year", "letters"), HEBREW_YEARS)
def test_years_in_hebrew_letters_are_of_the_present_millennium(year: int, letters: str) -> None:
    [one] = read_calendar_text(f"א׳ בתשרי {letters}")
    assert one.written == f"1 Tishri {year} in the Hebrew calendar"


@pytest.mark.parametrize("month", range(12))
def test_months_in_letters_of_their_own_are_those_in_latin_ones(month: int) -> None:
    arabic = [
        "محرم",
        "صفر",
        "ربيع_الأول",
        "ربيع_الثاني",
        "جمادى_الأولى",
        "جمادى_الآخرة",
        "رجب",
        "شعبان",
        "رمضان",
        "شوال",
        "ذو_القعدة",
        "ذو_الحجة",
    ]
    persian = [
        "فروردین",
        "اردیبهشت",
        "خرداد",
        "تیر",
        "مرداد",
        "شهریور",
        "مهر",
        "آبان",
        "آذر",
        "دی",
        "بهمن",
        "اسفند",
    ]
    for calendar, names in ((OtherCalendar.ISLAMIC, arabic), (OtherCalendar.PERSIAN, persian)):
        [one] = read_calendar_text(f"2 {names[month].replace('_', ' ')} 1300")
        assert (one.calendar, one.first) == (calendar, days_of(calendar, 1300, month + 1, 2)[0])
