"""The controlled vocabularies: schemes of terms that records may use.

The file that ships is read as YAML 1.2 with every scalar as text, so that no term turns into a number
or a truth value. Terms that are added later come through the same model.
"""

import pickle
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.errors import Fault, InvalidDocument, nearest
from app.records.scalars import CONCEPT_PATTERN, Id, Line, Note
from app.values.failsafe_yaml import TextYamlError, load_failsafe_yaml

SCHEMES: Final = (
    "event-type",
    "actor-type",
    "agreement-type",
    "mission-type",
    "place-type",
    "source-type",
    "participant-role",
    "party-role",
    "place-role",
    "relation-type",
    "provision-type",
    "figure-measure",
)
"""Every scheme there is, in the order in which they are listed."""

RELATIONS: Final = "relation-type"
"""The one scheme whose terms have an inverse, and kinds of record that they may join."""

Kind = Literal["event", "actor", "agreement", "mission", "place", "source"]

TERM_KIND: Final = "term"
"""The `kind` of a line that holds a term of a vocabulary; its `scheme` names the vocabulary."""


class Join(BaseModel):
    """Kinds of record that a relation may run from, and those it may then run to."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: tuple[Kind, ...] = Field(
        alias="from", min_length=1, description="Kinds the relation may run from."
    )
    to: tuple[Kind, ...] = Field(min_length=1, description="Kinds it may then run to.")


class Term(BaseModel):
    """One term of a vocabulary."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Id = Field(description="The term as records write it.", examples=["battle"])
    label: Line = Field(description="The term as people read it.", examples=["Battle"])
    definition: Note | None = Field(default=None, description="What the term means, in a sentence.")
    inverse: Id | None = Field(
        default=None,
        description="For relations: the term that says the same from the other end. A symmetric term is its own inverse.",
        examples=["has-part"],
    )
    joins: tuple[Join, ...] = Field(default=(), description="For relations: the kinds of record it may join.")
    same_as: tuple[Annotated[str, StringConstraints(max_length=300, pattern=CONCEPT_PATTERN)], ...] = Field(
        default=(),
        max_length=100,
        description="The same notion elsewhere: addresses, or codes such as `plover:AID`.",
        examples=[["https://schema.org/isPartOf"]],
    )

    def may_join(self, start: str, end: str) -> bool:
        """Return whether the relation may run from one kind of record to the other."""
        return any(start in join.from_ and end in join.to for join in self.joins)


_NOTHING: Final[Mapping[str, Term]] = MappingProxyType({})


class Vocabulary:
    """All schemes with their terms, in order; immutable, replaced as a whole."""

    __slots__ = ("_pickled", "_schemes")

    def __init__(self, schemes: Mapping[str, Iterable[Term]]) -> None:
        """Keep the terms of each scheme; the caller has checked `faults`."""
        self._schemes: Final[Mapping[str, Mapping[str, Term]]] = {
            name: MappingProxyType({t.id: t for t in terms}) for name, terms in schemes.items()
        }
        self._pickled: bytes | None = None

    def __reduce__(self) -> tuple[Callable[[bytes], "Vocabulary"], tuple[bytes]]:
        """Pickle the terms alone: it is sent to another process with every batch of an import."""
        if self._pickled is None:
            terms = {name: tuple(terms.values()) for name, terms in self._schemes.items()}
            self._pickled = pickle.dumps(terms)
        return _restored, (self._pickled,)

    @property
    def schemes(self) -> tuple[str, ...]:
        """The names of the schemes, in order."""
        return tuple(self._schemes)

    def terms(self, scheme: str) -> tuple[Term, ...]:
        """Return the terms of a scheme in order; none where the scheme is unknown."""
        return tuple(self._schemes.get(scheme, _NOTHING).values())

    def has(self, scheme: str, term: str) -> bool:
        """Return whether the scheme has the term."""
        return term in self._schemes.get(scheme, ())

    def term(self, scheme: str, term: str) -> Term | None:
        """Return the term, or None where the scheme does not have it."""
        return self._schemes.get(scheme, _NOTHING).get(term)

    def nearest(self, scheme: str, term: str) -> str | None:
        """Return the term of the scheme that was probably meant, if any is near enough."""
        return nearest(term, self._schemes.get(scheme, ()))

    def adding(self, scheme: str, terms: Iterable[Term]) -> Self:
        """Return a vocabulary that has these terms as well; one of the same id is replaced."""
        merged = {name: dict(known) for name, known in self._schemes.items()}
        merged.setdefault(scheme, {}).update({t.id: t for t in terms})
        return type(self)({name: known.values() for name, known in merged.items()})

    def faults(self) -> list[Fault]:
        """Return what is inconsistent: inverses that are missing or do not point back, members of other schemes."""
        found: list[Fault] = []
        for scheme, terms in self._schemes.items():
            for term in terms.values():
                at = f"/{scheme}/{term.id}"
                found.extend(
                    self._relation_faults(term, at) if scheme == RELATIONS else _plain_faults(term, at)
                )
        return found

    def _relation_faults(self, term: Term, at: str) -> list[Fault]:
        found = []
        if not term.joins:
            found.append(Fault("missing", "Say which kinds of record the relation joins.", f"{at}/joins"))
        other = None if term.inverse is None else self.term(RELATIONS, term.inverse)
        if other is None:
            near = self.nearest(RELATIONS, term.inverse or "")
            found.append(
                Fault(
                    "unknown_term",
                    "Name the relation's inverse, a term of this scheme.",
                    f"{at}/inverse",
                    suggestion=near,
                )
            )
        elif other.inverse != term.id:
            found.append(
                Fault("wrong_inverse", "The inverse must name this term as its own inverse.", f"{at}/inverse")
            )
        elif not all(
            other.may_join(end, start) for join in term.joins for start in join.from_ for end in join.to
        ):
            found.append(
                Fault(
                    "wrong_inverse",
                    "The inverse must join the same kinds the other way round.",
                    f"{at}/joins",
                )
            )
        return found


