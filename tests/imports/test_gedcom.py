"""GEDCOM 5.5.1 and 7 in: what persons, families, sources and places become, and what is refused."""

import gzip
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports.documents import NOTES, ImportedDocument
from app.imports.readers import MEDIA_TYPES, format_of_name, read
from app.imports.readers.gedcom.dates import read_date
from app.values.edtf.value import parse_edtf

MESSY = Path(__file__).parents[3] / "shared/data/messy/two-families.ged"
MEDIA_TYPE = "text/vnd.familysearch.gedcom"

TWO_FAMILIES = """0 HEAD
1 GEDC
2 VERS 5.5.1
1 CHAR UTF-8
0 @I1@ INDI
1 NAME Jane /Example/
1 BIRT
2 DATE ABT 1643
2 PLAC Exampleton
1 DEAT
2 DATE BEF 10 JAN 1724/25
0 @I2@ INDI
1 NAME John /Sample/
1 BIRT
2 DATE (Stillborn)
0 @F1@ FAM
1 HUSB @I2@
1 WIFE @I1@
1 MARR
2 DATE BET 1660 AND 1665
0 TRLR
"""

WHOLE = """0 HEAD
1 GEDC
2 VERS 5.5.1
1 CHAR UTF-8
1 SUBM @U1@
0 @U1@ SUBM
1 NAME Researcher
0 @I1@ INDI
1 NAME José María /Núñez/
2 GIVN José María
2 SURN Núñez
2 SOUR @S1@
3 PAGE 12
2 NICK Pepe
1 NAME Joseph /Nunez/
1 SEX M
1 BIRT
2 DATE 5 MAY 1850
2 PLAC Cádiz, Spain
3 MAP
4 LATI N36.53
4 LONG W6.3
2 SOUR @S1@
3 PAGE entry 7
3 DATA
4 DATE 6 MAY 1850
4 TEXT Born yesterday.
3 QUAY 3
1 DEAT
2 DATE 1 JAN 1920
2 CAUS Old age
1 OCCU Smith
2 DATE FROM 1870 TO 1900
2 PLAC Cádiz, Spain
1 RESI
2 PLAC Sevilla
1 NOTE A long note
2 CONC , in two
2 CONT lines with an @@ sign.
1 NOTE @N1@
1 FAMS @F1@
1 OBJE @M1@
1 RIN 7
1 _OWN x
1 FOO bar
0 @I2@ INDI
1 NAME Ana //
1 BIRT
2 DATE @#DJULIAN@ 3 MAR 1700
1 DEAT Y
1 FAMS @F1@
0 @I3@ INDI
1 NAME Luis /Núñez/
1 FAMC @F1@
2 PEDI adopted
1 ASSO @I1@
2 RELA Godfather
1 SOUR A letter in the family
2 NOTE It is lost.
0 @F1@ FAM
1 HUSB @I1@
1 WIFE @I2@
1 CHIL @I3@
1 MARR
2 DATE 1875
2 PLAC Sevilla
2 HUSB
3 AGE 25y
1 DIV Y
1 NOTE Of the family.
1 SOUR @S1@
0 @S1@ SOUR
1 TITL Register of
2 CONC  baptisms
1 ABBR Register
1 AUTH The parish
1 PUBL Cádiz, 1850
1 REPO @R1@
2 CALN Box 4
0 @R1@ REPO
1 NAME Diocesan archive
0 @N1@ NOTE Shared by others.
0 @M1@ OBJE
1 FILE x.jpg
0 TRLR
"""


def documents(text: str | bytes, size: int = 7) -> list[ImportedDocument]:
    raw = text.encode() if isinstance(text, str) else text
    return list(read("gedcom", (raw[at : at + size] for at in range(0, len(raw), size))))


def by_id(text: str | bytes) -> dict[str, dict]:
    found = documents(text, 5000)
    assert not [one.faults for one in found if one.faults]
    return {f"{one.raw['kind']}/{one.raw['id']}": dict(one.raw) for one in found}


