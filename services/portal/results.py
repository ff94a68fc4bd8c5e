"""A financing request as its page shows it: plans with their referrals, reasons sorted, families answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rongqiao.coordination.v1 import coordination_pb2 as pb
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.matching.v1 import matching_pb2 as matching

_ASKED = (matching.FAMILY_FIRST_LOAN, matching.FAMILY_IP_PLEDGE, matching.FAMILY_GUARANTEE)
_APPLYING = (pb.REQUEST_STATUS_MATCHED, pb.REQUEST_STATUS_REFERRED)
_OFFERED = (
    lending.APPLICATION_STATUS_APPROVED,
    lending.APPLICATION_STATUS_OFFER_ACCEPTED,
    lending.APPLICATION_STATUS_CONTRACTED,
)
_WITHDRAWABLE = (pb.REQUEST_STATUS_OPEN, *_APPLYING)


@dataclass(frozen=True, slots=True)
class Segment:
    """One party's part of a bar that is 100 wide."""

    party: str
    bp: int
    amount_fen: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Card:
    plan: matching.Plan
    referral: pb.Referral | None
    passed: tuple[matching.Reason, ...]
    failed: tuple[matching.Reason, ...]
    unknown: tuple[matching.Reason, ...]
    segments: tuple[Segment, ...]
    rooms: tuple[matching.PlanTier, ...]  # of the guarantee's parties that set a limit
    can_apply: bool
    query_count: int  # banks that query the firm's record, once it applies with this plan


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform has to say to first loans, IP pledges and guarantees, each always answered."""

    family: matching.FamilyAnswer
    best: matching.Plan | None


@dataclass(frozen=True, slots=True)
class Offer:
    """An application as its bank has it; `all_in_ppm`: what its offer costs a year, where that can be told."""

    application: lending.Application
    all_in_ppm: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """`offers`: by application; `compared`: those that the firm can choose between, the cheapest first."""

    cards: tuple[Card, ...]
    answers: tuple[Answer, ...]
    withdrawable: bool
    offers: Mapping[str, Offer]
    compared: tuple[Offer, ...]


def result_of(request: pb.FinancingRequest, offers: Mapping[str, Offer] | None = None) -> Result:
    known = offers or {}
    made = [one for one in known.values() if one.application.status in _OFFERED]
    return Result(
        offers=known,
        compared=tuple(sorted(made, key=lambda one: (one.all_in_ppm is None, one.all_in_ppm or 0))),
        cards=tuple(_card(plan, request) for plan in request.match.plans),
        answers=tuple(_answer(family, request.match.plans) for family in _families(request.match)),
        withdrawable=request.status in _WITHDRAWABLE,
    )


def segments(shares: Iterable[guarantee.ShareAmount]) -> tuple[Segment, ...]:
    """Shares side by side, in their order; nothing is shown of a share of nothing."""
    placed: list[Segment] = []
    start = 0
    for share in shares:
        if share.bp:
            placed.append(Segment(share.party, share.bp, share.amount_fen, start / 100, share.bp / 100))
        start += share.bp
    return tuple(placed)


def _card(plan: matching.Plan, request: pb.FinancingRequest) -> Card:
    referral = next((sent for sent in request.referrals if sent.plan == plan.number), None)
    return Card(
        plan=plan,
        referral=referral,
        passed=_with(plan.reasons, matching.OUTCOME_PASS),
        failed=_with(plan.reasons, matching.OUTCOME_FAIL),
        unknown=_with(plan.reasons, matching.OUTCOME_UNKNOWN),
        segments=segments(plan.guarantee.shares),
        rooms=tuple(tier for tier in plan.guarantee.tiers if tier.HasField("room_fen")),
        can_apply=referral is None and request.status in _APPLYING,
        query_count=request.query_count + (plan.bank not in {sent.bank for sent in request.referrals}),
    )


def _with(reasons: Iterable[matching.Reason], outcome: int) -> tuple[matching.Reason, ...]:
    return tuple(reason for reason in reasons if reason.outcome == outcome)


def _families(match: matching.Match) -> list[matching.FamilyAnswer]:
    given = {family.family: family for family in match.families}
    return [given.get(asked) or matching.FamilyAnswer(family=asked) for asked in _ASKED]


def _answer(family: matching.FamilyAnswer, plans: Sequence[matching.Plan]) -> Answer:
    found = [plan for plan in plans if plan.number in family.plans]
    return Answer(family, min(found, key=lambda plan: plan.number, default=None))
