"""Whatever takes room, gives it back, returns it or changes what it is measured by, in whatever order: exposures are
their holds and what is returned, liability limits hold what borrowers weigh, and nothing that is taken goes beyond."""

import calendar
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from libs.chassis.problems import Conflict
from libs.registry.size import Size
from services.guarantee import store
from services.guarantee.domain.admission import AdmissionStatus
from services.guarantee.domain.ledger import Account
from services.guarantee.domain.programme import Rulebook
from services.guarantee.domain.proposal import Proposal
from services.guarantee.domain.red_lines import Weight, WeightKind
from services.guarantee.domain.related import NewRelatedGroup, RelationKind
from services.guarantee.domain.terms import BorrowerScope
from services.guarantee.operations import guarantors, parties, rooms, rules
from services.guarantee.store import exposures as exposure_store
from services.guarantee.store import ledger as ledger_store
from services.guarantee.store import tables
from tests.support.services import opened
from tests.unit.guarantee.books import load, monthly, party, row
from tests.unit.guarantee.chain import (
    FIRM,
    HELAN,
    MANAGER,
    OPERATOR,
    SELF,
    admit,
    exposures_out_of_order,
    house_rules,
    limits_astray,
    open_business,
    proposal,
    with_figures,
)

FIRMS = tuple(party(number) for number in range(4))
LOANS = st.tuples(
    st.sampled_from(FIRMS), st.integers(1, 90_000), st.sampled_from((Size.MICRO, Size.SMALL, None))
)
USUALLY = (*[AdmissionStatus.ADMITTED] * 4, AdmissionStatus.SUSPENDED)
POOR = replace(HELAN, net_assets_fen=1_000_000)


def rules_of(group: bool, bound_fen: int) -> Rulebook:
    """Small limits, and weights whose bound small loans reach."""
    found = with_figures(
        house_rules(),
        "ordinary",
        annual_quota_fen=9_000_000,
        borrower_limit_fen=150_000,
        borrower_scope=BorrowerScope.GROUP if group else BorrowerScope.PARTY,
    )
    weights = (
        Weight(kind=WeightKind.SMALL, balance_max_fen=bound_fen, weight_bp=7_500),
        Weight(kind=WeightKind.OTHER, weight_bp=10_000),
    )
    lines = tuple(replace(one, weights=weights) for one in found.red_lines)
    return replace(found, policy_set=f"pol_{group}_{bound_fen}", red_lines=lines)


