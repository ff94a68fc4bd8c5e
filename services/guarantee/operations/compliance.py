"""The guarantor's check of listed loans: only what passed comes under cover, and waiting never passes a line."""

from datetime import timedelta

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import GUARANTOR, Principal, Role
from libs.chassis.problems import Conflict, NotFound, Problem
from libs.criteria.violation import Violation
from services.guarantee.domain import drawdown as lines
from services.guarantee.domain.compliance import (
    Compliance,
    ComplianceItem,
    ComplianceList,
    ComplianceOutcome,
    ComplianceReport,
)
from services.guarantee.domain.drawdown import Drawdown, DrawdownStatus
from services.guarantee.domain.guarantee import Guarantee
from services.guarantee.domain.ledger import Movement
from services.guarantee.domain.procedure import Step, StepRecord
from services.guarantee.operations import drawing, guarantees, ledger, procedures, versions
from services.guarantee.operations.rows import attempted
from services.guarantee.operations.telling import tell
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import procedures as procedure_store


def check_compliance(tx: WriteTx, by: Principal, guarantee_id: str, compliance: Compliance) -> Guarantee:
    """Pass a listed loan into cover, or keep it out: then the bank bears all of it.

    The same word again changes nothing.
    """
    by.require(*GUARANTOR)
    ledger.post(tx, _checked(tx, by, guarantee_id, compliance))
    return guarantee_store.get(tx, guarantee_id)


def check_many(tx: WriteTx, by: Principal, checks: ComplianceList) -> ComplianceReport:
    """The same for many at once, each by itself: one that cannot be checked leaves the others as they are."""
    by.require(*GUARANTOR)
    moved, outcomes = list[Movement](), list[ComplianceOutcome]()
    for item in checks.items:
        found = attempted(tx, lambda item=item: _checked(tx, by, item.guarantee_id, item.check))
        if isinstance(found, list):
            moved += found
            status = guarantee_store.get(tx, item.guarantee_id).status
            outcomes.append(ComplianceOutcome(guarantee_id=item.guarantee_id, ok=True, status=status))
        else:
            outcomes.append(_failed(item, found))
    ledger.post(tx, moved)
    return ComplianceReport(items=tuple(outcomes))


def is_overdue(tx: ReadTx, loan_id: str) -> bool:
    line = drawdown_store.get(tx, loan_id)
    return _is_late(tx, guarantee_store.get(tx, line.guarantee_id), line)


def mark_overdue(tx: WriteTx, by: Principal, loan_id: str) -> None:
    """Say that a listed loan waits for too long, unless it was checked meanwhile. It stays without cover."""
    by.require(Role.SERVICE)
    guarantee = guarantee_store.to_change(tx, drawdown_store.guarantee_of(tx, loan_id))
    line = drawdown_store.get(tx, loan_id)
    if not _is_late(tx, guarantee, line):
        return
    marked = lines.overdue(line)
    drawdown_store.update(tx, marked)
    tell(tx, guarantee, tx.today, note=marked.note)


def _checked(tx: WriteTx, by: Principal, guarantee_id: str, compliance: Compliance) -> list[Movement]:
    guarantee = guarantees.own(tx, by, guarantee_id)
    line = drawdown_store.get(tx, guarantees.loan_of(guarantee, compliance.loan_id))
    if line.guarantee_id != guarantee_id:
        raise NotFound(f"{guarantee_id} covers no loan {line.loan_id}.", field="loan_id")
    if _is_answered(line, passed=compliance.passed):
        return []
    if line.status is not DrawdownStatus.LISTED:
        raise Conflict(
            f"Loan {line.loan_id} is {line.status}: it was checked.", field="loan_id", mend="Read it again."
        )
    trail = procedure_store.trail(tx, guarantee_id)
    procedures.add(tx, by, guarantee_id, _record(tx, compliance, line.loan_id), trail)
    if not compliance.passed:
        drawing.keep_out(tx, guarantee, line, compliance.reason)
        return []
    programme = versions.of(tx, guarantee, line.drawn_on)
    return drawing.cover(tx, guarantee, line, programme, tx.today)


def _is_answered(line: Drawdown, *, passed: bool) -> bool:
    if passed:
        return line.status in (DrawdownStatus.EFFECTIVE, DrawdownStatus.RELEASED)
    return line.status is DrawdownStatus.REFUSED


def _record(tx: WriteTx, compliance: Compliance, loan_id: str) -> StepRecord:
    return StepRecord(
        step=Step.COMPLIANCE,
        taken_on=tx.today,
        summary=compliance.reason or "passed",
        approved=compliance.passed,
        conditions=compliance.checks,
        loan_id=loan_id,
    )


def _is_late(tx: ReadTx, guarantee: Guarantee, line: Drawdown) -> bool:
    if line.status is not DrawdownStatus.LISTED or line.note is not None or line.listed_on is None:
        return False
    days = versions.of(tx, guarantee, line.listed_on).compliance_days
    return tx.today > line.listed_on + timedelta(days=days)


def _failed(item: ComplianceItem, problem: Problem | Violation) -> ComplianceOutcome:
    message = problem.message if isinstance(problem, Violation) else problem.detail
    return ComplianceOutcome(
        guarantee_id=item.guarantee_id, ok=False, field=problem.field, message=message, mend=problem.mend
    )
