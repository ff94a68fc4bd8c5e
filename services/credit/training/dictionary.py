"""Field dictionaries: what every column of a data set is, and why. Only a column that one calls INPUT enters a model.

They are YAML, data/credit/datasets/<id>.yaml, one shape for all. A column that no dictionary names is told and stays
out; so does one whose role is anything but INPUT.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import yaml

from libs.chassis import codec
from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.credit.domain.card import Scale

FOLDER = Path(__file__).parents[3] / "data" / "credit" / "datasets"


class Role(StrEnum):
    INPUT = "INPUT"
    """Known when the decision is made, and fair to decide on."""
    OUTCOME = "OUTCOME"
    ID = "ID"
    POST_OUTCOME = "POST_OUTCOME"
    """Known only after the decision, or made of the outcome: a model that sees it predicts the past."""
    PROTECTED = "PROTECTED"
    """What a person is, not what it does: never decided on."""
    IGNORED = "IGNORED"
    """Left out for the reason given; it may still be a group to validate by."""


class Group(StrEnum):
    """What a validation divides by."""

    TIME = "TIME"
    REGION = "REGION"
    SIZE = "SIZE"
    FIRST_TIME = "FIRST_TIME"
    PERSON = "PERSON"


class Layout(StrEnum):
    """How a data set lies on disk."""

    CSV = "CSV"
    ARFF = "ARFF"
    INVOICES = "INVOICES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Shape):
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Shape):
    """`reason`: why it has this role; needed for all but inputs and ids. `special`: single values with a meaning of
    their own. `turns`: the risk may turn once between low and high; else it only rises or only falls. `neutral`:
    that it is missing says nothing of the risk. `bands`: where groups of a number begin."""

    name: str
    role: Role
    scale: Scale = Scale.NUMBER
    reason: str = ""
    zh: str = ""
    en: str = ""
    special: dict[str, Words] = field(default_factory=dict[str, Words])
    codes: dict[str, Words] = field(default_factory=dict[str, Words])
    turns: bool = False
    neutral: bool = False
    group: Group | None = None
    bands: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.role not in (Role.INPUT, Role.ID) and not self.reason:
            raise Violation(f"columns/{self.name}", "It has no reason.", f"Say why it is {self.role}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Shape):
    """An input made of two others in the same row: `minuend` less `subtrahend`."""

    name: str
    minuend: str
    subtrahend: str
    reason: str
    zh: str
    en: str
    turns: bool = False

    @property
    def column(self) -> Column:
        return Column(name=self.name, role=Role.INPUT, zh=self.zh, en=self.en, turns=self.turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Shape):
    """Where the outcome stands: the first of these columns that a file has. Values in `bad` are defaults, those in
    `good` are none; a row with any other value is left out, and counted."""

    column: str
    bad: tuple[str, ...]
    good: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(Shape):
    """What others measured on one data set of the kind, known by the `rows` of its file, to stand beside ours.
    `within`: smaller differences mean nothing there."""

    measured_on: str
    rows: int
    logistic_auc: float
    boosting_auc: float
    source: str
    within: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary(Shape):
    """`says`, `silent`: what the data can and cannot tell. `duplicates`: whether exact doubles are dropped."""

    id: str
    version: int
    zh: str
    en: str
    layout: Layout
    outcome: Words
    outcomes: tuple[Outcome, ...]
    columns: tuple[Column, ...]
    derived: tuple[Derived, ...] = ()
    reference: Reference | None = None
    drop_duplicates: bool = False
    period: str
    origin: str
    says: Words
    silent: Words

    def __post_init__(self) -> None:
        names = [plain(column.name) for column in (*self.columns, *self.derived)]
        if len(set(names)) != len(names):
            raise Violation("columns", "A column stands twice.", "Give each column one role.")
        if not self.inputs or not self.outcomes:
            raise Violation("columns", "There is no input, or no outcome.", "Name at least one of each.")
        for made in self.derived:
            _check_derived(self, made)
        for outcome in self.outcomes:
            if self.role_of(outcome.column) is not Role.OUTCOME:
                raise Violation("outcomes", f"{outcome.column} is no OUTCOME.", "Give its column that role.")

    @property
    def inputs(self) -> tuple[Column, ...]:
        """What may enter a model: the columns that are INPUT, and what is made of such alone."""
        return (*self.read, *(made.column for made in self.derived))

    @property
    def read(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.role is Role.INPUT)

    def role_of(self, name: str) -> Role | None:
        known = {plain(column.name): column.role for column in self.columns}
        return known.get(plain(name))

    def of_group(self, group: Group) -> Column | None:
        return next((column for column in self.columns if column.group is group), None)


def plain(name: str) -> str:
    """A column's name whatever the file's spelling: `status.of.account`, `Status of account`."""
    return re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")


def read_dictionary(file: Path) -> Dictionary:
    """Violation or Invalid names the field that is wrong."""
    return codec.load(Dictionary, yaml.safe_load(file.read_text(encoding="utf-8")))


def dictionaries(folder: Path = FOLDER) -> tuple[Dictionary, ...]:
    return tuple(read_dictionary(file) for file in sorted(folder.glob("*.yaml")))


def spelled(dictionary: Dictionary, header: Iterable[str]) -> Mapping[str, str]:
    """A file's spelling of a column -> the dictionary's; columns that it does not know are not in it."""
    known = {plain(column.name): column.name for column in dictionary.columns}
    return {name: known[plain(name)] for name in header if plain(name) in known}


def _check_derived(dictionary: Dictionary, made: Derived) -> None:
    for part in (made.minuend, made.subtrahend):
        if dictionary.role_of(part) is not Role.INPUT:
            raise Violation(f"derived/{made.name}", f"{part} is no INPUT.", "Derive from inputs alone.")
