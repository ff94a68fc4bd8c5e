"""Caps on claims: in the order of the notices, cut or waiting, and settled at the end of the period."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden
from libs.finance.split import covered, split
from libs.finance.tiers import CapDefinition
from services.guarantee.domain.cap import CapStanding
from services.guarantee.domain.claim import Claim, ClaimStatus, borne
from services.guarantee.domain.drawdown import DrawdownStatus
from services.guarantee.domain.filing import FilingStatus
from services.guarantee.domain.guarantee import Rejection
from services.guarantee.domain.guarantor import Guarantor, Tier
from services.guarantee.domain.programme import Status
from services.guarantee.domain.terms import CapLayer, CapTerms
from services.guarantee.operations import caps, filings, guarantors
from tests.unit.guarantee.cap_terms import (
    BATCH,
    FULL,
    NEW_YEAR,
    OF_THE_FUND,
    OF_THE_SYSTEM,
    ORDINARY,
    batch_year,
)
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
    settled,
    wait,
    with_terms,
)


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
