"""Where reading needs a key: signing in with one, what its cookie lets in, and what it does not."""

from http.cookies import SimpleCookie
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import logs
from app.database.api_keys import create_key, new_token, revoke_key
from app.explorer.sign_in import next_page
from app.settings import Settings

pytestmark = pytest.mark.anyio

FORM = {"content-type": "application/x-www-form-urlencoded"}
NAME = "annals_key"


@pytest.fixture
async def private(make_client):
    async with make_client(public_reads=False) as client:
        yield client


async def sign_in(client, token, after="explore", **headers):
    body = urlencode({"key": token, "next": after})
    return await client.post("/explore/sign-in", content=body, headers=FORM | headers)


def set_cookie(answer):
    [line] = answer.headers.get_list("set-cookie")
    [cookie] = SimpleCookie(line).values()
    return cookie


def cookie(token, name=NAME):
    return {"cookie": f"{name}={token}"}


def all_pages(client):
    """Every page below /explore that is there, but what is open to all, with something in place of its parameters."""
    paths = {route.path for route in client.app.routes if route.path.startswith("/explore")}
    open_to_all = ("/explore/static", "/explore/sign-in", "/explore/sign-out")
    shown = sorted(path for path in paths if not path.startswith(open_to_all))
    return [path.format(collection="events", id="x", digest="d", name="n") for path in shown]


async def test_every_page_leads_to_where_a_key_is_given(private):
    pages = all_pages(private)
    assert "/explore" in pages
    for path in pages:
        for method in ("GET", "HEAD"):
            answer = await private.request(method, path)
            after = "" if path == "/explore" else f"?next={path[1:]}"
            assert (answer.status_code, answer.headers["location"]) == (303, f"/explore/sign-in{after}"), path
            assert answer.headers["cache-control"] == "no-store"


async def test_signing_in_leads_back_to_the_page_that_was_asked_for(private, api_key):
    token = api_key("read", label="Ana <b>")
    asked = "/explore?when=1967-03~/1975&q=caf%C3%A9+%22a%26b%22"
    sent = (await private.get(asked)).headers["location"]
    page = await private.get(sent)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert 'name="next" value="explore?when=1967-03~/1975&amp;q=caf%C3%A9+%22a%26b%22"' in page.text
    after = page.text.partition('name="next" value="')[2].partition('"')[0].replace("&amp;", "&")
    answer = await sign_in(private, f" {token} ", after)
    assert (answer.status_code, answer.headers["location"]) == (303, asked)
    kept = set_cookie(answer)
    assert (kept.key, kept.value, kept["path"]) == (NAME, token, "/")
    assert kept["httponly"]
    assert kept["samesite"] == "Strict"
    assert not any(kept[name] for name in ("secure", "max-age", "expires", "domain"))
    shown = await private.get(asked, headers=cookie(token))
    assert shown.status_code == 200
    assert "Signed in as <bdi>Ana &lt;b&gt;</bdi>" in shown.text
    assert token not in shown.text
    again = await private.get(sent, headers=cookie(token))
    assert (again.status_code, again.headers["location"]) == (303, asked)


async def test_the_cookie_reads_the_api_and_writes_nothing(private, api_key):
    token = api_key("admin")
    for path in ("/v1/events", "/v1/changes", "/v1/me", "/v1/timeline"):
        assert (await private.get(path)).status_code == 401
        assert (await private.get(path, headers=cookie(token))).status_code == 200
    assert (await private.head("/v1/events", headers=cookie(token))).status_code == 200
    writes = [
        ("POST", "/v1/events", {"title": "T"}),
        ("PUT", "/v1/events/x", {"title": "T"}),
        ("PATCH", "/v1/events/x", {"title": "T"}),
        ("DELETE", "/v1/events/x", None),
        ("POST", "/v1/imports", {"title": "T"}),
        ("POST", "/v1/vocabularies/event-type", {"id": "x", "label": "X"}),
    ]
    for method, path, body in writes:
        answer = await private.request(method, path, json=body, headers=cookie(token))
        assert answer.status_code == 401, path
        with_key = {"authorization": f"Bearer {token}"} | cookie(token)
        assert (await private.request(method, path, json=body, headers=with_key)).status_code != 401, path


