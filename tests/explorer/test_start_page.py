import re

from app.explorer.start_page import EXAMPLES, START_PAGE


def page():
    response = START_PAGE
    return dict(response.raw_headers), response.body.decode()


def test_the_start_page_asks_no_other_host():
    headers, text = page()
    assert headers[b"content-security-policy"].startswith(b"default-src 'none'; style-src 'sha256-")
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    assert "<script" not in text


def test_the_start_page_is_accessible():
    _, text = page()
    assert '<html lang="en">' in text
    assert "<title>Annals</title>" in text
    assert text.count("<h1>") == 1
    assert all(f"<{part}" in text for part in ("main", "header", "footer", "nav aria-label"))


def test_every_example_is_linked():
    _, text = page()
    for example in EXAMPLES:
        assert example.question in text
        assert f'href="{example.path.removeprefix("/").replace("&", "&amp;")}"' in text
