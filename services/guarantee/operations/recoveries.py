"""Recoveries: what the lead got back of a claim, and whom it owes a part of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, GUARANTOR, Principal
from libs.chassis.problems import Conflict, Invalid
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.guarantee import messages
from services.guarantee.domain import ledger as ledger_rules
from services.guarantee.domain import recovery as rules
from services.guarantee.domain.claim import Claim
from services.guarantee.domain.due import Due, DueKind, DueStatus, Reason
from services.guarantee.domain.ledger import Account, Kind, Movement, Posting, transfer
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.recovery import (
    NewRecovery,
    Portion,
    Recovery,
    RecoveryList,
    RecoveryStatus,
)
from services.guarantee.domain.terms import BANK as BANK_PARTY
from services.guarantee.domain.terms import LOCAL
from services.guarantee.operations import claims, dues, ledger, losses
from services.guarantee.store import claims as claim_store
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import dues as due_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import ledger as ledger_store


def record(tx: WriteTx, by: Principal, claim_id: str, new: NewRecovery) -> Recovery:
    """The lead of the programme reports what came in; every party's part is owed to it from now on.

    The same receipt again is the same recovery.
    """
    by.require(*BANK, *GUARANTOR)
    claim, terms = _to_change(tx, by, claim_id)
    lead = claim.guarantor if terms.recovery_lead == LOCAL else claim.bank
    by.require_organisation(lead)
    known = next(
        (one for one in claim_store.recoveries_of(tx, claim.id) if one.reference == new.reference), None
    )
    if known is not None:
        return _same(known, new)
    _check(claim, new, tx.today)
    recovery = rules.distributed(claim, new, terms.recovery_rank, tx.new_id("rec"), lead)
    claim_store.insert_recovery(tx, recovery)
    movements = _receipt(claim, recovery) + _portions(tx, claim, recovery, terms)
    claims.keep(tx, losses.as_it_stands(tx, rules.recovered(claim, recovery)), new.received_on)
    books = dues.books(tx)
    ledger.post(tx, [one for one in movements if one.book in books])
    _tell(tx, claim, recovery, new.received_on)
    return recovery


def take_back(tx: WriteTx, by: Principal, recovery_id: str, reason: Reason) -> Recovery:
    """The latest recovery of a claim was wrong: all that it led to is answered by its opposite."""
    by.require(*BANK, *GUARANTOR)
    known = claim_store.recovery(tx, recovery_id)
    by.require_organisation(known.lead)
    claim, _ = _to_change(tx, by, known.claim_id)
    known = claim_store.recovery(tx, recovery_id)
    _check_latest(tx, known)
    movements = [
        ledger_rules.opposite(ledger_rules.movement_of(entry), tx.today, known.id)
        for entry in ledger_store.of_reference(tx, known.id)
    ]
    _reopen(tx, claim, known)
    reversed_one = replace(known, status=RecoveryStatus.REVERSED, note=reason.reason)
    claim_store.update_recovery(tx, reversed_one)
    claims.keep(tx, losses.as_it_stands(tx, rules.unrecovered(claim, known)), tx.today)
    ledger.post(tx, movements)
    _tell(tx, claim, reversed_one, tx.today)
    return reversed_one


def list_recoveries(tx: ReadTx, by: Principal, claim_id: str) -> RecoveryList:
    """The recoveries of a claim, for whoever may see the claim."""
    claims.get_claim(tx, by, claim_id)
    return RecoveryList(items=claim_store.recoveries_of(tx, claim_id))


def _to_change(tx: WriteTx, by: Principal, claim_id: str) -> tuple[Claim, Programme]:
    known = claims.get_claim(tx, by, claim_id)
    guarantee = guarantee_store.to_change(tx, known.guarantee_id)
    claim = claim_store.to_change(tx, claim_id)
    return claim, losses.contract(tx, guarantee, drawdown_store.get(tx, claim.loan_id))


def _same(known: Recovery, new: NewRecovery) -> Recovery:
    if not rules.is_same(known, new):
        raise Conflict(
            f"Receipt {new.reference} is recovery {known.id} with other content.",
            field="reference",
            mend="Take that one back, and give what is right another number.",
        )
    return known


def _check(claim: Claim, new: NewRecovery, today: date) -> None:
    if claim.released_on is None:
        raise Conflict(
            f"The claim is {claim.status}: nothing was paid on it yet.",
            field="claim_id",
            mend="Before the payment, report what the borrower pays as a repayment.",
        )
    if not claim.released_on <= new.received_on <= today:
        raise Invalid(
            f"{new.received_on} is not between {claim.released_on}, when the claim was paid, and today, {today}.",
            field="received_on",
            mend="Give the day on which the money came in.",
        )


def _receipt(claim: Claim, recovery: Recovery) -> list[Movement]:
    """The money in the lead's book: what came in, what it cost, what is its own or nobody's."""
    lead = recovery.lead
    gross = transfer((Account.CASH, ""), (Account.RECOVERED, claim.id), recovery.gross_fen)
    costs = transfer((Account.RECOVERED, claim.id), (Account.CASH, ""), recovery.costs_fen)
    own_fen = sum(part.amount_fen for part in recovery.parts if part.organisation == lead)
    own = transfer((Account.RECOVERED, claim.id), (Account.CLAIMS, claim.id), own_fen)
    surplus = transfer((Account.RECOVERED, claim.id), (Account.SURPLUS, claim.id), recovery.surplus_fen)
    lines = (*gross, *costs, *own, *surplus)
    return [_movement(claim, recovery, lead, Kind.RECOVERY_RECEIVED, lines)]


def _portions(tx: WriteTx, claim: Claim, recovery: Recovery, terms: Programme) -> list[Movement]:
    movements: list[Movement] = []
    for portion in recovery.parts:
        if portion.organisation != recovery.lead and portion.amount_fen:
            due_by = recovery.received_on + timedelta(days=terms.reimbursement_days)
            movements += _portion(tx, claim, recovery, portion, due_by)
    return movements


def _portion(tx: WriteTx, claim: Claim, recovery: Recovery, portion: Portion, due_by: date) -> list[Movement]:
    """A party's part: set off against what it has not refunded to the lead yet, the rest owed to it."""
    set_off_fen = _set_off(tx, claim, recovery, portion)
    owed_fen = portion.amount_fen - set_off_fen
    if owed_fen:
        due_store.insert(tx, [_due(tx, claim, recovery, portion, owed_fen, due_by)])
    them, lead = portion.organisation, recovery.lead
    theirs_back = (Account.CLAIMS, claim.id)
    held = (Account.RECOVERED, claim.id)
    theirs = (
        *transfer((Account.PAYABLE, lead), theirs_back, set_off_fen),
        *transfer((Account.RECEIVABLE, lead), theirs_back, owed_fen),
    )
    leads = (
        *transfer(held, (Account.RECEIVABLE, them), set_off_fen),
        *transfer(held, (Account.PAYABLE, them), owed_fen),
    )
    return [
        _movement(claim, recovery, them, Kind.RECOVERY_OWED, theirs if portion.party != BANK_PARTY else ()),
        _movement(claim, recovery, lead, Kind.RECOVERY_OWED, leads),
    ]