@pytest.fixture
def annals(annals, database_url):
    """Run a command on the test's own database."""
    return lambda *arguments: annals(*arguments, url=database_url)


def test_the_command_line_reads_two_families(annals, tmp_path):
    file = tmp_path / "two-families.ged"
    file.write_text(TWO_FAMILIES)
    report = annals("import", file, "--json").json
    # Two persons, a marriage and a place; a birth with a place and a death before a day are events of their own.
    assert (report["created"], report["failed"]) == (6, 0)
    assert annals("import", file, "--json").json["unchanged"] == 6
    packed = tmp_path / "two-families.ged.gz"
    packed.write_bytes(gzip.compress(TWO_FAMILIES.encode()))
    assert annals("import", packed, "--json").json["unchanged"] == 6


def test_the_file_of_the_shared_data_is_these_two_families():
    if not MESSY.exists():
        pytest.skip("the shared data is not here")
    assert by_id(MESSY.read_bytes()) == by_id(TWO_FAMILIES)


def test_two_families_are_two_persons_and_a_marriage():
    found = by_id(TWO_FAMILIES)
    jane, john = found["actor/jane-example-1643-i1"], found["actor/john-sample-i2"]
    assert jane["date"] == {"edtf": "1643~/", "as_written": "born ABT 1643"}
    assert john["summary"] == "Birth: (Stillborn)"
    assert not any(one.notes for one in documents(TWO_FAMILIES))
    assert found["event/death-of-jane-example-1643-i1"]["date"] == {
        "edtf": "[..1725-01-10]",
        "calendar": "julian",
        "as_written": "BEF 10 JAN 1724/25",
    }
    [marriage] = [one for one in found.values() if one.get("type") == "marriage"]
    assert marriage["date"] == {"edtf": "[1660..1665]", "as_written": "BET 1660 AND 1665"}
    assert [one["actor"] for one in marriage["participants"]] == [
        "actors/john-sample-i2",
        "actors/jane-example-1643-i1",
    ]


async def test_over_http_all_of_a_file_is_there(writer):
    answer = await writer.ask(
        "POST", "/v1/imports", content=WHOLE.encode(), headers={"content-type": MEDIA_TYPE}
    )
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["created"], report["failed"]) == (10, 0)
    told = {one["code"] for one in report["notes"]}
    assert told == {"gedcom_media", "gedcom_identifiers", "gedcom_extensions", "gedcom_other"}
    again = await writer.ask(
        "POST", "/v1/imports", content=WHOLE.encode(), headers={"content-type": MEDIA_TYPE}
    )
    assert again.json()["unchanged"] == 10
    births = (await writer.ask("GET", "/v1/events?type=birth&when=1850-05-05&certainty=certain")).json()[
        "items"
    ]
    assert [one["title"] for one in births] == ["Birth of José María Núñez"]
    near = (await writer.ask("GET", "/v1/places?near=36.53,-6.3&within_km=1")).json()["items"]
    assert [one["title"] for one in near] == ["Cádiz, Spain"]
    person = next(one for one in documents(WHOLE) if one.raw and one.raw["title"] == "José María Núñez").raw
    kept = (await writer.ask("GET", f"/v1/actors/{person['id']}")).json()
    assert kept["date"]["edtf"] == "1850-05-05/1920-01-01"
    assert kept["date"]["as_written"] == "born 5 MAY 1850, died 1 JAN 1920"
    assert kept["aliases"] == ["Pepe", "Joseph Nunez"]
    assert kept["summary"].splitlines() == [
        "Sex: male",
        "Occupation: Smith (FROM 1870 TO 1900, Cádiz, Spain)",
        "Residence: Sevilla",
        "A long note, in two",
        "lines with an @ sign.",
        "Shared by others.",
    ]


