"""Words that say what a date is of, and words of dates that are told from others but not read."""

from typing import Final

from app.values.date_text import kinds as k
from app.values.date_text.words import Words

BIRTH: Final = "birth"
DEATH: Final = "death"
NIGHT: Final = "night"

_A_FEAST: Final = "the day of a feast is not reckoned: write the day and the month"
_BEFORE_PRESENT: Final = "years before the present may be calibrated or not: write years BC or AD"
_FOUNDATION: Final = "years since the foundation of Rome are not read: write years BC or AD"

EVENTS_OF_SCHOLARS: Final[Words] = {
    (k.EVENT, BIRTH): "*",
    (k.EVENT, DEATH): "\N{DAGGER}",
    (k.EVENT, "activity"): "fl|floruit",
    (k.EVENT, "publication"): "cop|\N{COPYRIGHT SIGN}",
    (k.UNREAD, _BEFORE_PRESENT): "bp|b p|cal bp",
    (k.UNREAD, _FOUNDATION): "auc|a u c|ab urbe condita",
}
"""What stands in every language."""

EVENT_WORDS: Final[dict[str, Words]] = {
    "en": {
        (k.EVENT, BIRTH): "born|b",
        (k.EVENT, DEATH): "died|d",
        (k.EVENT, "activity"): "active|flourished|flor|act|documented|recorded|mentioned",
        (k.EVENT, "reign"): "reigned|reign|r|ruled",
        (k.EVENT, "inscription"): "dated|signed and dated|inscribed",
        (k.EVENT, "publication"): "published|publ|printed|copyright",
        (k.EVENT, NIGHT): "night of|the night of|during the night of|night of the",
        (
            k.UNREAD,
            _A_FEAST,
        ): "easter|christmas|michaelmas|pentecost|whitsun|martinmas|lammas|candlemas|lent|advent|lady",
        (k.UNREAD, _BEFORE_PRESENT): "years ago|ago|ka|kya|mya|years before present|before present",
    },
    "es": {
        (k.EVENT, BIRTH): "nacido|nacida|n|nac|nacido en|nacida en",
        (k.EVENT, DEATH): "muerto|muerta|m|fallecido|fallecida|murio en|muerto en",
        (k.EVENT, "activity"): "activo|activa|activo en|activa en|documentado",
        (k.EVENT, "inscription"): "fechado|fechada|datado|firmado y fechado",
        (k.EVENT, NIGHT): "noche del|la noche del",
        (k.UNREAD, _A_FEAST): "pascua|navidad|pentecostes|cuaresma",
    },
    "fr": {
        (k.EVENT, BIRTH): "ne|nee|n",
        (k.EVENT, DEATH): "mort|morte|decede|decedee|m",
        (k.EVENT, "activity"): "actif|active|act|atteste|mentionne",
        (k.EVENT, "reign"): "regne",
        (k.EVENT, "inscription"): "date|datee|signe et date",
        (k.EVENT, NIGHT): "nuit du|la nuit du|dans la nuit du",
        (k.UNREAD, _A_FEAST): "paques|noel|pentecote|toussaint|careme",
    },
    "de": {
        (k.EVENT, BIRTH): "geboren|geb|geboren am|geb am",
        (k.EVENT, DEATH): "gestorben|gest|gestorben am|gest am|gefallen",
        (k.EVENT, "activity"): "tatig|nachweisbar|erwahnt|erw|nachgewiesen|urkundlich|belegt",
        (k.EVENT, "reign"): "reg|regierte",
        (k.EVENT, "inscription"): "datiert|dat|signiert und datiert|bez",
        (k.EVENT, "publication"): "erschienen|gedruckt",
        (k.EVENT, NIGHT): "nacht vom|nacht zum|in der nacht vom|in der nacht zum",
        (k.UNREAD, _A_FEAST): "ostern|weihnachten|pfingsten|michaelis|martini",
    },
    "pt": {
        (k.EVENT, BIRTH): "nascido|nascida|n|nasc|nascido em",
        (k.EVENT, DEATH): "morto|morta|m|falecido|falecida|fal",
        (k.EVENT, "activity"): "ativo|ativa|activo|activa|documentado",
        (k.EVENT, "inscription"): "datado|datada|assinado e datado",
        (k.EVENT, NIGHT): "noite de|a noite de|na noite de",
        (k.UNREAD, _A_FEAST): "pascoa|natal|pentecostes|quaresma",
    },
    "it": {
        (k.EVENT, BIRTH): "nato|nata|n|nato nel|nata nel",
        (k.EVENT, DEATH): "morto|morta|m|morto nel|morta nel",
        (k.EVENT, "activity"): "attivo|attiva|attivo nel|attiva nel|documentato|documentata",
        (k.EVENT, "reign"): "regno|r",
        (k.EVENT, "inscription"): "datato|datata|firmato e datato",
        (k.EVENT, NIGHT): "notte tra il|notte fra il|notte dal|notte del",
        (k.UNREAD, _A_FEAST): "pasqua|natale|pentecoste|quaresima",
    },
}
"""What each language calls them: (kind, value) to its words."""
