"""What words in names of columns and files mean, in six languages, without accents.

Lists are short on purpose: a missing word leaves a column out of the draft, a wrong one makes the draft
wrong.
"""

import re
from dataclasses import dataclass
from typing import Final

from anyascii import anyascii

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
Words = frozenset[str]


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, `StateName`, `state_name` and `État` alike, in lower case ASCII."""
    return tuple(word.lower() for word in _WORD.findall(anyascii(name)))


def words(text: str) -> Words:
    """Make a set of the words of a line."""
    return frozenset(text.split())


FILLERS: Final = words("the of a an and or in on at de del la le les des du der die das von do da di")

IDENTIFIERS: Final = words(
    "id ids key code nr no num number isqno qid item identifier uid uuid nummer numero"
)

TITLES: Final = words(
    "title name label headline heading titel bezeichnung titre nom titulo nombre nome titolo"
)

SUMMARIES: Final = words(
    "summary description desc abstract note notes comment comments remark remarks details narrative "
    "beschreibung zusammenfassung resume descripcion resumen descricao resumo descrizione riassunto"
)

SOURCES: Final = words(
    "source sources reference references ref refs citation citations article bibliography url link quelle quellen "
    "fuente fuentes fonte fontes fonti reference"
)

CATEGORIES: Final = words(
    "region category categories theme themes topic topics theater theatre tag tags keyword keywords"
)

TYPES: Final = words("type kind class typ art tipo categorie categoria")
LATITUDES: Final = words("lat latitude breite breitengrad latitud latitudine")
LONGITUDES: Final = words("lon lng long longitude lange laenge langengrad laengengrad longitud longitudine")
OF_COORDINATES: Final = words("coord coords coordinate deg degrees decimal dd wgs 84 geo point centroid")

SITES: Final = words(
    "place location locality loc locn site town city village settlement toponym where venue "
    "ort stadt lieu ville lugar ciudad luogo citta cidade local localidad"
)

PROVINCES: Final = words(
    "province district county governorate department admin adm provinz provincia departement"
)

COUNTRIES: Final = words("country countries nation land pays pais paese")

ACTORS: Final = words(
    "actor actors side belligerent belligerents participant participants party parties combatant combatants "
    "attacker attackers defender defenders perpetrator perpetrators victim signatory signatories"
)

DEATHS: Final = words(
    "deaths dead killed fatalities fatality tote todesopfer gefallene getotete morts tues deces muertos muertes "
    "fallecidos mortos mortes morti decessi"
)

CASUALTIES: Final = words("casualties casualty")
INJURED: Final = words("injured wounded injuries verletzte verwundete blesses heridos feridos feriti")
LOWEST: Final = words("low lo lower min minimum")
BEST: Final = words("best estimate estimated est")
HIGHEST: Final = words("high hi higher max maximum upper")
OF_COUNTS: Final = words("total totals number num no n count counts figures losses of sum toll in the")

NO_COUNTS: Final = words(
    "rate per percent pct share ratio date year month day place cause source sources note notes id code index log "
    "description type text name ref reference url"
)

YEARS: Final = words("year years yr yyyy jahr annee ano anno an")
MONTHS: Final = words("month mon mo mm monat mois mes mese")
DAYS: Final = words("day dy dd tag jour dia giorno")
DATES: Final = words("date dates dated datetime timestamp when datum fecha wann cuando quand quando")
WEAK_DATES: Final = words("time data zeit edtf")

STARTS: Final = words(
    "start started starts begin begins began begun beginning since beginn anfang debut inicio inizio comienzo "
    "born birth founded established"
)

WEAK_STARTS: Final = words("from first min earliest st von ab desde dal")
ENDS: Final = words("end ended ends ending until till ende fim died death dissolved abolished")
WEAK_ENDS: Final = words("to last max latest bis hasta fin fine al term")
OF_EVENTS: Final = words("event incident battle occurrence happened ereignis evenement evento")
REIGNS: Final = words("reign rule office tenure mandate")

NOT_OF_EVENTS: Final = words(
    "source sources publication published publisher accessed access retrieved updated modified created entry version "
    "report reported added record recorded"
)

PRECISIONS: Final = words("precision prec accuracy genauigkeit exactness")
CALENDARS: Final = words("calendar kalender calendrier calendario calendarmodel")


@dataclass(frozen=True)
class Nouns:
    """Words for one kind of thing: of one of them, and of several."""

    what: str
    one: Words
    several: Words


EVENTS: Final = Nouns(
    "events",
    words(
        "event battle incident attack war siege clash riot protest revolt rebellion massacre strike coup election "
        "disaster earthquake flood uprising conflict raid campaign chronology timeline meeting visit crisis revolution "
        "assassination bombing ereignis schlacht aufstand krieg evento batalla batalha battaglia guerra evenement "
        "bataille guerre"
    ),
    words(
        "events battles incidents attacks wars sieges clashes riots protests revolts rebellions massacres strikes coups "
        "elections disasters earthquakes floods uprisings conflicts raids campaigns meetings visits crises revolutions "
        "assassinations bombings ereignisse schlachten aufstande kriege eventos eventi batallas batalhas battaglie "
        "guerras evenements batailles guerres"
    ),
)

AGREEMENTS: Final = Nouns(
    "agreements",
    words(
        "treaty agreement accord convention protocol pact charter concordat tratado acuerdo acordo convenio traite "
        "vertrag abkommen accordo trattato"
    ),
    words(
        "treaties agreements accords conventions protocols pacts charters tratados acuerdos acordos convenios traites "
        "vertrage accordi trattati"
    ),
)

OTHERS: Final = (
    AGREEMENTS,
    Nouns(
        "actors",
        words(
            "state country nation empire kingdom republic dynasty polity person people ruler king queen monarch emperor "
            "pope president minister leader politician officer member governor bishop saint cabinet government "
            "organization organisation company institution agency army regiment actor belligerent combatant biography "
            "staat land konig konigin herrscher kaiser prasident minister regierung pais estado rey reina rei rainha "
            "presidente ministro pays etat roi reine souverain president ministre paese stato re regina persona "
            "personne pessoa"
        ),
        words(
            "states countries nations empires kingdoms republics dynasties polities persons people rulers kings queens "
            "monarchs emperors popes presidents ministers leaders politicians officers members governors bishops saints "
            "cabinets governments organizations organisations companies institutions agencies armies regiments actors "
            "belligerents combatants biographies staaten lander konige herrscher kaiser paises estados reyes reis "
            "presidentes ministros etats rois souverains paesi stati personas personnes pessoas persone"
        ),
    ),
    Nouns(
        "places",
        words(
            "place location site city town village settlement gazetteer toponym ort stadt lugar ciudad lieu ville luogo "
            "citta cidade island river castle"
        ),
        words(
            "places locations sites cities towns villages settlements gazetteers toponyms orte stadte lugares ciudades "
            "lieux villes luoghi cidades islands rivers castles"
        ),
    ),
    Nouns(
        "missions",
        words("mission peacekeeping deployment programme"),
        words("missions deployments programmes"),
    ),
    Nouns(
        "sources",
        words("book article letter document newspaper manuscript bibliography publication"),
        words("books articles letters documents newspapers manuscripts bibliographies publications"),
    ),
)

# Columns that only tables of such things have.
OF_PERSONS: Final = words(
    "born birth birthdate birthplace dob died reign reigned spouse dynasty occupation gender sex"
)

OF_LIVES: Final = words(
    "born birth birthdate dob died death founded established dissolved abolished ne nee mort geboren gestorben nacido "
    "muerto nato morto"
)

OF_DEATHS: Final = words("died death dod mort gestorben muerto morto")

# Of these a beginning and an end are their own; of a king or a minister they are those of an office.
BODIES: Final = words(
    "state country nation empire kingdom republic dynasty polity cabinet government organization organisation company "
    "institution agency army regiment staat land regierung pais estado pays etat paese stato states countries nations "
    "empires kingdoms republics dynasties polities cabinets governments organizations organisations companies "
    "institutions agencies armies regiments staaten lander paises estados etats paesi stati"
)

IN_FORCE: Final = words("force")
SIGNING: Final = words("signature signed")
OF_BODIES: Final = words("founded dissolved abolished headquarters capital")
OF_AGREEMENTS: Final = words("signature signed ratified ratification force signatories depositary")
OF_PUBLICATIONS: Final = words("isbn issn publisher")
OF_PLACES: Final = words("elevation altitude population")

NOT_OF_NAMES: Final = PRECISIONS | words(
    "id ids code codes nr no num number count date year type description desc note notes comment url source index iso "
    "population"
)