def test_what_persons_families_and_sources_become():
    found = {one["title"]: one for one in by_id(WHOLE).values()}
    jose, ana, luis = (found[name] for name in ("José María Núñez", "Ana", "Luis Núñez"))
    assert jose["places"] == [{"place": "places/sevilla", "role": "residence"}]
    assert jose["relations"] == [{"type": "spouse-of", "target": f"actors/{ana['id']}"}]
    source = found["Register of baptisms"]
    assert jose["evidence"] == [
        {"property": "title", "source": f"sources/{source['id']}", "selector": {"page": "12"}}
    ]
    assert "date" not in luis
    assert ana["date"] == {
        "edtf": "1700-03-03/",
        "calendar": "julian",
        "as_written": "born @#DJULIAN@ 3 MAR 1700",
    }
    assert luis["relations"] == [
        {"type": "child-of", "target": f"actors/{jose['id']}", "note": "adopted"},
        {"type": "child-of", "target": f"actors/{ana['id']}", "note": "adopted"},
        {"type": "related-to", "target": f"actors/{jose['id']}", "note": "Godfather"},
    ]
    assert luis["evidence"] == [{"basis": "external", "note": "A letter in the family\nIt is lost."}]
    birth = found["Birth of José María Núñez"]
    assert birth["evidence"] == [
        {
            "source": f"sources/{source['id']}",
            "selector": {"page": "entry 7"},
            "note": "Recorded: 6 MAY 1850\nBorn yesterday.\nCertainty (QUAY, 0 to 3): 3",
        }
    ]
    assert found["Death of José María Núñez"]["summary"] == "Cause: Old age"
    marriage, divorce = (
        found["Marriage of José María Núñez and Ana"],
        found["Divorce of José María Núñez and Ana"],
    )
    assert (marriage["summary"], marriage["date"]["edtf"]) == ("Age (husb): 25y\nOf the family.", "1875")
    assert marriage["evidence"] == [{"source": f"sources/{source['id']}"}]
    assert (divorce["type"], marriage["type"], divorce.get("tags")) == ("divorce", "marriage", None)
    assert (source["authors"], source["aliases"]) == (["The parish"], ["Register"])
    assert (source["archive"], source["shelfmark"]) == ("Diocesan archive", "Box 4")
    assert source["summary"] == "Publication: Cádiz, 1850"
    assert found["Cádiz, Spain"]["geometry"] == {"type": "Point", "coordinates": [-6.3, 36.53]}


def test_a_birth_without_a_death_is_an_event_and_no_date_of_a_life():
    born = ("0 @I1@ INDI", "1 NAME A", "1 BIRT", "2 DATE 1850")
    found = by_id(with_lines(*born))
    assert "date" not in found["actor/a-1850-i1"]
    assert found["event/birth-of-a-1850-i1"]["date"]["edtf"] == "1850"
    for death in ("1 DEAT Y", "1 BURI", "1 CREM"):
        dead = by_id(with_lines(*born, death))
        assert dead["actor/a-1850-i1"]["date"]["edtf"] == "1850/"
        assert "event/birth-of-a-1850-i1" not in dead


def test_restricted_records_are_told_and_say_so():
    restricted = with_lines("0 @I1@ INDI", "1 NAME A", "1 RESN CONFIDENTIAL, LOCKED")
    [person] = documents(restricted)
    assert (person.notes, person.raw["summary"]) == (
        ("gedcom_restricted",),
        "Restriction (RESN): confidential, locked",
    )
    fact = with_lines("0 @I1@ INDI", "1 NAME A", "1 EMIG", "2 RESN privacy")
    assert documents(fact)[0].notes == ("gedcom_restricted",)
    assert by_id(fact)["event/emigration-of-a-i1"]["summary"] == "Restriction (RESN): privacy"
    assert not documents(with_lines("0 @I1@ INDI", "1 NAME A", "1 RESN locked"))[0].notes


def test_a_second_repository_and_its_marks_stay_in_words():
    found = by_id(
        with_lines(
            *("0 @S1@ SOUR", "1 TITL T", "1 REPO", "2 CALN 5", "1 REPO @R1@", "2 CALN 6", "2 CALN 7"),
            *("1 REPO @R1@", "0 @R1@ REPO", "1 NAME An archive"),
        )
    )["source/t-s1"]
    assert (found["archive"], found["shelfmark"]) == ("An archive", "6")
    assert found["summary"].splitlines() == ["Archive: 5", "Shelfmark: 7", "Archive: An archive"]