async def test_where_there_is_an_authorization_it_counts(private, api_key):
    good, bad = api_key("read", label="header"), new_token()
    mine = api_key("read", label="cookie")
    of = {"authorization": f"Bearer {good}"} | cookie(mine)
    assert (await private.get("/v1/me", headers=of)).json()["label"] == "header"
    page = await private.get("/explore", headers=of)
    assert page.status_code == 200
    assert "Signed in" not in page.text
    assert (
        await private.get("/explore", headers={"authorization": f"Bearer {good}"} | cookie(bad))
    ).is_success
    for path in ("/v1/events", "/explore", "/"):
        answer = await private.get(path, headers={"authorization": f"Bearer {bad}"} | cookie(mine))
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_key")


async def test_what_was_read_by_the_cookie_stays_with_its_reader(private, api_key):
    token = api_key("write")
    created = await private.post(
        "/v1/events", json={"id": "x", "title": "T"}, headers={"authorization": f"Bearer {token}"}
    )
    assert created.status_code == 201
    for path in (
        "/v1/events",
        "/v1/events/x",
        "/v1/events/x/revisions/1",
        "/v1/events?format=csv",
        "/explore",
    ):
        answer = await private.get(path, headers=cookie(token))
        assert answer.status_code == 200
        assert "private" in answer.headers["cache-control"].split(", ")
        assert "public" not in answer.headers["cache-control"]
        assert "Cookie" in answer.headers["vary"].split(", ")
        if "etag" in answer.headers:
            known = await private.get(path, headers=cookie(token) | {"if-none-match": answer.headers["etag"]})
            assert known.status_code == 304
            assert "Cookie" in known.headers["vary"].split(", ")
            assert (
                await private.get(path, headers={"if-none-match": answer.headers["etag"]})
            ).status_code == 401
    assert "no-store" in (await private.get("/explore", headers=cookie(token))).headers["cache-control"]


async def test_a_revoked_key_leads_back_with_a_sentence(private, api_key):
    token = api_key("read", label="reader")
    assert (await private.get("/explore", headers=cookie(token))).status_code == 200
    db = private.app.state.db
    await db.write(lambda tx: revoke_key(tx, "reader"))
    answer = await private.get("/explore?when=1994", headers=cookie(token))
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/explore/sign-in?next=explore?when=1994",
    )
    api = await private.get("/v1/events", headers=cookie(token))
    assert (api.status_code, api.json()["code"]) == (401, "invalid_key")
    assert "sign-in" in api.json()["detail"]
    page = await private.get("/explore/sign-in", headers=cookie(token))
    assert page.status_code == 200
    assert "revoked" in page.text
    assert set_cookie(page)["max-age"] == "0"
    for path in ("/", "/docs", "/docs/problems", static_file_of(page)):
        assert (await private.get(path, headers=cookie(token))).status_code == 200, path


def static_file_of(page):
    return "/" + page.text.partition('rel="stylesheet" href="../')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"key": ""}, 400),
        ({"key": "x"}, 401),
        ({"key": new_token()}, 401),
        ({"key": "annals_<script>\ud83d"}, 401),
        ([("key", "a"), ("key", "b")], 400),
        ([("x", "y")] * 50, 400),
    ],
)
async def test_what_is_no_key_is_asked_for_again(private, fields, status):
    body = urlencode(fields, errors="surrogatepass")
    answer = await private.post("/explore/sign-in", content=body, headers=FORM)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert "set-cookie" not in answer.headers
    assert ("www-authenticate" in answer.headers) == (status == 401)
    for one in dict(fields).values():
        assert len(one) < 5 or one not in answer.text


