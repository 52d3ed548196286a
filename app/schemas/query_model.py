"""Queries as models: what validates the parameters of a request is what documents them."""

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import cache, partial
from typing import Any, Final, NamedTuple, TypeVar, cast, get_args, get_origin
from urllib.parse import parse_qsl, unquote_plus

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import ErrorDetails, core_schema

from app.errors import BadRequest, Fault, nearest
from app.schemas.other_names import UNKNOWN_PARAMETER, unknown_parameter
from app.schemas.parameter_types import EMPTY_VALUE

MAX_QUERY_BYTES: Final = 16_384
MAX_PARAMETERS: Final = 500

_TEXT: Final = "q"
"""The one parameter that accepts any input."""

_ERRORS_OF_PYDANTIC: Final = frozenset(get_args(core_schema.ErrorType))


class QueryModel(BaseModel):
    """The query parameters of an operation, or of a part of one.

    An operation's model inherits from its parts, the last of them first in the OpenAPI document. An optional
    parameter is an `X | SkipJsonSchema[None]`, for a query string has no null. Only a tuple may be repeated.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    def rules(self) -> Iterator[Fault]:
        """Give what is wrong with parameters that are right each by itself.

        Each part has its own rules, and none calls another's. They are asked where some of the part's own
        parameters are given and none is at fault, whatever is wrong with others.
        """
        yield from ()

    async def look_up(self, db: Any) -> Sequence[Fault]:
        """Give what is wrong with parameters that name what there is not in the database, of which `db` is one state.

        An operation does the same when it answers a query. Here it is asked of what could be understood of one in which
        something else is wrong: parameters may be missing, but for those that `DependsOn` names.
        """
        del db
        return ()


Q = TypeVar("Q", bound=QueryModel)


class MayBeEmpty:
    """Says of a parameter that an empty value is one like any other."""


class Needs:
    """Says of a parameter that it means nothing unless one of some others is given, too."""

    def __init__(self, *others: str) -> None:
        """Name the others; those that an operation does not have do not count."""
        self.others = others


class Requires:
    """Says of a parameter that another must be given with it."""

    def __init__(self, other: str) -> None:
        """Name the other."""
        self.other = other


class DependsOn:
    """Says of a parameter that what it means depends on others: where one of them is wrong, it is not understood."""

    def __init__(self, *others: str) -> None:
        """Name the others; those that an operation does not have do not count."""
        self.others = others


class Allowed(NamedTuple):
    """What may be given for a parameter, beside one value that is not empty, and with which others.

    Attributes:
        repeated: whether it may be given several times.
        empty: whether a value may be empty.
        needs: parameters of which one must be given as well; none where it is empty.
        requires: parameters that must all be given as well.
        depends_on: parameters without which it cannot be understood, where they are given.
    """

    repeated: bool
    empty: bool
    needs: tuple[str, ...]
    requires: tuple[str, ...]
    depends_on: tuple[str, ...]


@cache
def parameters_of(model: type[QueryModel]) -> Mapping[str, Allowed]:
    """Give what may be given for a model's parameters, by their names as they stand in a query string."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    return {
        name: Allowed(
            repeated=get_origin(field.annotation) is tuple,
            empty=any(isinstance(one, MayBeEmpty) for one in field.metadata),
            needs=tuple(
                other
                for one in field.metadata
                if isinstance(one, Needs)
                for other in one.others
                if other in fields
            ),
            requires=tuple(one.other for one in field.metadata if isinstance(one, Requires)),
            depends_on=tuple(
                other for one in field.metadata if isinstance(one, DependsOn) for other in one.others
            ),
        )
        for name, field in fields.items()
    }


def invalid_query(faults: Iterable[Fault]) -> BadRequest:
    """Make the error that tells of everything that was found wrong with a query."""
    return BadRequest("The query cannot be answered as it stands.", code="invalid_query", faults=faults)


