"""Files into documents: each format, cut anywhere, with whatever is wrong told by its line."""

import csv
import gzip
import io
import json
import tracemalloc

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.imports.documents import FOREIGN
from app.imports.readers import format_of_name, read
from app.imports.readers import json_grammar as around
from app.imports.readers.lines import MAX_LINE
from app.records.kinds import kind_by_name

EVENT = {"kind": "event", "title": 'a, "b]} \\'}


def told(form, data, size=None, kind=None):
    size = size or max(1, len(data))
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return [(one.line, one.raw, [fault.code for fault in one.faults]) for one in read(form, pieces, kind)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_json_is_cut_wherever_it_comes_in_pieces(size):
    text = (
        b'\xef\xbb\xbf[ {"kind":"event","title":"a, \\"b]} \\\\"},\n\n {"kind":"event","p":[1,{"q":[]}]}\n,5,'
        b'{"title":1} ]\n'
    )
    assert told("json", text, size) == [
        (1, EVENT, []),
        (3, {"kind": "event", "p": [1, {"q": []}]}, []),
        (4, None, ["wrong_type"]),
        (4, None, ["missing_kind"]),
    ]


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_what_stands_around_the_documents_is_bounded(monkeypatch, size):
    monkeypatch.setattr(around, "_MAX_TOKENS", 100)
    beside = b'{"x":[' + b"1," * 60 + b'1],"items":[{"kind":"event"}]}'
    assert told("json", beside, size) == [(1, None, ["too_many_values"])]


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_an_object_with_items_and_one_document(size):
    page = b'{"count":2,"facets":{"items":[1]},"items":[{"kind":"actor"},\n{"kind":"event"}],"next":null}'
    assert told("json", page, size) == [(1, {"kind": "actor"}, []), (2, {"kind": "event"}, [])]
    assert told("json", b'\n {"kind":"event","title":"x"}', size) == [
        (1, {"kind": "event", "title": "x"}, [])
    ]
    assert (
        told("json", b" [ ] ", size) == told("json", b'{"items":[]}', size) == told("json", b"", size) == []
    )


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (b'[{"kind":"event"}', [["invalid_json"]]),
        (b'[{"kind":"event"},{"ki', [[], ["invalid_json"]]),
        (b'[{"kind":"event"},,{"kind":"event"}]', [[], ["invalid_json"], []]),
        (b'[{"kind":"event"}] [1]', [[], ["invalid_json"]]),
        (b'{"kind":"event"}\n{"kind":"event"}', [["invalid_json"]]),
        (b'{"items":{"kind":"event"}}', [["missing_kind"]]),
        (b'[{"kind":"event","a":1,"a":2}]', [["duplicate_key"]]),
        (b"[\xff]", [["invalid_utf8"]]),
        (b"nonsense", [["invalid_json"]]),
        (b'[{"kind":"event"}] xx', [[], ["invalid_json"]]),
        (b'[{"kind":"event"}}', [[], ["invalid_json"]]),
        (b'{"items":[{"kind":"event"}}}', [[], ["invalid_json"]]),
        (b'[{"kind":"event"},]', [[], ["invalid_json"]]),
        (b'[,{"kind":"event"}]', [["invalid_json"], []]),
        (b'{"count" 1,"items":[{"kind":"event"}]}', [["invalid_json"]]),
        (b'{"items":[{"kind":"event"}],}', [[], ["invalid_json"]]),
        (b'{"items":[{"kind":"event"}]', [[], ["invalid_json"]]),
        (b'{"items":[{"kind":"event"}],"next":01}', [[], ["invalid_json"]]),
        (b'{"items":[{"kind":"event"}],"next":"a\nb"}', [[], ["invalid_json"]]),
        (b'{"items":[{"kind":"event"}],"next":"\xff"}', [[], ["invalid_utf8"]]),
        (b'{"items":[{"kind":"event"}],"next":' + b"[" * 99 + b"]" * 99 + b"}", [[], ["too_deep"]]),
        (b'{"items":[{"kind":"event"}],"next":' + b"1" * 20_000 + b"}", [[], ["number_out_of_range"]]),
        (b'{"items":[{"kind":"event"}],"items":[{"kind":"actor"}]}', [[], ["duplicate_key"]]),
        (b'{"count":1,"count":2,"items":[{"kind":"event"}]}', [["duplicate_key"]]),
    ],
)
def test_broken_json_is_told(text, codes):
    assert [found for _, _, found in told("json", text)] == codes


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_breaks_the_frame_is_told_by_its_line(size):
    def told_last(form, text):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        last = list(read(form, pieces))[-1]
        return last.line, last.faults[0].code, last.faults[0].pointer

    assert told_last("json", b'[\n{"kind":"event"}\n]\n\n xx') == (5, "invalid_json", "")
    assert told_last("json", b'[\n{"kind":"event"},\n\n]') == (4, "invalid_json", "")
    assert told_last("json", b'{"items":[\n{"kind":"event"}],\n"a/b":\ntrue,\n"a\\/b":1}') == (
        5,
        "duplicate_key",
        "/a~1b",
    )
    feature = b'{"type":"Feature","properties":{"kind":"event"},"geometry":null}'
    collection = b'{"type":"FeatureCollection",\n"features":[\n%s\n]}\n'
    assert told_last("geojson", collection % feature + b"zzz") == (5, "invalid_json", "")
    twice = (collection % feature).replace(b"]}", b'],\n"features":[]}')
    assert told_last("geojson", twice) == (5, "duplicate_key", "/features")