async def test_what_is_no_form_is_refused(private):
    refused = [
        (b"{}", {"content-type": "application/json"}, 415),
        (b"key=x", {}, 415),
        (b"key=" + b"x" * 100_000, FORM, 413),
        (b"\xff\xfe=%ff%00", FORM, 400),
    ]
    for body, headers, status in refused:
        assert (await private.post("/explore/sign-in", content=body, headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "https://behind-a-proxy.example"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site", "origin": "http://testserver"}, False),
        ({"origin": "http://testserver"}, True),
        ({"origin": "https://testserver"}, True),
        ({"origin": "https://annals.example"}, True),
        ({"origin": "http://testserver.evil.example"}, False),
        ({"origin": "http://testserver:81"}, False),
        ({"origin": "null"}, False),
        ({"origin": "file://testserver"}, False),
        ({"origin": ""}, False),
    ],
)
async def test_forms_of_other_sites_are_refused(make_client, api_key, headers, taken):
    token = api_key("read")
    async with make_client(public_reads=False, public_url="https://annals.example") as client:
        entered = await sign_in(client, token, **headers)
        left = await client.post("/explore/sign-out", headers=headers | cookie(token))
        for answer in (entered, left):
            assert answer.status_code == (303 if taken else 400)
            assert ("set-cookie" in answer.headers) == taken
            assert taken or answer.json()["code"] == "cross_site_form"


async def test_signing_out_ends_it(private, api_key):
    token = api_key("read")
    answer = await private.post("/explore/sign-out", headers=cookie(token))
    assert (answer.status_code, answer.headers["location"]) == (303, "/explore/sign-in")
    gone = set_cookie(answer)
    assert (gone.key, gone.value, gone["path"], gone["max-age"]) == (NAME, "", "/", "0")
    assert (await private.get("/explore/sign-out")).status_code == 405


async def test_behind_https_the_cookie_is_of_this_host_alone(private, api_key):
    token = api_key("read")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=private.app), base_url="https://testserver"
    ) as secure:
        kept = set_cookie(await sign_in(secure, token))
        assert (kept.key, kept["secure"], kept["path"]) == ("__Host-annals_key", True, "/")
        assert (await secure.get("/v1/events", headers=cookie(token, kept.key))).status_code == 200
        # Whoever can set cookies for the host by plain HTTP must not choose as whom one reads.
        assert (await secure.get("/v1/events", headers=cookie(token))).status_code == 401


async def test_below_a_path_the_cookie_and_the_pages_stay_there(private, api_key):
    token = api_key("read")
    for base_url, secure in (("http://testserver", False), ("https://testserver", True)):
        transport = httpx.ASGITransport(app=private.app, root_path="/annals")
        async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
            sent = await client.get("/annals/explore?when=1994")
            assert sent.headers["location"] == "/annals/explore/sign-in?next=explore?when=1994"
            answer = await sign_in_at(client, "/annals/explore/sign-in", token)
            assert answer.headers["location"] == "/annals/explore"
            kept = set_cookie(answer)
            assert (kept.key, kept["path"], bool(kept["secure"])) == (NAME, "/annals", secure)
            # The cookie of the longest path comes first; another of the same name may follow.
            both = {"cookie": f"{NAME}={token}; {NAME}=x"}
            assert (await client.get("/annals/v1/events", headers=both)).status_code == 200


async def sign_in_at(client, path, token):
    return await client.post(path, content=urlencode({"key": token}), headers=FORM)


async def test_who_comes_from_another_site_is_led_on_once(private):
    page = await private.get(
        "/explore/sign-in?next=explore?q=a%2526b", headers={"sec-fetch-site": "cross-site"}
    )
    assert '<meta http-equiv="refresh" content="0; url=../explore?q=a%26b">' in page.text
    page = await private.get("/explore/sign-in?next=explore", headers={"sec-fetch-site": "same-origin"})
    assert "http-equiv" not in page.text


