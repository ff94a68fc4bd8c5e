"""How likely the bank says yes: a logistic formula whose coefficients are policy data (policies/matching).

Whole numbers throughout, so that the compiled kernel, its numpy twin and this page say the same to the last digit:
coefficients are thousandths of a logit, the curve is a table in steps of a hundredth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp

from services.matching.domain.answer import Band

STEP, WIDEST = 10, 8_000
CURVE = tuple(round(1_000_000 / (1 + exp(-milli / 1_000))) for milli in range(-WIDEST, WIDEST + STEP, STEP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """In thousandths of a logit. A rule's failing or not being known counts each time it occurs."""

    id: str
    version: int
    intercept: int
    score_centre: int
    score_point: int
    score_unknown: int
    age_year: int
    age_years_most: int
    soft_fail: int
    unknown: int
    guaranteed: int
    ip_pledged: int
    collateral: int
    high_from_ppm: int
    medium_from_ppm: int


def firm_logit(coefficients: Coefficients, facts: Mapping[str, int]) -> int:
    """The part of the formula that is the same for every product: score and age of the firm."""
    score, months = facts.get("score"), facts.get("months_since_registration", 0)
    years = min(months // 12, coefficients.age_years_most)
    of_score = (
        coefficients.score_unknown
        if score is None
        else (score - coefficients.score_centre) * coefficients.score_point
    )
    return coefficients.intercept + of_score + years * coefficients.age_year


def likelihood_ppm(logit: int) -> int:
    """The logistic curve at `logit` thousandths, in millionths."""
    return CURVE[(min(max(logit, -WIDEST), WIDEST) + WIDEST) // STEP]


def band(coefficients: Coefficients, likelihood: int) -> Band:
    if likelihood >= coefficients.high_from_ppm:
        return Band.HIGH
    return Band.MEDIUM if likelihood >= coefficients.medium_from_ppm else Band.LOW