def _set_off(tx: WriteTx, claim: Claim, recovery: Recovery, portion: Portion) -> int:
    """Money that arrives before a tier refunded its part lowers the refund, so that none goes there and back."""
    left_fen = portion.amount_fen
    between = due_store.open_between(tx, claim.id, DueKind.REIMBURSEMENT, portion.organisation, recovery.lead)
    for due in between:
        taken_fen = min(left_fen, due.amount_fen)
        left_fen -= taken_fen
        lower = replace(due, amount_fen=due.amount_fen - taken_fen)
        due_store.update(tx, lower if lower.amount_fen else replace(due, status=DueStatus.CANCELLED))
    return portion.amount_fen - left_fen


def _due(tx: WriteTx, claim: Claim, recovery: Recovery, portion: Portion, owed_fen: int, due_by: date) -> Due:
    return Due(
        id=tx.new_id("due"),
        kind=DueKind.RECOVERY,
        debtor=recovery.lead,
        creditor=portion.organisation,
        amount_fen=owed_fen,
        guarantor=claim.guarantor,
        loan_id=claim.loan_id,
        reference=recovery.id,
        arisen_on=recovery.received_on,
        due_by=due_by,
    )


def _movement(
    claim: Claim, recovery: Recovery, book: str, kind: Kind, lines: tuple[Posting, ...]
) -> Movement:
    return Movement(
        book=book,
        kind=kind,
        on=recovery.received_on,
        reference=recovery.id,
        postings=lines,
        loan_id=claim.loan_id,
    )


def _check_latest(tx: WriteTx, recovery: Recovery) -> None:
    booked = [
        one for one in claim_store.recoveries_of(tx, recovery.claim_id) if one.status is RecoveryStatus.BOOKED
    ]
    moved = any(due.status is DueStatus.PAID for due in due_store.of_reference(tx, recovery.id))
    if not booked or booked[-1].id != recovery.id or moved:
        raise Conflict(
            f"Recovery {recovery.id} is {recovery.status}, or later ones or payments stand on it.",
            field="recovery_id",
            mend="Take those back first, the latest first.",
        )


def _reopen(tx: WriteTx, claim: Claim, recovery: Recovery) -> None:
    """The parts are not owed any more, and refunds that were lowered by them are owed in full again."""
    owed = {due.creditor: due for due in due_store.of_reference(tx, recovery.id)}
    for due in owed.values():
        due_store.update(tx, replace(due, status=DueStatus.CANCELLED))
    refunds = [
        due
        for due in due_store.of_reference(tx, claim.id)
        if due.kind is DueKind.REIMBURSEMENT and due.creditor == recovery.lead
    ]
    for portion in recovery.parts:
        still = owed.get(portion.organisation)
        set_off_fen = portion.amount_fen - (still.amount_fen if still else 0)
        mine = [due for due in refunds if due.debtor == portion.organisation]
        if mine and set_off_fen:
            due_store.update(tx, _owed_again(mine, set_off_fen))


def _owed_again(refunds: Sequence[Due], set_off_fen: int) -> Due:
    """One of a tier's refunds, with what the recovery took of them."""
    unpaid = [due for due in refunds if due.status is not DueStatus.PAID]
    if not unpaid:
        raise Conflict(
            f"The refund {refunds[-1].id}, which this recovery lowered, is paid.",
            field="recovery_id",
            mend="Let that payment be taken back first.",
        )
    due = unpaid[-1]
    if due.status is DueStatus.CANCELLED:
        return replace(due, status=DueStatus.OPEN, amount_fen=set_off_fen)
    return replace(due, amount_fen=due.amount_fen + set_off_fen)


def _tell(tx: WriteTx, claim: Claim, recovery: Recovery, on: date) -> None:
    guarantee = guarantee_store.get(tx, claim.guarantee_id)
    said = messages.recovery_booked(recovery, claim, guarantee, on)
    emit(tx, topics.GUARANTEE_RECOVERY, recovery.id, said)
