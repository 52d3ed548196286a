"""Gramps in: what persons, events, places and sources become, and what is refused."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports.documents import NOTES, ImportedDocument
from app.imports.readers import MEDIA_TYPES, format_of_file, format_of_name, read
from app.imports.readers.gramps import index
from app.imports.readers.gramps.dates import DATES, read_date
from app.imports.readers.gramps.places import degrees
from app.imports.readers.gramps.xml import MAX_ELEMENTS, Element
from app.values.edtf.value import parse_edtf

MEDIA_TYPE = "application/x-gramps-xml"
ROOT = '<database xmlns="http://gramps-project.org/xml/1.7.1/">'

WHOLE = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE database PUBLIC "-//Gramps//DTD Gramps XML 1.7.1//EN"
"http://gramps-project.org/xml/1.7.1/grampsxml.dtd">
{ROOT}
 <header><created date="2026-01-01" version="5.1.6"/></header>
 <tags><tag handle="_t1" name="To do" color="#000000" priority="0"/></tags>
 <events>
  <event handle="_e1" id="E1"><type>Birth</type><dateval val="1643" type="about" quality="estimated"/>
   <place hlink="_p1"/><description>At home</description><citationref hlink="_c1"/></event>
  <event handle="_e2" id="E2"><type>Death</type><dateval val="1725-01-10"/></event>
  <event handle="_e3" id="E3"><type>Marriage</type><daterange start="1660" stop="1665"/><place hlink="_p1"/>
   <noteref hlink="_n1"/></event>
  <event handle="_e4" id="E4"><type>Birth</type><dateval val="1640-02-03"/></event>
 </events>
 <people>
  <person handle="_i1" id="I1" priv="1"><gender>F</gender>
   <name type="Birth Name"><first>Jane</first><surname>Example</surname><citationref hlink="_c1"/></name>
   <name alt="1" type="Married Name"><first>Jane</first><surname prefix="van">Sample</surname></name>
   <name alt="1"><first>Joan</first><surname>Example</surname><nick>Jo</nick></name>
   <eventref hlink="_e1" role="Primary"/><eventref hlink="_e2" role="Primary"/>
   <objref hlink="_o1"/>
   <address><dateval val="1700"/><city>Exampleton</city></address>
   <attribute type="Occupation" value="Smith"/>
   <url href="https://example.org/jane" type="Web Home" description="Page"/>
   <parentin hlink="_f1"/><noteref hlink="_n1"/><tagref hlink="_t1"/></person>
  <person handle="_i2" id="I2"><gender>M</gender><name><first>John</first><surname>Sample</surname></name>
   <eventref hlink="_e4" role="Primary"/><parentin hlink="_f1"/></person>
  <person handle="_i3" id="I3"><gender>U</gender><name><first>Ann</first></name>
   <eventref hlink="_e3" role="Witness"/><childof hlink="_f1"/><personref hlink="_i2" rel="Godfather"/></person>
 </people>
 <families>
  <family handle="_f1" id="F1"><rel type="Married"/><father hlink="_i2"/><mother hlink="_i1"/>
   <eventref hlink="_e3" role="Family"/><childref hlink="_i3" frel="Adopted" mrel="Adopted"/><noteref hlink="_n1"/>
   <attribute type="Dowry" value="Two cows"/></family>
 </families>
 <citations>
  <citation handle="_c1"><dateval val="1643-05-06"/><page>12</page><confidence>3</confidence><sourceref hlink="_s1"/></citation>
 </citations>
 <sources>
  <source handle="_s1" id="S1"><stitle>Register</stitle><sauthor>The parish</sauthor><spubinfo>1700</spubinfo>
   <reporef hlink="_r1" callno="Box 4" medium="Book"/></source>
 </sources>
 <places>
  <placeobj handle="_p1" id="P1" type="Town"><ptitle>Exampleton, Old County</ptitle><pname value="Exampleton"/>
   <pname value="Beispiel" lang="de"><datespan start="1600" stop="1700"/></pname>
   <coord long="6°30'W" lat="36.53N"/>
   <placeref hlink="_p2"><dateval val="1800" type="before"/></placeref>
   <placeref hlink="_p3"><dateval val="1800" type="after"/></placeref></placeobj>
  <placeobj handle="_p2" id="P2" type="County"><pname value="Old County"/></placeobj>
  <placeobj handle="_p3" id="P3" type="Farm"><pname value="New Farm"/><coord long="somewhere" lat="1"/></placeobj>
 </places>
 <objects><object handle="_o1"><file src="x.jpg" mime="image/jpeg" description="x"/></object></objects>
 <repositories><repository handle="_r1" id="R1"><rname>Diocesan archive</rname><type>Archive</type></repository></repositories>
 <notes><note handle="_n1" id="N1" type="General"><text>Shared by others.</text></note></notes>
</database>
"""


