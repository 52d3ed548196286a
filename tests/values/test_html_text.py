"""The text of HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.html_text import HtmlTextError, text_of_html

CASES = [
    ("<p>One &amp; two</p><p>Three<br/>four</p>", "One & two\nThree\nfour"),
    ("a\n  b\tc", "a b c"),
    ("<b>bo</b>ld <i class='x > y'>it</i>", "bold it"),
    ("x < y and y > z", "x < y and y > z"),
    ("Ada <ada@example.org> and <nobody>", "Ada <ada@example.org> and <nobody>"),
    ("Caf&eacute; &#8211; &#x2014; &nbsp;&copy", "Café – — \u00a0©"),
    ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
    ("1<!-- <p>no -->2<script>if (a<b) {}</script>3<STYLE>p {}</Style >4", "1234"),
    ("<!DOCTYPE html><html><body>T</body></html>", "T"),
    ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
    ("<ul><li>one<li>two</ul>", "one\ntwo"),
    ("an <a href='x' title=\"y\">anchor</a>", "an anchor"),
    ("broken <a href='x", "broken <a href='x"),
    ("", ""),
]


@pytest.mark.parametrize(("html", "text"), CASES)
def test_the_text_is_what_a_reader_sees(html, text):
    assert text_of_html(html) == text


@pytest.mark.parametrize("html", ["a <!-- b", "a <script> b", "a <style> </style"])
def test_what_has_no_end_is_refused(html):
    with pytest.raises(HtmlTextError):
        text_of_html(html)


@given(st.text(st.characters(exclude_characters="<&"), max_size=40))
def test_text_without_tags_loses_nothing_but_white_space(text):
    assert "".join(text_of_html(text).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "unit", ["<a ", "<", "<!-", '<a "', "</a", "&", "&#", "<![", "<a b='", "<!doctype ", " "]
)
def test_any_length_of_what_is_broken_is_read_at_once(unit):
    # 1 MiB; a quadratic reader takes hours.
    assert text_of_html(unit * (2**20 // len(unit))) is not None
