"""Constants of a mapping: members, terms and other fixed words, checked before a row is read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from app.errors import Fault, nearest
from app.imports.json_values import object_of
from app.imports.mapping.templates import is_constant
from app.records.historical_date import DERIVED, HistoricalDate
from app.records.kinds import RecordKind
from app.records.parts import Figure
from app.records.vocabulary import Vocabulary
from app.values.json_pointer import escaped

_OF_A_FIGURE: Final = frozenset({"in_order"})
_OF_AN_ITEM: Final = frozenset({"each", "when"})


class FixedTerm(NamedTuple):
    """A term that a mapping writes for every row: where in the mapping, of which scheme, and the term."""

    pointer: str
    scheme: str
    term: str


def unknown_terms(terms: Iterable[FixedTerm], vocabulary: Vocabulary) -> list[Fault]:
    """Return a fault for each fixed term that a vocabulary does not have."""
    return [
        Fault(
            "unknown_term",
            f"The vocabulary {scheme} has no term {term!r}.",
            pointer,
            suggestion=vocabulary.nearest(scheme, term),
        )
        for pointer, scheme, term in terms
        if not vocabulary.has(scheme, term)
    ]


def fixed_texts(said: Any, tables: dict[str, Any], pointer: str) -> Iterator[tuple[str, str]]:
    """Yield the texts that a value can become whatever a row has, each with its place in the mapping.

    These are a constant, and the values of a lookup table, of expressions or of a default. Values that take
    something from a cell are not among them, nor those that leave the member out.
    """
    if isinstance(said, str):
        if is_constant(said):
            yield pointer, said.replace("{{", "{").replace("}}", "}")
        return
    if not isinstance(said, dict):
        return
    if not {"look_up", "match"} & said.keys():
        yield from fixed_texts(said.get("from"), tables, f"{pointer}/from")
    table = said.get("look_up")
    where = f"{pointer}/look_up"
    if isinstance(table, str):
        where, table = f"/look_up/{escaped(table)}", tables.get(table)
    found = [(f"{where}/{escaped(cell)}", one) for cell, one in object_of(table).items()]
    found += [
        (f"{pointer}/match/{escaped(one)}", value) for one, value in object_of(said.get("match")).items()
    ]
    found += [(f"{pointer}/default", said["default"])] if "default" in said else []
    yield from ((at, one) for at, one in found if isinstance(one, str) and one and "\\" not in one)


class _Shape(NamedTuple):
    """The type of a field of a record.

    Attributes:
        model: the model of its object, or of the objects in its list.
        scheme: the vocabulary of its term.
        words: the words it is one of.
    """

    model: type[BaseModel] | None = None
    scheme: str | None = None
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class FixedWords:
    """Checks a record of a mapping against the model of its kind.

    Attributes:
        tables: the named lookup tables.
        faults: unknown members, and words that a member cannot hold.
        terms: the fixed terms that were found.
    """

    tables: dict[str, Any]
    faults: list[Fault]
    terms: dict[FixedTerm, None] = field(default_factory=dict)

    def record(self, kind: RecordKind, said: dict[str, Any], pointer: str) -> None:
        """Check a record."""
        self._object(kind.model, said, pointer, frozenset())

    def _object(
        self, model: type[BaseModel], said: dict[str, Any], pointer: str, besides: frozenset[str]
    ) -> None:
        shapes = _shapes(model)
        for name, one in said.items():
            here = f"{pointer}/{escaped(name)}"
            if name in besides or (name in _OF_A_FIGURE and model is Figure):
                continue
            if name not in shapes:
                detail = f"There is no such member here; there are {', '.join(sorted(shapes))}."
                self._refuse(here, detail, nearest(name, shapes))
            else:
                self._member(shapes[name], one, here)

    def _member(self, shape: _Shape, said: Any, pointer: str, besides: frozenset[str] = frozenset()) -> None:
        if isinstance(said, list):
            for number, one in enumerate(said):
                self._member(shape, one, f"{pointer}/{number}", _OF_AN_ITEM)
        elif shape.model is not None:
            # Of a date only the object is checked: its parts and ends are no members of the record.
            is_object = isinstance(said, dict) and "from" not in said
            if is_object and (shape.model is not HistoricalDate or "edtf" in said):
                self._object(shape.model, said, pointer, besides)
        elif shape.scheme is not None:
            for at, term in fixed_texts(said, self.tables, pointer):
                self.terms[FixedTerm(at, shape.scheme, term)] = None
        elif shape.words:
            for at, word in fixed_texts(said, self.tables, pointer):
                if word not in shape.words:
                    self._refuse(at, f"Choose one of {', '.join(shape.words)}.", nearest(word, shape.words))

    def _refuse(self, pointer: str, detail: str, suggestion: str | None) -> None:
        self.faults.append(Fault("invalid_mapping", detail, pointer, suggestion=suggestion))


@cache
def _shapes(model: type[BaseModel]) -> dict[str, _Shape]:
    """Return the type of each field of a model, except derived ones."""
    hidden = DERIVED if model is HistoricalDate else frozenset()
    return {
        name: _shape_of(one.annotation, one) for name, one in model.model_fields.items() if name not in hidden
    }


def _shape_of(annotation: Any, info: FieldInfo | None = None) -> _Shape:
    extra = info.json_schema_extra if info is not None else None
    if isinstance(extra, dict) and "x-vocabulary" in extra:
        return _Shape(scheme=str(extra["x-vocabulary"]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _Shape(model=annotation)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return _Shape(words=inner)
    if origin is Annotated:
        infos = [one for one in inner[1:] if isinstance(one, FieldInfo)]
        found = [_shape_of(inner[0], one) for one in infos] or [_shape_of(inner[0])]
    elif origin is dict:
        return _Shape()
    else:
        found = [_shape_of(one) for one in inner]
    return next((one for one in found if one != _Shape()), _Shape())
