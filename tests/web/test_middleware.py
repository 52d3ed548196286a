import asyncio
import gc
import re
import socket
import weakref

import httpx
import pytest
from exchanges import asgi_route
from fastapi import APIRouter
from listening import check_refusal, exchange, listening
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.errors import Conflict, Fault
from app.settings import Settings
from app.system import docs
from app.system import router as system
from app.system.readiness import ServiceReadiness
from app.values.strict_json import parse_json
from app.web.application import AnnalsApp
from app.web.http_protocol import MAX_HEAD_BYTES
from app.web.request_body import check_media_type, read_body
from app.web.responses import send_bytes

SECRET = "s3cret-from-client"


class Body:
    def __init__(self, content):
        self.content = content


KEPT = []


class Thing(BaseModel):
    size: int


async def hello(scope, _receive, send):
    await send_bytes(
        send, 200, [(b"content-type", b"text/plain")], scope["path_params"].get("id", "all").encode()
    )


async def put(scope, receive, send):
    check_media_type(scope, ("application/json",))
    value = parse_json(await read_body(scope, receive, 10**9))
    await send_bytes(send, 200, [(b"content-type", b"text/plain")], str(type(value).__name__).encode())


async def conflict(_scope, _receive, _send):
    raise Conflict(
        "It is taken.",
        faults=[Fault("taken", "Choose another.", pointer="/id", suggestion="x-2")],
        headers={"Retry-After": "1"},
        extra={"current": 3, "status": 200},
    )


async def crash(_scope, _receive, _send):
    raise RuntimeError(SECRET)


async def refuse_what_it_keeps(scope, receive, _send):
    body = Body(await read_body(scope, receive, 10**9))
    KEPT.append(weakref.ref(body))
    refusal = Conflict("It is taken.")
    raise refusal


async def late_crash(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
    raise RuntimeError(SECRET)


async def full(_scope, _receive, _send):
    raise OSError(28, SECRET)


def make(**settings):
    service = AnnalsApp(Settings(_env_file=None, **settings), streams=frozenset({"/v1/imports"}))

    def add(path, handler, *methods):
        service.router.routes.append(asgi_route(path, handler, methods or ["GET"]))

    add("/v1/events", hello)
    add("/v1/events", put, "POST")
    add("/v1/events/{id}", hello)
    add("/v1/events/{id}", put, "PUT")
    add("/v1/events/{id}/revisions/{n:int}", hello)
    add("/v1/{collection}/{id}/diff", hello)
    add("/v1/imports", put, "POST")
    add("/conflict", conflict)
    add("/crash", crash)
    add("/kept", refuse_what_it_keeps, "POST")
    add("/late", late_crash)
    add("/full", full)

    @service.get("/typed")
    async def typed(limit: int = 1) -> int:
        return limit

    @service.post("/typed")
    async def create(thing: Thing) -> int:
        return thing.size

    @service.get("/teapot")
    async def teapot():
        raise HTTPException(418, detail=SECRET)

    router = APIRouter(prefix="/under")
    router.add_api_route("/{name}", typed, methods=["GET"])
    service.include_router(router)
    service.router.routes.extend([*system.probes.routes, *docs.router.routes])

    async def readiness():
        against = [] if service.state.is_ready else ["The schema is old."]
        return ServiceReadiness([], against, against)

    service.state.readiness = readiness
    service.state.is_ready = True
    return service


SERVICE = make()


def ask(path, method="GET", service=SERVICE, client=("203.0.113.9", 1), **request):
    async def go():
        transport = httpx.ASGITransport(service, raise_app_exceptions=True, client=client)
        async with httpx.AsyncClient(transport=transport, base_url="http://annals.test") as http:
            return await http.request(method, path, **request)

    return asyncio.run(go())


def problem(response, status, code):
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert {"type", "title", "status", "detail", "instance", "code", "request_id"} <= document.keys()
    assert document["status"] == status
    assert document["code"] == code
    assert document["request_id"] == response.headers["x-request-id"]
    assert SECRET not in response.text
    return document


def test_a_request_id_is_made_or_kept():
    made = [ask("/v1/events").headers["x-request-id"] for _ in range(2)]
    assert len({*made}) == 2
    assert ask("/v1/events", headers={"x-request-id": "trace-1.a:b"}).headers["x-request-id"] == "trace-1.a:b"
    for bad in ("", "a b", "<script>", "x" * 129, "é"):
        assert ask("/v1/events", headers={"x-request-id": bad.encode()}).headers["x-request-id"] not in (
            "",
            bad,
        )


def test_answers_have_security_headers():
    for path in ("/v1/events", "/nope"):
        assert ask(path).headers["x-content-type-options"] == "nosniff"


def test_paths_are_found():
    assert ask("/v1/events").text == "all"
    assert ask("/v1/events/x").text == "x"
    assert ask("/v1/events/x/revisions/3").status_code == 200
    assert ask("/v1/actors/y/diff").text == "y"
    assert ask("/v1/events/y/diff").text == "y"
    assert ask("/under/x?limit=7").json() == 7
    assert ask("/typed").json() == 1
    assert ask("/v1/events/x", "HEAD").status_code == 200


@pytest.mark.parametrize(
    "path", ["/nope", "/v1/events/", "/v1//events", "/v1/events/x/revisions/y", "/a" * 9000, "/%00"]
)
def test_what_is_not_there_is_404(path):
    assert problem(ask(path), 404, "no_such_path")["type"] == "/docs/problems#not_found"


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/v1/evnts", "/v1/events"),
        ("/v1/event", "/v1/events"),
        ("/v1/events/", "/v1/events"),
        ("/events", "/v1/events"),
        ("/v1/Imports", "/v1/imports"),
        ("/confict", "/conflict"),
        ("/v1/nope", None),
        ("/v1/places", None),
        ("/v1/", None),
        ("/", None),
    ],
)
def test_a_path_that_is_near_is_proposed(path, meant):
    detail = problem(ask(path), 404, "no_such_path")["detail"]
    assert detail == "There is nothing at this address." + (f" Did you mean {meant}?" if meant else "")


