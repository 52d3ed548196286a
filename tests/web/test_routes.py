"""The classes of route, on an application of a few endpoints."""

from collections.abc import Iterator
from enum import StrEnum
from types import SimpleNamespace
from typing import Annotated, ClassVar, Literal, NamedTuple

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypedDict

from app.errors import BadRequest, Fault, Gone, MergedInto
from app.schemas.parameter_types import CommaList, OneOf, ParsedBy, WholeNumber, invalid_value
from app.schemas.parameters import FormatParameter
from app.schemas.patterns import NOT_EMPTY_PATTERN
from app.schemas.query_model import MayBeEmpty, Needs, QueryModel, Requires, parse_query
from app.settings import Settings
from app.web.application import AnnalsApp
from app.web.cached_routes import CachedRoute
from app.web.dependencies import (
    FORMAT_NAME,
    Conditions,
    ConditionsOfPut,
    Db,
    Negotiated,
    Principal,
    RawRequest,
    ServiceSettings,
    Snapshot,
    WriterKey,
    read_access,
    write_access,
)
from app.web.openapi_document import describe
from app.web.routes import FastRoute, Route
from app.web.signatures import StrictBody, raises
from app.web.typed_responses import AN_HOUR, TypedResponse
from app.web.write_routes import Transaction, WriteRoute

CLASSES = [Route, FastRoute, CachedRoute]
FORMS = {"json": "application/json", "csv": "text/csv"}


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Distance(QueryModel):
    near: str | SkipJsonSchema[None] = Field(None, description="A place.")
    within_km: Annotated[int, WholeNumber(1, 100)] | SkipJsonSchema[None] = None

    def rules(self) -> Iterator[Fault]:
        if self.within_km is not None and self.near is None:
            yield Fault("missing_parameter", "Give `near` with it.", parameter="within_km")


class Thing(TypedDict):
    """What there is."""

    limit: int
    colour: str
    words: list[str]
    near: str | None
    form: str
    calls: int


class ThingQuery(Distance, FormatParameter):
    limit: Annotated[int, WholeNumber(1, 9)] = Field(3, description="How many.", examples=[2])
    colour: Colour = Colour.RED
    shape: Literal["round", "square"] | SkipJsonSchema[None] = None
    size: Annotated[str, OneOf(("small", "large"))] = "small"
    words: CommaList = ()
    after: str = Field("", alias="from")


class Span(NamedTuple):
    first: int
    last: int


def parse_span(text: str) -> Span:
    first, dash, last = text.partition("-")
    if not dash:
        raise invalid_value("invalid_span", "Give two numbers, as in 1-{n}.", "1-2")
    return Span(int(first), int(last))


class OptionsQuery(QueryModel):
    """Parameters that mean something beside others, and rules that know the whole query."""

    span: Annotated[Span | None, ParsedBy(parse_span)] = None
    sure: Annotated[bool, Needs("span", "near", "nowhere")] = False
    near: Annotated[str | SkipJsonSchema[None], Requires("far")] = None
    far: Annotated[str | SkipJsonSchema[None], Requires("near")] = None


class WordsQuery(QueryModel):
    known: ClassVar[tuple[str, ...]] = ()

    words: CommaList = ()

    def rules(self) -> Iterator[Fault]:
        for word in self.words:
            if word not in self.known:
                yield Fault("unknown_word", "Give another.", parameter="words")


class NeededQuery(QueryModel):
    edtf: str = Field(description="A date.", examples=["1967"])
    text: Annotated[str, MayBeEmpty()] = Field("", max_length=5)