def standard_json(text):
    def refuse(name):
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


def written(value):
    return json.dumps(value, ensure_ascii=False)


# NUL is JSON, and refused in any document.
def texts(most):
    return st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=most)


MEMBERS = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 999) | st.floats(-1e6, 1e6) | texts(5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(3), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def framed(draw):
    """Draw the text before documents, the documents, and the text after them; all of it is JSON."""
    documents = draw(st.lists(st.dictionaries(texts(3), MEMBERS, max_size=3), max_size=3))
    inside = draw(st.sampled_from([", ", ",", " ,\n"])).join(map(written, documents))
    names = draw(st.lists(texts(4).filter(lambda name: name != "items"), unique=True, max_size=4))
    members = [f"{written(name)}: {written(draw(MEMBERS))}" for name in names]
    if draw(st.booleans()):
        return " [", inside, "]\n"
    at = draw(st.integers(0, len(members)))
    before = "".join(f"{member},\n" for member in members[:at])
    after = "".join(f" ,{member}" for member in members[at:])
    return f'{{{before}"items" : [', inside, f"]{after}\n}} "


NOISE = st.text(alphabet='[]{},:"\\ \n\x01-+.019eEtruefalsn', min_size=1, max_size=3)


@pytest.mark.slow
@given(framed(), st.booleans(), NOISE, st.integers(0, 3), st.integers(0, 500), st.integers(1, 40))
@settings(max_examples=500)
def test_the_frame_is_read_as_strictly_as_the_standard_parser_does(parts, in_front, noise, cut, at, size):
    before, inside, after = parts
    where = before if in_front else after
    at %= len(where) + 1
    harmed = where[:at] + noise + where[at + cut :]
    text = harmed + inside + after if in_front else before + inside + harmed
    assume(text.strip())
    faults = [one for one in told("json", text.encode(), size, kind_by_name("event")) if one[2]]
    try:
        value = standard_json(text)
    except ValueError:
        assert faults, text
        return
    # What is JSON may still be no document, or say a name twice.
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        assert not faults, text
    elif isinstance(value, dict) and isinstance(value.get("items"), list):
        allowed = {"duplicate_key", "wrong_type"}
        assert {code for _, _, codes in faults for code in codes} <= allowed, text


@given(framed(), st.integers(1, 40))
def test_what_is_json_is_taken(parts, size):
    text = "".join(parts)
    documents = standard_json(text)
    documents = documents if isinstance(documents, list) else documents["items"]
    found = told("json", text.encode(), size, kind_by_name("event"))
    assert [
        (raw.items() >= document.items(), codes)
        for document, (_, raw, codes) in zip(documents, found, strict=True)
    ] == [(True, []) for _ in documents]


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_ndjson_goes_on_after_a_broken_line(size):
    text = b'{"kind":"event"}\r\n\n{"kind": 1\n\xff\n[]\n{"kind":"event"}'
    assert told("ndjson", text, size) == [
        (1, {"kind": "event"}, []),
        (3, None, ["invalid_json"]),
        (4, None, ["invalid_utf8"]),
        (5, None, ["wrong_type"]),
        (6, {"kind": "event"}, []),
    ]


@pytest.mark.parametrize("form", ["ndjson", "csv", "json"])
def test_a_line_of_100_mb_is_refused_and_never_held(form):
    def pieces():
        yield b'kind,title\n"' if form == "csv" else b'[{"title":"'
        for _ in range(1600):
            yield b"x" * 65_536
        yield b'"}]\n'
        yield b"event,ok\n" if form == "csv" else b'{"kind":"event","title":"ok"}\n'

    tracemalloc.start()
    found = list(read(form, pieces()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [fault.code for fault in found[0].faults] == ["line_too_long"]
    assert peak < 8 * MAX_LINE
    if form != "json":
        assert (found[1].line, found[1].raw["title"]) == (2 if form == "ndjson" else 3, "ok")


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_csv_tells_uneven_rows_and_goes_on(size):
    text = (
        b'\xef\xbb\xbfkind,id,title,tags\r\nevent,a,"x\ny",p; q\r\n\r\nevent,b\r\nactr,c,t,\r\nevent,d,"z"z,\r\n'
        b"event,e,\xff,\r\nevent,f,=SUM(1),\r\nevent,g,'=SUM(1),\r\n"
    )
    assert told("csv", text, size) == [
        (2, {"kind": "event", "id": "a", "title": "x\ny", "tags": ["p", "q"]}, []),
        (5, None, ["uneven_row"]),
        (6, None, ["unknown_kind"]),
        (7, None, ["malformed_row"]),
        (8, None, ["invalid_utf8"]),
        (9, {"kind": "event", "id": "f", "title": "=SUM(1)"}, []),
        (10, {"kind": "event", "id": "g", "title": "=SUM(1)"}, []),
    ]


@given(
    st.lists(
        st.text(alphabet='a \r\n",;', max_size=12).map(lambda text: f"x{text}x"), min_size=1, max_size=5
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 30),
)
def test_csv_keeps_the_line_ends_inside_quotes(titles, end, size):
    file = io.StringIO()
    csv.writer(file, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(
        [["kind", "title"], *(["event", title] for title in titles)]
    )
    lines, line = [], 2
    for title in titles:
        lines.append(line)
        line += 1 + title.count("\n")
    found = told("csv", file.getvalue().encode(), size)
    assert [(one, raw["title"]) for one, raw, _ in found] == list(zip(lines, titles, strict=True))


def test_csv_tells_lone_carriage_returns_from_quotes():
    found = list(read("csv", [b"kind,title\nevent,a\rb\n"]))
    assert [fault.code for one in found for fault in one.faults] == ["malformed_row"]
    assert "End lines in LF or CRLF" in found[0].faults[0].detail


def test_csv_by_its_header():
    assert told("csv", b"kind;title\nevent;a,b\n") == [(2, {"kind": "event", "title": "a,b"}, [])]
    assert told("csv", b"title\ta\nT\t1\n", kind=kind_by_name("place"))[0][2] == ["unknown_column"]
    assert told("csv", b"title,title\nT,1\n") == [(1, None, ["duplicate_column"])]
    assert told("csv", b"title\nT\n", kind=kind_by_name("place")) == [
        (2, {"title": "T", "kind": "place"}, [])
    ]
    assert told("csv", b"") == []
    assert told("csv", b"\n\r\n" * 100 + b" \nkind,title\nevent,a\nevent,b,c\n", 3) == [
        (203, {"kind": "event", "title": "a"}, []),
        (204, None, ["uneven_row"]),
    ]


def test_geojson_puts_the_geometry_back():
    point = {"type": "Point", "coordinates": [1, 2]}
    text = (
        b'{"type":"FeatureCollection","bbox":[1,2,1,2],"features":['
        b'{"type":"Feature","id":"places/x","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"title":"X"}},'
        b'{"type":"Feature","id":"events/y","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"title":"Y"}},'
        b'{"type":"Feature","geometry":null,"properties":null},{"type":"Point"},{"type":"Feature","geometry":null},'
        b'{"type":"Feature","geometry":null,"properties":[]}],"more":[1]}'
    )
    assert told("geojson", text, 11) == [
        (1, {"title": "X", "kind": "place", "id": "x", "geometry": point}, []),
        (1, {"title": "Y", "kind": "event", "id": "y"}, []),
        (1, None, ["missing_kind"]),
        (1, None, ["not_a_feature"]),
        (1, None, ["not_a_feature"]),
        (1, None, ["not_a_feature"]),
    ]


def test_foreign_members_of_geojson_are_left_out_and_noted():
    point = {"type": "Point", "coordinates": [1, 2]}
    shapes = [
        (point, point, ()),
        (point | {"bbox": [1, 2, 1, 2]}, point, ()),
        (point | {"when": {}, "@id": "x"}, point, (FOREIGN,)),
        # These have a meaning in GeoJSON that they cannot have here (RFC 7946, 7.1).
        (point | {"geometries": []}, point | {"geometries": []}, ()),
        (
            {"type": "GeometryCollection", "geometries": [point, point | {"crs": 1}]},
            {"type": "GeometryCollection", "geometries": [point, point]},
            (FOREIGN,),
        ),
        (None, None, ()),
    ]
    features = [
        {"type": "Feature", "id": f"places/p-{at}", "geometry": shape, "properties": None}
        for at, (shape, _, _) in enumerate(shapes)
    ]
    features += [features[0] | {"when": {}, "credits": [], "bbox": [1, 2, 1, 2]}, features[0] | {"links": []}]
    found = list(read("geojson", [json.dumps({"type": "FeatureCollection", "features": features}).encode()]))
    wanted = [*shapes, shapes[0], (point, point, (FOREIGN,))]
    assert [(one.raw.get("geometry"), one.notes) for one in found] == [one[1:] for one in wanted]
    assert [one.faults for one in found] == [()] * len(wanted)


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_packed_files_are_unpacked_as_they_come(size):
    packed = gzip.compress(b'{"kind":"event"}\n') + gzip.compress(b'{"kind":"actor"}\n') + b"\0" * 20
    assert [raw for _, raw, _ in told("ndjson", packed, size)] == [{"kind": "event"}, {"kind": "actor"}]
    whole = gzip.compress(b'{"kind":"event"}\n' * 9)
    assert told("ndjson", whole[:-4], size)[-1][2] == ["cut_off"]
    assert told("ndjson", whole[:20] + b"\xff\xff" + whole[22:], size)[-1][2] in (["not_gzip"], ["cut_off"])


@pytest.mark.slow
def test_a_zip_bomb_is_refused_early():
    bomb = gzip.compress(b"\n" * 300_000_000)
    assert told("ndjson", bomb, 65_536) == [(1, None, ["expands_too_far"])]


@pytest.mark.parametrize("form", ["ndjson", "json", "geojson"])
def test_another_encoding_is_told(form):
    assert told(form, '{"a":1}'.encode("utf-16")) == [(1, None, ["wrong_encoding"])]


def test_formats_by_name():
    names = {
        "a.NDJSON.gz": "ndjson",
        "a.jsonl": "ndjson",
        "b.csv": "csv",
        "c.geojson": "geojson",
        "d.txt": None,
        "e.csl.json": "csl",
        "e.CSL.JSON.gz": "csl",
        "e.timeline.json": None,
        "e.timelines.json": "json",
        "e.jsonld": None,
    }
    assert {name: format_of_name(name) for name in names} == names
