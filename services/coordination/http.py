"""Coordination over HTTP. Collections: requests, cases."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request

from libs.chassis.http import Caller, door_of
from services.coordination import operations
from services.coordination.domain.case import Case, CasePage, CaseStatus, Resolution
from services.coordination.domain.request import (
    Ask,
    Choice,
    FinancingRequest,
    Preview,
    RequestPage,
    RequestStatus,
)

router = APIRouter(prefix="/v1")

Limit = Annotated[int, Query(description="Items on a page, 200 at most; 0: the default of 50")]


def desk_of(request: Request) -> operations.Desk:
    return cast(operations.Desk, door_of(request).parts)


Desk = Annotated[operations.Desk, Depends(desk_of)]


@router.post("/requests", status_code=201)
def ask(body: Ask, call: Caller, desk: Desk) -> FinancingRequest:
    request = call.write(operations.ask, body, desk.similar_days(call))
    return desk.answer(call, request)


@router.get("/requests")
def list_requests(
    call: Caller, status: RequestStatus | None = None, cursor: str | None = None, limit: Limit = 0
) -> RequestPage:
    return call.read(operations.list_requests, status, cursor, limit)


@router.get("/requests/{request_id}")
def get_request(request_id: str, call: Caller) -> FinancingRequest:
    return call.read(operations.get_request, request_id)


@router.post("/requests/{request_id}/referrals", status_code=201)
def refer(request_id: str, body: Choice, call: Caller, desk: Desk) -> FinancingRequest:
    request = call.write(operations.refer, request_id, body)
    return desk.answer(call, request)


@router.get("/requests/{request_id}/referrals/preview")
def preview_referral(request_id: str, plan: int, call: Caller) -> Preview:
    """Before the firm goes to one more bank: how many banks query its record then."""
    return call.read(operations.preview_referral, request_id, plan)


@router.post("/requests/{request_id}/withdraw")
def withdraw_request(request_id: str, call: Caller, desk: Desk) -> FinancingRequest:
    request = call.write(operations.withdraw_request, request_id)
    return desk.answer(call, request)


@router.get("/cases")
def list_cases(
    call: Caller, status: CaseStatus | None = None, cursor: str | None = None, limit: Limit = 0
) -> CasePage:
    return call.read(operations.list_cases, status, cursor, limit)


@router.post("/cases/{case_id}/close")
def close_case(case_id: str, body: Resolution, call: Caller) -> Case:
    return call.write(operations.close_case, case_id, body)
