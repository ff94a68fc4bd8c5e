"""Payments of dues: by whom, once, back again, disputed, given up."""

from datetime import timedelta
from typing import Any

import pytest

from libs.chassis.database import Database, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.violation import Violation
from services.guarantee.domain.claim import Claim, ClaimStatus
from services.guarantee.domain.due import Due, DueKind, DueStatus, Payment, Reason
from services.guarantee.operations import claims as claim_operations
from services.guarantee.operations import dues as due_operations
from services.guarantee.operations import payments
from tests.unit.guarantee.chain import HELAN, MANAGER, OPERATOR, TODAY
from tests.unit.guarantee.losses import (
    BANK,
    FUND,
    PROVINCE,
    STORY_FEN,
    cash,
    claim_of,
    claimed,
    difference,
    drawdown,
    dues,
    everything,
    lend,
    loss,
    open_dues,
    owed,
    pay,
    pay_all,
    recover,
    take_back_payment,
    take_back_recovery,
    wait,
)

REASON = Reason(reason="金额有误")


@pytest.fixture
def claim(business: Database) -> Claim:
    """Accepted, and all fees before it paid."""
    loan = lend(business)
    pay_all(business)
    return claimed(business, loan, STORY_FEN)


def due_of(database: Database, kind: DueKind, debtor: str | None = None) -> Due:
    """The newest due of a kind."""
    return [one for one in dues(database) if one.kind is kind and debtor in (None, one.debtor)][-1]


def test_a_payment_that_is_told_twice_is_one_payment(business: Database, claim: Claim) -> None:
    due = due_of(business, DueKind.CLAIM)
    paid = pay(business, due)
    before = everything(business)

    again = pay(business, due)

    assert (again, everything(business)) == (paid, before)
    assert cash(business, HELAN.id, "org_bank") == -193_501_234


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reference": "another"}, "status"),
        ({"paid_on": TODAY - timedelta(days=1)}, "status"),
    ],
)
def test_a_paid_due_is_not_paid_by_another_payment(
    business: Database, claim: Claim, change: dict[str, Any], field: str
) -> None:
    due = due_of(business, DueKind.CLAIM)
    pay(business, due)
    before = everything(business)

    with pytest.raises(Violation) as refused:
        pay(business, due, **change)

    assert (refused.value.field, everything(business)) == (field, before)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_payment_lies_between_the_day_of_the_due_and_today(
    business: Database, claim: Claim, days: int
) -> None:
    before = everything(business)

    with pytest.raises(Violation) as refused:
        pay(business, due_of(business, DueKind.CLAIM), paid_on=TODAY + timedelta(days=days))

    assert (refused.value.field, everything(business)) == ("paid_on", before)


@pytest.mark.parametrize(
    ("by", "kind"),
    [
        (BANK, Forbidden),
        (FUND, NotFound),
        (PROVINCE, NotFound),
        (Principal("acc_officer", Role.GUARANTOR_OFFICER, HELAN.id), Forbidden),
        (OPERATOR, Forbidden),
    ],
)
def test_a_due_is_paid_by_its_debtor_alone(
    business: Database, claim: Claim, by: Principal, kind: type[Exception]
) -> None:
    before = everything(business)

    with pytest.raises(kind):
        pay(business, due_of(business, DueKind.CLAIM), by)

    assert everything(business) == before


def test_the_tiers_owe_their_parts_once_the_bank_is_paid_and_not_before(
    business: Database, claim: Claim
) -> None:
    before = owed(business)
    pay(business, due_of(business, DueKind.CLAIM))

    assert before == {("helan", "bank"): 193_501_234}
    assert owed(business) == {("fund", "helan"): 48_375_308, ("province", "helan"): 48_375_308}
    assert claim_of(business, claim).status is ClaimStatus.PAID
    assert drawdown(business, claim.loan_id).outstanding_fen == 0
    due = due_of(business, DueKind.REIMBURSEMENT)
    assert due.due_by == TODAY + timedelta(days=30)


