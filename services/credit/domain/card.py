"""A scorecard as a table: what each answer is worth, and what the sum means. Expert and learned cards have one shape.

A learned card is a logistic regression over the weights of evidence of its bins: the log-odds of default are
`intercept` plus the `weight` of each answer, a calibration maps them to the probability of default, and the points are
the same sum scaled (Siddiqi, Credit Risk Scorecards, 2006) and rounded answer by answer, so that whoever adds up the
points of the reasons gets the score. A card that experts set has points alone: no weight, no probability.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import isfinite

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation

_ID = re.compile(r"[a-z][a-z0-9_]{1,59}")


class CardKind(StrEnum):
    EXPERT = "EXPERT"
    """Set by people, not learned from defaults."""
    LEARNED = "LEARNED"


class Scale(StrEnum):
    NUMBER = "NUMBER"
    CODE = "CODE"
    """Codes, and truths as `false` and `true`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin(Shape):
    """One answer. Of a number: all values under `below` that no bin before it took (None: the rest). Of a code:
    `values`. `weight` is what it adds to the log-odds of default; None on an expert card. `zh` and `en` say the
    answer to people."""

    points: int
    below: float | None = None
    values: tuple[str, ...] = ()
    weight: float | None = None
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Shape):
    """`special`: single values that mean something of their own, looked at first. `missing`: nobody said, or no
    consent. `other`: a code that the card was not made on; None: as `missing`."""

    fact: str
    scale: Scale
    bins: tuple[Bin, ...]
    special: tuple[Bin, ...] = ()
    missing: Bin
    other: Bin | None = None

    def __post_init__(self) -> None:
        (_check_bounds if self.scale is Scale.NUMBER else _check_values)(self)
        specials = [value for answer in self.special for value in answer.values]
        if len(set(specials)) != len(specials):
            raise Violation(f"{self.fact}/special", "A value stands twice.", "Give each special value once.")

    @property
    def answers(self) -> tuple[Bin, ...]:
        """Every answer in one order: bins, specials, missing, other."""
        return (*self.bins, *self.special, self.missing, *((self.other,) if self.other else ()))

    @property
    def best_points(self) -> int:
        return max(answer.points for answer in self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade(Shape):
    """From `points` on."""

    grade: str
    points: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration(Shape):
    """Log-odds z to probability: 1 / (1 + exp(-(slope * z + intercept))). Identity: slope 1, intercept 0."""

    slope: float = 1.0
    intercept: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Need(Shape):
    """What must be known of a firm before the card speaks of it; of a number, `at_least` this much."""

    fact: str
    at_least: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Training(Shape):
    """What a learned card was made of. `data_sha256`: of the rows it saw, in their order. `pipeline_sha256`: of the
    fitted pipeline's numbers, kept beside it for replay. `figures`: of data that it did not see."""

    data: str
    data_sha256: str
    pipeline_sha256: str | None = None
    rows: int
    defaults: int
    outcome: str
    period: str
    seed: int
    libraries: tuple[str, ...]
    figures: dict[str, float]
    trained_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(Shape):
    """`base` points stand for odds of `base_odds` good to one bad, `pdo` more double them. On an expert card `base`
    are the points of a firm of which nothing speaks for or against. `intercept` and `calibration` only on a learned
    one. Points are `base` of an expert card, or `offset` of a learned one, plus those of the answers. `segment` names
    the firms that it is for, of which one card at a time is in force; it serves those that meet its `needs`."""

    id: str
    version: int
    kind: CardKind
    base: int
    pdo: int
    base_odds: float | None = None
    offset: int = 0
    intercept: float | None = None
    calibration: Calibration | None = None
    zh: str
    en: str
    variables: tuple[Variable, ...]
    grades: tuple[Grade, ...]
    segment: str = "firms"
    needs: tuple[Need, ...] = ()
    training: Training | None = None

    def __post_init__(self) -> None:
        _check_names(self)
        _check_variables(self)
        _check_grades(self.grades)
        _check_kind(self)

    @property
    def name(self) -> str:
        return f"{self.id}/{self.version}"

    @property
    def start(self) -> int:
        """The points before any answer."""
        return self.base if self.kind is CardKind.EXPERT else self.offset

    def grade_of(self, points: int) -> Grade:
        return next(grade for grade in self.grades if points >= grade.points)


def _check_names(card: Card) -> None:
    for field, name in (("id", card.id), ("segment", card.segment)):
        if not _ID.fullmatch(name):
            raise Violation(field, f"`{name:.60}` is no name of a card.", "Use small letters, digits and _.")
    if card.version < 1:
        raise Violation("version", f"{card.version} is no version.", "Count versions from 1.")


def _check_variables(card: Card) -> None:
    facts = [variable.fact for variable in card.variables]
    if not facts or len(set(facts)) != len(facts):
        raise Violation("variables", "A fact stands twice, or there is none.", "Give each fact one variable.")


def _check_grades(grades: tuple[Grade, ...]) -> None:
    points = [grade.points for grade in grades]
    if not points or points != sorted(set(points), reverse=True) or points[-1] > 0:
        raise Violation(
            "grades", "Grades do not fall to 0 points.", "Order them, the best first, the last from 0."
        )


def _check_kind(card: Card) -> None:
    weights = [answer.weight for variable in card.variables for answer in variable.answers]
    learned = card.kind is CardKind.LEARNED
    if learned != (card.intercept is not None) or any(learned != (weight is not None) for weight in weights):
        raise Violation(
            "kind",
            f"A card that is {card.kind} has weights where it should not, or none where it should.",
            "A learned card has an intercept and a weight for every answer, an expert's has neither.",
        )
    if learned and (card.calibration is None or card.training is None or card.base_odds is None):
        raise Violation("training", "A learned card says what it was made of.", "Train it anew.")
    numbers = [card.intercept, card.base_odds, *weights]
    if card.calibration:
        numbers += [card.calibration.slope, card.calibration.intercept]
    numbers += [need.at_least for need in card.needs]
    if any(number is not None and not isfinite(number) for number in numbers):
        raise Violation("variables", "A weight is no finite number.", "Train the card anew.")


def _check_bounds(variable: Variable) -> None:
    bounds = [answer.below for answer in variable.bins]
    known = [bound for bound in bounds if bound is not None]
    if not bounds or bounds[-1] is not None or len(known) != len(bounds) - 1 or known != sorted(set(known)):
        raise Violation(
            f"{variable.fact}/bins",
            "The bounds do not rise to an open end.",
            "Leave `below` out of the last.",
        )
    if any(answer.values for answer in variable.bins) or not all(map(isfinite, known)):
        raise Violation(f"{variable.fact}/bins", "A number's bin has bounds alone.", "Leave `values` out.")


def _check_values(variable: Variable) -> None:
    taken = [value for answer in variable.bins for value in answer.values]
    if (
        not taken
        or len(set(taken)) != len(taken)
        or any(answer.below is not None for answer in variable.bins)
    ):
        raise Violation(
            f"{variable.fact}/bins",
            "A code stands twice, nowhere, or beside a bound.",
            "Give each code one bin, and no `below`.",
        )
