"""Financing requests: what a firm needs, the banks it turned to, and what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.loan_terms import ProductKind
from services.coordination.domain.plan import Plan

_LONGEST_MONTHS = 360
_PURPOSE_LENGTH = 500


class RequestStatus(StrEnum):
    OPEN = "OPEN"
    MATCHED = "MATCHED"
    REFERRED = "REFERRED"
    FUNDED = "FUNDED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


class ReferralStatus(StrEnum):
    """OPENING until the bank has it; then as its application stands at lending."""

    OPENING = "OPENING"
    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    INFORMATION_ASKED = "INFORMATION_ASKED"
    APPROVED = "APPROVED"
    OFFER_ACCEPTED = "OFFER_ACCEPTED"
    CONTRACTED = "CONTRACTED"
    DISBURSED = "DISBURSED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"
    CLOSED = "CLOSED"


_UNDER_WAY = (
    ReferralStatus.OPENING,
    ReferralStatus.SUBMITTED,
    ReferralStatus.ACCEPTED,
    ReferralStatus.INFORMATION_ASKED,
    ReferralStatus.APPROVED,
    ReferralStatus.OFFER_ACCEPTED,
    ReferralStatus.CONTRACTED,
)
_REFERABLE = (RequestStatus.MATCHED, RequestStatus.REFERRED, RequestStatus.REFUSED)
_OVER = (RequestStatus.FUNDED, RequestStatus.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Shape):
    """A need. No kinds: any kind of loan."""

    party: str
    amount_fen: int
    term_months: int
    kinds: tuple[ProductKind, ...] = ()
    purpose: str = ""

    def __post_init__(self) -> None:
        if self.amount_fen < 1:
            raise Violation("amount_fen", f"{self.amount_fen} fen is no amount.", "Give fen from 1.")
        if not 1 <= self.term_months <= _LONGEST_MONTHS:
            raise Violation(
                "term_months", f"{self.term_months} months is no term.", f"Give 1 to {_LONGEST_MONTHS}."
            )
        if len(self.purpose) > _PURPOSE_LENGTH:
            raise Violation(
                "purpose", "The purpose is too long.", f"Use at most {_PURPOSE_LENGTH} characters."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal(Shape):
    """The firm's loan at the plan's bank that the new one is to settle. `without_repayment`: 无还本续贷."""

    loan_id: str
    without_repayment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Shape):
    """The plan, by its number in the match, with which the firm goes to the bank."""

    plan: int
    renewal: Renewal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview(Shape):
    """How many banks query the firm's record for a request: now, and once it goes to the bank of this plan."""

    plan: int
    bank: str
    query_count: int
    query_count_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral(Shape):
    id: str
    plan: int
    product_id: str
    product_name: str
    bank: str
    status: ReferralStatus
    application_id: str | None = None
    reason_codes: tuple[str, ...] = ()
    note: str | None = None
    renewal: Renewal | None = None

    @property
    def under_way(self) -> bool:
        return self.status in _UNDER_WAY