def test_a_payment_that_came_back_is_owed_again_with_all_that_followed(
    business: Database, claim: Claim
) -> None:
    due = pay(business, due_of(business, DueKind.CLAIM))
    take_back_payment(business, due)
    back = (owed(business), claim_of(business, claim).status, difference(business))

    pay_all(business)

    assert back == ({("helan", "bank"): 193_501_234}, ClaimStatus.ACCEPTED, None)
    assert claim_of(business, claim).status is ClaimStatus.SETTLED
    assert cash(business, HELAN.id, "org_bank") == -193_501_234
    assert loss(business, HELAN.id, claim) == 96_750_618
    assert difference(business) is None


def test_payments_come_back_the_latest_first(business: Database, claim: Claim) -> None:
    first = pay(business, due_of(business, DueKind.CLAIM))
    refund = pay(business, due_of(business, DueKind.REIMBURSEMENT, "org_fund"))
    before = everything(business)

    with pytest.raises(Conflict, match="followed this payment") as refused:
        take_back_payment(business, first)

    assert (refused.value.field, everything(business)) == ("due_id", before)
    take_back_payment(business, refund)
    assert difference(business) is None
    take_back_payment(business, first)
    assert owed(business) == {("helan", "bank"): 193_501_234}
    assert difference(business) is None
    pay_all(business)
    assert [loss(business, book, claim) for book in (HELAN.id, "org_fund")] == [96_750_618, 48_375_308]
    assert difference(business) is None


def test_a_payment_on_which_a_recovery_stands_does_not_come_back(business: Database, claim: Claim) -> None:
    due = pay(business, due_of(business, DueKind.CLAIM))
    recovery = recover(business, claim, 1_000)
    before = everything(business)

    with pytest.raises(Conflict, match="followed this payment"):
        take_back_payment(business, due)

    assert everything(business) == before
    take_back_recovery(business, recovery)
    take_back_payment(business, due)
    assert owed(business) == {("helan", "bank"): 193_501_234}
    assert difference(business) is None


def test_only_a_payment_that_was_made_comes_back(business: Database, claim: Claim) -> None:
    before = everything(business)

    with pytest.raises(Violation):
        take_back_payment(business, due_of(business, DueKind.CLAIM))

    assert everything(business) == before


def test_a_disputed_due_is_not_paid_until_the_dispute_is_withdrawn(business: Database, claim: Claim) -> None:
    due = due_of(business, DueKind.CLAIM)
    business.transact(lambda tx: payments.dispute(tx, BANK, due.id, REASON))
    before = everything(business)

    with pytest.raises(Violation, match="DISPUTED"):
        pay(business, due)
    with pytest.raises(Violation, match="org_bank disputed it"):
        business.transact(lambda tx: payments.withdraw_dispute(tx, MANAGER, due.id))
    with pytest.raises(Violation, match="DISPUTED"):
        business.transact(lambda tx: payments.dispute(tx, MANAGER, due.id, REASON))
    with pytest.raises(NotFound):
        business.transact(lambda tx: payments.dispute(tx, FUND, due.id, REASON))

    assert everything(business) == before
    agreed = business.transact(lambda tx: payments.withdraw_dispute(tx, BANK, due.id))
    assert (agreed.status, agreed.dispute) == (DueStatus.OPEN, "金额有误")
    assert pay(business, due).status is DueStatus.PAID


@pytest.fixture
def fee(business: Database) -> Due:
    """What the fund charges for a loan."""
    lend(business)
    return due_of(business, DueKind.FEE)


def test_a_fee_is_given_up_by_its_creditor_and_leaves_no_trace_in_balances(
    business: Database, fee: Due
) -> None:
    before = everything(business)

    with pytest.raises(Forbidden):
        business.transact(lambda tx: payments.cancel(tx, MANAGER, fee.id, REASON))
    with pytest.raises(NotFound):
        business.transact(lambda tx: payments.cancel(tx, PROVINCE, fee.id, REASON))

    assert everything(business) == before
    gone = business.transact(lambda tx: payments.cancel(tx, FUND, fee.id, REASON))
    assert (gone.status, open_dues(business), difference(business)) == (DueStatus.CANCELLED, [], None)
    with pytest.raises(Violation):
        pay(business, fee)