def documents(text: str | bytes, size: int = 11) -> list[ImportedDocument]:
    raw = text.encode() if isinstance(text, str) else text
    return list(read("gramps", (raw[at : at + size] for at in range(0, len(raw), size))))


def by_title(text: str | bytes) -> dict[str, dict]:
    found = documents(text, 5000)
    assert not [one.faults for one in found if one.faults]
    return {one.raw["title"]: dict(one.raw) for one in found}


def faults(text: str | bytes) -> list[tuple[int, str]]:
    return [(one.line, fault.detail) for one in documents(text, 5000) for fault in one.faults]


def with_objects(*sections: str) -> str:
    return f"{ROOT}\n{''.join(sections)}\n</database>"


async def test_over_http_all_of_a_file_is_there(writer):
    for content in (WHOLE.encode(), gzip.compress(WHOLE.encode())):
        answer = await writer.ask(
            "POST", "/v1/imports", content=content, headers={"content-type": MEDIA_TYPE}
        )
        assert answer.status_code == 200, answer.text
        report = answer.json()
        assert (report["created"] + report["unchanged"], report["failed"]) == (10, 0), report
    assert report["unchanged"] == 10
    assert {one["code"] for one in report["notes"]} == {"gramps_media", "gramps_private"}
    witnessed = (await writer.ask("GET", "/v1/events?type=marriage&when=1662")).json()["items"]
    assert [one["title"] for one in witnessed] == ["Marriage of John Sample and Jane Example"]
    near = (await writer.ask("GET", "/v1/places?near=36.53,-6.5&within_km=1")).json()["items"]
    assert [one["title"] for one in near] == ["Exampleton"]


def test_the_command_line_knows_the_file_by_its_content(annals, database_url, tmp_path):
    file = tmp_path / "family.xml"
    file.write_text(WHOLE)
    report = annals("import", file, "--json", url=database_url).json
    assert (report["created"], report["failed"]) == (10, 0)


def test_what_persons_and_families_become():
    found = by_title(WHOLE)
    jane, john, ann = (found[name] for name in ("Jane Example", "John Sample", "Ann"))
    assert jane["date"] == {
        "edtf": "1643~/1725-01-10",
        "as_written": "born about 1643 (estimated), died 1725-01-10",
    }
    assert "date" not in john
    assert jane["names"] == [{"name": "Jane van Sample", "note": "Married Name"}]
    assert jane["aliases"] == ["Joan Example", "Jo"]
    assert jane["tags"] == ["To do"]
    assert jane["summary"].splitlines() == [
        "Sex: female",
        "Occupation: Smith",
        "Address: Exampleton (1700)",
        "Web Home: https://example.org/jane (Page)",
        "Shared by others.",
    ]
    assert jane["evidence"] == [
        {
            "property": "title",
            "source": f"sources/{found['Register']['id']}",
            "selector": {"page": "12"},
            "note": "Recorded: 1643-05-06\nConfidence: high",
        }
    ]
    assert john["relations"] == [{"type": "spouse-of", "target": f"actors/{jane['id']}"}]
    assert ann["relations"] == [
        {"type": "child-of", "target": f"actors/{john['id']}", "note": "adopted"},
        {"type": "child-of", "target": f"actors/{jane['id']}", "note": "adopted"},
        {"type": "related-to", "target": f"actors/{john['id']}", "note": "Godfather"},
    ]


