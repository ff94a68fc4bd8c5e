"""A year of guarantees, played day by day through the operations: reserved, drawn or listed, filed, repaid.

What falls due after the last day stays open, but for defaults: those are all seen through.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from benchmarks.year.house import House, manager, table
from benchmarks.year.losses import Losses
from benchmarks.year.plan import ADMITTED, FIRST, LAST, LOCALS, Loan, registered
from benchmarks.year.tiers import Tiers
from libs.chassis.principal import Principal, Role, service
from rongqiao.lending.v1 import events_pb2 as lending_events
from services.guarantee import jobs
from services.guarantee.domain.batch_list import NewBatchList
from services.guarantee.domain.compliance import Compliance, ComplianceItem, ComplianceList
from services.guarantee.domain.guarantee import Reservation
from services.guarantee.domain.procedure import Check
from services.guarantee.domain.programme import Rulebook
from services.guarantee.domain.proposal import Proposal
from services.guarantee.operations import (
    batches,
    compliance,
    drawing,
    filings,
    guarantees,
    guarantors,
    parties,
    rules,
)

CLOSED = LAST + timedelta(days=12)  # the last month's filings and statements, and the settlement of the caps
OPERATOR, LENDING, SELF = (
    Principal("acc_operator", Role.OPERATOR, "platform"),
    service("lending"),
    service("guarantee"),
)
_COLUMNS = (
    "loan_number",
    "amount_yuan",
    "term_months",
    "drawn_on",
    "party",
    "county",
    "industry_division",
    "size",
    "owner_kind",
)


class Year:
    """The year of these loans in a house. `refused`: of loans that a red line kept out, in words."""

    def __init__(self, house: House, rulebook: Rulebook, loans: Sequence[Loan]) -> None:
        self.house, self.rulebook = house, rulebook
        self.refused: list[str] = []
        self._losses, self._tiers = Losses(house), Tiers(house)
        self._lists: defaultdict[tuple[str, str], list[Loan]] = defaultdict(list)
        self._listed: defaultdict[str, list[tuple[Loan, str, str]]] = defaultdict(list)
        for loan in loans:
            house.at(loan.reserved_on, self._join_list if loan.batch else self._reserve, loan)

    def open(self) -> None:
        self.house.write(rules.load, SELF, self.rulebook)
        for one in registered():
            self.house.write(guarantors.put_guarantor, OPERATOR, one.id, one)
        for name in LOCALS:
            self.house.write(parties.decide_admission, OPERATOR, name, ADMITTED)

    def play(self) -> None:
        for number in range((CLOSED - FIRST).days + 1):
            day = FIRST + timedelta(days=number)
            self.house.live(day)
            self._end_of_day(day)

    def _end_of_day(self, day: date) -> None:
        if day.weekday() == 4:
            self._send_lists()
        if day.weekday() == 0:
            self._check_lists()
        self._tiers.end_of_day(day)
        self._do_jobs(all_of_them=day.weekday() == 6)

    def _do_jobs(self, *, all_of_them: bool) -> None:
        """The service's own jobs: those of an hour or a day every day, the others every Sunday."""
        for job in jobs.jobs(self.house.database, self.rulebook):
            if all_of_them or job.every >= 3600:
                self.house.timed(f"job: {job.name}", job.run)

    def _reserve(self, loan: Loan) -> None:
        proposal = Proposal(
            party=loan.party,
            bank=loan.bank,
            amount_fen=loan.amount_fen,
            term_months=loan.term_months,
            dimensions=loan.dimensions,
        )
        wish = Reservation(
            application_id=f"app_{loan.number:08d}",
            programme="ordinary",
            guarantor=loan.guarantor,
            proposal=proposal,
        )
        guarantee = self.house.write(guarantees.reserve, LENDING, wish)
        self.house.at(self.house.today + timedelta(days=1), self._confirm, loan, guarantee.id)

    def _confirm(self, loan: Loan, guarantee_id: str) -> None:
        self.house.write(guarantees.confirm, manager(loan.guarantor), guarantee_id)
        self.house.at(self.house.today + timedelta(days=1), self._disburse, loan, guarantee_id)

    def _disburse(self, loan: Loan, guarantee_id: str) -> None:
        told = lending_events.LoanDisbursed(
            loan_id=f"loan_{loan.number:08d}",
            application_id=f"app_{loan.number:08d}",
            amount_fen=loan.amount_fen,
            term_months=loan.term_months,
            business_date=self.house.today.isoformat(),
            guarantee_id=guarantee_id,
        )
        self.house.write(drawing.take_effect, told)
        self.house.at(self.house.today + timedelta(days=3), self._file, loan, told.loan_id)
        self._follow(loan, guarantee_id, told.loan_id, self.house.today)

    def _file(self, loan: Loan, loan_id: str) -> None:
        self.house.write(filings.submit_filing, manager(loan.guarantor), loan_id)

    def _join_list(self, loan: Loan) -> None:
        self._lists[loan.bank, loan.guarantor].append(loan)

    def _send_lists(self) -> None:
        """Every bank's list of the week to every guarantor."""
        for (bank, guarantor), listed in sorted(self._lists.items()):
            text = table(_COLUMNS, (_row(one) for one in listed))
            new = NewBatchList(programme="batch", guarantor=guarantor, csv=text)
            found = self.house.write(batches.list_loans, manager(bank, Role.BANK_MANAGER), new)
            for loan, row in zip(listed, found.rows, strict=True):
                if row.ok:
                    self._listed[guarantor].append((loan, str(row.guarantee_id), str(row.loan_id)))
                else:
                    self.refused.append(str(row.message))
        self._lists.clear()

    def _check_lists(self) -> None:
        for guarantor, listed in sorted(self._listed.items()):
            items = tuple(ComplianceItem(guarantee_id=one, check=_checked(loan)) for loan, one, _ in listed)
            found = self.house.write(compliance.check_many, manager(guarantor), ComplianceList(items=items))
            assert all(one.ok for one in found.items), "a check was refused"
            for (loan, guarantee_id, loan_id), item in zip(listed, items, strict=True):
                if item.check.passed:
                    self._follow(loan, guarantee_id, loan_id, loan.reserved_on)
        self._listed.clear()

    def _follow(self, loan: Loan, guarantee_id: str, loan_id: str, drawn_on: date) -> None:
        """Two repayments; of a loan that defaults the first only."""
        for number, left_fen in enumerate(loan.left(), start=1):
            due_on = loan.day(drawn_on, number)
            if loan.defaults and number == 2:
                self.house.at(due_on + timedelta(days=20), self._losses.notify, loan, loan_id)
                return
            self.house.at(due_on, self._repay, guarantee_id, loan_id, left_fen)

    def _repay(self, guarantee_id: str, loan_id: str, left_fen: int) -> None:
        told = lending_events.RepaymentReceived(
            loan_id=loan_id,
            outstanding_fen=left_fen,
            business_date=self.house.today.isoformat(),
            guarantee_id=guarantee_id,
        )
        self.house.write(drawing.follow_repayment, told)


def _row(loan: Loan) -> tuple[object, ...]:
    yuan, fen = divmod(loan.amount_fen, 100)
    of = loan.dimensions
    amount = f"{yuan}.{fen:02d}"
    borrower = (loan.party, of.county, of.industry_division, of.size, of.owner_kind)
    return (f"B{loan.number:08d}", amount, loan.term_months, loan.reserved_on, *borrower)


def _checked(loan: Loan) -> Compliance:
    """One listed loan of 200 does not pass, and stays with its bank."""
    if loan.number % 200 == 7 and not loan.defaults:
        missing = Check(item="loan contract", done=False, note="the list names another firm")
        return Compliance(passed=False, checks=(missing,), reason="The contract is of another firm.")
    return Compliance(passed=True, checks=(Check(item="loan contract", done=True),))
