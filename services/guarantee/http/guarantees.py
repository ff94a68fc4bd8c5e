"""Guarantee over HTTP. Collections: guarantors, programmes, quotes, guarantees."""

from typing import Annotated

from fastapi import APIRouter, Query

from libs.chassis.http import Caller
from services.guarantee.domain.guarantee import (
    Guarantee,
    GuaranteePage,
    GuaranteeStatus,
    Rejection,
    Reservation,
)
from services.guarantee.domain.guarantor import Guarantor, GuarantorList, Headroom
from services.guarantee.domain.preview import EffectPreview
from services.guarantee.domain.programme import ProgrammeList
from services.guarantee.domain.quote import Proposal, Quote
from services.guarantee.operations import guarantees, guarantors, previews, quotes, rules

router = APIRouter(prefix="/v1")

Limit = Annotated[int, Query(description="Items on a page, 200 at most; 0: the default of 50")]


@router.put("/guarantors/{guarantor_id}")
def put_guarantor(guarantor_id: str, body: Guarantor, call: Caller) -> Guarantor:
    return call.write(guarantors.put_guarantor, guarantor_id, body)


@router.get("/guarantors")
def list_guarantors(call: Caller, county: str | None = None) -> GuarantorList:
    return call.read(guarantors.list_guarantors, county)


@router.get("/guarantors/{guarantor_id}/headroom")
def get_headroom(guarantor_id: str, call: Caller) -> Headroom:
    return call.read(guarantors.get_headroom, guarantor_id)


@router.get("/programmes")
def list_programmes(call: Caller) -> ProgrammeList:
    return call.read(rules.list_programmes)


@router.post("/quotes")
def quote(body: Proposal, call: Caller) -> Quote:
    return call.read(quotes.quote, body)


@router.post("/guarantees", status_code=201)
def reserve(body: Reservation, call: Caller) -> Guarantee:
    return call.write(guarantees.reserve, body)


@router.get("/guarantees")
def list_guarantees(
    call: Caller, status: GuaranteeStatus | None = None, cursor: str | None = None, limit: Limit = 0
) -> GuaranteePage:
    return call.read(guarantees.list_guarantees, status, cursor, limit)


@router.get("/guarantees/{guarantee_id}")
def get_guarantee(guarantee_id: str, call: Caller) -> Guarantee:
    return call.read(guarantees.get_guarantee, guarantee_id)


@router.get("/guarantees/{guarantee_id}/effects")
def preview_effects(guarantee_id: str, call: Caller) -> EffectPreview:
    """What confirming the case would do to the guarantor's indicators and red lines."""
    return call.read(previews.preview, guarantee_id)


@router.post("/guarantees/{guarantee_id}/confirm")
def confirm(guarantee_id: str, call: Caller) -> Guarantee:
    return call.write(guarantees.confirm, guarantee_id)


@router.post("/guarantees/{guarantee_id}/reject")
def reject(guarantee_id: str, body: Rejection, call: Caller) -> Guarantee:
    return call.write(guarantees.reject, guarantee_id, body)


@router.post("/guarantees/{guarantee_id}/release")
def release(guarantee_id: str, call: Caller) -> Guarantee:
    return call.write(guarantees.release, guarantee_id)