def toy(route_class: type[Route]) -> APIRouter:
    calls = []
    router = APIRouter(route_class=route_class, dependencies=[Depends(read_access)], tags=["toy"])

    @router.get("/v1/things", operation_id="list_things")
    async def list_things(
        query: Annotated[ThingQuery, Query()], form: Annotated[str, Depends(Negotiated(FORMS))]
    ) -> TypedResponse[Thing]:
        """List things."""
        calls.append(query)
        return TypedResponse.json(
            Thing(
                limit=query.limit,
                colour=query.colour,
                words=list(query.words),
                near=query.near,
                form=form,
                calls=len(calls),
            ),
            media_type=FORMS[form],
        )

    @router.get("/v1/drawing", dependencies=[Depends(Negotiated({"svg": "image/svg+xml"}))])
    async def drawing(query: Annotated[FormatParameter, Query()]) -> TypedResponse[str]:  # noqa: ARG001
        return TypedResponse.stored(b"<svg/>", media_type="image/svg+xml")

    @router.get("/v1/rows", dependencies=[Depends(Negotiated(FORMS, default="csv"))])
    async def rows(query: Annotated[FormatParameter, Query()], request: RawRequest) -> TypedResponse[str]:  # noqa: ARG001
        return TypedResponse.json(request.scope[FORMAT_NAME])

    @router.get("/v1/needed")
    async def needed(query: Annotated[NeededQuery, Query()]) -> TypedResponse[str]:
        return TypedResponse.json(query.edtf)

    @router.get("/v1/things/{id}/below")
    @raises(Gone, MergedInto)
    async def below(
        id: str,  # noqa: A002 - the name of the path parameter
        query: Annotated[FormatParameter, Query()],  # noqa: ARG001 - what is taken
        settings: ServiceSettings,
        db: Db,  # noqa: ARG001 - as provided
        principal: Principal,
    ) -> TypedResponse[list[str]]:
        if id == "gone":
            raise Gone("It was deleted.")
        if id == "merged":
            raise MergedInto("things/other")
        return TypedResponse.json([id, str(settings.public_reads), str(principal)])

    return router


def running(*routers: APIRouter) -> AnnalsApp:
    """Make an application whose database is one state after another."""
    service = AnnalsApp(Settings())
    service.router.routes[:] = [route for router in routers for route in router.routes]
    service.state.db = Versions()
    return service


class Versions:
    """A database of versions alone."""

    number = 1

    async def version(self) -> str:
        return f"{self.number}-x"

    async def answer(self, work):
        return await work(SimpleNamespace(version=self.version))


@pytest.fixture(params=CLASSES, ids=lambda one: one.__name__)
def service(request):
    return running(toy(request.param))


@pytest.fixture
async def client(service):
    transport = httpx.ASGITransport(app=service)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as one:
        yield one