class InvalidQuery(BadRequest):
    """A query in which something is wrong, with what could be understood of it."""

    def __init__(self, faults: Iterable[Fault], understand: Callable[[], QueryModel | None]) -> None:
        """Tell of faults; `understand` gives a query without the parameters at fault, or None."""
        super().__init__("The query cannot be answered as it stands.", code="invalid_query", faults=faults)
        self._understand = understand

    async def looked_up(self, db: Any) -> BadRequest:
        """Give the error that tells as well of what shows in a state of the database alone."""
        query = self._understand()
        return invalid_query([*self.faults, *(() if query is None else await query.look_up(db))])


def _pairs(text: str) -> list[tuple[str, str]]:
    if text.count("&") < MAX_PARAMETERS and "%" not in text and "+" not in text:
        # As `parse_qsl` has it, several times as fast: most queries have nothing to be decoded.
        parts = (part.partition("=") for part in text.split("&") if part)
        return [(name, value) for name, _, value in parts]
    return parse_qsl(
        text, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MAX_PARAMETERS
    )


def read_query(raw: bytes) -> dict[str, list[str]]:
    """Parse a query string: the values of each parameter, in order.

    NUL in `q` is read as white space, since a search accepts any text.

    Raises:
        BadRequest: it is not UTF-8, too long, or has too many parameters.
    """
    if len(raw) > MAX_QUERY_BYTES:
        raise BadRequest(f"The query string is longer than {MAX_QUERY_BYTES} bytes.", code="query_too_long")
    try:
        pairs = _pairs(raw.decode("ascii"))
    except ValueError as error:
        raise BadRequest(
            "The query string cannot be read: percent-encode UTF-8 text, and give fewer than 500 parameters.",
            code="malformed_query",
        ) from error
    if b"%00" in raw:
        pairs = [(name, value.replace("\0", " ") if name == _TEXT else value) for name, value in pairs]
    faults = [
        Fault(
            "control_character",
            "Leave control characters out.",
            parameter=name[:100] if name.isprintable() else None,
        )
        for name, value in pairs
        if "\0" in value or "\0" in name
    ]
    if faults:
        raise invalid_query(faults)
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def known_part(raw: bytes, known: Container[str]) -> bytes:
    """Leave unknown parameters out of a query string; one that is too long is left to be refused."""
    if len(raw) > MAX_QUERY_BYTES:
        return raw
    parts = raw.split(b"&")
    return b"&".join(
        part for part in parts if not part or unquote_plus(part.partition(b"=")[0].decode("latin-1")) in known
    )


@cache
def _parts_with_rules(model: type[QueryModel]) -> Sequence[tuple[type[QueryModel], frozenset[str]]]:
    """Give the parts of a model that have rules of their own, each with the names of its parameters."""
    return [
        (part, frozenset(parameters_of(part)))
        for part in model.__mro__
        if issubclass(part, QueryModel) and part is not QueryModel and "rules" in vars(part)
    ]


def parse_query(model: type[Q], raw: bytes) -> Q:
    """Parse a query string.

    Raises:
        InvalidQuery: with every fault that is in it.
        BadRequest: it cannot be read, or no parameter is known here.
    """
    values = read_query(raw)
    known = parameters_of(model)
    faults: list[Fault] = []
    missing: list[Fault] = []
    data: dict[str, str | list[str]] = {}
    for name, given in values.items():
        allowed = known.get(name)
        if allowed is None:
            faults.append(unknown_parameter(name, known))
            continue
        if not allowed.empty and "" in map(str.strip, given):
            faults.append(Fault("empty_value", EMPTY_VALUE, parameter=name))
        elif allowed.repeated:
            data[name] = given
        elif len(given) > 1:
            faults.append(Fault("repeated_parameter", "Give this parameter once.", parameter=name))
        else:
            data[name] = given[0]
        if allowed.needs or allowed.requires:
            missing.extend(_without_others(name, allowed, values.keys()))
    query: Q | None = None
    try:
        query = model.model_validate(data)
    except ValidationError as error:
        told = {fault.parameter for fault in faults}
        # Of an optional parameter pydantic says as well that it is not null, which no query string can have.
        found = (_fault(model, one) for one in error.errors() if one["type"] != "none_required")
        faults.extend(fault for fault in found if fault.parameter not in told)
    faults.extend(missing)
    at_fault = {fault.parameter for fault in faults}
    for part, own in _parts_with_rules(model):
        if not own.isdisjoint(values) and own.isdisjoint(at_fault):
            faults.extend(part.rules(query or _valid_part(model, part, data)))
    if query is None or faults:
        if not known:
            raise _no_parameters(faults)
        raise InvalidQuery(faults, partial(_understood, model, data, set(_at_fault(values, faults))))
    return query