def test_namesakes_of_two_files_are_two_persons():
    other = WHOLE.replace("1 NAME Researcher", "1 NAME Somebody else")
    assert not {one for one in by_id(WHOLE) if not one.startswith("place/")} & set(by_id(other))


DATES = [
    ("12 MAR 1850", "1850-03-12", None),
    ("mar 1850", "1850-03", None),
    ("850", "0850", None),
    ("ABT 1643", "1643~", None),
    ("CAL 5 MAY 1850", "1850-05-05~", None),
    ("EST 1850", "1850~", None),
    ("BEF 1900", "[..1900]", None),
    ("AFT 1900", "[1900..]", None),
    ("BET 1660 AND 1665", "[1660..1665]", None),
    ("BET 1660 AND MAR 1665", "[1660..1665-03]", None),
    ("FROM 1900 TO 1905", "1900/1905", None),
    ("FROM 1900", "1900/", None),
    ("TO 1905", "/1905", None),
    ("INT 1850 (about the time of the flood)", "1850", None),
    ("44 B.C.", "-0043", None),
    ("15 MAR 44 BCE", "-0043-03-15", None),
    ("FROM 44 BC TO 14", "-0043/0014", None),
    ("@#DGREGORIAN@ 5 MAR 1700", "1700-03-05", None),
    ("@#DJULIAN@ 5 MAR 1700", "1700-03-05", "julian"),
    ("JULIAN 5 MAR 1700", "1700-03-05", "julian"),
    ("@#DJULIAN@ 29 FEB 1700", "1700-02-29", "julian"),
    ("10 FEB 1724/25", "1725-02-10", "julian"),
    ("10 FEB 1699/00", "1700-02-10", "julian"),
    ("BEF 10 JAN 1724/25", "[..1725-01-10]", "julian"),
    ("BET 10 FEB 1724/25 AND 5 MAY 1725", "[1725-02-10..1725-05-05]", "julian"),
    ("BET @#DJULIAN@ 1 JAN 1700 AND 5 MAY 1752", "[1700-01-11..1752-05-05]", None),
    ("@#DHEBREW@ 5 IYR 5708", "1948-05-14", "hebrew"),
    ("HEBREW 14 ADS 5784", "2024-03-24", "hebrew"),
    ("@#DHEBREW@ 5708", "[1947-09-15..1948-10-03]", "hebrew"),
    ("BEF @#DHEBREW@ 5708", "[..1948-10-03]", "hebrew"),
    ("@#DFRENCH R@ 18 BRUM 8", "1799-11-09", "french-republican"),
    ("FRENCH_R 6 COMP 3", "1795-09-22", "french-republican"),
    ("FROM @#DFRENCH R@ 18 BRUM 8 TO @#DFRENCH R@ 10 NIVO 14", "1799-11-09/1805-12-31", "french-republican"),
    ("ABT @#DFRENCH R@ 2", "[1793-09-22~..1794-09-21~]", "french-republican"),
]

IN_WORDS = [
    *(
        "(Stillborn)",
        "circa 1850",
        "12/03/1850",
        "31 FEB 1900",
        "1724/25",
        "10 JUN 1724/25",
        "10 FEB 1724/30",
    ),
    *(
        "5 MAY",
        "0",
        "@#DHEBREW@ 14 ADS 5783",
        "@#DFRENCH R@ 18 BRUM 15",
        "@#DFRENCH R@ 18 MAR 8",
        "@#DROMAN@ 5",
    ),
    *(
        "FROM 1905 TO 1900",
        "FROM @#DFRENCH R@ 2 TO 1800",
        "BET 1660",
        "AND 1665",
        "5 MAY 12345",
        "1850 " * 100,
    ),
]


@pytest.mark.parametrize(("text", "edtf", "calendar"), DATES)
def test_dates_of_the_grammar(text, edtf, calendar):
    date = read_date(text)
    assert (date.edtf, date.calendar, date.as_written) == (edtf, calendar, text)


