"""Recoveries: costs first, then by what each bore and has not got back; taken back the latest first."""

from datetime import timedelta

import pytest

from libs.chassis.database import Database
from libs.chassis.problems import Conflict, Forbidden, Invalid
from libs.eventing import topics
from rongqiao.guarantee.v1 import claims_pb2, events_pb2
from services.guarantee.domain.claim import Claim, ClaimStatus
from services.guarantee.domain.due import DueKind, DueStatus
from services.guarantee.domain.ledger import Account
from services.guarantee.domain.recovery import (
    NewRecovery,
    RecoveryStatus,
)
from services.guarantee.domain.terms import RecoveryRank
from services.guarantee.operations import recoveries
from services.guarantee.store import ledger as ledger_store
from tests.support.services import emitted
from tests.unit.guarantee.chain import HELAN, MANAGER, TODAY
from tests.unit.guarantee.losses import (
    BANK,
    FUND,
    PROVINCE,
    ROOMY,
    cash,
    claim_of,
    claimed,
    difference,
    dues,
    everything,
    go_by,
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
    settled,
    take_back_payment,
    take_back_recovery,
    wait,
    with_terms,
)

LOAN_FEN = 300_000_000


@pytest.fixture
def claim(business: Database) -> Claim:
    """Golden G1: three million lost, and everybody has paid its part."""
    return settled(business, lend(business, LOAN_FEN), LOAN_FEN)


def test_costs_come_first_and_the_rest_goes_to_all_who_bore_the_loss(
    business: Database, claim: Claim
) -> None:
    found = recover(business, claim, 100_000_000, 12_000_000)

    assert received(found) == {
        "bank": 17_600_000,
        "national": 17_600_000,
        "provincial": 17_600_000,
        "local": 35_200_000,
    }
    assert owed(business) == {
        ("helan", "bank"): 17_600_000,
        ("helan", "fund"): 17_600_000,
        ("helan", "province"): 17_600_000,
    }
    assert difference(business) is None


@pytest.mark.parametrize(
    ("rank", "bank", "tier", "local"),
    [
        (RecoveryRank.SYSTEM_ONLY, 0, 22_000_000, 44_000_000),
        (RecoveryRank.BANK_FIRST, 60_000_000, 7_000_000, 14_000_000),
    ],
)
def test_the_programme_says_who_ranks_first(
    business: Database, claim: Claim, rank: RecoveryRank, bank: int, tier: int, local: int
) -> None:
    go_by(business, with_terms(ROOMY, "ordinary", recovery_rank=rank))

    found = recover(business, claim, 100_000_000, 12_000_000)

    assert received(found) == {"bank": bank, "national": tier, "provincial": tier, "local": local}
    assert difference(business) is None


def test_costs_beyond_a_receipt_are_carried_to_the_next(business: Database, claim: Claim) -> None:
    first = recover(business, claim, 5_000_000, 8_000_000)
    seen = difference(business)
    second = recover(business, claim, 10_000_000, reference="R2")

    assert (first.net_fen, first.costs_carried_fen, seen) == (0, 3_000_000, None)
    assert received(second) == {
        "bank": 1_400_000,
        "national": 1_400_000,
        "provincial": 1_400_000,
        "local": 2_800_000,
    }
    assert claim_of(business, claim).costs_carried_fen == 0
    assert cash(business, HELAN.id, "") == 7_000_000
    assert difference(business) is None


def test_costs_are_carried_again_once_the_receipt_that_bore_them_is_taken_back(
    business: Database, claim: Claim
) -> None:
    recover(business, claim, 5_000_000, 8_000_000)
    before = claim_of(business, claim)
    second = recover(business, claim, 10_000_000, 500_000, "R2")

    take_back_recovery(business, second)

    assert claim_of(business, claim) == before
    assert difference(business) is None


