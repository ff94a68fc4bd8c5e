"""Monthly statements: the same lines in both books, confirmed by each side for itself."""

from datetime import date

import pytest
import sqlalchemy as sa

from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, Invalid, NotFound
from libs.criteria.violation import Violation
from services.guarantee.domain.claim import Claim
from services.guarantee.domain.due import DueKind, Reason
from services.guarantee.domain.ledger import Kind
from services.guarantee.domain.statement import Statement
from services.guarantee.operations import payments, statements
from services.guarantee.store import tables
from tests.unit.guarantee.chain import HELAN, MANAGER
from tests.unit.guarantee.losses import (
    BANK,
    FUND,
    PAYERS,
    STORY_FEN,
    claimed,
    difference,
    dues,
    everything,
    go_to,
    lend,
    open_dues,
    pay,
    pay_all,
    recover,
    settled,
    take_back_payment,
    wait,
)

MONTH, NEXT = "2026-11", "2026-12"
DECEMBER = date(2026, 12, 1)
REASON = Reason(reason="金额有误")
PAIRS = [("org_helan", "org_fund"), ("org_helan", "org_province"), ("org_helan", "org_bank")]


def statement(database: Database, book: str, other: str, month: str = MONTH) -> Statement:
    with database.read() as tx:
        return statements.get_statement(tx, PAYERS[book], month, other)


def agree(database: Database, by: Principal, other: str, month: str = MONTH) -> Statement:
    return database.transact(lambda tx: statements.agree(tx, by, month, other))


def sums(found: Statement) -> dict[str, int]:
    """What each kind of line comes to."""
    kinds = sorted({line.kind for line in found.lines})
    return {kind: sum(line.amount_fen for line in found.lines if line.kind == kind) for kind in kinds}


def test_the_story_s_month_reads_the_same_in_all_three_books(database: Database) -> None:
    loan = lend(database)
    claim = settled(database, loan, STORY_FEN)
    recover(database, claim, 90_000_000, 6_000_000)
    fee_fen = sum(due.amount_fen for due in dues(database) if due.kind is DueKind.FEE)

    fund = statement(database, "org_fund", "org_helan")
    province = statement(database, "org_province", "org_helan")

    assert sums(fund) == {
        Kind.FEE_CHARGED: fee_fen,
        Kind.REIMBURSEMENT_OWED: -48_375_308,
        Kind.PAYMENT: 48_375_308 - fee_fen,
        Kind.RECOVERY_OWED: 16_800_000,
    }
    assert sums(province) == {
        Kind.REIMBURSEMENT_OWED: -48_375_308,
        Kind.PAYMENT: 48_375_308,
        Kind.RECOVERY_OWED: 16_800_000,
    }
    assert (fund.opening_fen, fund.closing_fen) == (0, 16_800_000)
    assert [(one.loan_id, one.layer, one.part_fen) for one in fund.receipts] == [
        (loan, "national", 48_375_308)
    ]
    for one, other in PAIRS[:2]:
        mine, theirs = statement(database, one, other), statement(database, other, one)
        assert (mine.agrees, theirs.agrees) == (True, True)
        assert mine.closing_fen == -theirs.closing_fen
        assert mine.receipts == theirs.receipts


def test_a_bank_reads_the_month_from_the_book_of_its_counterparty(business: Database) -> None:
    claim = claimed(business, lend(business), STORY_FEN)

    own = statement(business, "org_bank", "org_helan")

    assert own == statement(business, "org_helan", "org_bank")
    assert (own.book, own.agrees, own.closing_fen) == ("org_helan", None, -193_501_234)
    assert [line.loan_id for line in own.lines] == [claim.loan_id]


def test_a_month_opens_with_what_the_last_one_closed_with(business: Database) -> None:
    settled_but_for_the_bank(business)
    go_to(business, DECEMBER)
    pay_all(business)

    november, december = (statement(business, "org_helan", "org_bank", month) for month in (MONTH, NEXT))

    assert november.closing_fen == december.opening_fen == -193_501_234
    assert (sums(december), december.closing_fen) == ({Kind.PAYMENT: 193_501_234}, 0)


def settled_but_for_the_bank(database: Database) -> Claim:
    return claimed(database, lend(database), STORY_FEN)


def test_a_closed_month_is_not_changed_by_what_is_taken_back_later(business: Database) -> None:
    settled(business, lend(business), STORY_FEN)
    refund = next(
        due for due in dues(business) if due.kind is DueKind.REIMBURSEMENT and due.debtor == "org_fund"
    )
    before = statement(business, "org_fund", "org_helan")
    go_to(business, DECEMBER)

    take_back_payment(business, refund)

    assert statement(business, "org_fund", "org_helan") == before
    assert sums(statement(business, "org_fund", "org_helan", NEXT)) == {Kind.REVERSAL: -48_375_308}
    assert statement(business, "org_helan", "org_fund", NEXT).agrees is True
    assert difference(business) is None


