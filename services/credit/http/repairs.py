"""Credit repair and disputes. Collections: repairs, repair-notices, stopped-records, disputes."""

from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.credit.domain.dispute import (
    Dispute,
    DisputePage,
    DisputeStatus,
    NewDispute,
    Statement,
    Verdict,
)
from services.credit.domain.notices import Audit, NoticePage, StoppedRecord
from services.credit.domain.repair import Decision, NewRepair, Repair, RepairPage, RepairStatus
from services.credit.http import examples
from services.credit.http.parts import Cursor, Limit
from services.credit.operations import audits, disputes, repairs

router = APIRouter(prefix="/v1")


@router.post("/repairs", status_code=201)
def apply_for_repair(body: Annotated[NewRepair, examples.REPAIR], call: Caller) -> Repair:
    """The firm applies for the repair of one adverse item; too early, the answer names the first day."""
    return call.write(repairs.apply_for_repair, body)


@router.get("/repairs")
def list_repairs(
    call: Caller, status: RepairStatus | None = None, cursor: Cursor = None, limit: Limit = 0
) -> RepairPage:
    return call.read(repairs.list_repairs, status, cursor, limit)


@router.get("/repairs/{repair_id}")
def get_repair(repair_id: str, call: Caller) -> Repair:
    """One application, for the firm and for those who decide."""
    return call.read(repairs.get_repair, repair_id)


@router.post("/repairs/{repair_id}/decide")
def decide_repair(
    repair_id: str, body: Annotated[Decision, examples.REPAIR_DECISION], call: Caller
) -> Repair:
    """Accepted, the item is stopped at once: nobody sees or uses it any more."""
    return call.write(repairs.decide_repair, repair_id, body)


@router.get("/repair-notices")
def list_repair_notices(call: Caller, cursor: Cursor = None, limit: Limit = 0) -> NoticePage:
    """Items that the caller's institution saw and must not use any more, or that were disputed and kept."""
    return call.read(repairs.list_repair_notices, cursor, limit)


@router.post("/stopped-records/{record_id}/audit")
def audit_stopped_record(
    record_id: str, body: Annotated[Audit, examples.AUDIT], call: Caller
) -> StoppedRecord:
    """What a stopped item said. The firm reads who looked, and why."""
    return call.each_time().write(audits.audit_stopped_record, record_id, body)


@router.post("/disputes", status_code=201)
def open_dispute(body: Annotated[NewDispute, examples.DISPUTE], call: Caller) -> Dispute:
    """The firm disputes one fact or one adverse item; it is shown as disputed until that is decided."""
    return call.write(disputes.open_dispute, body)


@router.get("/disputes")
def list_disputes(
    call: Caller, status: DisputeStatus | None = None, cursor: Cursor = None, limit: Limit = 0
) -> DisputePage:
    return call.read(disputes.list_disputes, status, cursor, limit)


@router.get("/disputes/{dispute_id}")
def get_dispute(dispute_id: str, call: Caller) -> Dispute:
    """One dispute, for the firm and for those who decide."""
    return call.read(disputes.get_dispute, dispute_id)


@router.post("/disputes/{dispute_id}/decide")
def decide_dispute(
    dispute_id: str, body: Annotated[Verdict, examples.DISPUTE_VERDICT], call: Caller
) -> Dispute:
    return call.write(disputes.decide_dispute, dispute_id, body)


@router.post("/disputes/{dispute_id}/statement")
def add_statement(dispute_id: str, body: Annotated[Statement, examples.STATEMENT], call: Caller) -> Dispute:
    """The firm's own words, which stay beside the item for everybody who may see it."""
    return call.write(disputes.add_statement, dispute_id, body)
