"""The steps to a guarantor's yes, on record for good."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import GUARANTOR, Principal, Role
from libs.chassis.problems import Forbidden
from services.guarantee.domain import guarantee as states
from services.guarantee.domain import procedure as rules
from services.guarantee.domain.guarantee import Guarantee, Rejection
from services.guarantee.domain.procedure import Step, StepEntry, StepRecord, StepTrail, Trail
from services.guarantee.operations import guarantees, versions
from services.guarantee.operations.telling import keep
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import procedures as procedure_store


def record_step(tx: WriteTx, by: Principal, guarantee_id: str, record: StepRecord) -> StepEntry:
    """Record a step of a guarantee. The committee's no rejects it; the last of all steps confirms it."""
    by.require(*GUARANTOR)
    guarantee = guarantees.own(tx, by, guarantee_id)
    trail = procedure_store.trail(tx, guarantee_id)
    rules.check(guarantee, versions.of_reservation(tx, guarantee), trail, record, tx.today)
    _require_checker(by, trail, record)
    entry = add(tx, by, guarantee_id, record, trail)
    if rules.decides(record) is False:
        guarantees.end(tx, states.rejected(guarantee, Rejection(reason=record.summary)), tx.today)
    elif rules.completes(trail, record):
        keep(tx, states.confirmed(guarantee, _decided_by(trail), tx.today), tx.today)
    return entry


def add(tx: WriteTx, by: Principal, guarantee_id: str, record: StepRecord, trail: Trail) -> StepEntry:
    """The record as the next in the trail of its guarantee, which is locked."""
    entry = StepEntry(
        guarantee_id=guarantee_id, number=len(trail) + 1, record=record, by=by.subject, at=tx.now
    )
    procedure_store.add(tx, entry)
    return entry


def list_steps(tx: ReadTx, by: Principal, guarantee_id: str) -> StepTrail:
    """The whole trail: for the guarantor itself and for the re-guarantor, who looks at duties done."""
    by.require(*GUARANTOR, Role.REGUARANTOR)
    guarantee: Guarantee = guarantee_store.get(tx, guarantee_id)
    if by.role in GUARANTOR:
        by.require_organisation(guarantee.guarantor)
    return StepTrail(items=procedure_store.trail(tx, guarantee_id))


def _require_checker(by: Principal, trail: Trail, record: StepRecord) -> None:
    """The committee's record is a manager's, who did not do the due diligence."""
    if record.step is not Step.COMMITTEE:
        return
    by.require(Role.GUARANTOR_MANAGER)
    examined = rules.last(trail, Step.DUE_DILIGENCE)
    if examined is not None and examined.by == by.subject:
        raise Forbidden("You did the due diligence.", mend="Let another manager record the decision.")


def _decided_by(trail: Trail) -> str:
    decision = rules.last(trail, Step.COMMITTEE)
    return decision.by if decision is not None else ""