def _plain_faults(term: Term, at: str) -> list[Fault]:
    detail = "Only terms of relation-type have this member; leave it out."
    return [
        Fault("unknown_field", detail, f"{at}/{name}") for name in ("inverse", "joins") if getattr(term, name)
    ]


@lru_cache(maxsize=4)
def _restored(pickled: bytes) -> Vocabulary:
    return Vocabulary(pickle.loads(pickled))  # noqa: S301 - what this program wrote


def load_vocabulary(path: Path) -> Vocabulary:
    """Read a vocabulary from YAML 1.2: a mapping of schemes to lists of terms.

    Raises:
        InvalidDocument: with every fault, where the file breaks a rule of `Term`, repeats an id, names
            a scheme that does not exist or has relations whose inverses do not hold together.
        OSError: where the file cannot be read.
    """
    loaded = read_text_yaml(path.read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise InvalidDocument(
            faults=[Fault("wrong_type", "Write a mapping of schemes to lists of terms.", "")]
        )
    faults: list[Fault] = []
    schemes: dict[str, list[Term]] = {}
    for scheme, entries in loaded.items():
        if scheme not in SCHEMES:
            faults.append(
                Fault(
                    "unknown_scheme",
                    "There is no such scheme.",
                    f"/{scheme}",
                    suggestion=nearest(scheme, SCHEMES),
                )
            )
        elif not isinstance(entries, list):
            faults.append(Fault("wrong_type", "Write a list of terms.", f"/{scheme}"))
        else:
            schemes[scheme] = _read_terms(scheme, entries, faults)
    vocabulary = Vocabulary({name: schemes.get(name, ()) for name in SCHEMES})
    faults.extend(vocabulary.faults())
    if faults:
        raise InvalidDocument("The vocabulary has faults.", faults=faults)
    return vocabulary


def _read_terms(scheme: str, entries: list[Any], faults: list[Fault]) -> list[Term]:
    terms: dict[str, Term] = {}
    for index, entry in enumerate(entries):
        at = f"/{scheme}/{index}"
        try:
            term = Term.model_validate(entry)
        except ValidationError as error:
            faults.extend(
                Fault(item["type"], item["msg"], "/".join([at, *map(str, item["loc"])]))
                for item in error.errors(include_url=False, include_input=False)
            )
            continue
        if term.id in terms:
            faults.append(Fault("duplicate", "The scheme has this term already.", f"{at}/id"))
        terms[term.id] = term
    return list(terms.values())


def read_text_yaml(text: str) -> Any:
    """Read YAML 1.2 into lists, dicts and strings.

    Raises:
        InvalidDocument: where it is no YAML, or more than is taken; the detail names the line.
    """
    try:
        return load_failsafe_yaml(text)
    except TextYamlError as error:
        raise InvalidDocument(
            faults=[Fault("invalid_yaml", f"Write YAML 1.2, each key once, near line {error.line}.", "")]
        ) from None
