"""What is wrong with a row: each mistake with its place, the kind of rule, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation

Path = tuple[str | int, ...]


class Rule(StrEnum):
    """Which kind of rule a value broke."""

    MISSING = "MISSING"
    UNKNOWN = "UNKNOWN"
    """A field, column or code that does not exist."""
    UNREADABLE = "UNREADABLE"
    AMBIGUOUS = "AMBIGUOUS"
    """It could mean two things: its unit is not stated."""
    NOT_EXACT = "NOT_EXACT"
    """It is no whole number of the unit that is kept."""
    SPOILT = "SPOILT"
    """The spreadsheet holds something else than what it shows: a formula, a date, a merged cell."""
    TWICE = "TWICE"
    TERMS = "TERMS"
    """Each value can be read, but no product may have these terms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake(Shape):
    """`place`: a cell (`D17`, `产品!D17`), a JSON pointer (`/3/terms/rate/min_ppm`), or that of a line
    (`4:/terms/rate/min_ppm`). `field`: the same by name (`rate/min_ppm`). `source`: the document of the rule."""

    place: str
    field: str
    rule: Rule
    message: str
    mend: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A mistake before it is known where its row stands; `path` leads from the row to the value."""

    path: Path
    rule: Rule
    message: str
    mend: str
    source: str | None = None

    def below(self, *path: str | int) -> "Found":
        return replace(self, path=(*path, *self.path))

    @property
    def field(self) -> str:
        return "/".join(map(str, self.path))


class Wrong(Exception):
    """A value cannot be read; all that is wrong with it at once."""

    def __init__(self, found: Iterable[Found]) -> None:
        self.found = tuple(found)
        super().__init__(self.found)


def wrong(rule: Rule, message: str, mend: str) -> Wrong:
    """One mistake in the value itself."""
    return Wrong((Found((), rule, message, mend),))


def broken(violation: Violation) -> Found:
    """A rule of the domain as a mistake; `terms` tell their fields with their own name in front."""
    names = [part for part in violation.field.split("/") if part]
    path = tuple(int(part) if part.isdecimal() else part for part in names)
    return Found(
        path[names[:1] == ["terms"] :], Rule.TERMS, violation.message, violation.mend, violation.source
    )