async def test_an_endpoint_is_given_what_its_signature_says(client):
    plain = await client.get("/v1/things")
    expected = {"limit": 3, "colour": "red", "words": [], "near": None, "form": "json", "calls": 1}
    assert (plain.status_code, plain.json()) == (200, expected)
    assert plain.headers["cache-control"] == "no-cache"
    query = "limit=7&colour=blue&words=a,b&words=b%2Cc&near=x&within_km=5&shape=round&from=1"
    told = (await client.get(f"/v1/things?{query}")).json()
    assert told["words"] == ["a", "b", "c"]
    assert (told["limit"], told["colour"], told["near"]) == (7, "blue", "x")
    assert (await client.get("/v1/things/one/below")).json() == ["one", "True", "None"]


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("limt=3", {"limt": "unknown_parameter"}),
        ("limit=3&limit=3", {"limit": "repeated_parameter"}),
        ("limit=", {"limit": "empty_value"}),
        ("near=%20", {"near": "empty_value"}),
        ("words=a,,b", {"words": "empty_value"}),
        ("limit=0", {"limit": "out_of_range"}),
        ("limit=10", {"limit": "out_of_range"}),
        ("limit=%2B3", {"limit": "out_of_range"}),
        ("limit=1_0", {"limit": "out_of_range"}),
        ("limit=%D9%A3", {"limit": "out_of_range"}),
        ("colour=bleu", {"colour": "unknown_value"}),
        ("shape=x", {"shape": "unknown_value"}),
        ("size=x", {"size": "unknown_value"}),
        ("near=%00", {"near": "control_character"}),
        # Rules that join parameters, and what has nothing to do with them, are told together.
        ("within_km=5", {"within_km": "missing_parameter"}),
        (
            "limt=3&within_km=5&limit=x&shape=",
            {
                "limt": "unknown_parameter",
                "within_km": "missing_parameter",
                "limit": "out_of_range",
                "shape": "empty_value",
            },
        ),
        # They are not asked where one of their own parameters is at fault.
        ("within_km=x", {"within_km": "out_of_range"}),
        ("within_km=5&within_km=6", {"within_km": "repeated_parameter"}),
        ("within_km=5&near=", {"near": "empty_value"}),
    ],
)
async def test_everything_that_is_wrong_with_a_query_is_told_at_once(client, query, faults):
    answer = await client.get(f"/v1/things?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["code"] == "invalid_query"
    told = [(one["parameter"], one["code"]) for one in document["errors"]]
    assert sorted(told) == sorted(faults.items())


async def test_what_was_meant_is_proposed(client):
    answer = await client.get("/v1/things?limt=3&colour=bleu&size=smal")
    assert {one["parameter"]: one["suggestion"] for one in answer.json()["errors"]} == {
        "limt": "limit",
        "colour": "blue",
        "size": "small",
    }
    assert "Choose one of red, blue." in answer.text
    assert "from 1 to 9" in (await client.get("/v1/things?limit=0")).text
    missing = (await client.get("/v1/needed")).json()["errors"]
    assert missing == [
        {"parameter": "edtf", "code": "missing_parameter", "detail": "Give this parameter, such as 1967."}
    ]
    assert (await client.get("/v1/needed?edtf=1967&text=")).status_code == 200
    for query, code in [
        ("edtf=", "empty_value"),
        ("edtf=1&edtf=2", "repeated_parameter"),
        ("edtf=1&text=123456", "too_long"),
    ]:
        faults = (await client.get(f"/v1/needed?{query}")).json()["errors"]
        assert [one["code"] for one in faults] == [code]


@pytest.mark.parametrize(
    ("query", "code"),
    [("x" * 16_385, "query_too_long"), ("near=%FF", "malformed_query"), ("a&" * 501, "malformed_query")],
)
async def test_query_strings_have_limits(client, query, code):
    for headers in ({}, {"Prefer": "handling=lenient"}):
        answer = await client.get(f"/v1/things?{query}", headers=headers)
        lenient = headers and code == "malformed_query" and query.startswith("a&")
        assert (answer.status_code, answer.json().get("code")) == ((200, None) if lenient else (400, code))


async def test_nobody_but_the_lenient_is_spared_unknown_parameters(client):
    lenient = {"Prefer": "handling=lenient"}
    answer = await client.get("/v1/things?colr=1&limit=2&%C3%A9=1", headers=lenient)
    assert (answer.status_code, answer.json()["limit"]) == (200, 2)
    assert answer.headers["preference-applied"] == "handling=lenient"
    assert answer.headers["vary"] == "Accept, Prefer, Accept-Encoding"
    plain = await client.get("/v1/things?limit=2", headers=lenient)
    assert "preference-applied" not in plain.headers
    assert plain.headers.get("etag") == answer.headers.get("etag")
    assert (await client.get("/v1/things?limit=x&colr=1", headers=lenient)).status_code == 400


async def test_a_format_is_negotiated(client):
    by_name = await client.get("/v1/things?format=csv", headers={"Accept": "application/json"})
    by_accept = await client.get("/v1/things", headers={"Accept": "text/csv"})
    for answer in (by_name, by_accept):
        assert answer.headers["content-type"] == "text/csv"
        assert (answer.json()["form"], answer.headers["vary"]) == ("csv", "Accept, Accept-Encoding")
    assert (await client.get("/v1/things?format=cvs")).status_code == 406
    # A format may be asked for without the endpoint being told.
    assert (await client.get("/v1/drawing", headers={"Accept": "image/*"})).text == "<svg/>"
    assert (await client.get("/v1/drawing", headers={"Accept": "text/csv"})).status_code == 406
    # Where nothing is preferred, it is another than JSON if the endpoint says so.
    for asked, accept, expected in [
        ("", "*/*", "csv"),
        ("", "application/json", "json"),
        ("?format=json", "*/*", "json"),
    ]:
        assert (await client.get(f"/v1/rows{asked}", headers={"Accept": accept})).json() == expected
    # What has a format of its own takes JSON, and an endpoint without formats anything.
    assert (await client.get("/v1/things/one/below", headers={"Accept": "text/csv"})).status_code == 406
    assert (await client.get("/v1/needed?edtf=1", headers={"Accept": "text/csv"})).status_code == 200


async def test_methods_and_paths_are_the_table_s(client):
    plain, head = await client.get("/v1/needed?edtf=1"), await client.head("/v1/needed?edtf=1")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(plain.content)))
    options = await client.options("/v1/things")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert (await client.post("/v1/things")).status_code == 405
    assert "/v1/things?" in (await client.get("/v1/thinsg")).text


