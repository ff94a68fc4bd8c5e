"""What becomes of a loan: past due and cured, classified, extended, repriced, claimed for, written off."""

from dataclasses import replace

from libs.chassis.database import Database, WriteTx
from libs.chassis.principal import BANK, Principal, Role, service
from rongqiao.guarantee.v1 import claims_pb2
from rongqiao.guarantee.v1 import events_pb2 as guarantee_events
from services.lending.domain import drawdown, extension, loan_class, write_off
from services.lending.domain.extension import Extension
from services.lending.domain.loan import OPEN, Loan, LoanChange, LoanStatus
from services.lending.domain.loan_class import Classification
from services.lending.domain.loan_plan import PlanReason
from services.lending.domain.repayment import RecordedRepayment, RepaymentKind
from services.lending.domain.write_off import WriteOff
from services.lending.operations import loan_planning, loan_rules, loan_telling, pledges, rights
from services.lending.store import applications as application_store
from services.lending.store import loan_claims as claim_store
from services.lending.store import loans as loan_store
from services.lending.store import products as product_store
from services.lending.store.loan_claims import KnownClaim

_ITSELF = service("lending")
_AT_ONCE = 500
_LOST = "bank"  # the party of a claim whose part nobody pays


def classify(tx: WriteTx, by: Principal, loan_id: str, told: Classification) -> Loan:
    """The bank's five-category class, never better than the days past due allow."""
    by.require(*BANK)
    loan = rights.own_loan(tx, by, loan_id)
    floors = loan_rules.class_floors(tx.policies, tx.today)
    after = loan_class.classified(loan, told, tx.today, floors)
    return loan_telling.keep(tx, after, LoanChange.CLASSIFIED, told.classified_on)


def extend(tx: WriteTx, by: Principal, loan_id: str, told: Extension) -> Loan:
    """A later day for the same contract (展期). The guarantor extends by its own call."""
    by.require(*BANK)
    loan = rights.own_loan(tx, by, loan_id)
    later = extension.extended(loan, told, loan_rules.extension(tx.policies, tx.today), tx.today)
    pledges.check_outlives(tx, later)
    product = loan_planning.product_of(tx, loan)
    after = drawdown.reset_anew(later, product)
    form = loan_planning.form_of(loan, product)
    before = loan_planning.current(tx, loan, form)
    plan = loan_planning.renew(tx, after, before, form, PlanReason.EXTENSION, tx.today)
    after = loan_planning.standing(tx, after, plan)
    return loan_telling.keep(tx, after, LoanChange.EXTENDED, tx.today)


def write_off_loan(tx: WriteTx, by: Principal, loan_id: str, told: WriteOff) -> Loan:
    """The bank gives up what neither borrower nor guarantor brought. A manager's word."""
    by.require(Role.BANK_MANAGER)
    loan = rights.own_loan(tx, by, loan_id)
    undecided = any(not claim.decided for claim in claim_store.of_loan(tx, loan_id))
    after = write_off.written_off(loan, told, tx.today, undecided)
    return loan_telling.keep(tx, after, LoanChange.WRITTEN_OFF, told.written_off_on)


def follow_claim(tx: WriteTx, told: guarantee_events.ClaimChanged) -> None:
    """News of a claim: notified, refused, or paid. A loan of a bank's list is not ours."""
    if loan_store.if_any(tx, told.loan_id) is None:
        return
    loan = loan_store.to_change(tx, told.loan_id)
    claim_store.keep(tx, _claim_of(told))
    after = _claimed(tx, loan)
    if after != loan:
        claimed = after.status is not LoanStatus.CLAIMED and loan.status is LoanStatus.CLAIMED
        change = LoanChange.CLAIM_REFUSED if claimed else LoanChange.CLAIMED
        loan_telling.keep(tx, after, change, tx.today)
        if after.status is LoanStatus.SETTLED and claimed:
            loan_telling.tell(tx, after, LoanChange.SETTLED, tx.today)
            _free_pledges(tx, after)


def _claim_of(told: guarantee_events.ClaimChanged) -> KnownClaim:
    paid = told.status in (claims_pb2.CLAIM_STATUS_PAID, claims_pb2.CLAIM_STATUS_SETTLED)
    refused = told.status == claims_pb2.CLAIM_STATUS_REFUSED
    system_fen = sum(part.bears_fen for part in told.parts if part.party != _LOST)
    return KnownClaim(
        id=told.claim_id,
        loan_id=told.loan_id,
        stands=not refused,
        decided=refused or paid,
        paid_fen=system_fen if paid else 0,
    )


