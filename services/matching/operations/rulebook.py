"""The dated numbers that a recommendation uses, read from the policy set once a day."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import TypeVar

from libs.chassis.codec import load
from libs.policy import NoPolicyValue, PolicySet
from libs.registry.loan_terms import RateBase
from libs.registry.lpr import LprTenor, lpr_on
from services.matching.domain.benefit import Benefit
from services.matching.domain.changes.effort import Effort
from services.matching.domain.likelihood import Coefficients, LikelihoodModel
from services.matching.domain.ranking import Ranking

LIKELIHOOD, RANKING, BENEFITS = "matching.likelihood", "matching.ranking", "benefits."
EXPLORATION, LEARNING = "matching.exploration", "matching.learning"
EFFORT = "matching.effort"
_STATED = frozenset(part.name for part in fields(Benefit)) - {
    "id",
    "beneficiary_of",
    "source",
    "document",
    "paragraph",
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    today: date
    model: LikelihoodModel
    ranking: Ranking
    benefits: Mapping[str, Benefit]
    base_ppm: Mapping[RateBase, int]
    effort: Effort
    policy_set: str


@lru_cache(maxsize=8)
def rulebook(policies: PolicySet, today: date) -> Rulebook:
    """Everything in force on a day. NoPolicyValue where matching's own numbers have none for it."""
    return Rulebook(
        today=today,
        model=LikelihoodModel(coefficients=_record(Coefficients, policies, LIKELIHOOD, today)),
        ranking=_record(Ranking, policies, RANKING, today),
        benefits=_benefits(policies, today),
        base_ppm={
            RateBase.LPR_1Y: lpr_on(LprTenor.LPR_1Y, today).rate_ppm,
            RateBase.LPR_5Y: lpr_on(LprTenor.LPR_5Y, today).rate_ppm,
            RateBase.FIXED: 0,
        },
        effort=_record(Effort, policies, EFFORT, today),
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
    """The record's own fields, with where it stands; `number` is that of the list it was taken from."""
    source = policies.entry_on(parameter, today).source
    record = dict(policies.record_on(parameter, today))
    stated = {name: record[name] for name in _STATED if name in record}
    return load(
        Benefit,
        stated
        | {
            "id": parameter,
            "beneficiary_of": record.get("for", {}),
            "source": f"{source.document}{source.paragraph}",
            "document": source.document,
            "paragraph": source.paragraph,
        },
    )


def _in_force(policies: PolicySet, parameter: str, today: date) -> bool:
    try:
        policies.entry_on(parameter, today)
    except NoPolicyValue:
        return False
    return True
