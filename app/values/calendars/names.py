"""The names of months and eras by which a date is known to be of a calendar.

Names are folded: lower case, without accents and apostrophes, a space for each hyphen. Each line of a calendar has the
spellings of one month, the first as it is shown; for the French Republican calendar in French and in English.
"""

from types import MappingProxyType
from typing import Final, NamedTuple

from app.values.calendars.rules import OtherCalendar

_HEBREW: Final = (
    "Tishri, Tishrei, Tishre",
    "Heshvan, Cheshvan, Marheshvan, Marcheshvan, Hesvan, Cheshwan, Heshwan",
    "Kislev, Chislev, Kislew, Kisleu",
    "Tevet, Tebeth, Teveth, Tebet, Teves",
    "Shevat, Shebat, Shvat, Schewat, Shvath",
    "Adar I, Adar 1, Adar Rishon, Adar Aleph, Adar Alef",
    "Adar II, Adar 2, Adar Sheni, Adar Bet, Veadar, Ve Adar",
    "Nisan, Nissan",
    "Iyyar, Iyar, Ijar",
    "Sivan, Siwan",
    "Tammuz, Tamuz, Thammuz",
    "Av, Ab, Menachem Av, Menahem Av",
    "Elul, Ellul",
)

_ISLAMIC: Final = (
    "Muharram, Moharram, Mouharram, Muharam, Muharrem",
    "Safar, Safer, Saphar",
    "Rabi I, Rabi 1, Rabi al Awwal, Rabi ul Awwal, Rabi al Awal, Rabi ul Awal, Rabia I, Rabia al Awwal, Rebiulevvel",
    (
        "Rabi II, Rabi 2, Rabi al Thani, Rabi ath Thani, Rabi al Akhir, Rabi ul Akhir, Rabi us Sani, Rabi al Akhar, "
        "Rabia II, Rabia al Thani, Rebiulahir"
    ),
    (
        "Jumada I, Jumada 1, Jumada al Ula, Jumada al Awwal, Jumada l Ula, Jumadi I, Djumada I, Gumada I, Joumada I, "
        "Cemaziyelevvel"
    ),
    (
        "Jumada II, Jumada 2, Jumada al Thani, Jumada al Akhira, Jumada al Thaniya, Jumada l Akhira, Jumada ath Thaniya, "
        "Jumadi II, Djumada II, Gumada II, Joumada II, Cemaziyelahir"
    ),
    "Rajab, Radjab, Redjeb, Recep",
    "Shaban, Shabaan, Chaban, Chaabane, Schaban, Saban",
    "Ramadan, Ramazan, Ramadhan, Ramzan",
    "Shawwal, Shawal, Chawwal, Sevval, Schawwal",
    (
        "Dhu al Qada, Dhu l Qada, Dhul Qada, Dhu al Qadah, Dhul Qadah, Dhu al Qida, Dhu l Qida, Zulkade, Dhou al Qida, "
        "Zilqad, Zul Qada, Dhu al Kada, Dhu l Kada"
    ),
    (
        "Dhu al Hijja, Dhu l Hijja, Dhul Hijja, Dhu al Hijjah, Dhul Hijjah, Dhu l Hijjah, Zilhicce, Zulhijja, Zilhijja, "
        "Dhou al Hijja, Dhu al Hidjdja"
    ),
)

_FRENCH_REPUBLICAN: Final = (
    "Vendémiaire, Vendemiare, Vend",
    "Brumaire, Brum",
    "Frimaire, Frim",
    "Nivôse, Nivos, Niv",
    "Pluviôse, Pluvios, Pluv",
    "Ventôse, Ventos, Vent",
    "Germinal, Germ",
    "Floréal, Flor",
    "Prairial, Prair",
    "Messidor, Mess",
    "Thermidor, Therm, Fervidor",
    "Fructidor, Fruct",
    (
        "jour complémentaire, jours complémentaires, complémentaire, complémentaires, complementary day, complementary days, "
        "sansculottide, sansculottides, sans culottide, sans culottides"
    ),
)

_COPTIC: Final = (
    "Tout, Thout, Tut, Thoth, Thot",
    "Paopi, Babah, Baba, Baabah, Phaophi, Paope",
    "Hathor, Hatur, Hathur, Athyr, Hator",
    "Koiak, Kiyahk, Kiahk, Choiak, Khoiak, Kiyak",
    "Tobi, Tubah, Tuba, Tybi, Tobe",
    "Meshir, Amshir, Mechir, Mekhir",
    "Paremhat, Baramhat, Phamenoth, Barmahat",
    "Parmouti, Baramudah, Baramouda, Pharmuthi, Parmoute, Barmuda",
    "Pashons, Bashans, Pachon, Pashans",
    "Paoni, Baunah, Payni, Baouna, Paone, Bauna",
    "Epip, Abib, Epiphi, Epeiph, Epep",
    "Mesori, Misra, Mesra, Mesore",
    "Nasi, Nasie, Nesi, Epagomenai, Kouji Nabot",
)