def _no_parameters(faults: Collection[Fault]) -> BadRequest:
    return BadRequest("There are no query parameters here.", code=UNKNOWN_PARAMETER, faults=faults)


def _without_others(name: str, allowed: Allowed, given: Collection[str]) -> Iterator[Fault]:
    if allowed.needs and not any(other in given for other in allowed.needs):
        *first, last = (f"`{other}`" for other in allowed.needs)
        which = f"{', '.join(first)} or {last}" if first else last
        yield Fault("missing_parameter", f"Give {which} with it.", parameter=name)
    for other in allowed.requires:
        if other not in given:
            yield Fault("missing_parameter", f"Give `{other}` with `{name}`.", parameter=other)


def _fault(model: type[QueryModel], error: ErrorDetails) -> Fault:
    name, sort, context = str(error["loc"][0]), error["type"], error.get("ctx", {})
    if sort == "missing":
        examples = next(
            (one.examples for key, one in model.model_fields.items() if (one.alias or key) == name), None
        )
        first = examples[0] if examples else ""
        such = f", such as {first[0] if isinstance(first, list) else first}" if first else ""
        return Fault("missing_parameter", f"Give this parameter{such}.", parameter=name)
    if sort in {"enum", "literal_error"}:
        choices = re.findall(r"'([^']*)'", context["expected"])
        meant = nearest(error["input"], choices)
        return Fault(
            "unknown_value", f"Choose one of {', '.join(choices)}.", parameter=name, suggestion=meant
        )
    if sort == "string_too_long":
        return Fault("too_long", f"Give at most {context['max_length']} characters.", parameter=name)
    code = "invalid_value" if sort in _ERRORS_OF_PYDANTIC else sort
    return Fault(code, f"{error['msg'].rstrip('.')}.", parameter=name, suggestion=context.get("suggestion"))


def _valid_part(model: type[Q], part: type[QueryModel], data: Mapping[str, Any]) -> Q:
    """Give a query with the parameters of a part alone, where others are at fault."""
    names = {field.alias or name: name for name, field in part.model_fields.items()}
    valid = part.model_validate({name: value for name, value in data.items() if name in names})
    values = {parameter: getattr(valid, name) for parameter, name in names.items()}
    return cast("Q", model.model_construct(valid.model_fields_set, **values))


def _at_fault(values: Collection[str], faults: Iterable[Fault]) -> Iterator[str | None]:
    """Give the names of parameters that are given, and are wrong; what is given by another name is, too."""
    for fault in faults:
        if fault.parameter in values:
            yield fault.parameter
        if fault.code == UNKNOWN_PARAMETER:
            yield fault.suggestion


def _understood(model: type[Q], data: Mapping[str, Any], wrong: Collection[str | None]) -> Q | None:
    """Give a query without the parameters at fault, and without those that mean nothing, or something else, without them."""
    known = parameters_of(model)
    kept = {
        name: value
        for name, value in data.items()
        if name not in wrong and not any(one in wrong for one in known[name].depends_on)
    }
    optional: type[BaseModel] = _without_required(model)
    try:
        return cast("Q", optional.model_validate(kept))
    except ValidationError:
        return None


@cache
def _without_required(model: type[QueryModel]) -> type[QueryModel]:
    """Give a model like another, in which each parameter may be missing."""
    optional: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if field.is_required():
            optional[name] = (field.annotation, copy(field))
            optional[name][1].default = None
    return create_model(model.__name__, __base__=model, **optional) if optional else model
