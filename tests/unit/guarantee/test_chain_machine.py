"""Whatever the parties of the chain do in whatever order: no fen is made or lost, and the books agree."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from libs.chassis.clock import SettableClock
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from libs.chassis.problems import Problem
from libs.criteria.violation import Violation
from libs.finance.tiers import CapDefinition
from services.guarantee import jobs, store
from services.guarantee.domain.claim import Claim, ClaimStatus
from services.guarantee.domain.due import Due, DueStatus, Reason
from services.guarantee.domain.programme import Rulebook
from services.guarantee.domain.recovery import Recovery
from services.guarantee.domain.terms import CapLayer, CapTiming, RecoveryRank
from services.guarantee.operations import caps, payments, statements
from services.guarantee.store import claims as claim_store
from services.guarantee.store import tables as t
from tests.support.services import NOON, opened
from tests.unit.guarantee.chain import HELAN, MANAGER, OPERATOR, house_rules, open_business
from tests.unit.guarantee.losses import (
    BANK,
    BOTH,
    PAYERS,
    accept,
    difference,
    drawdown,
    dues,
    go_by,
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


@cache
def template() -> Path:
    """A business on its first day; kept until the process ends."""
    path = Path(tempfile.mkdtemp(prefix="rongqiao-machine-")) / "guarantee.db"
    with opened(f"sqlite:///{path}", store.metadata) as database:
        open_business(database, house_rules(), HELAN)
    return path


class Chain(RuleBasedStateMachine):
    """A bank, a guarantor and two tiers, which lend, file, claim, pay, recover and take back."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="rongqiao-")
        copy = shutil.copy(template(), Path(self.folder.name) / "guarantee.db")
        self.database = Database(f"sqlite:///{copy}", clock=SettableClock(NOON), ids=new_id)
        self.loans = list[str]()
        self.last: Callable[[], object] | None = None

    @initialize(variant=st.integers(0, len(VARIANTS) - 1))
    def begin(self, variant: int) -> None:
        self.rules = VARIANTS[variant]
        go_by(self.database, self.rules)
        self.lend(9_999, BOTH)

    @rule(amount_fen=st.integers(1, 20_000), filed=st.sampled_from((BOTH, BOTH, ("provincial",), ())))
    def lend(self, amount_fen: int, filed: tuple[str, ...]) -> None:
        number = len(self.loans) + 1
        self.loans.append(f"loan_{number}")
        self.do(lambda: lend(self.database, amount_fen, filed=filed, number=number))

    @rule(which=st.integers(0, 9), part=st.integers(0, 9))
    def repay(self, which: int, part: int) -> None:
        loan = self.one_of(self.loans, which)
        line = self.line(loan)
        if line is not None:
            self.do(lambda: repay(self.database, loan, line * part // 10))

    @rule(
        which=st.integers(0, 9),
        part=st.integers(1, 11),
        number=st.integers(1, 3),
        interest=st.integers(0, 99),
    )
    def notify(self, which: int, part: int, number: int, interest: int) -> None:
        loan = self.one_of(self.loans, which)
        outstanding_fen = self.line(loan) or 1
        principal_fen = max(1, outstanding_fen * part // 10)
        on = today(self.database)
        self.do(
            lambda: notify(
                self.database, loan, principal_fen, str(number), interest_fen=interest, noticed_on=on
            )
        )
        wait(self.database, seconds=1)

    @rule(which=st.integers(0, 9))
    def accept(self, which: int) -> None:
        self.with_claim(which, lambda claim: accept(self.database, claim))

    @rule(which=st.integers(0, 9))
    def claim_and_pay(self, which: int) -> None:
        """What mostly happens, so that more of what follows is seen."""
        claims = [one for one in self.claims() if one.status is ClaimStatus.NOTIFIED]
        if claims:
            self.do(lambda: accept(self.database, self.one_of(claims, which)))
            self.pay(0)

    @rule(which=st.integers(0, 30))
    def refuse(self, which: int) -> None:
        self.with_claim(which, lambda claim: refuse(self.database, claim))

    @rule(which=st.integers(0, 9))
    def pay(self, which: int) -> None:
        found = open_dues(self.database)
        if found:
            due, on = self.one_of(found, which), today(self.database)
            self.do(lambda: pay(self.database, due, self.payer(due), paid_on=on))

    @rule()
    def pay_everything(self) -> None:
        pay_all(self.database)

    @rule(which=st.integers(0, 9))
    def take_back_payment(self, which: int) -> None:
        found = dues(self.database, DueStatus.PAID)[::-1]
        if found:
            due = self.one_of(found, which)
            self.do(lambda: take_back_payment(self.database, due, self.payer(due)), repeats=False)

    @rule(which=st.integers(0, 9), by_debtor=st.booleans())
    def dispute(self, which: int, by_debtor: bool) -> None:
        found = dues(self.database, DueStatus.OPEN, DueStatus.DISPUTED)
        if found:
            due, why = self.one_of(found, which), Reason(reason="金额有误")
            side = PAYERS[due.debtor if by_debtor else due.creditor]
            act = payments.withdraw_dispute if due.status is DueStatus.DISPUTED else payments.dispute
            more = () if due.status is DueStatus.DISPUTED else (why,)
            self.do(lambda: self.database.transact(lambda tx: act(tx, side, due.id, *more)))

    @rule(which=st.integers(0, 9))
    def give_up(self, which: int) -> None:
        found = dues(self.database, DueStatus.OPEN)
        if found:
            due, why = self.one_of(found, which), Reason(reason="误收")
            creditor = PAYERS[due.creditor]
            self.do(lambda: self.database.transact(lambda tx: payments.cancel(tx, creditor, due.id, why)))

    @rule(
        which=st.integers(0, 9),
        gross_fen=st.integers(1, 12_000),
        costs_fen=st.sampled_from((0, 0, 0, 7, 900)),
        number=st.integers(1, 9),
    )
    def recover(self, which: int, gross_fen: int, costs_fen: int, number: int) -> None:
        by = BANK if self.terms.recovery_lead == "bank" else MANAGER
        self.with_claim(
            which, lambda claim: recover(self.database, claim, gross_fen, costs_fen, f"R{number}", by)
        )

    @rule(which=st.integers(0, 9))
    def take_back_recovery(self, which: int) -> None:
        found = self.recoveries()[::-1]
        if found:
            recovery = self.one_of(found, which)
            by = PAYERS[recovery.lead]
            self.do(lambda: take_back_recovery(self.database, recovery, by))

    @rule(days=st.sampled_from((1, 1, 10, 31, 61, 200)))
    def let_days_pass(self, days: int) -> None:
        wait(self.database, days=days)
        self.last = None
        jobs.expire_filings(self.database)

    @rule(year=st.integers(2026, 2027))
    def settle(self, year: int) -> None:
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
                for month in months(tx.today):
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

    def line(self, loan: str) -> int | None:
        with self.database.read() as tx:
            found = tx.row(sa.select(t.drawdowns.c.outstanding_fen).where(t.drawdowns.c.loan_id == loan))
        return None if found is None else drawdown(self.database, loan).outstanding_fen

    def claims(self) -> list[Claim]:
        with self.database.read() as tx:
            rows = tx.rows(sa.select(t.claims).order_by(t.claims.c.id))
            return [claim_store.of_row(row) for row in rows]

    def recoveries(self) -> list[Recovery]:
        claims = self.claims()
        with self.database.read() as tx:
            return [one for claim in claims for one in claim_store.recoveries_of(tx, claim.id)]

    @staticmethod
    def payer(due: Due) -> Any:
        return PAYERS[due.debtor]

    @staticmethod
    def one_of(found: list[Any], which: int) -> Any:
        return found[which % len(found)]


def months(until: date) -> list[str]:
    first, last = 2026 * 12 + 10, until.year * 12 + until.month - 1
    return [f"{one // 12}-{one % 12 + 1:02}" for one in range(first, last + 1)]


Chain.TestCase.settings = settings(max_examples=8, stateful_step_count=25, deadline=None)
TestChain = Chain.TestCase