_ETHIOPIAN: Final = (
    "Meskerem, Maskaram, Mäskäräm, Meskarem",
    "Tikimt, Tikemt, Teqemt, Tiqimt, Tekemt, Tiqemt",
    "Hidar, Hedar, Khedar",
    "Tahsas, Tahisas, Tahesas, Tahssas",
    "Tir, Ter, Terr, Tirr",
    "Yekatit, Yakatit, Yäkatit, Yakkatit",
    "Megabit, Maggabit, Mägabit, Magabit",
    "Miyazya, Miyazia, Miazia, Miyaziya",
    "Ginbot, Genbot, Guenbot, Gunbot",
    "Sene, Sané, Säne, Senie",
    "Hamle, Hamlé, Hamlie",
    "Nehase, Nahasé, Nehasse, Nahase, Nehasie",
    "Pagume, Pagumen, Pagwemen, Paguemen, Pagumiene, Pagwme",
)

_PERSIAN: Final = (
    "Farvardin, Farwardin",
    "Ordibehesht, Urdibihisht, Ordibihisht, Ordebehesht",
    "Khordad, Khurdad, Xordad",
    "Tir",
    "Mordad, Amordad, Murdad, Amurdad",
    "Shahrivar, Shahrewar, Chahrivar",
    "Mehr, Mihr",
    "Aban",
    "Azar",
    "Dey",
    "Bahman",
    "Esfand, Isfand, Espand",
)

_INDIAN: Final = (
    "Chaitra, Chait",
    "Vaisakha, Vaishakha, Vaishakh, Baisakh, Vaisakh",
    "Jyaistha, Jyeshtha, Jyestha, Jyaishtha, Jyeshta",
    "Asadha, Ashadha, Asharh, Ashadh, Aasaadha",
    "Sravana, Shravana, Shravan, Shrawan",
    "Bhadra, Bhadrapada, Bhadon, Bhaadra",
    "Asvina, Ashvina, Ashwin, Asvin, Ashvin",
    "Kartika, Karttika, Kartik, Kaartika",
    "Agrahayana, Margashirsha, Margasirsa, Agrahayan",
    "Pausa, Pausha, Paush, Paus",
    "Magha, Magh, Maagha",
    "Phalguna, Phalgun, Phaalgun, Falgun",
)

_MONTHS: Final = {
    OtherCalendar.HEBREW: _HEBREW,
    OtherCalendar.ISLAMIC: _ISLAMIC,
    OtherCalendar.FRENCH_REPUBLICAN: _FRENCH_REPUBLICAN,
    OtherCalendar.COPTIC: _COPTIC,
    OtherCalendar.ETHIOPIAN: _ETHIOPIAN,
    OtherCalendar.PERSIAN: _PERSIAN,
    OtherCalendar.INDIAN: _INDIAN,
}

MONTHS: Final = MappingProxyType(
    {
        calendar: tuple(tuple(name.strip() for name in line.split(",")) for line in lines)
        for calendar, lines in _MONTHS.items()
    }
)
"""The names of the months of each calendar, in order, the one that is shown first."""


class Era(NamedTuple):
    """What a word for an era or a calendar says.

    Attributes:
        calendars: of which calendars a date with it can be.
        alone: those for which it is enough beside a year, without a month.
    """

    calendars: frozenset[OtherCalendar]
    alone: frozenset[OtherCalendar] = frozenset()


def _eras() -> dict[str, Era]:
    hebrew, islamic, french = OtherCalendar.HEBREW, OtherCalendar.ISLAMIC, OtherCalendar.FRENCH_REPUBLICAN
    coptic, ethiopian, persian = OtherCalendar.COPTIC, OtherCalendar.ETHIOPIAN, OtherCalendar.PERSIAN
    indian = OtherCalendar.INDIAN
    found = {
        # "1130 AM" may be a time of day: alone, the years of the martyrs need their name.
        "am": Era(frozenset({hebrew, coptic}), frozenset({hebrew})),
        "sh": Era(frozenset({persian})),
        "ap": Era(frozenset({persian})),
        # "1950 e.c." is a year of the common era in Spanish; SE may be the Seleucid era.
        "ec": Era(frozenset({ethiopian})),
        "se": Era(frozenset({indian})),
    }
    plain = {
        hebrew: "anno mundi, hebrew, hebrew calendar, jewish, jewish calendar, jewish year",
        islamic: "ah, anno hegirae, hijri, hijra, hegira, hegire, hedjra, hidschra, hejira, islamic, islamic calendar, "
        "muslim calendar",
        french: "an, lan, lan de la republique, an de la republique, republicain, republican, republican calendar, republique, "
        "republique francaise, calendrier republicain, french republican, french republic, french republican calendar, "
        "of the republic",
        coptic: "coptic, coptic calendar, anno martyrum, era of the martyrs, era of martyrs, ad martyrum",
        ethiopian: "ethiopian, ethiopian calendar, ethiopic, ethiopic calendar, eth cal, amete mihret, amata mehrat",
        persian: "ahs, solar hijri, hijri solar, hijri shamsi, shamsi, persian, persian calendar, iranian, "
        "iranian calendar, anno persico, jalali",
        indian: "saka, shaka, sake, saka era, saka calendar, indian national calendar, saka samvat",
    }
    for calendar, words in plain.items():
        only = frozenset({calendar})
        found |= {word.strip(): Era(only, only) for word in words.split(",")}
    return found


ERAS: Final = MappingProxyType(_eras())
"""Words for eras and calendars."""

FILLERS: Final = frozenset(
    {
        "of",
        "the",
        "in",
        "year",
        "anno",
        "annee",
        "jour",
        "day",
        "de",
        "du",
        "la",
        "le",
        "l",
        "d",
        "a",
        "un",
        "month",
        "mois",
        "calendar",
        "calendrier",
        "era",
    }
)
"""Words that a date may have and that say nothing of it."""
