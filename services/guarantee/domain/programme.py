"""The rulebook: programmes and red lines as dated versions, each figure with the document that says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.split import Share, check_shares
from libs.registry.dimensions import OwnerKind
from libs.registry.size import Size


class Status(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSource(Shape):
    """Where one figure is written: the parameter in policies/, since when, and in which document."""

    figure: str
    parameter: str
    effective: date
    source: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme(Shape):
    """One version of a programme. `shares` stand bank first, local guarantor last; empty lists set no limit.

    `fee_rate_ppm` is a year's, of the loan. Limits count loan principal. `labels`: the firm has one of these facts;
    `labels_excluded`: and none of these, which belong to a better tier of the same `scheme`.
    """

    id: str
    scheme: str
    name: str
    effective: date
    status: Status = Status.ACTIVE
    shares: tuple[Share, ...]
    batch: bool
    fee_rate_ppm: int
    claim_cap_bp: int
    borrower_limit_fen: int
    loan_limit_fen: int
    term_max_months: int
    sizes: tuple[Size, ...]
    owner_kinds: tuple[OwnerKind, ...]
    labels: tuple[str, ...] = ()
    labels_excluded: tuple[str, ...] = ()
    annual_quota_fen: int
    source: str
    sources: tuple[FigureSource, ...]

    def __post_init__(self) -> None:
        check_shares(self.shares)

    def source_of(self, figure: str) -> FigureSource:
        return _source_of(self.sources, figure)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeList(Shape):
    items: tuple[Programme, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedLines(Shape):
    """One version of what every guarantor keeps to (Order 683 art. 15, 16; the national fund's line)."""

    effective: date
    leverage_multiple: int
    leverage_multiple_small: int
    concentration_bp: int
    liability_weight_bp: int
    provincial_line_fen: int
    reservation_days: int
    report_days: int
    sources: tuple[FigureSource, ...]

    def source_of(self, figure: str) -> FigureSource:
        return _source_of(self.sources, figure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook(Shape):
    """All versions of all programmes and of the red lines, as one policy set has them."""

    policy_set: str
    programmes: tuple[Programme, ...]
    red_lines: tuple[RedLines, ...]

    def programmes_on(self, day: date) -> tuple[Programme, ...]:
        """The version of each programme that is in force on a day (an ended one as WITHDRAWN)."""
        newest = {found.id: found for found in _until(self.programmes, day)}
        return tuple(newest.values())

    def programme(self, programme_id: str, day: date) -> Programme:
        """The version in force; Violation where there is none, or it has ended."""
        known = {found.id: found for found in self.programmes_on(day)}
        found = known.get(programme_id)
        if found is None or found.status is not Status.ACTIVE:
            choice = ", ".join(sorted(one.id for one in known.values() if one.status is Status.ACTIVE))
            message = f"No programme {programme_id} is in force on {day}."
            raise Violation("programme", message, f"Choose one of: {choice}.")
        return found

    def last_version(self, programme_id: str, day: date) -> Programme | None:
        """The newest version up to a day that was not an end: what a guarantee given before still goes by."""
        mine = [one for one in self.programmes if one.id == programme_id and one.status is Status.ACTIVE]
        return next(reversed(_until(mine, day)), None)

    def red_lines_on(self, day: date) -> RedLines:
        """The version in force; Violation before the first."""
        found = _until(self.red_lines, day)
        if not found:
            raise Violation(
                "day", f"No red lines are known on {day}.", "Choose a day on which the rules hold."
            )
        return found[-1]


V = TypeVar("V", Programme, RedLines)


def _until(versions: Sequence[V], day: date) -> list[V]:
    return sorted((found for found in versions if found.effective <= day), key=lambda found: found.effective)


def _source_of(sources: Sequence[FigureSource], figure: str) -> FigureSource:
    return next(found for found in sources if found.figure == figure)