def test_each_side_confirms_a_month_that_has_ended_for_itself(business: Database) -> None:
    settled(business, lend(business), STORY_FEN)
    with pytest.raises(Invalid, match="has not ended"):
        agree(business, FUND, "org_helan")
    go_to(business, DECEMBER)

    first = agree(business, FUND, "org_helan")
    again = agree(business, FUND, "org_helan")
    both = agree(business, MANAGER, "org_fund")
    bank = agree(business, BANK, "org_helan")

    assert (first.agreed_by, again.agreed_by) == (("org_fund",), ("org_fund",))
    assert both.agreed_by == ("org_fund", "org_helan")
    assert bank.agreed_by == ("org_bank",)


@pytest.mark.parametrize("kind", [DueKind.FEE, DueKind.REIMBURSEMENT, DueKind.RECOVERY])
def test_a_single_line_in_dispute_stands_against_its_month(business: Database, kind: DueKind) -> None:
    claim = claimed(business, lend(business), STORY_FEN)
    pay(business, next(due for due in open_dues(business) if due.kind is DueKind.CLAIM))
    if kind is DueKind.RECOVERY:
        pay_all(business)
        recover(business, claim, 1_000_000)
    due = next(
        one for one in open_dues(business) if one.kind is kind and "org_fund" in (one.debtor, one.creditor)
    )
    business.transact(lambda tx: payments.dispute(tx, FUND, due.id, REASON))
    go_to(business, DECEMBER)
    before = everything(business)

    with pytest.raises(Conflict, match="In dispute") as stands:
        agree(business, MANAGER, "org_fund")

    assert (stands.value.field, everything(business)) == ("lines", before)
    found = statement(business, "org_helan", "org_fund")
    assert {line.kind for line in found.lines if line.disputed} == {
        DueKind.FEE: {Kind.FEE_CHARGED},
        DueKind.REIMBURSEMENT: {Kind.REIMBURSEMENT_OWED},
        DueKind.RECOVERY: {Kind.RECOVERY_OWED},
    }[kind]
    assert agree(business, MANAGER, "org_province").agreed_by == ("org_helan",)
    business.transact(lambda tx: payments.withdraw_dispute(tx, FUND, due.id))
    assert agree(business, MANAGER, "org_fund").agreed_by == ("org_helan",)


def test_books_that_differ_are_not_agreed_to(business: Database) -> None:
    settled(business, lend(business), STORY_FEN)
    entries = tables.ledger_entries
    tampered = sa.update(entries).where(
        (entries.c.book == "org_fund") & (entries.c.kind == Kind.REIMBURSEMENT_OWED)
    )
    text = '[["CLAIMS","x",48375309],["PAYABLE","org_helan",-48375309]]'
    business.transact(lambda tx: tx.execute(tampered.values(postings=text)))
    go_to(business, DECEMBER)

    with pytest.raises(Conflict, match="differ"):
        agree(business, MANAGER, "org_fund")

    assert statement(business, "org_helan", "org_fund").agrees is False


def test_a_month_begins_and_ends_at_midnight_in_china(business: Database) -> None:
    settled_but_for_the_bank(business)
    go_to(business, date(2026, 11, 30))
    wait(business, seconds=12 * 3600 - 1)
    pay(business, next(due for due in open_dues(business) if due.kind is DueKind.CLAIM))
    wait(business, seconds=1)
    refund = next(due for due in open_dues(business) if due.debtor == "org_fund")
    pay(business, refund)

    november, december = (statement(business, "org_fund", "org_helan", month) for month in (MONTH, NEXT))

    assert (november.closing_fen - sums(november)[Kind.FEE_CHARGED], sums(december)) == (
        -48_375_308,
        {Kind.PAYMENT: 48_375_308},
    )


@pytest.mark.parametrize("month", ["2026-13", "2026", "november", "2026-11-01"])
def test_what_is_no_month_has_no_statement(business: Database, month: str) -> None:
    with pytest.raises(Violation) as refused:
        statement(business, "org_helan", "org_fund", month)

    assert refused.value.field == "month"


def test_statements_are_between_two_parties_that_have_one(business: Database) -> None:
    other_bank = Principal("acc_other", Role.BANK_MANAGER, "org_other")
    with business.read() as tx:
        with pytest.raises(NotFound):
            statements.get_statement(tx, other_bank, MONTH, "org_bank")
        with pytest.raises(Forbidden):
            statements.get_statement(tx, Principal("acc", Role.SME, "uscc:1"), MONTH, "org_helan")
        empty = statements.get_statement(tx, other_bank, MONTH, "org_helan")
    with pytest.raises(Forbidden):
        agree(business, Principal("acc_o", Role.GUARANTOR_OFFICER, HELAN.id), "org_fund")

    assert (empty.lines, empty.closing_fen) == ((), 0)
