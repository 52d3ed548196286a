"""CSV as programs write it: encodings, delimiters, line ends, cells beyond the header, tables without one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidDocument
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared
from app.imports.readers import read
from app.imports.readers.encoding import ENCODINGS, SAMPLE_BYTES, parse_encoding
from app.records.kinds import kind_by_name

WESTERN = "kind;id;title\r\nevent;a;Fête à Liège – “ça”\r\nevent;b;Überfall in Málaga\r\n"


def titles(data, size=1000, **options):
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    found = list(read("csv", pieces, **options))
    assert [fault.detail for one in found for fault in one.faults] == []
    return [one.raw["title"] for one in found], [note for one in found for note in one.notes]


def faults(data, **options):
    return [(fault.code, fault.detail) for one in read("csv", [data], **options) for fault in one.faults]


@pytest.mark.parametrize(
    ("codec", "note"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("utf-32-le", "utf-32-le"),
        ("utf-32-be", "utf-32-be"),
        ("cp1252", "windows-1252"),
        ("mac_roman", "mac-roman"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_encoding_is_found_and_told_once(codec, note, size):
    found = titles(WESTERN.encode(codec), size)
    assert found == (["Fête à Liège – “ça”", "Überfall in Málaga"], [f"encoding:{note}"] if note else [])


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name not in ("utf-16", "utf-32")])
def test_a_declared_encoding_is_followed(name):
    text = next(
        one
        for one in ("Ж", "é", "Ω", "ا", "א", "ก", "ş", "ą", "語", "ø")
        if one == one.encode(name, "ignore").decode(name)
    )
    assert titles(f"kind,title\nevent,{text}\n".encode(name), encoding=name) == ([text], [])


def test_encodings_go_by_their_names_in_python():
    assert [parse_encoding(one) for one in ("CP1252", "utf8", "L1", "macroman", "latin_1", "rot13", "x\0", "idna")] == [
        "windows-1252", "utf-8", "latin-1", "mac-roman", "latin-1", None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("codec", ["cp1252", "mac_roman"])
@pytest.mark.parametrize("word", ["Café", "Königgrätz", "Überfall auf Königgrätz"])
def test_a_single_word_tells_windows_from_mac(word, codec):
    note = {"cp1252": "windows-1252", "mac_roman": "mac-roman"}[codec]
    assert titles(f"kind,title\nevent,{word}\n".encode(codec)) == ([word], [f"encoding:{note}"])


@pytest.mark.parametrize(
    "data",
    [
        "kind,title\nevent,Восстание\n".encode("cp1251"),
        b"kind,title\nevent,\x81\x8d\n",
    ],
)
def test_an_encoding_that_is_not_certain_is_asked_for(data):
    [(code, detail)] = faults(data)
    assert code == "wrong_encoding"
    assert "--encoding" in detail


def test_a_byte_that_does_not_fit_is_a_fault_with_its_line():
    long = b"x" * 100
    late = WESTERN.encode("cp1252") + b"event;c;%s\r\n" % long * 15_000 + b"event;d;\x81\r\n"
    assert len(late) > SAMPLE_BYTES
    [(code, detail)] = faults(late)
    assert (code, "Line 15004 has bytes that are nothing in windows-1252: 81" in detail) == (
        "wrong_encoding",
        True,
    )
    plain = b"kind;title\n" + b"event;%s\n" % long * 15_000 + b"event;\xe9\nevent;y\n"
    assert len(plain) > SAMPLE_BYTES
    found = list(read("csv", [plain]))
    assert [(one.line, one.faults[0].code) for one in found if one.faults] == [(15_002, "invalid_utf8")]
    assert (
        faults("kind,title\nevent,a".encode("utf-16-le")[:-1], encoding="utf-16-le")[0][0] == "wrong_encoding"
    )


def test_broken_utf8_is_not_taken_for_another_encoding():
    found = faults("kind,title\nevent,Fête\nevent,à Liège\n".encode() + b"event,\xe9\n")
    assert [code for code, _ in found] == ["invalid_utf8"]


@given(st.text(alphabet="abcé语Ж 1", min_size=1, max_size=30), st.integers(1, 9))
def test_utf8_stays_utf8(text, size):
    assert titles(f"kind,title\nevent,x{text}x\n".encode(), size) == ([f"x{text}x"], [])


def test_a_first_line_says_the_delimiter():
    assert titles(b"\xef\xbb\xbfsep=;\r\nkind;title\r\nevent;a,b,c\r\n")[0] == ["a,b,c"]
    assert titles(b"SEP=|\nkind,x|title\n|T\n", kind=kind_by_name("event")) != []
    assert titles("sep=\t\nkind\ttitle\nevent\tT\n".encode("utf-16"))[0] == ["T"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(delimiter, end):
    text = f"kind{delimiter}title{end}event{delimiter}T{end}{end}event{delimiter}U{end}"
    found = list(read("csv", [text.encode()]))
    assert [(one.line, one.raw["title"]) for one in found] == [(2, "T"), (4, "U")]


def test_mixed_line_ends_and_a_cr_among_lfs():
    assert titles(b"kind,title\r\nevent,T\nevent,U\r\n")[0] == ["T", "U"]
    assert [code for code, _ in faults(b"kind,title\nevent,T\revent,U\n")] == ["malformed_row"]
    assert titles(b'kind,title\revent,"a\rb"\r')[0] == ["a\rb"]


@pytest.mark.parametrize("header", [b"kind,title", b"kind,title,,"])
def test_empty_cells_beyond_the_header(header):
    assert titles(header + b"\nevent,T,,\nevent,U\n") == (["T", "U"], [])
    assert [code for code, _ in faults(header + b"\nevent,T,,x\n")] == ["uneven_row"]


def mapped(table, data, title="{what}"):
    mapping = declared(
        {"table": table, "records": [{"kind": "event", "id": "e-{nr}", "title": title}]}, Path()
    )
    found = list(read_mapped(mapping, "csv", [data]))
    return [(one.line, one.raw["title"] if one.raw else one.faults[0].code) for one in found]


def test_a_table_without_a_header_and_one_that_begins_later():
    assert mapped({"header": ["nr", "what"]}, b"1;One\n2;Two\n") == [(1, "One"), (2, "Two")]
    preamble = b'Ministry of "War\r\n\r\nlist, 1914\r\nnr;what\r\n1;One\r\n'
    assert mapped({"skip": "3"}, preamble) == [(5, "One")]
    assert mapped({"skip": "4", "header": ["nr", "what"]}, preamble) == [(5, "One")]
    assert mapped({"skip": "99"}, preamble) == []
    assert mapped({}, b",what,nr\n0,One,1\n", "{column 1} {what}") == [(2, "0 One")]


@pytest.mark.parametrize(
    ("table", "pointer"),
    [
        ({"header": "nr"}, "/table/header"),
        ({"header": ["a", "a"]}, "/table/header"),
        ({"header": ["a", " "]}, "/table/header"),
        ({"skip": "-1"}, "/table/skip"),
        ({"skip": ["1"]}, "/table/skip"),
        ({"encoding": "rot13"}, "/table/encoding"),
        ({"encoding": ["x"]}, "/table/encoding"),
    ],
)
def test_what_a_mapping_cannot_say_of_a_table(table, pointer):
    with pytest.raises(InvalidDocument) as refused:
        mapped(table, b"")
    assert pointer in [fault.pointer for fault in refused.value.faults]


async def test_the_charset_of_a_body(writer):
    async def send(data, media_type):
        return await writer.ask("POST", "/v1/imports", content=data, headers={"content-type": media_type})

    unclear = "kind,id,title,date\nevent,cafe,Восстание,1994\n".encode("cp1251")
    data = "kind,id,title,date\nevent,cafe,Café,1994\n".encode("mac_roman")
    refused = await send(unclear, "text/csv")
    assert (refused.status_code, refused.json()["report"]["faults"][0]["code"]) == (422, "wrong_encoding")
    assert (await send(data, "text/csv; charset=martian")).status_code == 415
    assert (await send(data, 'text/csv; charset="MacRoman"')).status_code == 200
    assert (await writer.ask("GET", "/v1/events/cafe")).json()["title"] == "Café"