@pytest.mark.parametrize("text", IN_WORDS)
def test_other_dates_are_kept_in_words(text):
    assert read_date(text) == (None, None, " ".join(text.split()))


@given(
    st.lists(
        st.sampled_from(
            [
                "BET",
                "AND",
                "FROM",
                "TO",
                "BEF",
                "ABT",
                "INT",
                "5",
                "31",
                "MAR",
                "ADS",
                "1724/25",
                "8",
                "5708",
                "@#DJULIAN@",
                "@#DHEBREW@",
                "BC",
                "(x)",
            ]
        )
    )
)
def test_any_words_are_read_as_a_date_or_kept(words):  # fmt: skip
    date = read_date(" ".join(words))
    if date.edtf is not None:
        parse_edtf(date.edtf)


def faults(text: str | bytes) -> list[tuple[int, str, str]]:
    return [(one.line, one.faults[0].code, one.faults[0].detail) for one in documents(text) if one.faults]


def with_lines(*lines: str) -> str:
    return "\n".join(["0 HEAD", "1 CHAR UTF-8", *lines, "0 TRLR", ""])


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "begins with 0 HEAD"),
        ("0 @I1@ INDI\n0 TRLR\n", 1, "begins with 0 HEAD"),
        ("0 HEAD\n0 @I1@ INDI\n1 NAME A\n", 2, "cut off"),
        ("0 HEAD\n0 TRLR\n0 @I1@ INDI\n0 TRLR\n", 3, "the last line"),
        (with_lines("0 @I1@ INDI", "2 DATE 1900"), 4, "a level rises by one"),
        (with_lines("0 @I1@ INDI", "1 BIRT", "3 DATE 1900"), 5, "the one above has 1"),
        (with_lines("0 @I1@ INDI", "Jane /Example/"), 4, "no line of GEDCOM"),
        (with_lines("0 @I1@ INDI", "0 @I1@ INDI"), 4, "on line 3 has the cross-reference @I1@ too"),
        (with_lines("0 @I1@ INDI", "1 FAMS @F9@"), 4, "FAMS points to @F9@, but no record"),
        (with_lines("0 @F1@ FAM", "1 HUSB @I9@"), 4, "HUSB points to @I9@"),
        (with_lines("0 @F1@ FAM", "1 CHIL @I9@"), 4, "CHIL points to @I9@"),
        (with_lines("0 @F1@ FAM", "1 HUSB @F1@"), 4, "which is FAM and not INDI"),
        (with_lines("0 @F1@ FAM", "1 HUSB John"), 4, "Give HUSB a pointer"),
        (with_lines("0 @I1@ INDI", "1 BIRT", "2 SOUR @S9@"), 5, "SOUR points to @S9@"),
        (with_lines("0 @I1@ INDI", "1 NOTE @N9@"), 4, "NOTE points to @N9@"),
        (
            with_lines("0 @I1@ INDI", "1 BIRT", "2 PLAC A", "3 MAP", "4 LATI N95", "4 LONG E1"),
            7,
            "at most 90",
        ),
        (
            with_lines("0 @I1@ INDI", "1 BIRT", "2 PLAC A", "3 MAP", "4 LATI E5", "4 LONG E1"),
            7,
            "LATI as N or S",
        ),
        (
            with_lines("0 @I1@ INDI", "1 BIRT", "2 PLAC A", "3 MAP", "4 LATI N5° 61'", "4 LONG E1"),
            7,
            "LATI as N or S",
        ),
        (with_lines("0 @I1@ INDI", "1 BIRT", "2 PLAC A", "3 MAP", "4 LATI N5"), 6, "both LATI and LONG"),
    ],
)
def test_what_is_malformed_is_a_fault_of_its_line_and_told_once(text, line, says):
    [(where, code, detail)] = faults(text)
    assert (where, code) == (line, "invalid_gedcom")
    assert says in detail


