"""Cases as the service centre sees them, and as refused requests open them."""

from dataclasses import replace

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import NotFound
from libs.registry.regions import within
from services.coordination import store
from services.coordination.domain.case import (
    Case,
    CasePage,
    CaseStatus,
    Refusal,
    Resolution,
    advised,
    closed,
)


def list_cases(
    tx: ReadTx, by: Principal, status: CaseStatus | None = None, cursor: str | None = None, limit: int = 0
) -> CasePage:
    """The cases of the counties for which the centre is there."""
    by.require(Role.SERVICE_CENTRE)
    page = store.case_page(tx, by.territory, status, cursor, limit)
    return replace(page, items=tuple(map(advised, page.items)))


def close_case(tx: WriteTx, by: Principal, case_id: str, resolution: Resolution) -> Case:
    by.require(Role.SERVICE_CENTRE)
    case = store.case_to_change(tx, case_id)
    if not within(case.county, by.territory):
        raise NotFound(f"There is no case {case_id}.", field="case_id")
    after = closed(case, resolution)
    store.update_case(tx, after)
    return advised(after)


def open_case(tx: WriteTx, request_id: str, refusal: Refusal) -> None:
    """A refused need becomes a case, unless one of the same request is open already."""
    if store.open_case(tx, request_id) is not None:
        return
    case = Case(
        id=tx.new_id("case"),
        request_id=request_id,
        county=store.county_of(tx, request_id),
        cause=refusal.cause,
        reason_codes=refusal.reason_codes,
        status=CaseStatus.OPEN,
        opened_at=tx.now,
    )
    store.insert_case(tx, case)
