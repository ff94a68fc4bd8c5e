"""The settlement of a cap at the end of its period: what waited is paid, what was too much goes back."""

from datetime import date

import pytest

from libs.chassis.database import Database
from libs.chassis.problems import Conflict, Forbidden, NotFound
from services.guarantee.domain.claim import ClaimStatus
from services.guarantee.domain.drawdown import DrawdownStatus
from services.guarantee.domain.due import DueKind
from services.guarantee.domain.terms import CapTiming
from tests.unit.guarantee.cap_terms import (
    BATCH,
    FULL,
    NEW_YEAR,
    OF_THE_FUND,
    OF_THE_SYSTEM,
    ORDINARY,
    batch_year,
)
from tests.unit.guarantee.chain import HELAN, MANAGER, MILLION, house_rules
from tests.unit.guarantee.losses import (
    BANK,
    FUND,
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
    recover,
    refuse,
    release,
    repay,
    settle,
    settled,
    wait,
    with_terms,
)


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