async def test_a_fault_writes_nothing(writer):
    body = WHOLE.replace("1 FAMC @F1@", "1 FAMC @F9@").encode()
    answer = await writer.ask("POST", "/v1/imports", content=body, headers={"content-type": MEDIA_TYPE})
    assert answer.status_code == 422
    [fault] = answer.json()["report"]["faults"]
    assert fault["line"] == next(
        number for number, line in enumerate(WHOLE.splitlines(), 1) if "FAMC" in line
    )
    assert "FAMC points to @F9@" in fault["detail"]
    assert (await writer.ask("GET", "/v1/actors?count=exact")).json()["items"] == []


def test_a_person_that_is_its_own_ancestor_is_told_and_harmless():
    loop = with_lines(
        *("0 @I1@ INDI", "1 NAME A", "0 @I2@ INDI", "1 NAME B", "0 @I3@ INDI", "1 NAME C"),
        *(
            "0 @F1@ FAM",
            "1 HUSB @I1@",
            "1 CHIL @I2@",
            "0 @F2@ FAM",
            "1 HUSB @I2@",
            "1 CHIL @I1@",
            "1 CHIL @I3@",
        ),
        *("0 @F3@ FAM", "1 HUSB @I3@", "1 CHIL @I3@"),
    )
    loop = loop.replace(
        "0 TRLR",
        "0 @I4@ INDI\n1 NAME D\n0 @F4@ FAM\n1 HUSB @I3@\n1 CHIL @I4@\n0 @I5@ INDI\n1 NAME E\n0 @F5@ FAM\n1 HUSB @I5@\n1 CHIL @I1@\n0 TRLR",
    )
    found = {one.raw["title"]: one for one in documents(loop)}
    assert {name for name, one in found.items() if "family_loop" in one.notes} == {"A", "B", "C"}
    assert [one["target"] for one in found["A"].raw["relations"]] == ["actors/b-i2", "actors/e-i5"]
    assert [one["target"] for one in found["C"].raw["relations"]] == ["actors/b-i2"]
    straight = with_lines(
        "0 @I1@ INDI", "1 NAME A", "0 @I2@ INDI", "1 NAME B", "0 @F1@ FAM", "1 HUSB @I1@", "1 CHIL @I2@"
    )
    assert not any(one.notes for one in documents(straight))


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        *(("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UNICODE"), ("utf-16-le", "UNICODE")),
        *(
            ("utf-16-be", "UNICODE"),
            ("cp1252", "ANSI"),
            ("cp1252", "WINDOWS-1252"),
            ("mac-roman", "MACINTOSH"),
        ),
    ],
)
def test_every_encoding_and_end_of_lines_reads_the_same(encoding, named, ends):
    text = WHOLE.replace("CHAR UTF-8", f"CHAR {named}").replace("\n", ends)
    assert by_id(text.encode(encoding)) == by_id(WHOLE)
    assert [one.line for one in documents(text.encode(encoding))] == [one.line for one in documents(WHOLE)]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (WHOLE.replace("CHAR UTF-8", "CHAR IBMPC").encode(), "The encoding IBMPC (1 CHAR) is not read"),
        (WHOLE.replace("1 CHAR UTF-8\n", "").encode("cp1252"), "Say which encoding this is"),
        (
            WHOLE.replace("CHAR UTF-8", "CHAR ANSEL").encode("ascii", "ignore") + b"\xff",
            "bytes that are not ANSEL",
        ),
        (
            WHOLE.replace("CHAR UTF-8", "CHAR ANSEL").encode("ascii", "ignore") + b"\xe2" * 1000,
            "bytes that are not ANSEL",
        ),
        (WHOLE.encode("cp1252"), "bytes that are not utf-8"),
    ],
)
def test_an_encoding_that_is_not_read_is_refused_with_what_to_do(raw, says):
    found = faults(raw)
    assert [code for _, code, _ in found] == ["wrong_encoding"]
    assert says in found[0][2]
    assert "UTF-8" in found[0][2]