def test_money_that_comes_before_the_refund_lowers_it(business: Database) -> None:
    claim = claimed(business, lend(business, LOAN_FEN), LOAN_FEN)
    pay(business, next(due for due in open_dues(business) if due.kind is DueKind.CLAIM))
    pay(business, next(due for due in open_dues(business) if due.debtor == "org_province"))

    recover(business, claim, 100_000_000, 12_000_000)

    assert owed(business) == {
        ("fund", "helan"): 60_000_000 - 17_600_000,
        ("helan", "bank"): 17_600_000,
        ("helan", "fund"): fee_of_fund(business),
        ("helan", "province"): 17_600_000,
    }
    assert difference(business) is None
    pay_all(business)
    assert loss(business, "org_fund", claim) == 60_000_000 - 17_600_000
    assert difference(business) is None


def fee_of_fund(database: Database) -> int:
    return sum(due.amount_fen for due in dues(database) if due.kind is DueKind.FEE)


def test_money_that_covers_the_refund_cancels_it_and_owes_the_rest(business: Database) -> None:
    claim = claimed(business, lend(business, LOAN_FEN), LOAN_FEN)
    pay(business, next(due for due in open_dues(business) if due.kind is DueKind.CLAIM))

    whole = recover(business, claim, LOAN_FEN)

    refunds = [due for due in dues(business) if due.kind is DueKind.REIMBURSEMENT]
    assert {due.status for due in refunds} == {DueStatus.CANCELLED}
    assert {due.creditor for due in open_dues(business) if due.kind is DueKind.RECOVERY} == {"org_bank"}
    assert claim_of(business, claim).status is ClaimStatus.SETTLED
    assert difference(business) is None
    take_back_recovery(business, whole)
    assert {
        (due.debtor, due.amount_fen) for due in open_dues(business) if due.kind is DueKind.REIMBURSEMENT
    } == {
        ("org_fund", 60_000_000),
        ("org_province", 60_000_000),
    }
    assert claim_of(business, claim).status is ClaimStatus.PAID
    assert difference(business) is None


def test_a_recovery_whose_refund_was_paid_since_is_not_taken_back_before_that(business: Database) -> None:
    claim = claimed(business, lend(business, LOAN_FEN), LOAN_FEN)
    pay(business, next(due for due in open_dues(business) if due.kind is DueKind.CLAIM))
    found = recover(business, claim, 1_000_000)
    refund = pay(business, next(due for due in open_dues(business) if due.debtor == "org_fund"))
    before = everything(business)

    with pytest.raises(Conflict, match="which this recovery lowered, is paid") as refused:
        take_back_recovery(business, found)

    assert (refused.value.field, everything(business)) == ("recovery_id", before)
    take_back_payment(business, refund)
    take_back_recovery(business, found)
    assert owed(business)["fund", "helan"] == 60_000_000
    assert difference(business) is None


def test_what_is_above_the_loss_is_surplus_and_nobodys_part(business: Database, claim: Claim) -> None:
    found = recover(business, claim, LOAN_FEN + 7)

    after = claim_of(business, claim)
    with business.read() as tx:
        surplus = ledger_store.balance(tx, HELAN.id, Account.SURPLUS, claim.id)
    assert (found.surplus_fen, after.surplus_fen, surplus) == (7, 7, -7)
    assert [part.remains_fen for part in after.parts] == [0, 0, 0, 0]
    assert difference(business) is None
    take_back_recovery(business, found)
    assert claim_of(business, claim) == claim
    assert difference(business) is None


def test_the_same_receipt_is_the_same_recovery(business: Database, claim: Claim) -> None:
    first = recover(business, claim, 1_000_000)
    before = everything(business)

    again = recover(business, claim, 1_000_000)

    assert (again, everything(business)) == (first, before)
    with pytest.raises(Conflict, match="with other content") as refused:
        recover(business, claim, 1_000_001)
    assert (refused.value.field, everything(business)) == ("reference", before)