def test_a_near_path_is_proposed():
    assert "/v1/events" in ask("/v1/event").json()["detail"]


def test_a_wrong_method_names_all_the_right_ones():
    response = ask("/v1/events/x", "DELETE")
    problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, PUT"
    options = ask("/v1/events/x", "OPTIONS")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, PUT")
    assert problem(ask("/v1/events", "BREW"), 405, "method_not_allowed")


def test_an_error_becomes_a_problem_document():
    response = ask("/conflict?x=1")
    document = problem(response, 409, "conflict")
    assert document["instance"] == "/conflict"
    assert document["errors"] == [
        {"pointer": "/id", "code": "taken", "detail": "Choose another.", "suggestion": "x-2"}
    ]
    assert document["current"] == 3
    assert response.headers["retry-after"] == "1"


def test_a_crash_says_nothing_of_itself():
    problem(ask("/crash"), 500, "internal_error")
    problem(ask("/full"), 507, "disk_full")


@pytest.mark.parametrize("before", ["", "x", "xx"])
def test_a_long_instance_is_cut_between_escapes(before):
    instance = ask(f"/v1/nope/{before}" + "%C3%A9" * 400).json()["instance"]
    assert (len(instance) > 1900, re.search("%(?![0-9A-F]{2})", instance)) == (True, None)


def test_the_instance_is_not_the_raw_path():
    assert ask("/v1/events/%3Cscript%3E/nope").json()["instance"] == "/v1/events/%3Cscript%3E/nope"


def test_fastapi_errors_are_problem_documents_too():
    document = problem(ask("/typed?limit=s3cret-from-client"), 400, "bad_request")
    assert document["errors"] == [
        {"parameter": "limit", "code": "int_parsing", "detail": "Use a whole number."}
    ]
    document = problem(ask("/typed", "POST", json={"size": SECRET}), 422, "invalid_document")
    assert document["errors"][0]["pointer"] == "/size"
    problem(ask("/teapot"), 400, "bad_request")


def test_a_body_past_the_limit_is_413():
    service = make(max_body_bytes=2000)
    as_json = {"content-type": "application/json"}

    async def chunks():
        for _ in range(100):
            yield b'"' + b"x" * 98 + b'"'

    for content in (b"x" * 2001, chunks()):
        response = ask("/v1/events", "POST", service, content=content, headers=as_json)
        problem(response, 413, "too_large")
        assert response.headers["connection"] == "close"
    assert ask("/v1/events", "POST", service, content=b'"%s"' % (b"x" * 1998), headers=as_json).text == "str"
    assert ask("/v1/imports", "POST", service, content=b'"%s"' % (b"x" * 9000), headers=as_json).text == "str"
    problem(ask("/typed", "POST", service, content=chunks(), headers=as_json), 413, "too_large")