async def test_problems_are_raised_and_readers_of_merged_records_sent_on(client):
    assert (await client.get("/v1/things/gone/below")).status_code == 410
    moved = await client.get(
        "/v1/things/merged/below?format=json&x=1", headers={"Prefer": "handling=lenient"}
    )
    assert moved.status_code == 308
    assert moved.headers["location"] == "/v1/things/other/below?format=json"


async def test_who_asks_is_let_in_before_anything_else_is_looked_at(client, service):
    service.state.settings = Settings(public_reads=False)
    assert (await client.get("/v1/things?format=x&nonsense=1")).status_code == 401


def test_the_document_says_what_the_signature_says(service):
    operation = describe(service, {})["paths"]["/v1/things"]["get"]
    parameters = {one["name"]: one for one in operation["parameters"]}
    cached = isinstance(service.router.routes[0], CachedRoute)
    assert ("If-None-Match" in parameters) == cached
    assert ("304" in operation["responses"]) == cached
    assert parameters["near"]["schema"] == {"type": "string", "pattern": NOT_EMPTY_PATTERN}
    limit = {"type": "integer", "minimum": 1, "maximum": 9, "default": 3, "examples": [2]}
    assert parameters["limit"]["schema"] == limit
    assert (parameters["limit"]["description"], "example" in parameters["limit"]) == ("How many.", False)
    assert not parameters["from"]["required"]
    assert parameters["words"]["schema"]["items"] == {"type": "string", "pattern": NOT_EMPTY_PATTERN}
    assert parameters["size"]["schema"] == {"type": "string", "enum": ["small", "large"], "default": "small"}
    problems = {"400", "401", "403", "406", "429", "431", "500", "503"}
    assert {one for one in operation["responses"] if one >= "400"} == problems
    content = operation["responses"]["200"]["content"]
    assert content == {
        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
        "text/csv": {},
    }
    assert operation["description"] == "List things."
    below = describe(service, {})["paths"]["/v1/things/{id}/below"]["get"]
    assert {"308", "404", "410"} <= set(below["responses"])
    assert "422" not in below["responses"]


@pytest.mark.parametrize("route_class", CLASSES)
async def test_every_class_works_in_a_router_that_is_included(route_class):
    service = running()
    FastAPI.include_router(service, toy(route_class), prefix="/inner")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=service), base_url="http://testserver"
    ) as client:
        assert (await client.get("/inner/v1/things?limit=2")).json()["limit"] == 2
        assert (await client.get("/inner/v1/things?limt=2")).status_code == 400
        assert (await client.get("/inner/v1/things/one/below")).json()[0] == "one"


async def test_an_answer_is_kept_while_the_version_stands():
    service = running(toy(CachedRoute))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=service), base_url="http://testserver"
    ) as client:
        first = await client.get("/v1/things?limit=2")
        assert (await client.get("/v1/things?limit=2")).json()["calls"] == 1
        other = await client.get("/v1/things?limit=2", headers={"Accept": "text/csv"})
        assert other.json()["calls"] == 2
        tag = {"If-None-Match": first.headers["etag"]}
        again = await client.get("/v1/things?limit=2", headers=tag)
        assert (again.status_code, again.content, again.headers["vary"]) == (
            304,
            b"",
            "Accept, Accept-Encoding",
        )
        service.state.db.number = 2
        later = await client.get("/v1/things?limit=2", headers=tag)
        assert (later.status_code, later.json()["calls"]) == (200, 3)
        assert later.headers["etag"] != first.headers["etag"]