def test_what_events_become():
    found = by_title(WHOLE)
    marriage = found["Marriage of John Sample and Jane Example"]
    assert (marriage["type"], marriage["date"]["edtf"]) == ("marriage", "[1660..1665]")
    assert marriage["summary"].splitlines() == ["Dowry: Two cows", "Shared by others."]
    assert {one["actor"]: one["role"] for one in marriage["participants"]} == {
        f"actors/{found['Ann']['id']}": "witness",
        f"actors/{found['John Sample']['id']}": "subject",
        f"actors/{found['Jane Example']['id']}": "subject",
    }
    assert found["Birth of Jane Example"]["places"] == [{"place": f"places/{found['Exampleton']['id']}"}]
    assert found["Birth of John Sample"]["date"]["edtf"] == "1640-02-03"
    # The date of her life says all that is known of her death.
    assert "Death of Jane Example" not in found


def test_what_places_and_sources_become():
    found = by_title(WHOLE)
    place = found["Exampleton"]
    assert place["names"] == [
        {
            "name": "Beispiel",
            "language": "de",
            "date": {"edtf": "1600/1700", "as_written": "from 1600 to 1700"},
        }
    ]
    assert (place["type"], place["aliases"], place.get("tags")) == ("town", ["Exampleton, Old County"], None)
    assert place["geometry"] == {"type": "Point", "coordinates": [-6.5, 36.53]}
    assert [(one["target"], one["date"]["edtf"]) for one in place["relations"]] == [
        (f"places/{found['Old County']['id']}", "/1800"),
        (f"places/{found['New Farm']['id']}", "1800/"),
    ]
    assert found["New Farm"]["tags"] == ["farm"]
    assert found["New Farm"]["summary"] == "Position: 1, somewhere"
    source = found["Register"]
    assert (source["archive"], source["shelfmark"], source["authors"]) == (
        "Diocesan archive",
        "Box 4",
        ["The parish"],
    )


@pytest.mark.parametrize(
    ("element", "edtf", "calendar"),
    [
        ('<dateval val="1850"/>', "1850", None),
        ('<dateval val="1850-02-00"/>', "1850-02", None),
        ('<dateval val="-44"/>', "-0043", None),
        ('<dateval val="1850" type="about"/>', "1850~", None),
        ('<dateval val="1850" quality="calculated"/>', "1850~", None),
        ('<dateval val="1850" type="before"/>', "[..1850]", None),
        ('<dateval val="1850" type="before" quality="estimated"/>', "[..1850~]", None),
        ('<dateval val="1850" type="after"/>', "[1850..]", None),
        ('<dateval val="1850" type="from"/>', "1850/", None),
        ('<daterange start="1850" stop="1852-03"/>', "[1850..1852-03]", None),
        ('<datespan start="1850" stop="1852" quality="estimated"/>', "1850~/1852~", None),
        ('<dateval val="1700-02-29" cformat="Julian"/>', "1700-02-29", "julian"),
        (
            '<dateval val="1725-01-10" cformat="Julian" dualdated="1" newyear="Mar25"/>',
            "1725-01-10",
            "julian",
        ),
        ('<dateval val="5708-08-05" cformat="Hebrew"/>', "1948-04-14", "hebrew"),
        ('<dateval val="0008-02-18" cformat="French Republican"/>', "1799-11-09", "french-republican"),
        ('<dateval val="1300" cformat="Islamic"/>', "[1882-11-12..1883-11-01]", "islamic"),
        ('<dateval val="1327-01-01" cformat="Persian"/>', "1948-03-21", "persian"),
        # Sweden left out the leap day of 1700, and had two of them in 1712.
        ('<dateval val="1700-03-01" cformat="Swedish"/>', "1700-03-11", None),
        ('<dateval val="1712-02-30" cformat="Swedish"/>', "1712-03-11", None),
        ('<datestr val="early 1920s"/>', "[1920..1923]", None),
        ('<datestr val="5 Nisan 5708"/>', "1948-04-14", "hebrew"),
        # These are kept as words.
        ('<datestr val="3/4/1848"/>', None, None),
        ('<datestr val="when the barn burned"/>', None, None),
        ('<dateval val="1723-02-10" newyear="Mar25"/>', None, None),
        ('<dateval val="1850-02-30"/>', None, None),
        ('<dateval val="0000-02-03"/>', None, None),
        ('<dateval val="1720-01-01" cformat="Swedish"/>', None, None),
        ('<dateval val="1711-02-29" cformat="Swedish"/>', None, None),
        ('<dateval val="1850" cformat="Mayan"/>', None, None),
        ('<datespan start="1300" stop="1301" cformat="Islamic"/>', None, None),
    ],
)
def test_dates(element, edtf, calendar):
    text = with_objects(
        f'<events><event handle="_e"><type>Fire</type>{element}<description>D</description></event></events>'
    )
    [one] = documents(text)
    date = one.raw.get("date", {})
    assert (date.get("edtf"), date.get("calendar")) == (edtf, calendar)
    assert one.notes == (() if edtf else ("gramps_dates",))
    assert edtf or one.raw["summary"].startswith("Date: ")


