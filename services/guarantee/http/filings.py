"""The life of a guarantee over HTTP.

Collections: guarantees, compliance-checks, filings, filings.csv, filing-decisions, batch-lists.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse

from libs.chassis.http import Caller
from services.guarantee.domain.batch_list import BatchList, NewBatchList
from services.guarantee.domain.compliance import Compliance, ComplianceList, ComplianceReport
from services.guarantee.domain.drawdown import DrawdownList
from services.guarantee.domain.exchange import DecisionReport, FilingDecisions
from services.guarantee.domain.filing import Acceptance, Filing, FilingList, FilingPage, FilingStatus
from services.guarantee.domain.guarantee import Extension, Guarantee, Rejection
from services.guarantee.domain.procedure import StepEntry, StepRecord, StepTrail
from services.guarantee.operations import batches, compliance, exchange, filings, guarantees, procedures

router = APIRouter(prefix="/v1")

Limit = Annotated[int, Query(description="Items on a page, 200 at most; 0: the default of 50")]
Month = Annotated[str, Query(description="Submitted in this month, as 2026-11")]


@router.post("/guarantees/{guarantee_id}/steps", status_code=201)
def record_step(guarantee_id: str, body: StepRecord, call: Caller) -> StepEntry:
    return call.write(procedures.record_step, guarantee_id, body)


@router.get("/guarantees/{guarantee_id}/steps")
def list_steps(guarantee_id: str, call: Caller) -> StepTrail:
    return call.read(procedures.list_steps, guarantee_id)


@router.get("/guarantees/{guarantee_id}/drawdowns")
def list_drawdowns(guarantee_id: str, call: Caller) -> DrawdownList:
    return call.read(guarantees.list_drawdowns, guarantee_id)


@router.post("/guarantees/{guarantee_id}/extend")
def extend(guarantee_id: str, body: Extension, call: Caller) -> Guarantee:
    return call.write(guarantees.extend, guarantee_id, body)


@router.post("/guarantees/{guarantee_id}/compliance")
def check_compliance(guarantee_id: str, body: Compliance, call: Caller) -> Guarantee:
    return call.write(compliance.check_compliance, guarantee_id, body)


@router.post("/compliance-checks")
def check_many(body: ComplianceList, call: Caller) -> ComplianceReport:
    return call.write(compliance.check_many, body)


@router.get("/filings")
def list_filings(
    call: Caller, status: FilingStatus | None = None, cursor: str | None = None, limit: Limit = 0
) -> FilingPage:
    return call.read(filings.list_filings, status, cursor, limit)


@router.get("/filings.csv", response_class=PlainTextResponse)
def export_filings(call: Caller, month: Month, layer: str | None = None) -> PlainTextResponse:
    text = call.read(exchange.export_filings, month, layer)
    return PlainTextResponse(text, media_type="text/csv; charset=utf-8")


@router.get("/filings/{loan_id}")
def get_filings(loan_id: str, call: Caller) -> FilingList:
    return call.read(filings.get_filings, loan_id)


@router.post("/filings/{loan_id}/submit")
def submit_filing(loan_id: str, call: Caller) -> FilingList:
    return call.write(filings.submit_filing, loan_id)


@router.post("/filings/{loan_id}/{layer}/accept")
def accept(loan_id: str, layer: str, body: Acceptance, call: Caller) -> Filing:
    return call.write(filings.accept_filing, loan_id, layer, body)


@router.post("/filings/{loan_id}/{layer}/reject")
def reject(loan_id: str, layer: str, body: Rejection, call: Caller) -> Filing:
    return call.write(filings.reject_filing, loan_id, layer, body)


@router.post("/filing-decisions")
def decide_filings(body: FilingDecisions, call: Caller) -> DecisionReport:
    return call.write(exchange.decide_filings, body)


@router.post("/batch-lists", status_code=201)
def list_loans(body: NewBatchList, call: Caller) -> BatchList:
    return call.write(batches.list_loans, body)


@router.get("/batch-lists/{list_id}")
def get_list(list_id: str, call: Caller) -> BatchList:
    return call.read(batches.get_list, list_id)