async def test_an_answer_may_be_tagged_by_its_bytes():
    router = APIRouter(route_class=FastRoute)

    @router.get("/v1/constant", response_class=PlainTextResponse)
    async def constant() -> TypedResponse[str]:
        return TypedResponse.stored(b"always", media_type="text/plain", cache_control=AN_HOUR, tagged=True)

    service = running(router)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=service), base_url="http://testserver"
    ) as client:
        first = await client.get("/v1/constant?whatever=1")
        assert (first.text, first.headers["cache-control"]) == ("always", "public, max-age=3600")
        again = await client.get("/v1/constant", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.headers["cache-control"]) == (304, "public, max-age=3600")
    responses = describe(service, {})["paths"]["/v1/constant"]["get"]["responses"]
    assert responses["200"]["content"] == {"text/plain": {"schema": {"type": "string"}}}
    assert set(responses) == {"200", "401", "431"}


class Wish(BaseModel):
    """What is wished for."""

    what: str


WishBody = Annotated[
    Wish, StrictBody("text/wish", example={"what": "rain"}, also={"text/other": {"example": "snow"}})
]


async def conditional_write(body: WishBody, conditions: Conditions) -> Transaction[Wish]:
    raise AssertionError(body, conditions)


async def creating_write(body: WishBody, conditions: ConditionsOfPut) -> Transaction[Wish]:
    raise AssertionError(body, conditions)


async def plain_write() -> Transaction[None]:
    raise AssertionError


def test_a_write_is_described_by_its_signature():
    router = APIRouter(route_class=WriteRoute)
    router.add_api_route("/v1/wish", creating_write, methods=["PUT"], responses={201: {"model": Wish}})
    router.add_api_route("/v1/wish", conditional_write, methods=["PATCH"])
    router.add_api_route("/v1/wish", plain_write, methods=["DELETE"], status_code=204)
    described = describe(running(router), {})["paths"]["/v1/wish"]
    headers = {
        method: [one["name"] for one in operation["parameters"]] for method, operation in described.items()
    }
    common = ["Idempotency-Key", "X-Edit-Comment"]
    assert headers == {
        "put": ["If-Match", "If-None-Match", *common],
        "patch": ["If-Match", *common],
        "delete": common,
    }
    put, patch, delete = (described[method]["responses"] for method in ("put", "patch", "delete"))
    assert {"200", "201", "204", "409", "412", "413", "428"} <= put.keys()
    assert {"200", "204", "412", "428"} <= patch.keys()
    assert {"200", "412", "428"}.isdisjoint(delete)
    for responses, status in ((put, "201"), (patch, "200"), (delete, "204")):
        assert "Idempotency-Replayed" in responses[status]["headers"]
    assert described["put"]["requestBody"] == {
        "required": True,
        "content": {
            "text/wish": {"schema": {"$ref": "#/components/schemas/Wish"}, "example": {"what": "rain"}},
            "text/other": {"example": "snow"},
        },
    }
    assert all(operation["security"] == [{"key": []}] for operation in described.values())


def test_what_only_a_key_opens_says_so():
    router = APIRouter(route_class=FastRoute, dependencies=[Depends(write_access)])
    router.add_api_route("/v1/x", of_nothing, methods=["POST"])
    operation = describe(running(router), {})["paths"]["/v1/x"]["post"]
    assert operation["security"] == [{"key": []}]
    assert {"401", "403"} <= operation["responses"].keys()