def test_recoveries_are_taken_back_the_latest_first(business: Database, claim: Claim) -> None:
    first, second = recover(business, claim, 1_000_003), recover(business, claim, 2_000_000, 77, "R2")
    before = everything(business)

    with pytest.raises(Conflict, match="the latest first") as refused:
        take_back_recovery(business, first)

    assert (refused.value.field, everything(business)) == ("recovery_id", before)
    assert take_back_recovery(business, second).status is RecoveryStatus.REVERSED
    with pytest.raises(Conflict, match="REVERSED"):
        take_back_recovery(business, second)
    take_back_recovery(business, first)
    assert claim_of(business, claim) == claim
    assert open_dues(business) == []
    assert difference(business) is None


def test_a_recovery_of_which_a_part_was_paid_is_not_taken_back_before_that(
    business: Database, claim: Claim
) -> None:
    found = recover(business, claim, 1_000_000)
    paid = pay(business, open_dues(business)[0])
    before = everything(business)

    with pytest.raises(Conflict):
        take_back_recovery(business, found)

    assert everything(business) == before
    take_back_payment(business, paid)
    take_back_recovery(business, found)
    assert (open_dues(business), difference(business)) == ([], None)


def test_nothing_is_recovered_on_a_claim_that_was_not_paid(business: Database) -> None:
    claim = notify(business, lend(business, LOAN_FEN), LOAN_FEN)
    before = everything(business)

    with pytest.raises(Conflict, match="nothing was paid on it yet"):
        recover(business, claim, 1_000)

    assert everything(business) == before
    refused = refuse(business, claim)
    with pytest.raises(Conflict):
        recover(business, refused, 1_000)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_receipt_lies_between_the_payment_and_today(business: Database, claim: Claim, days: int) -> None:
    new = NewRecovery(reference="R1", gross_fen=1_000, received_on=TODAY + timedelta(days=days))
    before = everything(business)

    with pytest.raises(Invalid) as refused:
        business.transact(lambda tx: recoveries.record(tx, MANAGER, claim.id, new))

    assert (refused.value.field, everything(business)) == ("received_on", before)


def test_only_the_lead_reports_what_came_in(business: Database, claim: Claim) -> None:
    before = everything(business)

    for by in (BANK, PROVINCE, FUND):
        with pytest.raises(Forbidden):
            recover(business, claim, 1_000, by=by)

    assert everything(business) == before


def test_where_the_bank_leads_it_owes_the_guarantors_theirs(business: Database, claim: Claim) -> None:
    go_by(business, with_terms(ROOMY, "ordinary", recovery_lead="bank"))

    found = recover(business, claim, 100_000_000, 12_000_000, by=BANK)

    assert received(found)["local"] == 35_200_000
    assert owed(business) == {
        ("bank", "helan"): 35_200_000,
        ("bank", "fund"): 17_600_000,
        ("bank", "province"): 17_600_000,
    }
    pay(business, next(due for due in open_dues(business) if due.creditor == HELAN.id), MANAGER)
    pay_all(business)
    assert cash(business, HELAN.id, "org_bank") == -240_000_000 + 35_200_000
    assert difference(business) is None
    with pytest.raises(Forbidden):
        recover(business, claim, 1, reference="R2")


def test_a_recovery_in_a_later_year_is_an_entry_of_that_year(business: Database, claim: Claim) -> None:
    wait(business, days=400)

    recover(business, claim, 1_000_000)

    with business.read() as tx:
        last = list(ledger_store.entries(tx, HELAN.id, 0, 1_000))[-1]
    assert last.business_date == TODAY + timedelta(days=400)
    assert difference(business) is None


def test_a_recovery_is_told_when_it_is_booked_and_when_it_is_taken_back(
    business: Database, claim: Claim
) -> None:
    take_back_recovery(business, recover(business, claim, 1_000_000))

    told = [
        event.decode(events_pb2.RecoveryBooked)
        for event in emitted(business)
        if event.topic == topics.GUARANTEE_RECOVERY.name
    ]

    assert [claims_pb2.RecoveryStatus.Name(one.status) for one in told] == [
        "RECOVERY_STATUS_BOOKED",
        "RECOVERY_STATUS_REVERSED",
    ]
    assert sum(part.amount_fen for part in told[0].parts) == 1_000_000
