"""Credit repair: the firm applies, whoever carries data for its county decides; accepted, the item is stopped."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.violation import Violation
from libs.registry.regions import territory
from services.credit.domain import repair as rules
from services.credit.domain.notices import NoticeCause, NoticePage
from services.credit.domain.records import Record, RecordState
from services.credit.domain.repair import Decision, NewRepair, Repair, RepairPage, RepairRule, RepairStatus
from services.credit.operations import stops
from services.credit.operations.access import CARRIERS, require_firm, require_writer, writable
from services.credit.operations.documents import require_own
from services.credit.operations.reading import LENDERS
from services.credit.store import files, records, repairs


def apply_for_repair(tx: WriteTx, by: Principal, new: NewRepair) -> Repair:
    """The firm itself applies. Violation names the first day where it is too early."""
    by.require(Role.SME)
    record = locked_record(tx, own_record(tx, by, new.record_id))
    writable(tx, by, record.party)
    require_own(tx, record.party, new.evidence, "evidence")
    rule = _rule(tx, record)
    rules.check_application(rule, new, stops.severity_of(record), record.dated_on, tx.today)
    repair = Repair(
        id=tx.new_id("rpr"),
        party=record.party,
        record_id=record.id,
        evidence=new.evidence,
        commitment_hash=new.commitment_hash,
        corrected_on=new.corrected_on,
        status=RepairStatus.APPLIED,
        rule=rule.source,
        applied_on=tx.today,
        decide_by=rules.decide_by(rule, tx.today, new.corrected_on),
    )
    repairs.insert_repair(tx, repair, by.subject)
    return repair


def decide_repair(tx: WriteTx, by: Principal, repair_id: str, decision: Decision) -> Repair:
    """Accepted, the item is stopped at once. Nobody decides what he applied for."""
    by.require(*CARRIERS)
    party = repairs.repair_of(tx, repair_id).party
    require_decider(tx, by, party, repairs.applicant_of(tx, repair_id))
    files.lock_party(tx, party)
    asked = repairs.repair_of(tx, repair_id)
    if asked.status is not RepairStatus.APPLIED:
        raise Conflict(f"It is {asked.status} already.", field="repair_id", mend="Nothing is left to decide.")
    repair = rules.decided(asked, decision, tx.today)
    repairs.update_repair(tx, repair, by.subject)
    if decision.accepted:
        stops.stop_record(tx, records.record_to_change(tx, asked.record_id), NoticeCause.REPAIRED)
    return repair


def get_repair(tx: ReadTx, by: Principal, repair_id: str) -> Repair:
    by.require(Role.SME, *CARRIERS)
    repair = repairs.repair_of(tx, repair_id)
    require_party(tx, by, repair.party)
    return repair


def list_repairs(
    tx: ReadTx, by: Principal, status: RepairStatus | None = None, cursor: str | None = None, limit: int = 0
) -> RepairPage:
    """The firm's own; of those who decide, all of their territory. The newest first."""
    by.require(Role.SME, *CARRIERS)
    if by.role is Role.SME:
        return repairs.repair_page(tx, repairs.repairs.c.party == by.organisation, status, cursor, limit)
    there = repairs.within_territory(repairs.repairs.c.party, territory(by.territory))
    return repairs.repair_page(tx, there, status, cursor, limit)


def list_repair_notices(tx: ReadTx, by: Principal, cursor: str | None = None, limit: int = 0) -> NoticePage:
    """What the caller's institution saw and must not use any more, the newest first."""
    by.require(*LENDERS)
    return repairs.notice_page(tx, by.organisation, cursor, limit)


def own_record(tx: ReadTx, by: Principal, record_id: str) -> Record:
    """A record of the firm's own file; that there are others, is not its business."""
    record = records.find_record(tx, record_id)
    if record is None or record.party != by.organisation:
        raise NotFound(f"There is no record {record_id} in your file.", field="record_id")
    require_firm(by, record.party)
    return record


def locked_record(tx: WriteTx, record: Record) -> Record:
    """The record as it is under the lock of its party; Conflict once it is stopped."""
    files.lock_party(tx, record.party)
    now = records.record_to_change(tx, record.id)
    if now.state is RecordState.STOPPED:
        raise Conflict("The item is stopped: nobody sees or uses it.", field="record_id")
    return now


def require_decider(tx: ReadTx, by: Principal, party: str, asked_by: str) -> None:
    """Whoever carries data for the party's county, but never the one who asked."""
    by.require(*CARRIERS)
    require_party(tx, by, party)
    if by.subject == asked_by or by.organisation == party:
        raise Forbidden("You asked for it yourself.", mend="Somebody else decides.")


def require_party(tx: ReadTx, by: Principal, party: str) -> None:
    """The firm itself, or whoever carries data for its county."""
    require_writer(by, party, files.party_record(tx, party).registration.county)


def _rule(tx: ReadTx, record: Record) -> RepairRule:
    rule = stops.rule_on(tx.policies, record.kind, tx.today)
    if rule is None:
        raise Violation(
            "record_id",
            f"No rule repairs a {record.kind}.",
            "Where it is wrong, dispute it: POST /v1/disputes.",
        )
    return rule
