import contextlib
import json
import re
from functools import partial

import orjson
import pytest
from exchanges import http_scope
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect
from steps import count_steps

from app.errors import AnnalsError, BadRequest, Fault, InvalidDocument, TooLarge, UnsupportedMediaType
from app.values.json_faults import find_faults
from app.values.json_limits import MAX_WIDE_BYTES
from app.values.strict_json import parse_json
from app.web.problems import render_problem
from app.web.request_body import check_media_type, read_body


def scope(**headers):
    return http_scope("/", *((n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()))


def receiver(*chunks):
    messages = [
        {"type": "http.request", "body": c, "more_body": i < len(chunks) - 1} for i, c in enumerate(chunks)
    ]
    taken = []

    async def receive():
        taken.append(messages[0])
        return messages.pop(0)

    receive.taken = taken
    return receive


def faults_of(text):
    with pytest.raises(InvalidDocument) as caught:
        parse_json(text)
    return [(fault.code, fault.pointer) for fault in caught.value.faults]


def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited for something")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"NaN", "invalid_json"),
        (b"[Infinity]", "invalid_json"),
        (b"[-Infinity]", "invalid_json"),
        (b"[1,]", "invalid_json"),
        (b"{'a': 1}", "invalid_json"),
        (b'"\n"', "invalid_json"),
        (b'"\x00"', "invalid_json"),
        (b'"\\ud800"', "invalid_json"),
        (b'"\\udc00\\ud800"', "invalid_json"),
        (b"\xef\xbb\xbf{}", "invalid_json"),
        (b'"\xff"', "invalid_utf8"),
        (b'"\xed\xa0\x80"', "invalid_utf8"),
        (b"\xff\xfe{\x00}\x00", "invalid_utf8"),
    ],
)
def test_malformed_json_is_a_bad_request(body, code):
    with pytest.raises(BadRequest) as caught:
        parse_json(body)
    assert caught.value.code == code


def test_a_syntax_error_has_its_place():
    with pytest.raises(BadRequest, match="line 2, column 7"):
        parse_json(b'{"a": 1,\n "b": x}')


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (b'{"a": 1, "a": 1}', [("duplicate_key", "/a")]),
        (b'{"a": 1, "\\u0061": 1}', [("duplicate_key", "/a")]),
        (b'{"x": [{}, {"a/b": {"~": 1, "c": 2, "~": 3}}]}', [("duplicate_key", "/x/1/a~1b/~0")]),
        (
            b'{"a": 1, "a": 2, "b": 18446744073709551616}',
            [("duplicate_key", "/a"), ("number_out_of_range", "/b")],
        ),
        (b"9223372036854775808", [("number_out_of_range", "")]),
        (b"[1, -9223372036854775809]", [("number_out_of_range", "/1")]),
        (b'["a\\u0000b"]', [("nul_character", "/0")]),
        (b'{"\\u0000": 1}', [("nul_character", "/\0")]),
        (b"[" * 65 + b"]" * 65, [("too_deep", "/0" * 64)]),
    ],
)
def test_json_that_breaks_a_rule_is_refused_with_its_place(body, faults):
    assert faults_of(body) == faults


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (
            b'{"a": [1, {"b/c": 1e999}], "d": -1e999}',
            [("number_out_of_range", "/d"), ("number_out_of_range", "/a/1/b~1c")],
        ),
        (b'{"a": 1e999, "a": 2}', [("duplicate_key", "/a")]),
        (
            b'{"a": 1e999, "b": 18446744073709551616}',
            [("number_out_of_range", "/b"), ("number_out_of_range", "/a")],
        ),
        # No more can be told where the rest is not to be read either.
        (b'{"a": 1e999, "b": "\\ud800"}', []),
        (b'{"a": 1e999, "b": NaN}', []),
        (b'{"a": 1e999', []),
        (b'{"a": 1e999, "b": "\xff"}', None),
    ],
)
def test_numbers_past_a_double_are_told_with_their_places(body, faults):
    if faults is None:
        with pytest.raises(BadRequest):
            parse_json(body)
    else:
        assert faults_of(body) == faults


@pytest.mark.parametrize("body", [b"1e999", b"-1e999", b"9" * 400, b"[" * 1500 + b"]" * 1500])
def test_what_no_parser_can_hold_is_an_invalid_document(body):
    with pytest.raises(InvalidDocument):
        parse_json(body)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 64 + b"]" * 64,
        b"9223372036854775807",
        b"-9223372036854775808",
        b'"\\\\u0000"',
        b'"99999999999999999999"',
        b"0.12345678901234567890123",
        b'[{"a": 1}, {"a": 1}]',
        b'{"a": {"a": {"a": 1}}}',
        b'"\\ud83d\\ude00"',
        b'{"a": "99999999999999999999", "b" : 1}',
        b'{"a": "\\u0022: \\": ", "b": "\\\\", "c" \n: "\\\\u0000"}',
        b'{"sha256": "0000000000000000000000000000000000000000", "best": 1234567890123456789}',
        b" null ",
    ],
)
def test_good_json_is_read(body):
    assert parse_json(body) == json.loads(body)


def test_no_input_is_repeated():
    for body in (b'{"s3cret": x}', b'"s3cret', b"s3cret", b'["s3cret", 1e999]', b'["s3cret\xff"]'):
        with pytest.raises(AnnalsError) as caught:
            parse_json(body)
        assert "s3cret" not in caught.value.detail + repr(caught.value.faults)


