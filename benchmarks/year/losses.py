"""Defaults: notice, decision, payments, refunds, and what comes back later."""

from datetime import timedelta

from benchmarks.year.house import House, manager
from benchmarks.year.plan import FUND, LAST, LOCALS, PROVINCE, Loan
from libs.chassis.principal import Principal, Role
from services.guarantee.domain.claim import Claim, Notice
from services.guarantee.domain.due import DueStatus, Payment
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.recovery import NewRecovery
from services.guarantee.operations import claims, payments, recoveries
from services.guarantee.store import dues as due_store
from services.guarantee.store import rules as rule_store

# When the bank, and then the payer, are paid what the settlement of the caps added.
_SETTLED = (LAST + timedelta(days=8), LAST + timedelta(days=9))


class Losses:
    """The claims of a year. Who pays a claim and who leads its recovery is the programme's."""

    def __init__(self, house: House) -> None:
        self._house = house

    def notify(self, loan: Loan, loan_id: str) -> None:
        principal_fen = loan.amount_fen // 2
        today = self._house.today
        notice = Notice(
            loan_id=loan_id,
            notice_number=f"N{loan.number:08d}",
            noticed_on=today,
            principal_fen=principal_fen,
            interest_fen=principal_fen // 100,
            documents=_terms(self._house, loan).claim_documents,
        )
        bank = manager(loan.bank, Role.BANK_MANAGER)
        claim = self._house.write(claims.notify, bank, notice)
        self._house.at(today + timedelta(days=10), self._accept, loan, claim)

    def _accept(self, loan: Loan, claim: Claim) -> None:
        self._house.write(claims.accept, manager(loan.guarantor), claim.id)
        today = self._house.today
        for day in (today + timedelta(days=10), today + timedelta(days=30), *_SETTLED):
            self._house.at(day, self._pay, claim.id)
        if loan.recovers:
            self._house.at(today + timedelta(days=50), self._recover, loan, claim)

    def _pay(self, reference: str) -> None:
        """Every debtor pays what is open of a claim or recovery."""
        for due in self._house.read(due_store.of_reference, reference):
            if due.status is DueStatus.OPEN:
                payment = Payment(paid_on=self._house.today, reference=f"P{due.id}")
                self._house.write(payments.pay, treasurer(due.debtor), due.id, payment)

    def _recover(self, loan: Loan, claim: Claim) -> None:
        new = NewRecovery(
            reference=f"R{loan.number:08d}",
            gross_fen=claim.claimed_fen * 2 // 5,
            costs_fen=claim.claimed_fen // 50,
            received_on=self._house.today,
        )
        lead = loan.bank if _terms(self._house, loan).recovery_lead == "bank" else loan.guarantor
        recovery = self._house.write(recoveries.record, treasurer(lead), claim.id, new)
        self._house.at(self._house.today + timedelta(days=10), self._pay, recovery.id)


def treasurer(organisation: str) -> Principal:
    if organisation in LOCALS:
        return manager(organisation)
    tier = organisation in (PROVINCE, FUND)
    return manager(organisation, Role.REGUARANTOR if tier else Role.BANK_MANAGER)


def _terms(house: House, loan: Loan) -> Programme:
    rulebook = house.read(rule_store.rulebook)
    return rulebook.programme("batch" if loan.batch else "ordinary", loan.reserved_on)
