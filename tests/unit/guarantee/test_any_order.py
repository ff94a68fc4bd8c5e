"""Whatever happens in whatever order: what a limit holds is the sum of its holds, and never more than it allows."""

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from libs.chassis.clock import SettableClock
from libs.chassis.problems import Conflict
from libs.criteria.violation import Violation
from services.guarantee import jobs, store
from services.guarantee.domain.guarantee import Guarantee, GuaranteeStatus, Rejection
from services.guarantee.operations import guarantees, guarantors
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
    held,
    house_rules,
    limits_out_of_order,
    open_business,
    read_back,
    repay,
    reserve,
    wish,
    with_figures,
)

# So little of everything that a few loans fill it up.
POOR = (replace(HELAN, net_assets_fen=30_000), replace(YINCHUAN, net_assets_fen=50_000))
RULES = with_figures(
    with_figures(house_rules(), "ordinary", annual_quota_fen=120_000, borrower_limit_fen=9_000),
    "batch",
    annual_quota_fen=60_000,
    borrower_limit_fen=5_000,
)
ANNUAL = ("programme/", "province/")


class GuaranteeBusiness(RuleBasedStateMachine):
    """Reservations by lending, decisions of guarantors, news of loans, days that pass, and all of it again."""

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
        party=st.sampled_from(("uscc:a", "uscc:b", "uscc:c")),
        programme=st.sampled_from(("ordinary", "batch")),
        guarantor=st.sampled_from((HELAN.id, YINCHUAN.id)),
    )
    def reserve(self, amount_fen: int, party: str, programme: str, guarantor: str) -> Guarantee | None:
        self.applications += 1
        wanted = wish(f"app_{self.applications}", amount_fen, party, programme, guarantor)
        before = held(self.database)
        try:
            return reserve(self.database, wanted)
        except Conflict:
            assert held(self.database) == before
            return None

    @rule(guarantee=known)
    def confirm(self, guarantee: Guarantee | None) -> None:
        self.refusable(guarantee, lambda one: confirm(self.database, one))

    @rule(guarantee=known)
    def reject(self, guarantee: Guarantee | None) -> None:
        self.refusable(guarantee, self.rejected)

    @rule(guarantee=known)
    def release(self, guarantee: Guarantee | None) -> None:
        self.refusable(guarantee, self.released)

    @rule(guarantee=known, part=st.integers(1, 12))
    def disburse(self, guarantee: Guarantee | None, part: int) -> None:
        """Up to two tenths more than was reserved: cover stays what it was."""
        drawn = {
            "business_date": self.today,
            "amount_fen": (guarantee.amount_fen if guarantee else 0) * part // 10,
        }
        self.refusable(guarantee, lambda one: disburse(self.database, one, **drawn))

    @rule(guarantee=known, part=st.integers(0, 10))
    def repay(self, guarantee: Guarantee | None, part: int) -> None:
        self.refusable(guarantee, lambda one: repay(self.database, one, one.amount_fen * part // 10))

    @rule(guarantee=consumes(known))
    def settle(self, guarantee: Guarantee | None) -> None:
        self.refusable(guarantee, lambda one: repay(self.database, one, 0))

    @rule(days=st.integers(1, 40))
    def let_days_pass(self, days: int) -> None:
        clock = self.database.clock
        assert isinstance(clock, SettableClock)
        clock.instant += timedelta(days=days)
        jobs.expire_reservations(self.database)

    @invariant()
    def every_limit_is_in_order(self) -> None:
        assert limits_out_of_order(self.database) == []

    @invariant()
    def what_is_held_is_what_the_guarantees_take(self) -> None:
        assert {
            key: fen for key, fen in held(self.database).items() if not key.startswith(ANNUAL)
        } == self.expected()

    @invariant()
    def the_parts_of_every_guarantee_sum_to_it(self) -> None:
        for one in self.all():
            assert sum(share.amount_fen for share in one.shares) == one.amount_fen

    def expected(self) -> dict[str, int]:
        """Liability and borrowers' balances from the guarantees alone, without looking at any hold."""
        found: dict[str, int] = {}
        for one in self.all():
            alive = one.status in (GuaranteeStatus.RESERVED, GuaranteeStatus.CONFIRMED)
            principal = one.amount_fen if alive else one.outstanding_fen
            covered = principal * 8 // 10
            for key, fen in (
                (f"borrower/{one.party}/{one.programme}", principal),
                (f"guarantor/{one.guarantor}/borrower/{one.party}", covered),
                (f"guarantor/{one.guarantor}/liability", covered),
            ):
                found[key] = found.get(key, 0) + fen
        return {key: fen for key, fen in found.items() if fen}

    @property
    def today(self) -> str:
        with self.database.read() as tx:
            return tx.today.isoformat()

    def all(self) -> list[Guarantee]:
        with self.database.read() as tx:
            ids = [row.id for row in tx.rows(sa.select(tables.guarantees.c.id))]
            return [guarantee_store.get(tx, guarantee_id) for guarantee_id in ids]

    def refusable(self, guarantee: Guarantee | None, act: object) -> None:
        """What the state of the guarantee forbids must leave everything as it was."""
        if guarantee is None:
            return
        before = (held(self.database), read_back(self.database, guarantee))
        try:
            act(guarantee)  # type: ignore[operator]
        except Violation:
            assert (held(self.database), read_back(self.database, guarantee)) == before

    def rejected(self, guarantee: Guarantee) -> None:
        by = replace(MANAGER, organisation=guarantee.guarantor)
        reason = Rejection(reason="不符合条件")
        self.database.transact(lambda tx: guarantees.reject(tx, by, guarantee.id, reason))

    def released(self, guarantee: Guarantee) -> None:
        self.database.transact(lambda tx: guarantees.release(tx, LENDING, guarantee.id))

    @rule(net_assets_fen=st.integers(30_000, 60_000))
    def grow(self, net_assets_fen: int) -> None:
        """Net assets only grow here: what happens when they fall has its own test."""
        with self.database.read() as tx:
            known = guarantor_store.get(tx, HELAN.id)
        if net_assets_fen > known.net_assets_fen:
            richer = replace(known, net_assets_fen=net_assets_fen)
            self.database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, richer.id, richer))


GuaranteeBusiness.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestAnyOrder = GuaranteeBusiness.TestCase