async def test_a_public_database_needs_no_signing_in(client, api_key):
    token = api_key("read")
    assert (await client.get("/explore")).status_code == 200
    for answer in (
        await client.get("/explore/sign-in?next=explore?when=1994"),
        await sign_in(client, token, "explore?when=1994"),
    ):
        assert (answer.status_code, answer.headers["location"]) == (303, "/explore?when=1994")
        assert "set-cookie" not in answer.headers
    read = await client.get("/v1/events", headers=cookie(new_token()))
    assert read.status_code == 200
    assert "private" not in read.headers["cache-control"]
    assert (await client.get("/v1/me", headers=cookie(token))).status_code == 401


PAGES = [
    "explore",
    "explore?q=a",
    "explore/coverage",
    "explore/events/x?view=map&when=-0044/..",
    "explore?bbox=1,2,3,4",
]
ELSEWHERE = [
    "", "/", "//evil.example", "https://evil.example", "/explore", "\\\\evil.example", "explore//evil.example",
    "explore/../v1", "explore/..", "explore/./x", "explorer", "explore\\x", "explore?\n", "explore\r\nSet-Cookie: a=b",
    "javascript:alert(1)", "explore/sign-in", "explore/sign-in?next=explore", "explore/sign-out", "explore/static/a/b",
    "v1/events", "explore#x", "explore?q=é", "explore?q=<", "explore@evil.example", "explore?" + "x" * 7000, " explore",
]  # fmt: skip


@pytest.mark.parametrize("text", PAGES)
def test_pages_of_the_explorer_are_gone_on_to(text):
    assert next_page(text) == text


@pytest.mark.parametrize("text", ELSEWHERE)
def test_nothing_else_is(text):
    assert next_page(text) == "explore"


@given(st.text(st.sampled_from("explore/?.\\:@ \n%&=#ab"), max_size=30))
def test_whatever_next_says_one_stays_in_the_explorer(text):
    base = httpx.URL("http://testserver/annals/")
    for asked in (text, f"explore{text}"):
        url = base.join(next_page(asked))
        assert (url.host, url.scheme) == ("testserver", "http")
        assert url.path == "/annals/explore" or url.path.startswith("/annals/explore/")


async def test_the_key_is_counted_and_wrong_ones_by_address(make_client, api_key):
    token = api_key("read")
    limits = {"rate_limit_per_address": "2/hour", "rate_limit_per_key": "5/hour", "rate_limit_loopback": True}
    async with make_client(public_reads=False, **limits) as client:
        by_key = [(await client.get("/v1/events", headers=cookie(token))).status_code for _ in range(6)]
        assert by_key == [200] * 5 + [429]
        by_address = [
            (await client.get("/explore", headers=cookie(new_token()))).status_code for _ in range(2)
        ]
        assert by_address == [303, 303]
        assert (await sign_in(client, new_token())).status_code == 429


@pytest.mark.usefixtures("restored_logs")
async def test_nothing_tells_of_the_key(make_client, api_key, capfd):
    token, wrong = api_key("read"), new_token()
    settings = Settings(log_level="debug", access_log=True)
    logs.configure(settings)
    async with make_client(public_reads=False, access_log=True) as client:
        pages = [
            await sign_in(client, token),
            await sign_in(client, wrong),
            await client.get("/explore", headers=cookie(token)),
            await client.get("/explore", headers=cookie(wrong)),
            await client.get("/explore/sign-in", headers=cookie(wrong)),
            await client.get("/v1/me", headers=cookie(token)),
            await client.get("/v1/me", headers=cookie(wrong)),
        ]
        metrics = (await client.get("/metrics")).text
    written = "".join(capfd.readouterr()) + metrics + "".join(page.text for page in pages)
    assert "/explore/sign-in" in written
    for one in (token, wrong):
        assert one not in written
        assert one[12:30] not in written


async def test_an_expired_key_is_no_good(private):
    from app.values.timestamps import now

    db, soon = private.app.state.db, now() + 400_000
    token, _ = await db.write(lambda tx: create_key(tx, "brief", ["read"], soon))
    while now() <= soon:
        await private.get("/livez")
    assert (await private.get("/explore", headers=cookie(token))).status_code == 303
    assert (await sign_in(private, token)).status_code == 401
