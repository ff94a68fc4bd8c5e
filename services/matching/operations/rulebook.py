"""The dated numbers that a recommendation uses, read from the policy set once a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TypeVar

from libs.chassis.codec import load
from libs.policy import NoPolicyValue, PolicySet
from libs.registry.loan_terms import RateBase
from libs.registry.lpr import LprTenor, lpr_on
from services.matching.domain.benefit import Benefit, benefit_of
from services.matching.domain.likelihood import Coefficients
from services.matching.domain.ranking import Ranking

LIKELIHOOD, RANKING, BENEFITS = "matching.likelihood", "matching.ranking", "benefits."

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    today: date
    coefficients: Coefficients
    ranking: Ranking
    benefits: Mapping[str, Benefit]
    base_ppm: Mapping[RateBase, int]
    policy_set: str


@lru_cache(maxsize=8)
def rulebook(policies: PolicySet, today: date) -> Rulebook:
    """Everything in force on a day. NoPolicyValue where matching's own numbers have none for it."""
    return Rulebook(
        today=today,
        coefficients=_record(Coefficients, policies, LIKELIHOOD, today),
        ranking=_record(Ranking, policies, RANKING, today),
        benefits=_benefits(policies, today),
        base_ppm={
            RateBase.LPR_1Y: lpr_on(LprTenor.LPR_1Y, today).rate_ppm,
            RateBase.LPR_5Y: lpr_on(LprTenor.LPR_5Y, today).rate_ppm,
            RateBase.FIXED: 0,
        },
        policy_set=policies.set_id,
    )


def _record(shape: type[T], policies: PolicySet, parameter: str, today: date) -> T:
    return load(shape, policies.record_on(parameter, today))


def _benefits(policies: PolicySet, today: date) -> dict[str, Benefit]:
    return {
        found: _benefit(policies, found, today)
        for found in policies.ids(BENEFITS)
        if _in_force(policies, found, today)
    }


def _benefit(policies: PolicySet, parameter: str, today: date) -> Benefit:
    source = policies.entry_on(parameter, today).source
    record = policies.record_on(parameter, today)
    return benefit_of(parameter, record, f"{source.document}{source.paragraph}")


def _in_force(policies: PolicySet, parameter: str, today: date) -> bool:
    try:
        policies.entry_on(parameter, today)
    except NoPolicyValue:
        return False
    return True
