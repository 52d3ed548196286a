"""A draft in progress: the lines so far, the columns that they use, and those that are left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from app.imports.mapping.suggest.known_tables import KnownTable, known_table
from app.imports.mapping.suggest.sample import Column, Sample
from app.imports.mapping.suggest.yaml_text import commented, is_nameable, shown_name, with_choice
from app.values.slug import slugify

MAX_ID_LENGTH = 120


@dataclass
class Draft:
    """A draft in progress.

    Attributes:
        name: of the file.
        sample: its first rows.
        asks: whether somebody is there to be asked what the draft leaves open; else it is left out.
        columns: those that a template can name and that hold text.
        used: the names of the columns that the draft uses.
        left_out: columns with a meaning that the draft cannot express, and why.
    """

    name: str
    sample: Sample
    asks: bool = False
    columns: list[Column] = field(init=False)
    used: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.columns = []
        for one in self.sample.columns:
            if not is_nameable(one.name):
                self.left_out[one.name] = "a mapping cannot name a column that is called so; rename it"
            elif one.has_structures:
                self.left_out[one.name] = "it holds lists or objects"
            elif one.distinct:
                self.columns.append(one)

    @cached_property
    def known(self) -> KnownTable | None:
        """What data set the table looks like that a mapping ships for."""
        return known_table([one.name for one in self.sample.columns])

    @property
    def stem(self) -> str:
        """The prefix of all ids, since two tables may use the same names for different things."""
        return (slugify(self.name.partition(".")[0]) or "table")[:40].strip("-")

    def left_open(self, line: str, what: str) -> str:
        """Return a line whose value has to be chosen: without anybody to ask a comment, so that all else can be imported."""
        return with_choice(line, what) if self.asks else with_choice(commented(line), what)

    def free(self) -> list[Column]:
        """Return the columns that are not used yet."""
        return [one for one in self.columns if one.name not in self.used and one.name not in self.left_out]

    def use(self, columns: Iterable[Column]) -> None:
        """Mark these columns as used."""
        self.used.update(one.name for one in columns)

    def leave_out(self, one: Column, why: str) -> None:
        """Record why a column is not used that should be."""
        self.left_out[one.name] = why

    def rows(self) -> str:
        """Return what was sampled."""
        count = self.sample.count
        rows = "row" if count == 1 else f"{count:,} rows"
        whole = "its only" if count == 1 else "all"
        return f"{whole if self.sample.is_whole else 'the first'} {rows}"


def all_slugs(column: Column) -> bool:
    """Return whether each cell gives a part of an id."""
    return all(column.slugs)


def is_one_to_one(column: Column) -> bool:
    """Return whether different cells give different parts of ids."""
    return len(set(column.slugs)) == len(column.slugs)


def name_list(columns: Iterable[Column]) -> list[str]:
    """Return the names of columns for a remark."""
    return [shown_name(one.name) for one in columns]
