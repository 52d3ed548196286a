"""Rows that are read as text, without an XML parser: what they give is what the parser gives, whatever is in them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_spreadsheets import SHEET, book, changed

from app.imports.readers.spreadsheets import BadSpreadsheet, open_spreadsheet
from app.imports.readers.spreadsheets.plain_xml import without_plain_elements

STRINGS = (
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>Riga</t></si>'
    '<si><t xml:space="preserve"> a &amp;lt; b </t></si>{}<si/><si><t>last</t></si></sst>'
)
RICH = "<si><r><t>Zü</t></r><r><t>rich</t></r></si>"
COMMENT = "<!-- no part of a plain sheet -->"

PLAIN = (
    '<c r="A{0}" t="s"><v>0</v></c>',
    '<c r="B{0}"><v>12.5</v></c>',
    '<c r="B{0}" s="1"><v>22666</v></c>',
    '<c r="B{0}" s="1" t="n"><v>22666.5</v></c>',
    '<c r="B{0}" t="s" s="1"><v>1</v></c>',
    '<c r="C{0}" t="inlineStr"><is><t>a &lt; b, "&gt;</t></is></c>',
    '<c r="C{0}" t="str"><f>A1&amp;B1</f><v>x"/>y</v></c>',
    '<c r="C{0}"><f aca="false">1+1</f><v>2</v></c>',
    '<c r="C{0}" t="e"><v>#N/A</v></c>',
    '<c r="D{0}" s="1"/>',
    '<c r="D{0}" s="1" /><c r="E{0}"><v>1E3</v></c>',
    '<c r="D{0}"></c><c r="E{0}" t="b"><v>1</v></c>',
)
UNUSUAL = (
    '<c r="A{0}" t="s"><v>2</v></c>',
    '<c r="A{0}" t="s"><v>99</v></c>',
    '<c r="A{0}" t="s"><v>-1</v></c>',
    f'<c r="A{{0}}" t="s"><v>{"9" * 5000}</v></c>',
    f'<c r="A{{0}}" s="1"><v>{"9" * 5000}</v></c>',
    '<c r="B{0}"><v>many</v></c>',
    '<c r="B{0}"><v></v></c>',
    '<c r="B{0}"><f>1+1</f><v></v></c>',
    '<c r="B{0}"><f>1+1</f></c>',
    '<c r="B{0}" t="inlineStr"><is><t>&#65;&#x42;</t></is></c>',
    '<c r="B{0}" t="inlineStr"><is><r><t>one</t></r><r><t> two</t></r></is></c>',
    '<c r="B{0}" t="str"><v><![CDATA[</row><c>]]></v></c>',
    '<c r="B{0}" t="str"><v>a\r\nb</v></c>',
    '<c r="B{0}" t="str"><v>a"/></c>',
    '<c  r="B{0}"><v>1</v></c>',
    '<c r="B{0}"><v>1</v><!-- </row> --></c>',
    '<c r="A1"><v>1</v></c>',
    '<c r="B{0}"><v>1</v></c><c r="B{0}"><v>1</v></c>',
    '<c r="B{0}" r="C{0}"><v>1</v></c>',
    '<c r="B{0}"><xv>1</v></c>',
    '<c r="B{0}"><v>1</v></c>and more',
    '<c r="B{0}" t="str"><v>\x01</v></c>',
    '<c r="B{0}" t="str"><v>]]></v></c>',
    '<c r="b{0}"><v>1</v></c>',
    '<c r="XFE{0}"><v>1</v></c>',
)


def rows_of_workbook(rows, *, plain):
    """Yield the rows of a sheet; a comment before them leaves all of it to the parser."""
    sheet = SHEET.format(f"{'' if plain else COMMENT}<sheetData>{rows}</sheetData>")
    data = changed(
        book({"s": [["x", date(1950, 1, 1)]]}),
        **{"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": STRINGS.format(RICH)},
    )
    yield from open_spreadsheet([data]).rows("s")


def rows_of(rows, *, plain):
    """Return the rows; of a sheet that is broken only what it is refused with, as the parser reads further ahead."""
    try:
        return list(rows_of_workbook(rows, plain=plain))
    except BadSpreadsheet as error:
        return error.code


@pytest.mark.parametrize("cell", [*PLAIN, *UNUSUAL])
def test_a_cell_is_what_the_parser_makes_of_it(cell):
    rows = f'<row r="1">{PLAIN[0].format(1)}</row><row r="2" spans="1:5">{cell.format(2)}</row>'
    rows += f'<row r="3" ht="2"/><row r="4">{PLAIN[5].format(4)}</row>'
    assert rows_of(rows, plain=True) == rows_of(rows, plain=False)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", ' r="{0}"', ' r="{0}" spans="1:9"', ' r="3"']),
            st.lists(st.sampled_from(PLAIN[:3] + PLAIN[5:10] + UNUSUAL[:6]), max_size=4),
        ),
        max_size=4,
    )
)
def test_rows_are_what_the_parser_makes_of_them(drawn):
    rows = "".join(
        f"<row{attributes.format(at)}>{''.join(cells).format(at)}</row>"
        for at, (attributes, cells) in enumerate(drawn, 1)
    )
    assert rows_of(rows, plain=True) == rows_of(rows, plain=False)


def test_plain_elements_are_taken_out_and_the_rest_is_left_for_the_parser():
    taken, left = [], []

    def read(element):
        taken.append(element)
        return "odd" not in element

    part = b'<?xml version="1.0" encoding="UTF-8"?><a><row>1</row><row>odd</row><row>2</row></a>'
    for size in (1, 7, 1000):
        taken.clear()
        pieces = [part[at : at + size] for at in range(0, len(part), size)]
        left = b"".join(without_plain_elements(pieces, b"<row", b"</row>", read, lambda: True))
        assert taken == ["<row>1", "<row>odd", "<row>2"]
        assert left == b'<?xml version="1.0" encoding="UTF-8"?><a><row>odd</row></a>'


@pytest.mark.parametrize(
    "part",
    [
        b'<?xml version="1.0" encoding="utf-16"?><a><row>1</row></a>',
        b"<!-- <a> --><a><row>1</row></a>",
        b"<!DOCTYPE a><a><row>1</row></a>",
        b"<?target <row>?><a><row>1</row></a>",
        b"<a><row>\xff</row></a>",
    ],
)
def test_a_part_that_is_not_plain_is_left_whole(part):
    left = without_plain_elements([part[:20], part[20:]], b"<row", b"</row>", lambda _: True, lambda: True)
    assert b"".join(left) == part
