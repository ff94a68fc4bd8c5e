"""Of each plan of an answer, what its likelihood was made of: kept with the answer, so that a decision can teach."""

from collections.abc import Mapping, Sequence

from libs.finance.rates import MONTHS_PER_YEAR
from services.matching.domain.features import Features, PlanFeatures, Security
from services.matching.index.layout import COLLATERAL, GUARANTEE, IP_PLEDGE, UNSECURED
from services.matching.operations.options import Need
from services.matching.operations.plans import Priced

_SECURITY: Mapping[int, Security] = {
    UNSECURED: Security.UNSECURED,
    GUARANTEE: Security.GUARANTEED,
    IP_PLEDGE: Security.IP_PLEDGED,
    COLLATERAL: Security.COLLATERAL,
}


def features_of_plans(need: Need, made: Sequence[Priced]) -> tuple[PlanFeatures, ...]:
    """In the order of the plans."""
    facts = need.firm.facts
    score, years = facts.get("score"), facts.get("months_since_registration", 0) // MONTHS_PER_YEAR
    return tuple(_of_plan(one, number, score, years) for number, one in enumerate(made, 1))


def _of_plan(made: Priced, number: int, score: int | None, years: int) -> PlanFeatures:
    hit, found = made.hit, made.chance
    features = Features(
        score=score,
        years=years,
        soft=hit.soft.bit_count(),
        unknown=found.unjudged,
        security=_SECURITY[hit.mode],
    )
    return PlanFeatures(
        product=hit.product, number=number, likelihood_ppm=found.likelihood, features=features
    )
