"""Disputes: the firm says what is wrong in its file, whoever carries data for its county decides within 20 days."""

from dataclasses import replace

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, NotFound
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import encode, fact_type
from libs.eventing import topics
from libs.eventing.outbox import emit
from libs.registry.regions import territory
from services.credit import messages
from services.credit.domain import dispute as rules
from services.credit.domain.dispute import (
    Dispute,
    DisputePage,
    DisputeStatus,
    FactAt,
    NewDispute,
    Statement,
    Verdict,
)
from services.credit.domain.facts import Fact
from services.credit.domain.notices import NoticeCause
from services.credit.domain.records import RecordState
from services.credit.operations import repairs, stops
from services.credit.operations.access import CARRIERS, require_firm, writable
from services.credit.operations.documents import require_own
from services.credit.store import disputes, files, records, summaries
from services.credit.store import repairs as stop_store
from services.credit.store.repairs import Span


def open_dispute(tx: WriteTx, by: Principal, new: NewDispute) -> Dispute:
    """From now on the item is shown as disputed to everybody who may see it."""
    by.require(Role.SME)
    party = by.organisation
    writable(tx, by, party)
    files.lock_party(tx, party)
    require_own(tx, party, new.evidence, "evidence")
    if new.record_id is not None:
        record = repairs.locked_record(tx, repairs.own_record(tx, by, new.record_id))
        records.update_state(tx, replace(record, state=RecordState.DISPUTED))
    else:
        assert new.fact is not None
        said(tx, party, new.fact)
    dispute = Dispute(
        id=tx.new_id("dsp"),
        party=party,
        record_id=new.record_id,
        fact=new.fact,
        claim=new.claim,
        evidence=new.evidence,
        status=DisputeStatus.OPEN,
        opened_on=tx.today,
        decide_by=rules.decide_by(tx.today, tx.policies.integer_on("credit.dispute_days", tx.today)),
    )
    disputes.insert_dispute(tx, dispute, by.subject)
    summaries.mark_stale(tx, party)
    return dispute


def decide_dispute(tx: WriteTx, by: Principal, dispute_id: str, verdict: Verdict) -> Dispute:
    """CORRECTED: the item is stopped, or the fact gets its right value. KEPT: it stays, and the reason is told."""
    by.require(*CARRIERS)
    party = disputes.dispute_of(tx, dispute_id).party
    repairs.require_decider(tx, by, party, disputes.opener_of(tx, dispute_id))
    files.lock_party(tx, party)
    asked = disputes.dispute_of(tx, dispute_id)
    if asked.status is not DisputeStatus.OPEN:
        raise Conflict(
            f"It is {asked.status} already.", field="dispute_id", mend="Nothing is left to decide."
        )
    dispute = rules.decided(asked, verdict, tx.today)
    disputes.keep_decision(tx, dispute, by.subject)
    if dispute.fact is not None:
        _settle_fact(tx, by, dispute, dispute.fact, verdict)
    elif dispute.record_id is not None:
        _settle_record(tx, dispute.record_id, verdict)
    return dispute


def add_statement(tx: WriteTx, by: Principal, dispute_id: str, statement: Statement) -> Dispute:
    """The firm's own words beside the item, also after the dispute was decided."""
    by.require(Role.SME)
    asked = disputes.dispute_of(tx, dispute_id)
    require_firm(by, asked.party)
    dispute = replace(asked, statement=statement.text or None)
    disputes.keep_statement(tx, dispute)
    return dispute


def get_dispute(tx: ReadTx, by: Principal, dispute_id: str) -> Dispute:
    by.require(Role.SME, *CARRIERS)
    dispute = disputes.dispute_of(tx, dispute_id)
    repairs.require_party(tx, by, dispute.party)
    return dispute


def list_disputes(
    tx: ReadTx, by: Principal, status: DisputeStatus | None = None, cursor: str | None = None, limit: int = 0
) -> DisputePage:
    """The firm's own; of those who decide, all of their territory. The newest first."""
    by.require(Role.SME, *CARRIERS)
    if by.role is Role.SME:
        return disputes.dispute_page(tx, disputes.disputes.c.party == by.organisation, status, cursor, limit)
    there = stop_store.within_territory(disputes.disputes.c.party, territory(by.territory))
    return disputes.dispute_page(tx, there, status, cursor, limit)


def said(tx: ReadTx, party: str, at: FactAt) -> Fact:
    """What a source last said of a fact and a day; NotFound where it said nothing."""
    found = [
        fact
        for fact in files.fact_records(tx, party)
        if (fact.fact, fact.source, fact.observed_on) == (at.fact, at.source, at.observed_on)
    ]
    if not found:
        raise NotFound(
            f"{at.source} said nothing of {at.fact} on {at.observed_on}.",
            field="fact",
            mend="Copy fact, source and day from your file: GET /v1/parties/{party}.",
        )
    return found[-1]


def _settle_record(tx: WriteTx, record_id: str, verdict: Verdict) -> None:
    record = records.record_to_change(tx, record_id)
    if verdict.value is not None:
        raise Violation("value", "An item has no single value.", "Deliver the right item by itself.")
    if verdict.corrected:
        stops.stop_record(tx, record, NoticeCause.CORRECTED)
        return
    records.update_state(tx, replace(record, state=RecordState.IN_USE))
    stops.tell_of_record(tx, record, NoticeCause.KEPT)


def _settle_fact(tx: WriteTx, by: Principal, dispute: Dispute, at: FactAt, verdict: Verdict) -> None:
    wrong = said(tx, dispute.party, at)
    scope, shown = fact_type(at.fact).scope, Span(wrong.recorded_at)
    if not verdict.corrected:
        stops.tell(tx, dispute.party, at.fact, scope, shown, NoticeCause.KEPT)
        return
    disputes.stop_fact(tx, dispute.party, wrong)
    stop_store.insert_stop(tx, dispute.id, dispute.party, NoticeCause.CORRECTED)
    if verdict.value is not None:
        _correct(tx, by, dispute.party, wrong, verdict.value)
    stops.tell(tx, dispute.party, at.fact, scope, shown, NoticeCause.CORRECTED)
    stopped = messages.item_stopped(dispute.id, dispute.party, NoticeCause.CORRECTED, tx.today)
    emit(tx, topics.CREDIT_REPAIR, dispute.id, stopped)


def _correct(tx: WriteTx, by: Principal, party: str, wrong: Fact, value: str) -> None:
    """The right value, as the word of the same source about the same day."""
    encode(wrong.fact, value)
    if value == wrong.value:
        raise Violation("value", "That is what is disputed.", "Give what it really was, or keep it.")
    right = replace(wrong, value=value, recorded_at=tx.now)
    disputes.free_fact(tx, party, right)
    files.add_facts(tx, party, [right], by.subject)