def test_pointers_and_faults_are_bounded():
    assert faults_of(b'{"a": {"%s": 1, "%s": 1}}' % (b"k" * 5000, b"k" * 5000)) == [("duplicate_key", "/a")]
    assert len(faults_of(b"[" + b",".join([b"9" * 20] * 500) + b"]")) == 100


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"a": "\\u0022:", "b": 1, "b": 2}', ("duplicate_key", "/b")),
        (b'{"a": "\\":", "b" : 1, "b": 2}', ("duplicate_key", "/b")),
        (b'{"a": "\\u0061", "b":1, "\\u0062":2}', ("duplicate_key", "/b")),
        (b'["\\\\\\u0000"]', ("nul_character", "/0")),
        (b'{"a": "0000000000000000000000", "b": 9223372036854775808}', ("number_out_of_range", "/b")),
    ],
)
def test_no_quick_look_is_deceived(body, fault):
    assert faults_of(body) == [fault]


@pytest.mark.parametrize("unit", [b"1", b"[]", b'{"a":1}', b'"a"'])
def test_a_body_has_so_many_values(unit):
    def body(count):
        return b"[" + b",".join([unit] * count) + b"]"

    most = 199_999 // (1 + len(re.findall(rb"[{\[]", unit)))
    assert len(parse_json(body(most))) == most
    with pytest.raises(InvalidDocument) as caught:
        parse_json(body(most + 2))
    assert caught.value.code == "too_many_values"
    assert "Send less" in caught.value.detail


@pytest.mark.parametrize("wide", ["\U0001f600".encode(), rb"\ud83d\ude00", rb"\uDBFF\uDFFF"])
def test_one_wide_character_does_not_make_four_of_every_letter(wide):
    assert parse_json(b'"%s%s"' % (wide, b"a" * 2**21))
    assert parse_json(b'"%s"' % (b"a" * (MAX_WIDE_BYTES + 1)))
    with pytest.raises(InvalidDocument) as caught:
        parse_json(b'"%s%s"' % (wide, b"a" * MAX_WIDE_BYTES))
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (b'"\\u0000"', "nul_character"),
        (b"18446744073709551616", "number_out_of_range"),
        (b'{"a":1,"a":2}', "duplicate_key"),
    ],
)
def test_what_is_wrong_far_inside_is_told_without_its_place(end, code):
    assert faults_of(b"[" + b'"a",' * 90_000 + end + b"]") == [(code, "")]
    assert faults_of(b"[" + b'"a",' * 1000 + end + b"]")[0][1].startswith("/1000")


def test_of_very_many_faults_the_first_are_answered():
    faults = [Fault("wrong", "Mend it.", pointer=f"/{n}") for n in range(150)]
    problem = orjson.loads(render_problem(InvalidDocument(faults=faults), "/", "x").body)
    assert [one["pointer"] for one in problem["errors"]] == [f"/{n}" for n in range(100)]
    assert problem["errors_left_out"] == 50
    assert "errors_left_out" not in orjson.loads(
        render_problem(InvalidDocument(faults=faults[:100]), "/", "x").body
    )


@given(st.binary(max_size=400))
@example(b'{"":0,"":0}')
@example(b'"\\u0000')
def test_any_bytes_give_a_value_or_our_own_error(body):
    try:
        value = parse_json(body)
    except AnnalsError:
        return
    assert value == orjson.loads(body)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\0")), inner)
    ),
    max_leaves=30,
)


@given(JSON, st.booleans())
def test_what_is_written_is_read(value, ascii_only):
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", "é", '"', "\\"]), st.integers()), max_size=6))
def test_duplicates_are_found_exactly(pairs):
    body = "{" + ",".join(f"{json.dumps(key)}: {number}" for key, number in pairs) + "}"
    keys = [key for key, _ in pairs]
    expected = [f"/{key}" for i, key in enumerate(keys) if key in keys[:i]]
    in_range = all(-(2**63) <= number < 2**63 for _, number in pairs)
    if in_range and not expected:
        assert parse_json(body.encode()) == dict(pairs)
    elif in_range:
        assert [pointer for _, pointer in faults_of(body.encode())] == expected


@pytest.mark.parametrize(
    "unit",
    [b'{"a":1},', b"[],", b'"",', b'"\\u0000",', b'{"a":1,"a":1},', b"99999999999999999999,", b'"\\\\",'],
)
def test_reading_is_linear(unit):
    def read(count):
        with contextlib.suppress(InvalidDocument):
            parse_json(b"[" + unit * count + b"0]")

    def look(count):
        find_faults(b"[" + unit * count + b"0]")

    for work in (read, look):
        few, many = (count_steps(partial(work, count)) for count in (500, 2000))
        assert many < 5 * few


def test_the_media_type_is_checked():
    accepted = ("application/json", "application/merge-patch+json")
    assert (
        check_media_type(scope(content_type="Application/JSON; charset=UTF-8"), accepted)
        == "application/json"
    )
    assert check_media_type(scope(content_type="application/merge-patch+json"), accepted) == accepted[1]
    for headers in (
        {},
        {"content_type": "text/plain"},
        {"content_type": "application/json; charset=latin-1"},
        {"content_type": "application/jsonx"},
        {"content_type": "application/json", "content_encoding": "gzip, br"},
    ):
        with pytest.raises(UnsupportedMediaType) as caught:
            check_media_type(scope(**headers), accepted)
        assert caught.value.headers
        assert "text/plain" not in caught.value.detail


def test_a_body_is_read_up_to_its_limit():
    assert run(read_body(scope(), receiver(b"ab", b"c", b""), 3)) == b"abc"
    endless = receiver(*[b"x" * 10] * 100)
    with pytest.raises(TooLarge) as caught:
        run(read_body(scope(), endless, 25))
    assert len(endless.taken) == 3
    assert caught.value.extra == {"limit": 25}


def test_a_client_that_goes_away_is_no_body():
    async def receive():
        return {"type": "http.disconnect"}

    with pytest.raises(ClientDisconnect):
        run(read_body(scope(), receive, 10))