async def test_an_operation_without_parameters_refuses_any():
    router = APIRouter(route_class=FastRoute)

    @router.get("/v1/nothing")
    async def nothing(query: Annotated[QueryModel, Query()]) -> TypedResponse[None]:  # noqa: ARG001 - there are none
        return TypedResponse.json(None)

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=running(router)), base_url="http://testserver"
    ) as client:
        assert (await client.get("/v1/nothing")).status_code == 200
        for headers in ({}, {"Prefer": "handling=lenient"}):
            refused = await client.get("/v1/nothing?a=1&b=", headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (400, "unknown_parameter")
            assert [one["parameter"] for one in refused.json()["errors"]] == ["a", "b"]


async def slow_parameter(limit: int) -> int:
    return limit


async def whole_number(number: Annotated[int, Path()]) -> TypedResponse[int]:
    return TypedResponse.json(number)


async def by_dependency(limit: Annotated[int, Depends(slow_parameter)]) -> TypedResponse[int]:
    return TypedResponse.json(limit)


async def of_one_state(snapshot: Snapshot) -> TypedResponse[str]:
    return TypedResponse.json(await snapshot.version())


async def untyped(request: Request):
    return request


async def as_body(query: ThingQuery) -> TypedResponse[int]:
    return TypedResponse.json(query.limit)


@pytest.mark.parametrize(
    ("endpoint", "refusing"),
    [
        (whole_number, [FastRoute, CachedRoute]),
        (by_dependency, [FastRoute, CachedRoute]),
        (of_one_state, [Route, FastRoute]),
        (untyped, CLASSES),
        (as_body, CLASSES),
    ],
)
def test_a_signature_that_cannot_be_provided_is_refused_where_it_is_declared(endpoint, refusing):
    for route_class in CLASSES:
        if route_class in refusing:
            with pytest.raises(TypeError, match=endpoint.__name__):
                route_class("/v1/x/{number}", endpoint, methods=["GET"])
        else:
            route_class("/v1/x/{number}", endpoint, methods=["GET"])
    with pytest.raises(TypeError):
        Route("/v1/x", of_one_state, methods=["GET"], dependencies=[Depends(slow_parameter)])


def test_a_query_is_parsed_without_a_request():
    query = parse_query(ThingQuery, b"within_km=5&near=x")
    assert (query.within_km, query.near) == (5, "x")


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        (b"span=1", [("span", "invalid_span", "Give two numbers, as in 1-{n}.", "1-2")]),
        (b"sure=true", [("sure", "missing_parameter", "Give `span` or `near` with it.", None)]),
        # What is needed is there, though it is wrong.
        (b"sure=true&span=", [("span", "empty_value", "Leave the parameter out, or give it a value.", None)]),
        (b"near=x", [("far", "missing_parameter", "Give `far` with `near`.", None)]),
        (b"far=x", [("near", "missing_parameter", "Give `near` with `far`.", None)]),
    ],
)
def test_a_parameter_may_say_which_others_it_needs(query, faults):
    with pytest.raises(BadRequest) as refused:
        parse_query(OptionsQuery, query)
    told = [(one.parameter, one.code, one.detail, one.suggestion) for one in refused.value.faults]
    assert told == faults


def test_a_value_may_be_parsed_of_a_text_and_is_documented_as_text():
    query = parse_query(OptionsQuery, b"span=1-3&sure=true&near=a&far=b")
    assert (query.span, query.sure) == (Span(1, 3), True)
    assert OptionsQuery.model_json_schema()["properties"]["span"]["type"] == "string"


def test_rules_know_the_whole_query_though_other_parts_of_it_are_at_fault():
    class OfKind(ThingQuery, WordsQuery):
        known = ("a",)

    for rest in (b"", b"&limit=x"):
        with pytest.raises(BadRequest) as refused:
            parse_query(OfKind, b"words=a,b" + rest)
        assert [one.code for one in refused.value.faults if one.parameter == "words"] == ["unknown_word"]


async def others_may_not(_request: Request) -> None:
    raise AssertionError


def test_what_is_cached_is_given_to_whoever_may_read():
    for route_class in (Route, FastRoute):
        route_class("/v1/x", of_nothing, methods=["GET"], dependencies=[Depends(others_may_not)])
    with pytest.raises(TypeError, match="of_nothing"):
        CachedRoute("/v1/x", of_nothing, methods=["GET"], dependencies=[Depends(others_may_not)])


async def of_nothing() -> TypedResponse[dict[str, str]]:
    return TypedResponse.json({})


async def test_a_key_that_guards_a_route_and_is_its_argument_is_looked_up_once(monkeypatch):
    lookups = []

    async def find(token):
        lookups.append(token)
        return SimpleNamespace(label="somebody", allows=lambda _scope: True)

    monkeypatch.setattr("app.web.auth.key_cache", lambda _app: SimpleNamespace(find=find))
    router = APIRouter(route_class=FastRoute, dependencies=[Depends(write_access)])

    @router.post("/v1/things")
    async def post_thing(key: WriterKey) -> TypedResponse[str]:
        return TypedResponse.json(key.label)

    service = running(router)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=service), base_url="http://testserver"
    ) as client:
        headers = {"Authorization": "Bearer key"}
        answers = [(await client.post("/v1/things", headers=headers)).json() for _ in range(2)]
    assert answers == ["somebody"] * 2
    assert lookups == ["key", "key"]