@given(
    st.sampled_from(DATES),
    st.dictionaries(
        st.sampled_from(["val", "start", "stop", "type", "quality", "cformat", "dualdated", "newyear"]),
        st.sampled_from(
            ["1850", "-44", "1712-02-30", "0000", "about", "to", "estimated", "Julian", "Swedish", "1", "x"]
        ),
    ),
)
def test_any_date_is_read_or_kept_in_words(tag, attributes):
    found = read_date(Element(tag, attributes, 1))
    if found.edtf is not None:
        parse_edtf(found.edtf)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("36.53", 36.53),
        ("-36,5", -36.5),
        ("S36.5", -36.5),
        ("36°30'36\"N", 36.51),
        ("36:30:36", 36.51),
        ("36 30 S", -36.5),
        ("91", None),
        ("36°60'", None),
        ("N36S", None),
        ("36E", None),
        ("x", None),
    ],
)
def test_positions(text, found):
    assert degrees(text, "N", "S", 90) == found


@pytest.mark.parametrize(
    ("text", "line", "detail"),
    [
        ("<database><people/></database>", 1, "A file of Gramps begins with"),
        ("<database", 1, "no well-formed XML"),
        (f"{ROOT}<people>", 1, "no well-formed XML"),
        (ROOT.replace("1.7.1", "1.4.0") + "</database>", 1, "before 3.4"),
        (f'<!DOCTYPE database [\n<!ENTITY a "b">]>{ROOT}</database>', 2, "entity"),
        (
            f'<!DOCTYPE database SYSTEM "x.dtd">{ROOT}\n<notes><note handle="n"><text>&a;</text></note></notes></database>',
            2,
            "entity",
        ),
        (ROOT + "<a>" * 40, 1, "deep"),
        (with_objects('<people><person handle="i"><childof hlink="f"/></person></people>'), 2, "handle f"),
        (
            with_objects('<people><person handle="i"><eventref hlink="i"/></person></people>'),
            2,
            "is a person and no event",
        ),
        (
            with_objects('<people><person handle="i"/><person handle="i"/></people>'),
            2,
            "has the handle i too",
        ),
        (
            with_objects(
                '<families><family handle="f"><father hlink="x"/><father hlink="y"/></family></families>'
            ),
            2,
            "one father",
        ),
        (with_objects("<people><person/></people>"), 2, "Give this object a handle"),
        (with_objects('<families><family handle="f"><father hlink="x"/></family></families>'), 2, "handle x"),
        (
            with_objects('<notes><note handle="n">', "<x/>" * MAX_ELEMENTS, "</note></notes>"),
            2,
            "An object may have",
        ),
        (with_objects('<notes><note handle="n" x="', "y" * 10_000_000), 2, "An object may have"),
    ],
)
def test_what_is_refused_and_where(text, line, detail):
    [found] = faults(text)
    assert found[0] == line
    assert detail in found[1]