def test_a_paid_fee_is_given_up_after_its_payment_came_back(business: Database, fee: Due) -> None:
    pay(business, fee)
    with pytest.raises(Violation, match="PAID"):
        business.transact(lambda tx: payments.cancel(tx, FUND, fee.id, REASON))
    take_back_payment(business, fee)

    business.transact(lambda tx: payments.cancel(tx, FUND, fee.id, REASON))

    assert cash(business, "org_fund", HELAN.id) == 0
    assert difference(business) is None


def test_what_is_no_fee_is_not_given_up(business: Database, claim: Claim) -> None:
    pay(business, due_of(business, DueKind.CLAIM))
    refund = due_of(business, DueKind.REIMBURSEMENT, "org_fund")
    before = everything(business)

    with pytest.raises(Violation, match="REIMBURSEMENT"):
        business.transact(lambda tx: payments.cancel(tx, MANAGER, refund.id, REASON))

    assert everything(business) == before


def test_dues_are_seen_by_their_two_sides(business: Database, fee: Due) -> None:
    with business.read() as tx:
        seen = [due_operations.get_due(tx, by, fee.id).id for by in (MANAGER, FUND, OPERATOR)]
        counts = [len(due_operations.list_dues(tx, by).items) for by in (MANAGER, FUND, BANK, OPERATOR)]
        paid = due_operations.list_dues(tx, FUND, DueStatus.PAID).items
        for by in (BANK, PROVINCE):
            with pytest.raises(NotFound):
                due_operations.get_due(tx, by, fee.id)

    assert seen == [fee.id] * 3
    assert (counts, paid) == ([1, 1, 0, 1], ())


class Killed(Exception):
    """The process died before the transaction was committed."""


def test_a_process_that_dies_between_two_payments_loses_and_doubles_nothing(
    business: Database, claim: Claim
) -> None:
    while found := open_dues(business):
        before = everything(business)
        with pytest.raises(Killed):
            business.transact(lambda tx, due=found[0]: pay_and_die(tx, due))
        assert everything(business) == before
        pay(business, found[0])
        assert difference(business) is None

    assert claim_of(business, claim).status is ClaimStatus.SETTLED
    assert cash(business, HELAN.id, "org_bank") == -193_501_234


def pay_and_die(tx: WriteTx, due: Due) -> None:
    by = {"org_helan": MANAGER, "org_fund": FUND, "org_province": PROVINCE}[due.debtor]
    payments.pay(tx, by, due.id, Payment(paid_on=TODAY, reference="1"))
    raise Killed


def test_a_payment_is_found_by_its_number() -> None:
    with pytest.raises(Violation) as refused:
        Payment(paid_on=TODAY, reference=" ")
    with pytest.raises(Violation) as silent:
        Reason(reason="")

    assert (refused.value.field, silent.value.field) == ("reference", "reason")


def test_a_due_that_is_paid_late_is_paid_on_its_own_day(business: Database, claim: Claim) -> None:
    wait(business, days=40)

    pay(business, due_of(business, DueKind.CLAIM), paid_on=TODAY + timedelta(days=3))

    assert claim_of(business, claim).released_on == TODAY + timedelta(days=3)
    assert due_of(business, DueKind.REIMBURSEMENT).due_by == TODAY + timedelta(days=33)
    assert difference(business) is None


def test_what_is_past_its_day_is_found(business: Database, claim: Claim) -> None:
    due = due_of(business, DueKind.CLAIM)

    in_time = late(business)
    wait(business, days=(due.due_by - TODAY).days + 1)

    assert in_time == ([], [])
    assert late(business) == ([claim.id], [due.id])


def late(database: Database) -> tuple[list[str], list[str]]:
    with database.read() as tx:
        claims = claim_operations.list_claims(tx, MANAGER, overdue=True).items
        dues = due_operations.list_dues(tx, MANAGER, overdue=True).items
    return [one.id for one in claims], [one.id for one in dues]


def test_why_a_payment_came_back_stays_with_it(business: Database, claim: Claim) -> None:
    paid = pay(business, due_of(business, DueKind.CLAIM))

    take_back_payment(business, paid)

    assert due_of(business, DueKind.CLAIM).note is not None
