"""Claims, recoveries, dues and caps over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from libs.chassis.http import Caller
from services.guarantee.domain.cap import CapStanding, CapStandings
from services.guarantee.domain.claim import Claim, ClaimPage, ClaimStatus, Notice, Refusal
from services.guarantee.domain.due import Due, DuePage, DueStatus, Payment, Reason
from services.guarantee.domain.recovery import NewRecovery, Recovery, RecoveryList
from services.guarantee.operations import caps, claims, dues, payments, recoveries, settlements

router = APIRouter(prefix="/v1")

Limit = Annotated[int, Query(description="Items on a page, 200 at most; 0: the default of 50")]


@router.post("/claims", status_code=201)
def notify(body: Notice, call: Caller) -> Claim:
    return call.write(claims.notify, body)


@router.get("/claims")
def list_claims(
    call: Caller,
    status: ClaimStatus | None = None,
    overdue: bool = False,
    cursor: str | None = None,
    limit: Limit = 0,
) -> ClaimPage:
    return call.read(claims.list_claims, status, overdue, cursor, limit)


@router.get("/claims/{claim_id}")
def get_claim(claim_id: str, call: Caller) -> Claim:
    return call.read(claims.get_claim, claim_id)


@router.post("/claims/{claim_id}/accept")
def accept(claim_id: str, call: Caller) -> Claim:
    return call.write(claims.accept, claim_id)


@router.post("/claims/{claim_id}/refuse")
def refuse(claim_id: str, body: Refusal, call: Caller) -> Claim:
    return call.write(claims.refuse, claim_id, body)


@router.post("/claims/{claim_id}/recoveries", status_code=201)
def record_recovery(claim_id: str, body: NewRecovery, call: Caller) -> Recovery:
    return call.write(recoveries.record, claim_id, body)


@router.get("/claims/{claim_id}/recoveries")
def list_recoveries(claim_id: str, call: Caller) -> RecoveryList:
    return call.read(recoveries.list_recoveries, claim_id)


@router.post("/recoveries/{recovery_id}/take-back")
def take_back_recovery(recovery_id: str, body: Reason, call: Caller) -> Recovery:
    return call.write(recoveries.take_back, recovery_id, body)


@router.get("/dues")
def list_dues(
    call: Caller,
    status: DueStatus | None = None,
    overdue: bool = False,
    cursor: str | None = None,
    limit: Limit = 0,
) -> DuePage:
    return call.read(dues.list_dues, status, overdue, cursor, limit)


@router.get("/dues/{due_id}")
def get_due(due_id: str, call: Caller) -> Due:
    return call.read(dues.get_due, due_id)


@router.post("/dues/{due_id}/pay")
def pay(due_id: str, body: Payment, call: Caller) -> Due:
    return call.write(payments.pay, due_id, body)


@router.post("/dues/{due_id}/take-back")
def take_back_payment(due_id: str, body: Reason, call: Caller) -> Due:
    return call.write(payments.take_back, due_id, body)


@router.post("/dues/{due_id}/dispute")
def dispute(due_id: str, body: Reason, call: Caller) -> Due:
    return call.write(payments.dispute, due_id, body)


@router.post("/dues/{due_id}/withdraw-dispute")
def withdraw_dispute(due_id: str, call: Caller) -> Due:
    return call.write(payments.withdraw_dispute, due_id)


@router.post("/dues/{due_id}/cancel")
def cancel(due_id: str, body: Reason, call: Caller) -> Due:
    return call.write(payments.cancel, due_id, body)


@router.get("/caps")
def list_caps(call: Caller) -> CapStandings:
    return call.read(caps.list_caps)


@router.post("/caps/{key:path}/settle")
def settle_cap(key: str, call: Caller) -> CapStanding:
    return call.write(settlements.settle, key)
