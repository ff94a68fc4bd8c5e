"""Whatever the parties of the chain do in whatever order: no fen is made or lost, and the books agree."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from libs.chassis.clock import SettableClock, business_date
from libs.chassis.database import Database, ReadTx
from libs.chassis.ids import new_id
from libs.chassis.problems import Problem
from libs.criteria.violation import Violation
from libs.finance.tiers import CapDefinition
from services.guarantee import jobs, store
from services.guarantee.domain.claim import Claim, ClaimStatus
from services.guarantee.domain.due import Due, DueStatus, Reason
from services.guarantee.domain.guarantee import Rejection
from services.guarantee.domain.programme import Rulebook
from services.guarantee.domain.recovery import Recovery
from services.guarantee.domain.terms import CapLayer, CapTiming, RecoveryRank
from services.guarantee.operations import caps, payments, statements
from services.guarantee.operations.filings import reject_filing
from services.guarantee.store import claims as claim_store
from services.guarantee.store import tables as t
from tests.support.services import NOON, opened
from tests.unit.guarantee.chain import HELAN, MANAGER, OPERATOR, house_rules, open_business
from tests.unit.guarantee.losses import (
    BANK,
    BOTH,
    FUND,
    PAYERS,
    accept,
    difference,
    dues,
    go_by,
    go_to,
    lend,
    loss,
    notify,
    open_dues,
    pay,
    pay_all,
    recover,
    refuse,
    repay,
    settle,
    take_back_payment,
    take_back_recovery,
    today,
    wait,
    with_terms,
)

SYSTEM = {"definition": CapDefinition.RELEASED_SYSTEM, "layer": CapLayer.SYSTEM, "excess": "bank"}


def variants() -> list[Rulebook]:
    """The same business under caps that cut, wait or are measured at the end, and with others in front."""
    plain = house_rules()
    terms: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"timing": CapTiming.PERIOD_END}, {}),
        ({"timing": CapTiming.AS_CLAIMED}, {"claim_cap_bp": 3_000}),
        ({"timing": CapTiming.PENDING}, {"recovery_rank": RecoveryRank.SYSTEM_ONLY}),
        (SYSTEM | {"timing": CapTiming.PENDING}, {"payer": "national", "recovery_lead": "bank"}),
        (SYSTEM | {"timing": CapTiming.PERIOD_END}, {"recovery_rank": RecoveryRank.BANK_FIRST}),
    ]
    return [with_terms(plain, "ordinary", cap, **other) for cap, other in terms]


VARIANTS = variants()
KEPT = (t.claims, t.dues, t.recoveries, t.ledger_heads, t.drawdowns, t.filings, t.caps, t.limits, t.holds)


WHICH = st.integers(0, 9)


class Decision(StrEnum):
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    NONE_YET = "NONE_YET"


@cache
def template() -> Path:
    """A business with three loans, one of which the fund did not take; kept until the process ends."""
    path = Path(tempfile.mkdtemp(prefix="rongqiao-machine-")) / "guarantee.db"
    with opened(f"sqlite:///{path}", store.metadata) as database:
        open_business(database, house_rules(), HELAN)
        for number, amount_fen in enumerate((9_999, 7_777, 5_003), 1):
            lend(database, amount_fen, filed=BOTH if number < 3 else ("provincial",), number=number)
        database.transact(lambda tx: reject_filing(tx, FUND, *no_to(3)))
    return path


class Chain(RuleBasedStateMachine):
    """A bank, a guarantor and two tiers, which lend, file, claim, pay, recover and take back."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="rongqiao-")
        copy = shutil.copy(template(), Path(self.folder.name) / "guarantee.db")
        self.database = Database(f"sqlite:///{copy}", clock=SettableClock(NOON), ids=new_id)
        self.loans = ["loan_1", "loan_2", "loan_3"]
        self.last: Callable[[], object] | None = None

    @initialize(variant=st.integers(0, len(VARIANTS) - 1))
    def begin(self, variant: int) -> None:
        """One claim that was paid, one that waits for its payment."""
        self.rules = VARIANTS[variant]
        go_by(self.database, self.rules)
        self.claim(0, 10, 0, Decision.ACCEPTED)
        self.pay(0, everything=True)
        self.claim(1, 5, 33, Decision.ACCEPTED)

    @rule(amount_fen=st.integers(1, 20_000), taken=st.sampled_from((True, True, False)))
    def lend(self, amount_fen: int, *, taken: bool) -> None:
        """A loan that both tiers took, or only the province."""
        number = len(self.loans) + 1
        self.loans.append(f"loan_{number}")
        filed = BOTH if taken else ("provincial",)
        self.do(lambda: lend(self.database, amount_fen, filed=filed, number=number))
        if not taken:
            self.do(lambda: self.database.transact(lambda tx: reject_filing(tx, FUND, *no_to(number))))

    @rule(which=WHICH, part=st.integers(0, 9))
    def repay(self, which: int, part: int) -> None:
        loan = self.one_of(self.loans, which)
        outstanding_fen = self.outstanding(loan)
        if outstanding_fen:
            self.do(lambda: repay(self.database, loan, outstanding_fen * part // 10))

    @rule(
        which=WHICH,
        part=st.integers(1, 11),
        interest_fen=st.integers(0, 99),
        decision=st.sampled_from(Decision),
    )
    def claim(self, which: int, part: int, interest_fen: int, decision: Decision) -> None:
        loan, on = self.one_of(self.loans, which), today(self.database)
        principal_fen = max(1, (self.outstanding(loan) or 0) * part // 10)
        number = str(len(self.claims()) % 7)
        self.do(
            lambda: notify(
                self.database, loan, principal_fen, number, interest_fen=interest_fen, noticed_on=on
            )
        )
        wait(self.database, seconds=1)
        self.decide(-1, decision)

    @rule(which=WHICH, decision=st.sampled_from(Decision))
    def decide(self, which: int, decision: Decision) -> None:
        act = {Decision.ACCEPTED: accept, Decision.REFUSED: refuse}.get(decision)
        if act is not None:
            self.with_claim(which, lambda claim: act(self.database, claim))

    @rule(which=WHICH, everything=st.sampled_from((False, False, True)))
    def pay(self, which: int, *, everything: bool) -> None:
        if everything:
            pay_all(self.database)
        elif found := open_dues(self.database):
            due, on = self.one_of(found, which), today(self.database)
            self.do(lambda: pay(self.database, due, PAYERS[due.debtor], paid_on=on))

    @rule(which=WHICH)
    def take_back_payment(self, which: int) -> None:
        if found := dues(self.database, DueStatus.PAID)[::-1]:
            due = self.one_of(found, which)
            self.do(lambda: take_back_payment(self.database, due, PAYERS[due.debtor]), repeats=False)

    @rule(which=WHICH, what=st.sampled_from((payments.dispute, payments.withdraw_dispute, payments.cancel)))
    def object_to(self, which: int, what: Callable[..., Due]) -> None:
        """The creditor says that a line is wrong, takes that back, or gives it up."""
        if found := dues(self.database, DueStatus.OPEN, DueStatus.DISPUTED)[::-1]:
            due = self.one_of(found, which)
            why = () if what is payments.withdraw_dispute else (Reason(reason="金额有误"),)
            creditor = PAYERS[due.creditor]
            self.do(lambda: self.database.transact(lambda tx: what(tx, creditor, due.id, *why)))

    @rule(which=WHICH, gross_fen=st.integers(1, 12_000), costs_fen=st.sampled_from((0, 0, 0, 7, 900)))
    def recover(self, which: int, gross_fen: int, costs_fen: int) -> None:
        by = BANK if self.terms.recovery_lead == "bank" else MANAGER
        reference = f"R{len(self.recoveries()) % 9}"
        self.with_claim(
            which, lambda claim: recover(self.database, claim, gross_fen, costs_fen, reference, by)
        )

    @rule(which=WHICH)
    def take_back_recovery(self, which: int) -> None:
        if found := self.recoveries()[::-1]:
            recovery = self.one_of(found, which)
            self.do(lambda: take_back_recovery(self.database, recovery, PAYERS[recovery.lead]))

    @rule(days=st.sampled_from((1, 10, 61, 200)))
    def let_days_pass(self, days: int) -> None:
        wait(self.database, days=days)
        self.last = None
        jobs.expire_filings(self.database)

    @rule()
    def close_the_year(self) -> None:
        """Its last claims are decided, and its cap is measured."""
        year = today(self.database).year
        go_to(self.database, date(year + 1, 1, 4))
        for claim in self.claims():
            if claim.status is ClaimStatus.NOTIFIED:
                self.do(lambda claim=claim: accept(self.database, claim))
        self.do(lambda: settle(self.database, f"ordinary/*/{year}"))

    @precondition(lambda self: self.last is not None)
    @rule()
    def again(self) -> None:
        """Whatever was done is done again, as after a lost answer: it is refused, or it is the same."""
        before = self.state()
        try:
            assert self.last is not None
            self.last()
        except (Problem, Violation):
            pass
        assert self.state() == before

    @invariant()
    def the_audit_finds_no_difference(self) -> None:
        assert difference(self.database) is None

    @invariant()
    def the_parts_of_every_claim_sum_to_it_and_nobody_has_more_back_than_it_bore(self) -> None:
        for claim in self.claims():
            if claim.parts:
                assert sum(part.bears_fen for part in claim.parts) == claim.claimed_fen
                assert all(0 <= part.received_fen <= part.bears_fen for part in claim.parts), claim.parts
            assert claim.cap_use_fen >= 0 <= claim.cut_fen

    @invariant()
    def what_is_settled_stands_in_each_book_as_its_part(self) -> None:
        for claim in self.claims():
            if claim.status is ClaimStatus.SETTLED:
                for part in claim.parts:
                    if part.party != "bank":
                        assert loss(self.database, part.organisation, claim) == part.remains_fen, claim

    @invariant()
    def no_cap_is_exceeded_but_by_what_is_measured_later(self) -> None:
        if self.terms.cap.timing is CapTiming.PERIOD_END:
            return
        with self.database.read() as tx:
            for found in caps.list_caps(tx, OPERATOR).items:
                assert found.used_fen <= found.cap_fen, found

    def teardown(self) -> None:
        try:
            self.end()
        finally:
            self.database.close()
            self.folder.cleanup()

    def end(self) -> None:
        """Everything that is open is paid, and the months of all pairs agree."""
        pay_all(self.database)
        assert difference(self.database) is None
        with self.database.read() as tx:
            for book, other in (
                ("org_helan", "org_fund"),
                ("org_helan", "org_province"),
                ("org_fund", "org_province"),
            ):
                for month in months(tx):
                    mine = statements.get_statement(tx, PAYERS[book], month, other)
                    theirs = statements.get_statement(tx, PAYERS[other], month, book)
                    assert (mine.agrees, mine.closing_fen) == (True, -theirs.closing_fen)

    @property
    def terms(self) -> Any:
        return self.rules.last_version("ordinary", NOON.date())

    def do(self, command: Callable[[], object], *, repeats: bool = True) -> None:
        """What is refused must leave everything as it was."""
        before = self.state()
        try:
            command()
            self.last = command if repeats else None
        except (Problem, Violation):
            assert self.state() == before

    def with_claim(self, which: int, act: Callable[[Claim], object]) -> None:
        found = self.claims()
        if found:
            claim = self.one_of(found, which)
            self.do(lambda: act(claim))

    def state(self) -> list[Any]:
        with self.database.read() as tx:
            return [
                sorted(map(repr, tx.connection.exec_driver_sql(f"SELECT * FROM {table.name}")))
                for table in KEPT
            ]

    def outstanding(self, loan: str) -> int | None:
        """None where the loan was not given."""
        with self.database.read() as tx:
            mine = sa.select(t.drawdowns.c.outstanding_fen).where(t.drawdowns.c.loan_id == loan)
            return tx.scalar(mine)

    def claims(self) -> list[Claim]:
        with self.database.read() as tx:
            rows = tx.rows(sa.select(t.claims).order_by(t.claims.c.id))
            return [claim_store.of_row(row) for row in rows]

    def recoveries(self) -> list[Recovery]:
        claims = self.claims()
        with self.database.read() as tx:
            return [one for claim in claims for one in claim_store.recoveries_of(tx, claim.id)]

    @staticmethod
    def one_of(found: list[Any], which: int) -> Any:
        return found[which % len(found)]


def no_to(number: int) -> tuple[str, str, Rejection]:
    return f"loan_{number}", "national", Rejection(reason="超限")


def months(tx: ReadTx) -> set[str]:
    """Those in which anything was written."""
    rows = tx.rows(sa.select(t.ledger_entries.c.recorded_at).distinct())
    return {f"{business_date(row.recorded_at):%Y-%m}" for row in rows}


Chain.TestCase.settings = settings(max_examples=8, stateful_step_count=20, deadline=None)
TestChain = Chain.TestCase
