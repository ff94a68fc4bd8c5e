"""From a fitted regression to the whole numbers that serve."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from services.matching.domain.decision import Decision
from services.matching.domain.features import Security
from services.matching.domain.learning import Exploration
from services.matching.domain.likelihood import Coefficients, LikelihoodModel, ScorePoint, Weight
from services.matching.training.design import POINTS, SCORE_UNKNOWN, SOFT, UNKNOWN, YEARS, YEARS_MOST
from services.matching.training.regression import THOUSAND, Fitted


def compile_model(
    fitted: Fitted,
    decisions: Sequence[Decision],
    cold: Coefficients,
    exploration: Exploration,
    name: str,
    number: int,
) -> LikelihoodModel:
    """`cold` lends the bands in which a likelihood is shown; `decisions` are those it was fitted on."""
    values = dict(zip(fitted.design.features, (fitted.coefficients * fitted.slope).tolist(), strict=False))
    return LikelihoodModel(
        coefficients=_coefficients(fitted, values, cold, name, number),
        banks=_weights(fitted, fitted.design.banks, 0, (one.bank for one in decisions)),
        products=_weights(
            fitted, fitted.design.products, len(fitted.design.banks), (one.product for one in decisions)
        ),
        score=_curve(fitted, values),
        explore_ppm=exploration.explore_ppm,
        explore_half=exploration.explore_half,
    )


def _coefficients(
    fitted: Fitted, values: dict[str, float], cold: Coefficients, name: str, number: int
) -> Coefficients:
    return Coefficients(
        id=name,
        version=number,
        intercept=_milli(fitted.slope * fitted.intercept + fitted.shift),
        score_centre=fitted.design.knots[0],
        score_point=0,
        score_unknown=_milli(values[SCORE_UNKNOWN]),
        age_year=_milli(values[YEARS] / YEARS_MOST),
        age_years_most=YEARS_MOST,
        soft_fail=_milli(values[SOFT]),
        unknown=_milli(values[UNKNOWN]),
        guaranteed=_milli(values[Security.GUARANTEED]),
        ip_pledged=_milli(values[Security.IP_PLEDGED]),
        collateral=_milli(values[Security.COLLATERAL]),
        high_from_ppm=cold.high_from_ppm,
        medium_from_ppm=cold.medium_from_ppm,
    )


def _curve(fitted: Fitted, values: dict[str, float]) -> tuple[ScorePoint, ...]:
    """The logit at each knot; 0 at the lowest."""
    knots = fitted.design.knots
    rises = [values[f"score_from_{knot}"] * (after - knot) / POINTS for knot, after in pairwise(knots)]
    heights = accumulate(rises, initial=0.0)
    return tuple(
        ScorePoint(score=knot, logit=_milli(height)) for knot, height in zip(knots, heights, strict=True)
    )


def _weights(
    fitted: Fitted, weighted: Sequence[str], place: int, subjects: Iterable[str]
) -> tuple[Weight, ...]:
    """Of every subject with a decision; 0 where it has too few."""
    first = len(fitted.design.features) + place
    told = (fitted.coefficients[first : first + len(weighted)] * fitted.slope).tolist()
    logits = dict(zip(weighted, told, strict=True))
    return tuple(
        Weight(subject=subject, logit=_milli(logits.get(subject, 0.0)), decisions=held)
        for subject, held in sorted(Counter(subjects).items())
    )


def _milli(logit: float) -> int:
    return round(logit * THOUSAND)