def test_ansel_has_accents_before_their_letters():
    raw = WHOLE.replace("CHAR UTF-8", "CHAR ANSEL").encode("latin-1")
    for letter, written in {
        "é": b"\xe2e",
        "í": b"\xe2i",
        "ú": b"\xe2u",
        "ñ": b"\xe4n",
        "á": b"\xe2a",
    }.items():
        raw = raw.replace(letter.encode("latin-1"), written)
    # Texts are composed when documents are validated.
    composed = unicodedata.normalize("NFC", repr(by_id(raw)))
    assert composed == repr(by_id(WHOLE))


def test_gedcom_7_with_its_own_words():
    found = by_id(
        "0 HEAD\n1 GEDC\n2 VERS 7.0\n0 @I1@ INDI\n1 NAME Zoë\n1 BIRT\n2 DATE\n3 PHRASE in spring\n1 DEAT\n"
        "2 DATE BET 1900 AND 1901\n3 PHRASE before the war\n2 PLAC Bern\n1 FAMS @VOID@\n1 SNOTE @N1@\n"
        "0 @N1@ SNOTE Shared.\n0 TRLR\n"
    )
    zoe = found["actor/zoe-i1"]
    assert zoe["summary"] == "Birth: in spring\nShared."
    assert found["event/death-of-zoe-i1"]["date"]["as_written"] == "BET 1900 AND 1901 (before the war)"


def test_persons_and_families_need_no_cross_reference():
    """GEDCOM 7.0, 1.3: only what is pointed to has to have one."""
    long = "X" * 200
    text = with_lines(
        *("0 INDI", "1 NAME Jane /Example/", "1 FAMC @F1@", "0 INDI", "1 NAME John /Sample/"),
        *("0 @F1@ FAM", f"1 HUSB @{long}@", "0 FAM", f"1 HUSB @{long}@", "1 MARR", "2 DATE 1900"),
        *(f"0 @{long}@ INDI", "1 NAME Karl /Example/"),
    )
    found = by_id(text)
    assert sorted(one["title"] for one in found.values()) == [
        "Jane Example",
        "John Sample",
        "Karl Example",
        "Marriage of Karl Example",
    ]
    [jane, karl] = [one for one in found.values() if one["title"] in {"Jane Example", "Karl Example"}]
    assert jane["relations"] == [{"type": "child-of", "target": f"actors/{karl['id']}"}]
    # The ids are made of what the records say, and stay where lines are added before them.
    assert by_id(text.replace("0 INDI", "0 @S1@ SOUR\n1 TITL Register\n0 INDI", 1)).keys() > found.keys()


def test_who_else_took_part_in_an_event():
    """GEDCOM 7.0: ASSO below an event."""
    found = by_id(
        with_lines(
            *("0 @I1@ INDI", "1 NAME Jane /Example/", "1 BIRT", "2 DATE 1900"),
            *("2 ASSO @I2@", "3 ROLE WITN", "3 NOTE Signed with a cross.", "2 ASSO @I2@", "3 ROLE GODP"),
            *("2 ASSO @VOID@", "3 PHRASE Mr Stockdale", "3 ROLE OTHER", "4 PHRASE Teacher"),
            *("0 @I2@ INDI", "1 NAME John /Sample/"),
        )
    )
    jane, john = (f"actors/{one['id']}" for one in found.values() if one["kind"] == "actor")
    [birth] = [one for one in found.values() if one["kind"] == "event"]
    assert birth["participants"] == [
        {"actor": jane, "role": "newborn"},
        {"actor": john, "role": "witness", "note": "Signed with a cross."},
        {"actor": john, "note": "Role: godp"},
    ]
    assert birth["summary"] == "Teacher: Mr Stockdale"
    assert faults(with_lines("0 @I1@ INDI", "1 BIRT", "2 ASSO @I9@")) == [
        (5, "invalid_gedcom", "ASSO points to @I9@, but no record of the file is called so.")
    ]


