"""Whatever happens in whatever order: limits hold the sum of their holds and no more than they allow, and every book
stands at its part of what is outstanding."""

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from libs.chassis.clock import SettableClock
from libs.chassis.problems import Problem
from libs.criteria.violation import Violation
from services.guarantee import jobs, store
from services.guarantee.domain.drawdown import DrawdownStatus
from services.guarantee.domain.guarantee import OPEN, Guarantee, GuaranteeStatus, Rejection
from services.guarantee.operations import guarantees, guarantors
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import tables
from tests.support.services import NOON, opened
from tests.unit.guarantee.chain import (
    HELAN,
    LENDING,
    MANAGER,
    OPERATOR,
    YINCHUAN,
    confirm,
    disburse,
    exposures_out_of_order,
    held,
    house_rules,
    limits_out_of_order,
    open_business,
    pass_line,
    read_back,
    repay,
    reserve,
    wish,
    with_figures,
)
from tests.unit.guarantee.life import (
    accept,
    books_out_of_order,
    drawdown,
    extend,
    liabilities,
    reduce,
    send_back,
    submit,
)

# So little of everything that a few loans fill it up.
POOR = (replace(HELAN, net_assets_fen=30_000), replace(YINCHUAN, net_assets_fen=50_000))
RULES = with_figures(
    with_figures(house_rules(), "ordinary", annual_quota_fen=120_000, borrower_limit_fen=9_000),
    "batch",
    annual_quota_fen=60_000,
    borrower_limit_fen=5_000,
)
_LAYER = st.sampled_from(("provincial", "national"))
_PARTY = st.sampled_from(("uscc:a", "uscc:b", "uscc:c"))
_PROGRAMME = st.sampled_from(("ordinary", "batch"))