class Rooms(RuleBasedStateMachine):
    """One guarantor, four firms, and everything that moves their limits."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="rongqiao-")
        self.opening = opened(f"sqlite:///{Path(self.folder.name) / 'guarantee.db'}", store.metadata)
        self.database = self.opening.__enter__()
        self.holders: dict[str, tuple[str, int]] = {}
        self.months = 0
        self.number = 0

    def teardown(self) -> None:
        self.opening.__exit__(None, None, None)
        self.folder.cleanup()

    @initialize()
    def open(self) -> None:
        open_business(self.database, rules_of(False, 50_000), POOR)

    @rule(wanted=st.lists(LOANS, min_size=1, max_size=3))
    def reserve(self, wanted: list[tuple[str, int, Size | None]]) -> None:
        for firm, amount_fen, size in wanted:
            self.reserve_one(firm, amount_fen, size)

    def reserve_one(self, firm: str, amount_fen: int, size: Size | None) -> None:
        self.number += 1
        holder, before = f"gua_{self.number}", self.held()
        wanted = proposal(amount_fen, firm, dimensions=replace(FIRM, size=size))
        try:
            self.take(wanted, holder)
        except Conflict:
            assert self.held() == before
            return
        self.holders[holder] = (firm, amount_fen)
        beyond = {key for key, (fen, limit_fen) in self.held().items() if fen > limit_fen}
        grown = {key for key, (fen, _) in self.held().items() if fen > before.get(key, (0, 0))[0]}
        assert not {key for key in beyond & grown if self.binds(key)}

    @rule(index=st.integers(0, 50), part=st.integers(0, 10), annual=st.booleans())
    def shrink(self, index: int, part: int, annual: bool) -> None:
        if not self.holders:
            return
        holder = sorted(self.holders)[index % len(self.holders)]
        firm, amount_fen = self.holders[holder]
        left_fen = amount_fen * part // 10
        shares = house_rules().programme("ordinary", date(2026, 11, 22)).shares
        self.database.transact(
            lambda tx: rooms.shrink(tx, holder, HELAN.id, firm, left_fen, shares, annual=annual)
        )
        self.holders[holder] = (firm, left_fen)

    @rule(index=st.integers(0, 50))
    def free(self, index: int) -> None:
        if self.holders:
            holder = sorted(self.holders)[index % len(self.holders)]
            firm, _ = self.holders.pop(holder)
            self.database.transact(lambda tx: rooms.free(tx, holder, HELAN.id, firm))

    @rule(balances=st.dictionaries(st.integers(0, 5), st.integers(0, 900), max_size=5))
    def returned(self, balances: dict[int, int]) -> None:
        """Contracts 4 and 5 are further ones of the first two firms."""
        rows = [
            row(
                number,
                party=FIRMS[number % 4],
                loan_amount="1000",
                loan_balance=f"{yuan}",
                guaranteed_balance=f"{yuan * 8 // 10}",
                size="" if number == 3 else "SMALL",
                drawn_on="2026-03-01" if number % 2 else "2023-03-01",
                national_filed="yes" if number == 1 else "no",
            )
            for number, yuan in balances.items()
        ]
        if self.months >= 9:
            return
        self.months += 1
        last = calendar.monthrange(2026, self.months)[1]
        as_of = date(2026, self.months, last)
        if self.months == 1:
            load(self.database, [one for one in rows if one["drawn_on"] < "2026"], as_of=as_of)
        else:
            kept = [one for one in rows if one["drawn_on"] <= as_of.isoformat()]
            monthly(self.database, kept, as_of)

    @rule(net_assets_fen=st.integers(100_000, 2_000_000), investments_fen=st.integers(0, 200_000))
    def figures(self, net_assets_fen: int, investments_fen: int) -> None:
        changed = replace(POOR, net_assets_fen=net_assets_fen, investments_fen=investments_fen)
        self.database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, HELAN.id, changed))

    @rule(credit_line_fen=st.integers(50_000, 900_000), status=st.sampled_from(USUALLY))
    def admission(self, credit_line_fen: int, status: AdmissionStatus) -> None:
        admit(self.database, HELAN.id, credit_line_fen=credit_line_fen, status=status, reason="年度评审")

    @rule(group=st.sampled_from(("grp_1", "grp_2")), members=st.sets(st.sampled_from(FIRMS)))
    def relate(self, group: str, members: set[str]) -> None:
        found = NewRelatedGroup(name="同一控制人", kind=RelationKind.CONTROL, parties=tuple(sorted(members)))
        self.database.transact(lambda tx: parties.put_group(tx, MANAGER, group, found))

    @rule(group=st.booleans(), bound_fen=st.sampled_from((20_000, 50_000, 100_000)))
    def reweigh(self, group: bool, bound_fen: int) -> None:
        self.database.transact(lambda tx: rules.load(tx, SELF, rules_of(group, bound_fen)))

    @invariant()
    def limits_hold_what_is_taken_and_returned(self) -> None:
        assert limits_astray(self.database) == []
        assert exposures_out_of_order(self.database) == []

    @invariant()
    def the_ledger_knows_what_is_returned(self) -> None:
        with self.database.read() as tx:
            known = exposure_store.of_guarantor(tx, HELAN.id)
            balances = ledger_store.balances(tx, HELAN.id)
        returned = {
            other: -fen for (_, account, other), fen in balances.items() if account == Account.RETURNED
        }
        assert {one.party: one.returned_fen for one in known if one.returned_fen} == {
            name: fen for name, fen in returned.items() if fen
        }

    def take(self, wanted: Proposal, holder: str) -> None:
        self.database.transact(
            lambda tx: rooms.reserve(tx, rooms.chain(tx, "ordinary", HELAN.id), wanted, holder)
        )

    def held(self) -> dict[str, tuple[int, int]]:
        with self.database.read() as tx:
            rows = tx.rows(sa.select(tables.limits).where(tables.limits.c.held_fen > 0))
        return {row.key: (row.held_fen, row.limit_fen) for row in rows}

    def binds(self, key: str) -> bool:
        """Related parties share a borrower's limit only where the programme says so."""
        with self.database.read() as tx:
            scope = rooms.chain(tx, "ordinary", HELAN.id).programme.borrower_scope
        return not key.startswith("group/") or (scope is BorrowerScope.GROUP and key.endswith("/ordinary"))


TestAnyRoom = Rooms.TestCase
TestAnyRoom.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
