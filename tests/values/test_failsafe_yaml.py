import pytest

from app.values import failsafe_yaml as text_yaml
from app.values.failsafe_yaml import TextYamlError, load_failsafe_yaml


@pytest.mark.parametrize(
    "scalar",
    ["1967", "1967-03-15", "no", "yes", "null", "~", "1e9", "0x1F", "12:30:00", ".inf", "1_000", "+5", "<<"],
)
def test_scalars_stay_text(scalar):
    assert load_failsafe_yaml(f"- {scalar}\n- key: {scalar}") == [scalar, {"key": scalar}]


def test_shapes_quotes_and_blocks():
    text = "a: [x, {b: 'it''s'}]\nc: |\n  one\n  two\nd: >-\n  three\n  four\ne:\nf: \"caf\\u00e9\"\n"
    assert load_failsafe_yaml(text) == {
        "a": ["x", {"b": "it's"}],
        "c": "one\ntwo\n",
        "d": "three four",
        "e": "",
        "f": "café",
    }


def test_an_empty_document_is_nothing():
    assert load_failsafe_yaml("") is None
    assert load_failsafe_yaml("# a remark\n") is None


def test_aliases_stand_for_what_they_name():
    assert load_failsafe_yaml("a: &x {k: v}\nb: *x\n") == {"a": {"k": "v"}, "b": {"k": "v"}}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "twice"),
        ("a: {b: 1, b: 2}", 1, "twice"),
        ("? [x]\n: y", 1, "key must be text"),
        ("- !!int 5", 1, "tags"),
        ("- !!python/object:os.system x", 1, "tags"),
        ("a: &x [*x]", 1, "alias"),
        ("a: *nothing", 1, "alias"),
        ("a: 1\n---\nb: 2", 2, "one document"),
        ("a: [1", 1, ""),
        ("a: b: c", 1, ""),
        ("\tx: 1", 1, ""),
        ("a: \x07", 1, ""),
        ("[" * 200 + "]" * 200, 1, "deep"),
        ("[" * 20000, 1, ""),
    ],
)
def test_what_is_refused_is_named_with_its_place(text, line, reason):
    with pytest.raises(TextYamlError) as caught:
        load_failsafe_yaml(text)
    assert caught.value.line == line
    assert reason in str(caught.value)


def test_a_bomb_of_aliases_is_refused_at_once():
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
    )
    with pytest.raises(TextYamlError, match="values"):
        load_failsafe_yaml(bomb)


def test_the_limit_of_nodes_counts_aliases(monkeypatch):
    monkeypatch.setattr(text_yaml, "MAX_NODES", 8)
    assert load_failsafe_yaml("[&x [a], *x, *x]") == [["a"], ["a"], ["a"]]
    with pytest.raises(TextYamlError):
        load_failsafe_yaml("[&x [a], *x, *x, *x]")