@dataclass(frozen=True, slots=True, kw_only=True)
class FinancingRequest(Shape):
    """`match` is matching's answer as it gave it (rongqiao.matching.v1.Match), None before it came.

    `query_count`: how many banks have been asked, each of which queries the firm's record.
    """

    id: str
    party: str
    amount_fen: int
    term_months: int
    kinds: tuple[ProductKind, ...]
    purpose: str
    status: RequestStatus
    match: Mapping[str, Any] | None = None
    referrals: tuple[Referral, ...] = ()
    opened_at: datetime
    similar_request: str | None = None
    note: str | None = None
    query_count: int = 0

    def referral(self, referral_id: str) -> Referral:
        """The referral with this id, which must be one of this request."""
        return next(one for one in self.referrals if one.id == referral_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage(Shape):
    items: tuple[FinancingRequest, ...]
    next_cursor: str | None = None


def opened(ask: Ask, request_id: str, at: datetime, similar: str | None) -> FinancingRequest:
    return FinancingRequest(
        id=request_id,
        party=ask.party,
        amount_fen=ask.amount_fen,
        term_months=ask.term_months,
        kinds=ask.kinds,
        purpose=ask.purpose,
        status=RequestStatus.OPEN,
        opened_at=at,
        similar_request=similar,
    )


def same_need(kinds: tuple[ProductKind, ...], earlier: tuple[ProductKind, ...]) -> bool:
    """Whether two requests of one firm may be for the same: kinds in common, or one leaves them open."""
    return not kinds or not earlier or bool(set(kinds) & set(earlier))


def matched(request: FinancingRequest, match: Mapping[str, Any]) -> FinancingRequest:
    """With the plans that were found; without any the need is refused, for the service centre to follow up."""
    status = RequestStatus.MATCHED if match["plans"] else RequestStatus.REFUSED
    return replace(request, match=match, status=status)


def unmatched(request: FinancingRequest, note: str) -> FinancingRequest:
    """Matching could not look for plans at all; `note` says why."""
    return replace(request, status=RequestStatus.REFUSED, note=note)


def referred(
    request: FinancingRequest, plan: Plan, referral_id: str, renewal: Renewal | None
) -> FinancingRequest:
    """One more bank is asked. Violation when the request is over, or that product is being asked for already."""
    if request.status not in _REFERABLE:
        raise Violation("status", f"The request is {request.status}.", "Ask anew, or wait for its plans.")
    if any(one.product_id == plan.product_id and one.under_way for one in request.referrals):
        raise Violation(
            "plan", f"{plan.product_name} is being asked for already.", "Choose another plan, or wait."
        )
    referral = Referral(
        id=referral_id,
        plan=plan.number,
        product_id=plan.product_id,
        product_name=plan.product_name,
        bank=plan.bank,
        status=ReferralStatus.OPENING,
        renewal=renewal,
    )
    return settled(replace(request, referrals=(*request.referrals, referral)))


def preview(request: FinancingRequest, plan: Plan) -> Preview:
    asked = _banks_asked(request.referrals)
    return Preview(
        plan=plan.number,
        bank=plan.bank,
        query_count=len(asked),
        query_count_after=len(asked | {plan.bank}),
    )


def withdrawn(request: FinancingRequest) -> FinancingRequest:
    """The firm needs it no longer. Violation when the request is over."""
    if request.status in _OVER:
        raise Violation("status", f"The request is {request.status}.", "Nothing to withdraw.")
    return replace(request, status=RequestStatus.WITHDRAWN)


def with_referral(request: FinancingRequest, changed: Referral) -> FinancingRequest:
    """The request with news of one referral, and the status that follows from all of them."""
    referrals = tuple(changed if one.id == changed.id else one for one in request.referrals)
    return settled(replace(request, referrals=referrals))


def referral_of(request: FinancingRequest, application_id: str, product_id: str) -> Referral | None:
    """The referral behind an application: by its id, or the one of that product that is still opening."""
    for one in request.referrals:
        opening = one.application_id is None and one.status is ReferralStatus.OPENING
        if one.application_id == application_id or (opening and one.product_id == product_id):
            return one
    return None


def settled(request: FinancingRequest) -> FinancingRequest:
    """With the status that follows from all referrals, and the banks counted."""
    return counted(replace(request, status=_status(request)))


def counted(request: FinancingRequest) -> FinancingRequest:
    return replace(request, query_count=len(_banks_asked(request.referrals)))


def is_over(request: FinancingRequest) -> bool:
    """Whether no bank need go on: paid out by one, or not wanted any more."""
    return request.status in _OVER


def _banks_asked(referrals: Iterable[Referral]) -> set[str]:
    """One that lending refused to open never came to its bank."""
    refused = (ReferralStatus.DECLINED,)
    return {one.bank for one in referrals if one.application_id or one.status not in refused}


def _status(request: FinancingRequest) -> RequestStatus:
    found = {one.status for one in request.referrals}
    if ReferralStatus.DISBURSED in found:
        return RequestStatus.FUNDED
    if request.status in _OVER:
        return request.status
    if found & set(_UNDER_WAY):
        return RequestStatus.REFERRED
    # A firm that let an offer lapse was not refused by all.
    refused = ReferralStatus.DECLINED in found and ReferralStatus.LAPSED not in found
    return RequestStatus.REFUSED if refused else RequestStatus.MATCHED