class GuaranteeBusiness(RuleBasedStateMachine):
    """Reservations, decisions of guarantors and tiers, news of loans, days that pass, and all of it again."""

    known = Bundle("known")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="rongqiao-")
        self.opening = opened(f"sqlite:///{Path(self.folder.name) / 'guarantee.db'}", store.metadata, NOON)
        self.database = self.opening.__enter__()
        self.applications = 0

    def teardown(self) -> None:
        self.opening.__exit__(None, None, None)
        self.folder.cleanup()

    @initialize()
    def open(self) -> None:
        open_business(self.database, RULES, *POOR)

    @rule(
        target=known,
        amount_fen=st.integers(1, 10_000),
        party=_PARTY,
        programme=_PROGRAMME,
        guarantor=st.sampled_from((HELAN.id, YINCHUAN.id)),
        in_parts=st.booleans(),
    )
    def reserve(
        self, amount_fen: int, party: str, programme: str, guarantor: str, in_parts: bool
    ) -> Guarantee | None:
        self.applications += 1
        wanted = wish(f"app_{self.applications}", amount_fen, party, programme, guarantor)
        return self.tried(lambda: reserve(self.database, replace(wanted, in_parts=in_parts)))

    @rule(target=known, guarantee=known, part=st.integers(1, 11))
    def renew(self, guarantee: Guarantee | None, part: int) -> Guarantee | None:
        """Up to a tenth more than is outstanding, which is refused."""
        if guarantee is None:
            return None
        self.applications += 1
        old = read_back(self.database, guarantee)
        amount_fen = max(1, old.outstanding_fen * part // 10)
        wanted = wish(f"app_{self.applications}", amount_fen, old.party, old.programme, old.guarantor)
        return self.tried(lambda: reserve(self.database, replace(wanted, renews=old.id)))

    @rule(
        target=known,
        amount_fen=st.integers(1, 5_000),
        party=_PARTY,
        programme=_PROGRAMME,
        in_parts=st.booleans(),
        part=st.integers(1, 10),
        filed=st.booleans(),
    )
    def lend(
        self, amount_fen: int, party: str, programme: str, in_parts: bool, part: int, filed: bool
    ) -> Guarantee | None:
        """The usual way, so that there is something to act on: reserved, agreed to, paid out, and filed perhaps."""
        found = self.reserve(amount_fen, party, programme, HELAN.id, in_parts)
        if found is None:
            return None
        self.confirm(found)
        self.disburse(found, part, 0)
        self.check(found, 0, True)
        if filed:
            self.file(found, 0, "submit", "provincial")
            self.file(found, 0, "accept", "provincial")
            self.file(found, 0, "accept", "national")
        return found

    @rule(guarantee=known, by_guarantor=st.booleans())
    def end(self, guarantee: Guarantee | None, by_guarantor: bool) -> None:
        self.refusable(guarantee, self.rejected if by_guarantor else self.released)

    @rule(guarantee=known)
    def confirm(self, guarantee: Guarantee | None) -> None:
        self.refusable(guarantee, lambda one: confirm(self.database, one))

    @rule(guarantee=known, part=st.integers(1, 12), loan=st.integers(0, 2))
    def disburse(self, guarantee: Guarantee | None, part: int, loan: int) -> None:
        """Up to two tenths more than was reserved: cover stays what it was."""
        drawn = {
            "business_date": self.today.isoformat(),
            "amount_fen": max(1, (guarantee.amount_fen if guarantee else 0) * part // 10),
        }
        self.refusable(
            guarantee, lambda one: disburse(self.database, one, loan_id=loan_of(one, loan), **drawn)
        )

    @rule(guarantee=known, loan=st.integers(0, 2), passed=st.booleans())
    def check(self, guarantee: Guarantee | None, loan: int, passed: bool) -> None:
        reason = "" if passed else "用途不符"
        self.refusable(
            guarantee,
            lambda one: pass_line(
                self.database, one, passed=passed, reason=reason, loan_id=loan_of(one, loan)
            ),
        )

    @rule(
        guarantee=known,
        loan=st.integers(0, 1),
        step=st.sampled_from(("submit", "accept", "send back")),
        layer=_LAYER,
    )
    def file(self, guarantee: Guarantee | None, loan: int, step: str, layer: str) -> None:
        acts: dict[str, Callable[[Guarantee], object]] = {
            "submit": lambda one: submit(self.database, one, loan_of(one, loan)),
            "accept": lambda one: accept(self.database, one, layer, loan_of(one, loan)),
            "send back": lambda one: send_back(self.database, one, layer, loan_of(one, loan)),
        }
        self.refusable(guarantee, acts[step])

    @rule(guarantee=known, loan=st.integers(0, 2), days=st.integers(300, 500))
    def extend(self, guarantee: Guarantee | None, loan: int, days: int) -> None:
        later = self.today + timedelta(days=days)
        self.refusable(guarantee, lambda one: extend(self.database, one, later, loan_of(one, loan)))

    @rule(guarantee=known, part=st.integers(0, 10), loan=st.integers(0, 2))
    def repay(self, guarantee: Guarantee | None, part: int, loan: int) -> None:
        self.refusable(
            guarantee,
            lambda one: repay(
                self.database, one, one.amount_fen * part // 10, self.today, loan_of(one, loan)
            ),
        )

    @rule(guarantee=known, part=st.integers(0, 10), loan=st.integers(0, 2))
    def pay_a_claim(self, guarantee: Guarantee | None, part: int, loan: int) -> None:
        self.refusable(guarantee, lambda one: self.claimed(loan_of(one, loan), part))

    @rule(guarantee=consumes(known))
    def settle(self, guarantee: Guarantee | None) -> None:
        self.refusable(guarantee, lambda one: repay(self.database, one, 0, self.today, loan_of(one, 0)))

    @rule(days=st.integers(1, 40))
    def let_days_pass(self, days: int) -> None:
        clock = self.database.clock
        assert isinstance(clock, SettableClock)
        clock.instant += timedelta(days=days)
        jobs.expire_reservations(self.database)
        jobs.expire_filings(self.database)
        jobs.mark_overdue_checks(self.database)

    @invariant()
    def every_limit_is_in_order(self) -> None:
        assert limits_out_of_order(self.database) == []
        assert exposures_out_of_order(self.database) == []

    @invariant()
    def what_is_held_is_what_the_guarantees_take(self) -> None:
        borrowers = {key: fen for key, fen in held(self.database).items() if key.startswith("borrower/")}
        assert borrowers == self.expected()

    @invariant()
    def every_book_stands_at_its_part_of_what_is_outstanding(self) -> None:
        assert books_out_of_order(self.database) == {}

    @invariant()
    def the_parts_of_every_guarantee_sum_to_it(self) -> None:
        for one in self.all():
            assert sum(share.amount_fen for share in one.shares) == one.amount_fen
            with self.database.read() as tx:
                loans = drawdown_store.of_guarantee(tx, one.id)
            assert one.outstanding_fen == sum(loan.outstanding_fen for loan in loans)
            drawn = [loan.amount_fen for loan in loans if loan.status is not DrawdownStatus.REFUSED]
            if one.status in (*OPEN, GuaranteeStatus.EFFECTIVE, GuaranteeStatus.RELEASED):
                assert one.amount_fen == sum(drawn) + one.undrawn_fen

    def expected(self) -> dict[str, int]:
        """Borrowers' balances from the guarantees alone, without looking at any hold."""
        found: Counter[str] = Counter()
        for one in self.all():
            with self.database.read() as tx:
                loans = drawdown_store.of_guarantee(tx, one.id)
            listed = sum(loan.amount_fen for loan in loans if loan.status is DrawdownStatus.LISTED)
            principal = one.outstanding_fen + one.undrawn_fen + listed
            if one.renewed_by is not None:
                renewal = self.guarantee(one.renewed_by)
                principal -= min(principal, renewal.amount_fen if renewal.status in OPEN else 0)
            found[f"borrower/{one.party}/{one.programme}"] += principal
        return {key: fen for key, fen in found.items() if fen}

    @property
    def today(self) -> date:
        with self.database.read() as tx:
            return tx.today

    def guarantee(self, guarantee_id: str) -> Guarantee:
        with self.database.read() as tx:
            return guarantee_store.get(tx, guarantee_id)

    def all(self) -> list[Guarantee]:
        with self.database.read() as tx:
            ids = [row.id for row in tx.rows(sa.select(tables.guarantees.c.id))]
            return [guarantee_store.get(tx, guarantee_id) for guarantee_id in ids]

    def tried(self, act: Callable[[], Guarantee]) -> Guarantee | None:
        before = held(self.database)
        try:
            return act()
        except (Problem, Violation):
            assert held(self.database) == before
            return None

    def refusable(self, guarantee: Guarantee | None, act: Callable[[Guarantee], object]) -> None:
        """What the state of the guarantee forbids must leave everything as it was."""
        if guarantee is None:
            return
        before = (held(self.database), liabilities(self.database), read_back(self.database, guarantee))
        try:
            act(guarantee)
        except (Problem, Violation):
            after = (held(self.database), liabilities(self.database), read_back(self.database, guarantee))
            assert after == before

    def rejected(self, guarantee: Guarantee) -> None:
        by = replace(MANAGER, organisation=guarantee.guarantor)
        reason = Rejection(reason="不符合条件")
        self.database.transact(lambda tx: guarantees.reject(tx, by, guarantee.id, reason))

    def released(self, guarantee: Guarantee) -> None:
        self.database.transact(lambda tx: guarantees.release(tx, LENDING, guarantee.id))

    def claimed(self, loan_id: str, part: int) -> None:
        left_fen = drawdown(self.database, loan_id).outstanding_fen
        reduce(self.database, loan_id, left_fen * part // 10, self.today)

    @rule(net_assets_fen=st.integers(30_000, 60_000))
    def grow(self, net_assets_fen: int) -> None:
        """Net assets only grow here: what happens when they fall has its own test."""
        with self.database.read() as tx:
            known = guarantor_store.get(tx, HELAN.id)
        if net_assets_fen > known.net_assets_fen:
            richer = replace(known, net_assets_fen=net_assets_fen)
            self.database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, richer.id, richer))


def loan_of(guarantee: Guarantee, number: int) -> str:
    return f"loan_{number}_of_{guarantee.application_id}"


GuaranteeBusiness.TestCase.settings = settings(max_examples=10, stateful_step_count=25, deadline=None)
TestAnyOrder = GuaranteeBusiness.TestCase
