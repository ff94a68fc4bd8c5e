"""How likely the bank says yes: a logistic formula whose coefficients are policy data (policies/matching).

Whole numbers throughout, so that the compiled kernel, its numpy twin and this page say the same to the last digit:
coefficients are thousandths of a logit, the curve is a table in steps of a hundredth. Its values are middles of bands.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.rates import MONTHS_PER_YEAR
from services.matching.domain.answer import Band
from services.matching.domain.features import Features, Security

STEP, WIDEST = 10, 8_000
BAND_PPM = 50_000


def _middle_of_band(milli: int) -> int:
    return int(1_000_000 / (1 + exp(-milli / 1_000))) // BAND_PPM * BAND_PPM + BAND_PPM // 2


# In bands of five points, so that whatever is made from a likelihood tells a band only, not how a bank counts.
CURVE = tuple(_middle_of_band(milli) for milli in range(-WIDEST, WIDEST + STEP, STEP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients(Shape):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight(Shape):
    """What the decisions of one bank, or on one product, add to the logit, in thousandths; from how many decisions."""

    subject: str
    logit: int
    decisions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePoint(Shape):
    """At this score the firm's part of the logit is this, in thousandths."""

    score: int
    logit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodModel(Shape):
    """The whole formula. At a cold start nothing is known of any bank, and the bank's own criteria speak alone.

    Weights stand in the order of their subjects, each subject once. `score`, where there is any, takes the place of the
    straight line of the coefficients: straight from point to point, flat outside, never falling. `explore_ppm` is the
    most that the value of a product gains for being little known; half of it is left after `explore_half` decisions.
    """

    coefficients: Coefficients
    banks: tuple[Weight, ...] = ()
    products: tuple[Weight, ...] = ()
    score: tuple[ScorePoint, ...] = ()
    explore_ppm: int = 0
    explore_half: int = 20

    def __post_init__(self) -> None:
        for field, weights in (("banks", self.banks), ("products", self.products)):
            if any(one.subject >= other.subject for one, other in pairwise(weights)):
                raise Violation(
                    field, "The weights are not in order.", "Sort them by subject, each subject once."
                )
        if any(one.score >= other.score or one.logit > other.logit for one, other in pairwise(self.score)):
            raise Violation("score", "The points do not rise.", "Sort them by score; no logit may fall.")
        if self.explore_half < 1:
            raise Violation("explore_half", "explore_half is not positive.", "Give a number of decisions.")

    @property
    def name(self) -> str:
        return f"{self.coefficients.id} v{self.coefficients.version}"

    def offset(self, bank: str, product: str) -> int:
        """What decisions of the bank and on the product add to the logit, in thousandths."""
        of_bank, of_product = weight_of(self.banks, bank), weight_of(self.products, product)
        return (of_bank.logit if of_bank else 0) + (of_product.logit if of_product else 0)

    def explore(self, product: str) -> int:
        """What the value of the product gains, in millionths of the loan: the less, the more decisions there are."""
        if not self.explore_ppm:
            return 0
        known = weight_of(self.products, product)
        return self.explored(known.decisions if known else 0)

    def explored(self, decisions: int) -> int:
        return self.explore_ppm * self.explore_half // (self.explore_half + decisions)


def weight_of(weights: Sequence[Weight], subject: str) -> Weight | None:
    place = bisect_left(weights, subject, key=lambda weight: weight.subject)
    return weights[place] if place < len(weights) and weights[place].subject == subject else None


def firm_logit(model: LikelihoodModel, facts: Mapping[str, int]) -> int:
    """The part of the formula that is the same for every product: score and age of the firm."""
    coefficients, months = model.coefficients, facts.get("months_since_registration", 0)
    age = _of_age(coefficients, months // MONTHS_PER_YEAR)
    return coefficients.intercept + score_logit(model, facts.get("score")) + age


def _of_age(coefficients: Coefficients, years: int) -> int:
    return min(years, coefficients.age_years_most) * coefficients.age_year


def score_logit(model: LikelihoodModel, score: int | None) -> int:
    coefficients, points = model.coefficients, model.score
    if score is None:
        return coefficients.score_unknown
    if not points:
        return (score - coefficients.score_centre) * coefficients.score_point
    place = bisect_left(points, score, key=lambda point: point.score)
    before, after = points[max(place - 1, 0)], points[min(place, len(points) - 1)]
    if before is after:
        return after.logit
    step = (after.logit - before.logit) * (score - before.score) // (after.score - before.score)
    return before.logit + step


def model_logit(model: LikelihoodModel, features: Features, bank: str, product: str) -> int:
    """The whole formula, of features that were kept: what `firm_logit` and the index make together of a product."""
    weights = model.coefficients
    extra = {
        Security.GUARANTEED: weights.guaranteed,
        Security.IP_PLEDGED: weights.ip_pledged,
        Security.COLLATERAL: weights.collateral,
    }
    firm = weights.intercept + score_logit(model, features.score) + _of_age(weights, features.years)
    rules = features.soft * weights.soft_fail + features.unknown * weights.unknown
    return firm + rules + extra.get(features.security, 0) + model.offset(bank, product)


def likelihood_ppm(logit: int) -> int:
    """The logistic curve at `logit` thousandths, in millionths."""
    return CURVE[(min(max(logit, -WIDEST), WIDEST) + WIDEST) // STEP]


def band(coefficients: Coefficients, likelihood: int) -> Band:
    if likelihood >= coefficients.high_from_ppm:
        return Band.HIGH
    return Band.MEDIUM if likelihood >= coefficients.medium_from_ppm else Band.LOW
