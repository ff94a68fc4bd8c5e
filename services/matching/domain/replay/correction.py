"""Which answers a rule that was corrected afterwards touches, and what it would have changed in them."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from services.matching.domain.answer import Match, Plan


class Effect(StrEnum):
    """UNKNOWN: the answer cannot be computed again. FIGURES: the same plans in the same order, with other figures."""

    NONE = "NONE"
    FIGURES = "FIGURES"
    ORDER = "ORDER"
    FIRST_PLAN = "FIRST_PLAN"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCorrection(Shape):
    """A rulebook by which answers were given, and the parameters that are now known to have been otherwise that day."""

    rulebook: str
    day: date
    parameters: tuple[str, ...]
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCorrections(Shape):
    items: tuple[PolicyCorrection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedAnswer(Shape):
    match_id: str
    day: date
    county: str
    effect: Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedAnswerPage(Shape):
    items: tuple[TouchedAnswer, ...]
    next_cursor: str | None = None


def effect(given: Match, corrected: Match) -> Effect:
    """What the correction changes most, from the first plan down to single figures."""
    then, now = [_chosen(plan) for plan in given.plans], [_chosen(plan) for plan in corrected.plans]
    if then[:1] != now[:1]:
        return Effect.FIRST_PLAN
    if then != now:
        return Effect.ORDER
    same = replace(corrected, policy_set=given.policy_set) == given
    return Effect.NONE if same else Effect.FIGURES


def _chosen(plan: Plan) -> tuple[str, str]:
    return plan.product_id, plan.security