def test_an_alias_may_be_a_name_and_no_pointer():
    found = by_id(with_lines("0 @I1@ INDI", "1 NAME Virginia /Sample/", "1 ALIA Ginny /Sample/"))
    assert [(one["title"], one["aliases"]) for one in found.values()] == [
        ("Virginia Sample", ["Ginny Sample"])
    ]


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        ("N50.5", "W19.25"),
        ("50.5", "-19.25"),
        ("n50.5", "w19.25"),
        ("+50° 30' 0\"", "-19° 15' 0\""),
        ("50:30:00N", "19:15:00W"),
    ],
)
def test_maps_as_programs_write_them(latitude, longitude):
    lines = ("1 BIRT", "2 PLAC Exampleton", "3 MAP", f"4 LATI {latitude}", f"4 LONG {longitude}")
    found = by_id(with_lines("0 @I1@ INDI", "1 NAME A", *lines))
    assert found["place/exampleton"]["geometry"]["coordinates"] == [-19.25, 50.5]


def test_an_encoding_that_is_said_counts_more_than_what_the_file_says():
    raw = WHOLE.replace("CHAR UTF-8", "CHAR ASCII").encode("latin-1")
    assert faults(raw)[0][2].endswith("or `charset` in Content-Type.")
    found = [one.raw for one in read("gedcom", [raw], encoding="latin-1")]
    assert found == [one.raw for one in documents(WHOLE)]


def test_a_date_that_follows_no_grammar_is_kept_in_words_and_told():
    [person] = documents(with_lines("0 @I1@ INDI", "1 NAME A", "1 BIRT", "2 DATE circa 1850"))
    assert person.raw["summary"] == "Birth: circa 1850"
    assert person.notes == ("gedcom_dates",)


def test_death_before_birth_is_two_events_and_no_life():
    found = by_id(with_lines("0 @I1@ INDI", "1 NAME A", "1 BIRT", "2 DATE 1900", "1 DEAT", "2 DATE 1850"))
    assert sorted(found) == ["actor/a-1900-i1", "event/birth-of-a-1900-i1", "event/death-of-a-1900-i1"]
    assert "date" not in found["actor/a-1900-i1"]


@pytest.mark.parametrize(
    "lines",
    [
        ["1 NOTE x", *["2 CONC " + "y" * 60_000] * 200],
        ["1 NOTE x", *["2 CONC y"] * 100_001],
        ["1 FAMS @F1@"] * 100_001,
    ],
)
def test_a_record_that_would_take_much_memory_is_refused(lines):
    huge = with_lines("0 @I1@ INDI", *lines).encode()
    [fault] = [one for one in read("gedcom", [huge]) if one.faults]
    assert "A record may have" in fault.faults[0].detail


def test_notes_that_grow_by_being_pointed_to_are_refused():
    text = with_lines("0 @N1@ NOTE " + "x" * 90_000, "0 @I1@ INDI", *["1 EVEN", "2 NOTE @N1@"] * 200)
    [fault] = [one for one in read("gedcom", [text.encode()]) if one.faults]
    assert "notes that this record points to" in fault.faults[0].detail


def test_a_family_of_many_partners_is_refused():
    text = with_lines("0 @I1@ INDI", "0 @F1@ FAM", *["1 HUSB @I1@"] * 11)
    assert [(line, "10 partners" in detail) for line, _, detail in faults(text)] == [(15, True)]


LINES = st.sampled_from(
    [
        "0 @I1@ INDI",
        "0 @F1@ FAM",
        "0 @S1@ SOUR",
        "1 NAME A /B/",
        "1 BIRT",
        "2 DATE 1900",
        "2 PLAC X",
        "3 MAP",
        "4 LATI N1",
        "1 HUSB @I1@",
        "1 CHIL @I1@",
        "1 FAMC @F1@",
        "1 NOTE x",
        "2 CONT y",
        "1 SOUR @S1@",
        "2 PAGE 3",
        "x",
        "1 MARR Y",
        "",
    ]
)


@given(st.lists(LINES, max_size=30))
def test_any_lines_are_documents_or_faults(lines):
    for one in documents(with_lines(*lines), 5000):
        assert one.faults or one.raw
        assert set(one.notes) <= NOTES.keys()


def test_it_is_known_by_its_suffix_and_its_media_type():
    assert format_of_name("x.ged") == format_of_name("X.GED.gz") == MEDIA_TYPES[MEDIA_TYPE] == "gedcom"
