"""Answers as facts, and states of others as domain values."""

from libs.chassis import wire
from libs.chassis.codec import dump
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee
from rongqiao.matching.v1 import events_pb2 as events
from services.matching.domain.answer import Match
from services.matching.domain.firm import Profile
from services.matching.domain.guarantee import Headroom, Programme


def recommendation_given(match: Match) -> events.RecommendationGiven:
    """Without the party: the firm's key in the dimensions leads nobody back."""
    return wire.from_plain(
        events.RecommendationGiven,
        {
            "match_id": match.id,
            "amount_fen": match.amount_fen,
            "term_months": match.term_months,
            "plans": len(match.plans),
            "families": sorted({plan.family for plan in match.plans}),
            "business_date": match.as_of,
            "dimensions": dump(match.dimensions),
            "ranking": match.ranking,
            "policy_set": match.policy_set,
        },
    )


def profile(summary: credit.PartySummary) -> Profile:
    return wire.from_message(Profile, summary)


def programme(state: guarantee.Programme) -> Programme:
    return wire.from_message(Programme, state)


def headroom(state: guarantee.Headroom) -> Headroom:
    return wire.from_message(Headroom, state)