def test_what_was_refused_is_let_go_of_at_once():
    gc.disable()
    try:
        problem(ask("/kept", "POST", content=b"x" * 1000), 409, "conflict")
        assert [one() for one in KEPT] == [None]
    finally:
        gc.enable()


def test_strict_bodies_over_http():
    problem(ask("/v1/events", "POST", content=b"{}"), 415, "unsupported_media_type")
    as_json = {"content-type": "application/json"}
    document = problem(
        ask("/v1/events", "POST", content=b'{"a":1,"a":2}', headers=as_json), 422, "invalid_document"
    )
    assert document["errors"][0]["pointer"] == "/a"


def test_cors_is_for_the_origins_that_are_set():
    assert (
        "access-control-allow-origin" not in ask("/v1/events", headers={"origin": "https://a.test"}).headers
    )
    service = make(cors_origins="https://a.test,https://b.test")
    for path in ("/v1/events", "/nope", "/crash"):
        response = ask(path, service=service, headers={"origin": "https://a.test"})
        assert response.headers["access-control-allow-origin"] == "https://a.test"
        exposed = response.headers["access-control-expose-headers"].split(", ")
        assert {"Content-Disposition", "ETag", "Idempotency-Replayed", "Link", "Location"} <= set(exposed)
    preflight = {"origin": "https://b.test", "access-control-request-method": "PUT"}
    allowed = ask(
        "/v1/events/x", "OPTIONS", service, headers=preflight | {"access-control-request-headers": "if-match"}
    )
    assert allowed.status_code == 200
    assert "x-request-id" in allowed.headers
    refused = ask("/v1/events/x", "OPTIONS", service, headers=preflight | {"origin": "https://evil.test"})
    problem(refused, 400, "cors_refused")


