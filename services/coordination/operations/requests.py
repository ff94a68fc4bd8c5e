"""Requests as the firm sees them: ask, choose a plan, withdraw, look."""

from datetime import timedelta

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.intents import intend
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import NotFound
from libs.eventing import topics
from libs.eventing.outbox import emit
from libs.registry.regions import within
from services.coordination import messages, store
from services.coordination.domain import request as rules
from services.coordination.domain.case import Refusal
from services.coordination.domain.plan import plan_of
from services.coordination.domain.request import (
    Ask,
    Choice,
    FinancingRequest,
    Preview,
    RequestPage,
    RequestStatus,
)
from services.coordination.operations.cases import open_case

MATCH = "match"
OPEN_APPLICATION = "open_application"
WITHDRAW_APPLICATION = "withdraw_application"


def ask(tx: WriteTx, by: Principal, new: Ask, similar_days: int) -> FinancingRequest:
    """A firm's need, committed before matching is asked for its plans.

    A need of the same kind in the last `similar_days` days is pointed out, never a reason to refuse.
    """
    by.require(Role.SME)
    by.require_organisation(new.party)
    request = rules.opened(new, tx.new_id("req"), tx.now, _similar(tx, new, similar_days))
    store.insert_request(tx, request, county=by.territory)
    intend(tx, MATCH, request.id, {})
    tell(tx, request)
    return request


def refer(tx: WriteTx, by: Principal, request_id: str, choice: Choice) -> FinancingRequest:
    """The firm goes to a bank with one of its plans; other banks may be asked beside it."""
    by.require(Role.SME)
    before = _own(tx, by, request_id)
    plan = plan_of(before.match, choice.plan)
    request = rules.referred(before, plan, tx.new_id("ref"), choice.renewal)
    referral = request.referrals[-1]
    store.insert_referral(tx, request.id, referral)
    keep(tx, before, request)
    intend(tx, OPEN_APPLICATION, request.id, {"referral_id": referral.id})
    return request


def preview_referral(tx: ReadTx, by: Principal, request_id: str, plan: int) -> Preview:
    """Before the firm decides: how many banks query its record for this request, without this plan and with it."""
    by.require(Role.SME)
    request = store.request(tx, request_id)
    by.require_organisation(request.party)
    return rules.preview(request, plan_of(request.match, plan))


def withdraw_request(tx: WriteTx, by: Principal, request_id: str) -> FinancingRequest:
    """The firm needs it no longer: its applications are withdrawn too."""
    by.require(Role.SME)
    before = _own(tx, by, request_id)
    return keep(tx, before, rules.withdrawn(before))


def get_request(tx: ReadTx, by: Principal, request_id: str) -> FinancingRequest:
    """For the firm itself, and for the service centre of its county once the need was refused."""
    by.require(Role.SME, Role.SERVICE_CENTRE)
    request = store.request(tx, request_id)
    if not _may_see(tx, by, request):
        raise NotFound(f"There is no request {request_id}.", field="request_id")
    return request


def list_requests(
    tx: ReadTx, by: Principal, status: RequestStatus | None = None, cursor: str | None = None, limit: int = 0
) -> RequestPage:
    """A firm's own requests, newest first, without their plans."""
    by.require(Role.SME)
    return store.request_page(tx, by.organisation, status, cursor, limit)


def keep(
    tx: WriteTx, before: FinancingRequest, request: FinancingRequest, refusal: Refusal | None = None
) -> FinancingRequest:
    """Store what became of a request and tell the others of a new status.

    A need that is now refused, for the reasons of `refusal`, becomes a case; one that is withdrawn is called off at
    the banks. Where one bank paid out, lending has closed the others.
    """
    store.update_request(tx, request)
    if request.status is before.status:
        return request
    if request.status is RequestStatus.REFUSED and refusal is not None:
        open_case(tx, request.id, refusal)
        tell(tx, request, refusal)
        return request
    tell(tx, request)
    if request.status is RequestStatus.WITHDRAWN:
        _call_off(tx, request)
    return request


def call_off(tx: WriteTx, request: FinancingRequest, application_id: str) -> None:
    intend(tx, WITHDRAW_APPLICATION, request.id, {"application_id": application_id})


def tell(tx: WriteTx, request: FinancingRequest, refusal: Refusal | None = None) -> None:
    county = store.county_of(tx, request.id)
    fact = messages.request_changed(request, county, refusal, tx.today)
    emit(tx, topics.COORDINATION_REQUEST, request.id, fact)


def _call_off(tx: WriteTx, request: FinancingRequest) -> None:
    """One that is still opening has no application yet; it is called off as soon as it has."""
    for referral in request.referrals:
        if referral.under_way and referral.application_id is not None:
            call_off(tx, request, referral.application_id)


def _similar(tx: ReadTx, new: Ask, days: int) -> str | None:
    earlier = store.newest_requests(tx, new.party, since=tx.now - timedelta(days=days))
    return next((found for found, kinds in earlier if rules.same_need(new.kinds, kinds)), None)


def _own(tx: WriteTx, by: Principal, request_id: str) -> FinancingRequest:
    request = store.request_to_change(tx, request_id)
    by.require_organisation(request.party)
    return request


def _may_see(tx: ReadTx, by: Principal, request: FinancingRequest) -> bool:
    if by.role is Role.SME:
        return by.organisation == request.party
    return store.has_case(tx, request.id) and within(store.county_of(tx, request.id), by.territory)
