"""Caps on claims: in the order of the notices, cut or waiting, and settled at the end of the period."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.finance.split import covered, split
from libs.finance.tiers import CapDefinition
from services.guarantee.domain.cap import CapStanding
from services.guarantee.domain.claim import Claim, ClaimStatus, borne
from services.guarantee.domain.drawdown import DrawdownStatus
from services.guarantee.domain.due import DueKind
from services.guarantee.domain.filing import FilingStatus
from services.guarantee.domain.guarantee import Rejection
from services.guarantee.domain.guarantor import Guarantor, Tier
from services.guarantee.domain.programme import Status
from services.guarantee.domain.terms import CapLayer, CapTerms, CapTiming
from services.guarantee.operations import caps, filings, guarantors
from tests.unit.guarantee.chain import HELAN, MANAGER, MILLION, OPERATOR, house_rules
from tests.unit.guarantee.losses import (
    BANK,
    FUND,
    PROVINCE,
    accept,
    bears,
    cash,
    claim_of,
    claimed,
    difference,
    drawdown,
    dues,
    everything,
    go_by,
    go_to,
    lend,
    loss,
    notify,
    open_dues,
    owed,
    pay,
    pay_all,
    received,
    recover,
    refuse,
    release,
    repay,
    settle,
    settled,
    wait,
    with_terms,
)

# A ten-thousandth of the fund's share of the ten million that are released: room for two claims of 50,000 fen.
OF_THE_FUND = with_terms(
    house_rules(),
    "ordinary",
    {"timing": CapTiming.AS_CLAIMED, "counts_claim_release": False},
    claim_cap_bp=1,
)
OF_THE_SYSTEM = with_terms(
    OF_THE_FUND,
    "ordinary",
    {"definition": CapDefinition.RELEASED_SYSTEM, "layer": CapLayer.SYSTEM, "excess": "bank"},
)
ORDINARY = "ordinary/*/2026"
BATCH = "batch/org_bank/2026"
NEW_YEAR = date(2027, 1, 4)
FULL = {"bank": 10_000, "national": 10_000, "provincial": 10_000, "local": 20_000}


def standing(database: Database, key: str) -> CapStanding:
    with database.read() as tx:
        return next(one for one in caps.list_caps(tx, OPERATOR).items if one.key == key)


def three_loans(database: Database, fen: int = 50_000) -> list[str]:
    return [lend(database, fen, number=number) for number in (1, 2, 3)]


def test_beyond_the_funds_cap_the_local_guarantor_bears_its_part_and_the_bank_is_paid_in_full(
    business: Database,
) -> None:
    go_by(business, OF_THE_FUND)
    loans = [lend(business, 70_000, number=number) for number in (1, 2)]

    first, second = (settled(business, loan, 70_000) for loan in loans)

    assert bears(first) == {"bank": 14_000, "national": 14_000, "provincial": 14_000, "local": 28_000}
    assert bears(second) == {"bank": 14_000, "national": 6_000, "provincial": 14_000, "local": 36_000}
    assert (second.cut_fen, second.pending_fen) == (8_000, 0)
    assert cash(business, HELAN.id, "org_bank") == -112_000
    assert standing(business, ORDINARY).used_fen == standing(business, ORDINARY).cap_fen == 20_000
    assert difference(business) is None


def test_a_cap_on_the_system_leaves_the_excess_with_the_bank_and_recoveries_follow_that(
    business: Database,
) -> None:
    go_by(business, OF_THE_SYSTEM)
    loans = three_loans(business, 75_000)

    first, crossing, beyond = (settled(business, loan, 75_000) for loan in loans)

    assert (first.cut_fen, crossing.cut_fen, beyond.cut_fen) == (0, 40_000, 60_000)
    assert bears(crossing) == {"bank": 55_000, "national": 5_000, "provincial": 5_000, "local": 10_000}
    assert bears(beyond) == {"bank": 75_000, "national": 0, "provincial": 0, "local": 0}
    assert (beyond.status, drawdown(business, loans[2]).status) == (
        ClaimStatus.SETTLED,
        DrawdownStatus.RELEASED,
    )
    back = recover(business, crossing, 15_000)
    assert received(back) == {"bank": 11_000, "national": 1_000, "provincial": 1_000, "local": 2_000}
    assert difference(business) is None


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_order_of_notices_decides_in_whatever_order_they_are_accepted(
    business: Database, order: tuple[int, ...]
) -> None:
    go_by(business, OF_THE_FUND)
    noticed = list[Claim]()
    for loan in three_loans(business, 75_000):
        noticed.append(notify(business, loan, 75_000))
        wait(business, seconds=1)

    for index in order:
        accept(business, noticed[index])

    uses = [claim_of(business, one).cap_use_fen for one in noticed]
    assert uses == [15_000, 5_000, 0]
    assert difference(business) is None


def test_notices_of_one_instant_are_ordered_by_their_numbers_here(business: Database) -> None:
    go_by(business, OF_THE_FUND)
    noticed = [notify(business, loan, 75_000) for loan in three_loans(business, 75_000)]

    for claim in reversed(noticed):
        accept(business, claim)

    assert [claim_of(business, one).cap_use_fen for one in noticed] == [15_000, 5_000, 0]


def test_a_refused_claim_gives_its_room_back(business: Database) -> None:
    go_by(business, OF_THE_FUND)
    noticed = [notify(business, loan, 75_000) for loan in three_loans(business, 75_000)]

    refuse(business, noticed[0])
    second, third = accept(business, noticed[1]), accept(business, noticed[2])

    assert (second.cap_use_fen, third.cap_use_fen) == (15_000, 5_000)


def test_a_cap_that_is_used_up_stops_new_filings_and_nothing_else(business: Database) -> None:
    go_by(business, OF_THE_FUND)
    loans = [lend(business, 100_000), lend(business, 3 * MILLION, number=2, filed=())]
    settled(business, loans[0], 100_000)

    with pytest.raises(Conflict, match="claim_cap_bp: 200.00 yuan of claims"):
        lend(business, 50_000, number=3)
    with pytest.raises(Conflict, match="No new filings") as stopped:
        business.transact(lambda tx: filings.submit_filing(tx, MANAGER, loans[1]))

    assert (stopped.value.field, bool(stopped.value.source)) == ("guarantee.ordinary.claim_cap_bp", True)
    assert drawdown(business, loans[1]).status is DrawdownStatus.EFFECTIVE
    repay(business, loans[1], 2 * MILLION)
    filed = business.transact(lambda tx: filings.submit_filing(tx, MANAGER, loans[1]))
    assert {one.status for one in filed.items} == {FilingStatus.SUBMITTED, FilingStatus.PENDING}


@pytest.mark.parametrize(("counts", "released_fen"), [(True, 1_000_050_000), (False, 1_000_000_000)])
def test_whether_a_loan_released_by_a_claim_counts_is_a_parameter(
    business: Database, counts: bool, released_fen: int
) -> None:
    rules = with_terms(OF_THE_FUND, "ordinary", {"counts_claim_release": counts}, claim_cap_bp=10_000)
    go_by(business, rules)

    settled(business, lend(business, 50_000), 50_000)

    assert standing(business, ORDINARY).cap_fen == released_fen * 2_000 // 10_000


def test_two_that_are_decided_at_once_do_not_take_the_last_room_twice(database: Database) -> None:
    go_by(database, OF_THE_FUND)
    release(database, 10 * MILLION)
    noticed = [notify(database, loan, 75_000) for loan in three_loans(database, 75_000)]

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda claim: accept(database, claim), noticed))

    assert [claim_of(database, one).cap_use_fen for one in noticed] == [15_000, 5_000, 0]
    assert difference(database) is None


def test_in_ordinary_business_the_fund_refunds_at_once_and_is_given_back_what_the_year_does_not_allow(
    database: Database,
) -> None:
    """The real terms: nothing was released when the defaults came, and too little until the end of the year."""
    first = settled(database, lend(database, 50_000), 50_000)
    second = settled(database, lend(database, 50_000, number=2), 50_000)
    meanwhile = [loss(database, "org_fund", one) for one in (first, second)]
    release(database, 1_400_000)  # with both claims 1,500,000, of which four per cent of a fifth are 12,000
    go_to(database, NEW_YEAR)

    found = settle(database, ORDINARY)

    assert (bears(first), meanwhile) == (FULL, [10_000, 10_000])
    assert bears(claim_of(database, first)) == FULL
    assert bears(claim_of(database, second)) == FULL | {"national": 2_000, "local": 28_000}
    assert (claim_of(database, second).cut_fen, found.used_fen, found.cap_fen) == (8_000, 12_000, 12_000)
    assert owed(database) == {("helan", "fund"): 8_000}
    assert difference(database) is None
    pay_all(database)
    assert [loss(database, book, second) for book in ("org_fund", HELAN.id)] == [2_000, 28_000]
    assert claim_of(database, second).status is ClaimStatus.SETTLED
    assert difference(database) is None


def test_a_refund_that_is_not_paid_at_the_settlement_is_balanced_by_what_goes_back(
    business: Database,
) -> None:
    go_by(business, with_terms(house_rules(), "ordinary", claim_cap_bp=0))
    claim = claimed(business, lend(business, 50_000), 50_000)
    pay(business, next(due for due in open_dues(business) if due.kind is DueKind.CLAIM))
    go_to(business, NEW_YEAR)

    settle(business, ORDINARY)
    pay_all(business)

    assert bears(claim_of(business, claim)) == FULL | {"national": 0, "local": 30_000}
    assert (loss(business, "org_fund", claim), loss(business, HELAN.id, claim)) == (0, 30_000)
    assert cash(business, "org_fund", HELAN.id) == fees_of_fund(business)
    assert difference(business) is None


def fees_of_fund(database: Database) -> int:
    return sum(due.amount_fen for due in dues(database) if due.kind is DueKind.FEE)


def test_what_was_recovered_already_is_not_asked_back_at_the_settlement(business: Database) -> None:
    go_by(business, with_terms(house_rules(), "ordinary", claim_cap_bp=0))
    claim = settled(business, lend(business, 50_000), 50_000)
    recover(business, claim, 20_001)
    pay_all(business)
    go_to(business, NEW_YEAR)

    settle(business, ORDINARY)
    pay_all(business)

    after = claim_of(business, claim)
    assert all(0 <= part.received_fen <= part.bears_fen for part in after.parts)
    assert 4_000 <= bears(after)["national"] <= 4_002
    assert [loss(business, part.organisation, after) for part in after.parts if part.party != "bank"] == [
        part.remains_fen for part in after.parts if part.party != "bank"
    ]
    assert difference(business) is None


def test_where_the_cap_is_on_the_system_the_bank_gives_back_what_the_year_does_not_allow(
    business: Database,
) -> None:
    system = with_terms(OF_THE_SYSTEM, "ordinary", {"timing": CapTiming.PERIOD_END})
    go_by(business, system)
    first, second = (settled(business, lend(business, 75_000, number=number), 75_000) for number in (1, 2))
    go_to(business, NEW_YEAR)

    settle(business, ORDINARY)

    after = claim_of(business, second)
    assert bears(claim_of(business, first)) == bears(first)
    assert bears(after) == {"bank": 55_000, "national": 5_000, "provincial": 5_000, "local": 10_000}
    assert owed(business) == {("bank", "helan"): 40_000}
    assert difference(business) is None
    pay(business, open_dues(business)[0])
    assert owed(business) == {("helan", "fund"): 10_000, ("helan", "province"): 10_000}
    assert difference(business) is None
    pay_all(business)
    assert cash(business, HELAN.id, "org_bank") == -120_000 + 40_000
    assert [loss(business, book, second) for book in (HELAN.id, "org_fund", "org_province")] == [
        10_000,
        5_000,
        5_000,
    ]
    assert difference(business) is None


WAITING = with_terms(house_rules(), "ordinary", {"timing": CapTiming.PENDING})


def test_where_the_programme_lets_it_wait_the_fund_tops_up_at_the_end_of_a_year_that_began_small(
    database: Database,
) -> None:
    go_by(database, WAITING)
    first = settled(database, lend(database, 50_000), 50_000)
    waits = (bears(first), first.pending_fen, first.cut_fen, owed(database))
    release(database, 10 * MILLION)
    go_to(database, NEW_YEAR)

    found = settle(database, ORDINARY)

    assert waits == (FULL | {"national": 0, "local": 30_000}, 10_000, 0, {})
    assert bears(claim_of(database, first)) == FULL
    assert owed(database) == {("fund", "helan"): 10_000}
    assert (found.used_fen, found.settled_on) == (10_000, NEW_YEAR)
    assert difference(database) is None
    pay_all(database)
    assert loss(database, HELAN.id, first) == 20_000
    assert claim_of(database, first).status is ClaimStatus.SETTLED
    assert difference(database) is None


def test_at_the_settlement_a_tier_owes_nothing_before_the_bank_was_paid(business: Database) -> None:
    loan = lend(business, 50_000)
    go_by(business, with_terms(WAITING, "ordinary", claim_cap_bp=0))
    claim = claimed(business, loan, 50_000)
    go_by(business, WAITING)
    go_to(business, NEW_YEAR)

    settle(business, ORDINARY)

    assert "org_fund" not in {due.debtor for due in open_dues(business) if due.kind is not DueKind.FEE}
    pay_all(business)
    assert (bears(claim_of(business, claim)), loss(business, "org_fund", claim)) == (FULL, 10_000)
    assert difference(business) is None


def batch_year(database: Database) -> None:
    """A loan of ten million that was guaranteed for 30 days: 1,972,602 fen of cap."""
    loan = lend(database, 10 * MILLION, "batch", (), number=200)
    wait(database, days=30)
    repay(database, loan, 0)


def test_in_batch_business_the_fund_pays_and_the_others_owe_it(database: Database) -> None:
    batch_year(database)
    claim = claimed(database, lend(database, 50_000, "batch"), 50_000)
    pay_all_but_refunds(database)

    assert (claim.payer, bears(claim)) == ("org_fund", FULL)
    assert owed(database) == {("helan", "fund"): 20_000, ("province", "fund"): 10_000}
    pay_all(database)
    assert cash(database, "org_fund", "org_bank") == -40_000
    assert [loss(database, book, claim) for book in ("org_fund", "org_province", HELAN.id)] == [
        10_000,
        10_000,
        20_000,
    ]
    assert difference(database) is None


def pay_all_but_refunds(database: Database) -> None:
    for due in open_dues(database):
        pay(database, due)


def test_where_the_fund_did_not_take_the_loan_the_local_guarantor_pays(business: Database) -> None:
    batch_year(business)
    loan = lend(business, 50_000, "batch", ("provincial",))
    reject = Rejection(reason="超限")
    business.transact(lambda tx: filings.reject_filing(tx, FUND, loan, "national", reject))

    claim = settled(business, loan, 50_000)

    assert (claim.payer, bears(claim)) == (HELAN.id, FULL | {"national": 0, "local": 30_000})
    assert difference(business) is None


def test_a_claim_before_anything_was_released_waits_and_is_starved_by_no_later_one(
    business: Database,
) -> None:
    early = claimed(business, lend(business, 50_000, "batch"), 50_000)
    assert (early.status, early.pending_fen, bears(early)["bank"]) == (ClaimStatus.SETTLED, 40_000, 50_000)
    assert drawdown(business, early.loan_id).status is DrawdownStatus.EFFECTIVE
    batch_year(business)
    late = claimed(business, lend(business, 5_000_000, "batch", number=2), 5_000_000)
    pay_all(business)
    assert late.cap_use_fen == 1_972_602 - 40_000
    assert difference(business) is None
    go_to(business, NEW_YEAR)

    found = settle(business, BATCH)

    early, late = claim_of(business, early), claim_of(business, late)
    assert (early.cap_use_fen, bears(early), early.payer) == (40_000, FULL, "org_fund")
    assert (late.pending_fen, late.cap_use_fen + late.cut_fen) == (0, 4_000_000)
    assert found.used_fen == early.cap_use_fen + late.cap_use_fen <= found.cap_fen
    assert difference(business) is None
    pay_all(business)
    assert loss(business, HELAN.id, early) == 20_000
    assert drawdown(business, early.loan_id).status is DrawdownStatus.RELEASED
    assert claim_of(business, early).status is ClaimStatus.SETTLED
    assert difference(business) is None


def test_what_the_cap_has_no_room_for_in_the_end_is_the_banks_for_good(business: Database) -> None:
    claim = claimed(business, lend(business, 50_000, "batch"), 50_000)
    go_to(business, NEW_YEAR)

    settle(business, BATCH)

    after = claim_of(business, claim)
    assert (after.status, after.cut_fen, after.pending_fen) == (ClaimStatus.SETTLED, 40_000, 0)
    assert (bears(after)["bank"], drawdown(business, claim.loan_id).outstanding_fen) == (50_000, 0)
    assert difference(business) is None


def test_a_settlement_gives_the_bank_no_more_than_it_still_lacks(business: Database) -> None:
    batch_year(business)
    other = lend(business, 10 * MILLION, "batch", (), number=201)
    claim = settled(business, lend(business, 5_000_000, "batch"), 5_000_000)
    recover(business, claim, 4_900_000, by=BANK)
    pay_all(business)
    lacks_fen = sum(part.remains_fen for part in claim_of(business, claim).parts if part.party == "bank")
    wait(business, days=8)
    repay(business, other, 0)
    go_to(business, NEW_YEAR)

    settle(business, BATCH)

    after = claim_of(business, claim)
    assert after.cap_use_fen == claim.cap_use_fen + lacks_fen
    assert all(0 <= part.received_fen <= part.bears_fen for part in after.parts)
    pay_all(business)
    assert difference(business) is None


def test_a_period_is_settled_once(business: Database) -> None:
    claimed(business, lend(business, 50_000, "batch"), 50_000)
    go_to(business, NEW_YEAR)
    first = settle(business, BATCH)
    before = everything(business)

    again = settle(business, BATCH, FUND)

    assert (again, everything(business)) == (first, before)


def test_a_period_is_not_settled_before_its_end_nor_before_its_claims_are_decided(business: Database) -> None:
    claim = notify(business, lend(business, 50_000, "batch"), 50_000)
    accept(business, claim)
    other = notify(business, lend(business, 50_000, "batch", number=2), 50_000)
    before = everything(business)

    with pytest.raises(Conflict, match="once that has ended|its period is 2026") as early:
        settle(business, BATCH)
    go_to(business, NEW_YEAR)
    with pytest.raises(Conflict, match=other.id) as undecided:
        settle(business, BATCH)
    with pytest.raises(Forbidden):
        settle(business, BATCH, MANAGER)
    with pytest.raises(NotFound):
        settle(business, "batch/org_bank/1999")

    assert (early.value.field, undecided.value.field) == ("key", "claims")
    assert everything(business) == before
    refuse(business, other)
    assert settle(business, BATCH).settled_on == NEW_YEAR


def test_a_cap_that_is_measured_at_each_claim_is_never_settled(business: Database) -> None:
    go_by(business, OF_THE_FUND)
    settled(business, lend(business, 50_000), 50_000)
    go_to(business, NEW_YEAR)

    with pytest.raises(Conflict, match="AS_CLAIMED"):
        settle(business, ORDINARY)


def test_a_notice_of_the_old_year_after_its_settlement_is_cut_for_good(business: Database) -> None:
    claimed(business, lend(business, 50_000, "batch"), 50_000)
    loan = lend(business, 50_000, "batch", number=2)
    go_to(business, NEW_YEAR)
    settle(business, BATCH)

    late = accept(business, notify(business, loan, 50_000, noticed_on=date(2026, 12, 31)))

    assert (late.cap, late.cut_fen, late.pending_fen) == (BATCH, 40_000, 0)
    assert difference(business) is None


POOL = Guarantor(id="org_pool", name="科技贷款风险补偿资金池", tier=Tier.POOL, net_assets_fen=30 * MILLION)


def test_a_pool_pays_no_more_than_it_holds_in_all_years_together(business: Database) -> None:
    """The model of policies/, put in force with 30,000 fen."""
    pool = with_terms(house_rules(), "risk_pool", status=Status.ACTIVE, pool_fen=30_000, labels=())
    go_by(business, pool)
    business.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, POOL.id, POOL))
    first = settled(business, lend(business, 50_000, "risk_pool", ("pool",)), 50_000)
    other = lend(business, 50_000, "risk_pool", ("pool",), number=2)
    go_to(business, NEW_YEAR)

    second = settled(business, other, 50_000)

    assert bears(first) == {"bank": 10_000, "pool": 20_000, "local": 20_000}
    assert bears(second) == {"bank": 20_000, "pool": 10_000, "local": 20_000}
    assert (second.cap, second.cut_fen) == ("risk_pool/*/0", 10_000)
    assert cash(business, HELAN.id, "org_bank") == -40_000 - 30_000
    assert difference(business) is None


def test_a_bank_sees_its_own_caps_and_those_of_all_banks(business: Database) -> None:
    claimed(business, lend(business, 50_000, "batch"), 50_000)
    other = Principal("acc_other", Role.BANK_OFFICER, "org_other")
    with business.read() as tx:
        seen = {by: [one.key for one in caps.list_caps(tx, by).items] for by in (BANK, other, PROVINCE)}
        with pytest.raises(Forbidden):
            caps.list_caps(tx, Principal("acc_sme", Role.SME, "uscc:1"))

    assert seen == {BANK: [BATCH, ORDINARY], other: [ORDINARY], PROVINCE: [BATCH, ORDINARY]}


def test_every_standing_names_its_definition_and_source(business: Database) -> None:
    found = standing(business, ORDINARY)

    assert (found.definition, found.cap_bp, found.cap_fen) == (
        CapDefinition.NATIONAL_LAYER,
        10_000,
        200_000_000,
    )
    assert (found.ratio_ppm, found.source) == (0, found.source)
    assert found.source


SHARES = next(one for one in house_rules().programmes if one.id == "ordinary").shares
CAPS = [one.cap for one in house_rules().programmes if one.cap.layer is not CapLayer.POOL]
FILED = st.lists(st.sampled_from(("national", "provincial")), unique=True)


@given(st.integers(0, 10**12), FILED, st.sampled_from(CAPS), st.integers(-(10**12), 10**12))
def test_however_a_claim_is_cut_its_parts_sum_to_it_and_the_cap_holds(
    claimed_fen: int, filed: list[str], terms: CapTerms, room_fen: int
) -> None:
    found = borne(claimed_fen, SHARES, filed, terms, room_fen)

    assert sum(found.parts.values()) == claimed_fen
    assert min(found.parts.values()) >= 0
    assert found.cap_use_fen <= max(0, room_fen)
    assert all(found.parts[party] == 0 for party in ("national", "provincial") if party not in filed)
    assert claimed_fen - found.parts["bank"] <= covered(claimed_fen, SHARES)
    if terms.layer is CapLayer.NATIONAL:
        assert found.parts["bank"] == split(claimed_fen, SHARES)["bank"]