def test_rate_limits():
    service = make(rate_limit_per_address="3/minute")
    responses = [ask("/v1/events", service=service) for _ in range(4)]
    assert [r.status_code for r in responses] == [200, 200, 200, 429]
    assert responses[0].headers["ratelimit-policy"] == '"address";q=3;w=60'
    assert [r.headers["ratelimit"].split(";")[1] for r in responses] == ["r=2", "r=1", "r=0", "r=0"]
    document = problem(responses[3], 429, "too_many_requests")
    assert 1 <= int(responses[3].headers["retry-after"]) <= 60
    assert "60 seconds" in document["detail"]
    assert ask("/v1/events", service=service, client=("203.0.113.10", 1)).status_code == 200
    assert ask("/livez", service=service).status_code == 200
    assert "ratelimit" not in ask("/v1/events", service=service, client=("127.0.0.1", 1)).headers


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_this_machine_is_not_limited_but_what_comes_through_a_proxy_is(header):
    service = make(rate_limit_per_address="2/minute")
    for spoofed in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert ask("/v1/events", service=service, client=(spoofed, 1)).status_code == 200
    answers = [
        ask("/v1/events", service=service, client=("127.0.0.1", 1), headers={header: "127.0.0.1"})
        for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_an_ipv6_network_is_one_client():
    service = make(rate_limit_per_address="1/minute")
    first, second, other = (
        ask("/v1/events", service=service, client=(address, 1)).status_code
        for address in ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1")
    )
    assert (first, second, other) == (200, 429, 200)
    garbage = [ask("/v1/events", service=service, client=("junk", 1)).status_code for _ in range(2)]
    assert garbage == [200, 429]


def test_a_key_is_counted_by_itself_once_it_is_known():
    async def identify(scope):
        return "good" if (b"authorization", b"Bearer good") in scope["headers"] else None

    service = make(rate_limit_per_address="1/minute", rate_limit_per_key="2/minute")
    service._identify = identify
    good, made_up = {"authorization": "Bearer good"}, {"authorization": "Bearer made-up"}
    assert [ask("/v1/events", service=service, headers=good).status_code for _ in range(3)] == [200, 200, 429]
    assert [ask("/v1/events", service=service, headers=made_up).status_code for _ in range(2)] == [200, 429]


def test_lifecycle():
    service = make()
    assert ask("/livez").json() == {"status": "alive"}
    assert ask("/version").json()["api"] == "v1"
    assert ask("/readyz", service=service).json() == {"status": "ready", "writes": True, "pools": []}
    service.state.is_ready = False
    response = ask("/readyz", service=service)
    assert problem(response, 503, "not_ready")["reasons"] == ["The schema is old."]
    assert response.headers["retry-after"]


def test_metrics_count_routes_as_declared():
    ask("/v1/events/one")
    ask("/v1/events/two", "HEAD")
    ask("/v1/events/x", "BREW")
    text = ask("/metrics").text
    assert (
        'annals_http_request_duration_seconds_count{method="GET",route="/v1/events/{id}",status="200"}'
        in text
    )
    assert 'method="other"' in text
    assert "BREW" not in text
    assert "/v1/events/one" not in text


def test_docs_need_no_other_host():
    page = ask("/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http://" not in page.text + ask("/docs/static/start.js").text
    assert "https://" not in page.text
    for name, kind in (("swagger-ui-bundle.js", "text/javascript"), ("swagger-ui.css", "text/css")):
        assert ask(f"/docs/static/{name}").headers["content-type"].startswith(kind)
    problem(ask("/docs/static/core.py"), 404, "not_found")


def test_the_description_is_openapi_31_with_unique_ids():
    document = ask("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    ids = [o["operationId"] for operations in document["paths"].values() for o in operations.values()]
    assert len(ids) == len({*ids})
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in str(document)
    assert {tag["name"] for tag in document["tags"]} >= {"service"}
    assert "/docs" not in document["paths"]


@pytest.fixture(scope="module")
def port():
    with listening(make(max_body_bytes=100_000)) as port:
        yield port


@pytest.mark.parametrize("method", [b"FOO", b"BREW", b"get", b"\x16\x03\x01"])
def test_an_unknown_method_is_told(port, method):
    check_refusal(exchange(port, method + b" /v1/events HTTP/1.1\r\nHost: x\r\n\r\n"), 501, "method_unknown")


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /v1/events HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n",
        b"GET /v1/events HTTP/1.1\r\nHost: x\r\nA\xff: b\r\n\r\n",
        b"GET /v1/events HTTP/7\r\n\r\n",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_http_is_told(port, request_):
    check_refusal(exchange(port, request_), 400, "malformed_request")


@pytest.mark.parametrize("address", ["/v1/events?q=Chávez", "/v1/events/ñ", "/v1/events?q=a\tb", "é"])
def test_an_address_that_is_not_percent_encoded_is_told_how(port, address):
    answer = exchange(port, f"GET {address} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    check_refusal(answer, 400, "unencoded_address")
    assert b"percent-encode" in answer
    assert b"--data-urlencode" in answer


def test_a_space_in_an_address_is_told(port):
    answer = exchange(port, b"GET /v1/events?q=hugo chavez HTTP/1.1\r\nHost: x\r\n\r\n")
    check_refusal(answer, 400, "malformed_request")
    assert b"%20" in answer


def test_a_good_request_is_answered_before_a_bad_one_on_the_same_connection(port):
    # An answer that comes in one piece.
    good = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(good)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"nonsense\r\n\r\n")
        check_refusal(connection.recv(65536), 501, "method_unknown")
        assert connection.recv(65536) == b""


def test_endless_headers_are_refused(port):
    head = b"GET /v1/events HTTP/1.1\r\nHost: x\r\nA: "
    answer = exchange(port, head, *[b"a" * 10_000] * 10)
    check_refusal(answer, 431, "head_too_large")
    one_piece = head + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n"
    assert exchange(port, one_piece).startswith(b"HTTP/1.1 431 ")
    fits = head + b"a" * 30_000 + b"\r\nConnection: close\r\n\r\n"
    assert exchange(port, fits).startswith(b"HTTP/1.1 200 ")


def test_a_large_body_is_no_large_head(port):
    body = b'"' + b"x" * 90_000 + b'"'
    head = (
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90002\r\n"
    )
    assert exchange(port, head + b"Connection: close\r\n\r\n" + body).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_without_end_is_refused_while_it_comes(port, chunked):
    head = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"Content-Length: 1073741824\r\n\r\n"
    piece = b"x" * 65536
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head)
        for _ in range(4):
            connection.sendall(b"10000\r\n%s\r\n" % piece if chunked else piece)
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"connection: close" in answer
        with pytest.raises(ConnectionError):  # noqa: PT012 - when it is noticed depends on buffers
            while True:
                connection.sendall(b"10000\r\n%s\r\n" % piece if chunked else piece)


def test_an_answer_that_breaks_off_is_not_taken_for_whole(port):
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{port}/late")


def test_no_server_header_and_no_redirect(port):
    answer = httpx.get(f"http://127.0.0.1:{port}/v1/events/", headers={"host": "evil.test"})
    assert answer.status_code == 404
    assert "server" not in answer.headers