def test_after_an_object_that_is_too_large_the_next_is_read():
    many = f'<note handle="n">{"<x/>" * MAX_ELEMENTS}</note>'
    found = documents(
        with_objects(
            f'<notes>{many}</notes><people><person handle="i"><name><first>A</first></name></person></people>'
        )
    )
    assert [bool(one.faults) for one in found] == [True, False]
    assert found[1].raw["title"] == "A"


def test_notes_that_grow_by_being_pointed_to_are_refused():
    note = f'<notes><note handle="n"><text>{"x" * 90_000}</text></note></notes>'
    pointers = '<noteref hlink="n"/>' * 2_000
    person = f'<people><person handle="i">{pointers}</person></people>'
    [(_, detail)] = faults(with_objects(note, person))
    assert "than any record may have" in detail


def test_an_object_that_points_to_more_than_any_record_may_is_refused(monkeypatch):
    monkeypatch.setattr(index, "MAX_FOUND", 50)
    event = '<events><event handle="e"><type>Census</type></event></events>'
    ref = '<eventref hlink="e" role="Primary"/>'
    person = f'<people><person handle="i">{ref * 60}</person></people>'
    assert "more references" in faults(with_objects(event, person))[0][1]


def test_names_and_wholes_that_are_told_again_are_one():
    names = '<pname value="A" lang="en"/><pname value="B" lang="en"/>' * 2
    wholes = '<placeref hlink="y"/>' * 2
    place = f'<places><placeobj handle="x">{names}{wholes}</placeobj><placeobj handle="y"/></places>'
    found = documents(with_objects(place))[0].raw
    assert [one["name"] for one in found["names"]] == ["A", "B"]
    assert len(found["relations"]) == 1


def test_who_is_an_ancestor_of_themselves_is_told():
    text = with_objects(
        '<people><person handle="i"/><person handle="j"/></people><families>'
        '<family handle="f"><father hlink="i"/><childref hlink="j"/></family>'
        '<family handle="g"><father hlink="j"/><childref hlink="i"/></family></families>'
    )
    assert [one.notes for one in documents(text)] == [("family_loop",), ("family_loop",)]


def test_what_is_left_out_is_told():
    text = with_objects(
        '<people><person handle="i"><lds_ord type="baptism"/></person></people>'
        '<bookmarks><bookmark target="person" hlink="i"/></bookmarks>'
    )
    assert [one.notes for one in documents(text)] == [("gramps_other",)]


PIECES = st.sampled_from(
    [
        *(
            "<people>",
            "</people>",
            '<person handle="i">',
            "</person>",
            "<name>",
            "</name>",
            "<first>A</first>",
        ),
        *(
            '<eventref hlink="e"/>',
            "<events>",
            '<event handle="e">',
            "<type>Birth</type>",
            "</event>",
            "</events>",
        ),
        *('<dateval val="1900"/>', '<noteref hlink="n"/>', '<childof hlink="f"/>', "&amp;", "&a;", "x", ""),
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_elements_are_documents_or_faults(text):
    for one in documents(with_objects(text), 5000):
        assert one.faults or one.raw
        assert set(one.notes) <= NOTES.keys()


def test_it_is_known_by_its_suffix_its_media_type_and_its_content():
    assert format_of_name("x.gramps") == MEDIA_TYPES[MEDIA_TYPE] == "gramps"
    assert format_of_file("x.xml", [WHOLE.encode()])[0] == "gramps"
    assert format_of_file("x", [gzip.compress(WHOLE.encode())])[0] == "gramps"
    assert format_of_file("x.xml", [b"<html><body/></html>"])[0] is None


@pytest.mark.parametrize("encoding", ["utf-7", "utf-32", "idna", "zlib_codec", "no-such"])
def test_encodings_that_are_not_read_are_faults(encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?>{ROOT}</database>'
    (one,) = read("gramps", [text.encode()])
    assert [fault.code for fault in one.faults] == ["invalid_gramps"]


def test_defaults_of_attributes_are_not_held_for_each_element():
    doctype = '<!DOCTYPE database [<!ATTLIST person id CDATA "' + "x" * 1000 + '">]>'
    (one,) = read("gramps", [f'{doctype}{ROOT}<people><person handle="p"/></people></database>'.encode()])
    assert one.raw["title"] == "Unnamed person"