def _claimed(tx: WriteTx, loan: Loan) -> Loan:
    """The loan with its claims: what was paid lowers what is owed to the bank, at most to nothing."""
    claims = claim_store.of_loan(tx, loan.id)
    paid_fen = min(sum(claim.paid_fen for claim in claims), loan.outstanding_fen + loan.claim_paid_fen)
    left_fen = loan.outstanding_fen + loan.claim_paid_fen - paid_fen
    after = replace(loan, claim_paid_fen=paid_fen, outstanding_fen=left_fen)
    if loan.status not in (*OPEN, LoanStatus.CLAIMED):
        return after
    if any(claim.stands for claim in claims):
        return replace(after, status=LoanStatus.CLAIMED, reprices_on=None)
    if not left_fen:  # the borrower brought it all while the claim stood
        return replace(after, status=LoanStatus.SETTLED, next_due_on=None, past_due_since=None)
    product = loan_planning.product_of(tx, loan)
    form = loan_planning.form_of(loan, product)
    open_again = drawdown.reset_anew(replace(after, status=LoanStatus.ACTIVE), product)
    return loan_planning.standing(tx, open_again, loan_planning.current(tx, loan, form))


def tell_changes(
    tx: WriteTx, before: Loan, after: Loan, booked: RecordedRepayment, *, replanned: bool
) -> None:
    """Every change of state that a payment made, once each."""
    moved = (before.status, after.status)
    found = (
        (booked.kind is RepaymentKind.RECOVERY, LoanChange.RECOVERED),
        (replanned, LoanChange.REPLANNED),
        (moved == (LoanStatus.PAST_DUE, LoanStatus.ACTIVE), LoanChange.CURED),
        (moved == (LoanStatus.ACTIVE, LoanStatus.PAST_DUE), LoanChange.PAST_DUE),
        (before.status is not after.status and after.status is LoanStatus.SETTLED, LoanChange.SETTLED),
    )
    for happened, change in found:
        if happened:
            loan_telling.tell(tx, after, change, booked.paid_on)
    if after.status is LoanStatus.SETTLED:
        _free_pledges(tx, after)


def _free_pledges(tx: WriteTx, settled: Loan) -> None:
    """What secured an application is free once all that could be drawn was, and came back.

    Under the lock of the application: of its two last loans, repaid at once, one sees the other.
    """
    application = application_store.to_change(tx, settled.application_id)
    product = product_store.get(tx, application.product_id, application.product_version)
    drawn, decision = loan_store.of_application(tx, application.id), application.decision
    if any(loan.status is not LoanStatus.SETTLED for loan in drawn) or decision is None:
        return
    if not drawdown.is_revolving(decision, product) and not drawdown.room(decision, product, drawn):
        pledges.release_all(tx, application.id, "LOAN_SETTLED")


def review(database: Database) -> int:
    """Mark loans that fell past due, and lower classes that are too good for it; how many were looked at."""
    with database.read() as tx:
        floors = loan_rules.class_floors(tx.policies, tx.today)
        due = loan_store.to_review(tx, tx.today, floors, _AT_ONCE)
    for loan_id in due:
        database.transact(lambda tx, loan_id=loan_id: review_loan(tx, _ITSELF, loan_id))
    return len(due)


def review_loan(tx: WriteTx, by: Principal, loan_id: str) -> None:
    """Today's standing of one loan. Reviewed again, nothing changes."""
    by.require(Role.SERVICE)
    loan = loan_store.to_change(tx, loan_id)
    form = loan_planning.form_of(loan, loan_planning.product_of(tx, loan))
    after = loan_planning.standing(tx, loan, loan_planning.current(tx, loan, form))
    if after != loan:
        loan_store.update(tx, after)
    if after.status is not loan.status:
        loan_telling.tell(tx, after, LoanChange.PAST_DUE, tx.today)
    lowered = loan_class.at_least(after, tx.today, loan_rules.class_floors(tx.policies, tx.today))
    if lowered.loan_class is not after.loan_class:
        loan_telling.keep(tx, lowered, LoanChange.CLASSIFIED, tx.today)


def reprice(database: Database) -> int:
    """Let the rates of loans follow the LPR on their days; how many did."""
    with database.read() as tx:
        due = loan_store.to_reprice(tx, tx.today, _AT_ONCE)
    for loan_id in due:
        database.transact(lambda tx, loan_id=loan_id: reprice_loan(tx, _ITSELF, loan_id))
    return len(due)


def reprice_loan(tx: WriteTx, by: Principal, loan_id: str) -> None:
    """The rate of the day on which it was to be reset, and the plan from then on."""
    by.require(Role.SERVICE)
    loan = loan_store.to_change(tx, loan_id)
    if loan.status not in OPEN or loan.reprices_on is None or loan.reprices_on > tx.today:
        return
    product = loan_planning.product_of(tx, loan)
    form = loan_planning.form_of(loan, product)
    before = loan_planning.current(tx, loan, form)
    after = drawdown.repriced(loan, product)
    plan = loan_planning.renew(tx, after, before, form, PlanReason.RATE_RESET, after.priced_on)
    after = loan_planning.standing(tx, after, plan)
    loan_telling.keep(tx, after, LoanChange.REPRICED, after.priced_on)
