"""The audit: whatever somebody changes behind the operations' back is the first difference that it names."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from libs.chassis.database import Database, WriteTx
from libs.chassis.principal import Principal, Role, service
from libs.chassis.problems import Forbidden
from services.guarantee.domain.audit import Audit
from services.guarantee.domain.ledger import GENESIS, Head, hash_of, root_of
from services.guarantee.operations import audit as auditing
from services.guarantee.store import ledger as ledger_store
from services.guarantee.store import tables as t
from tests.unit.guarantee.chain import HELAN, MANAGER, SELF, TODAY
from tests.unit.guarantee.losses import (
    FUND,
    PROVINCE,
    claimed,
    difference,
    lend,
    pay_all,
    recover,
    repay,
    settled,
    wait,
)

FEN = 50_000


@pytest.fixture
def books(business: Database) -> Database:
    """A business with a bit of everything: loans, a repayment, a claim that is paid, one that is not, a recovery."""
    repay(business, lend(business, FEN), 20_000)
    claim = settled(business, lend(business, FEN, number=2), FEN)
    recover(business, claim, 7_001, 100)
    claimed(business, lend(business, FEN, number=3), FEN)
    business.transact(lambda tx: auditing.close_day(tx, SELF))
    return business


def audited(database: Database) -> Audit:
    with database.read() as tx:
        return auditing.audit(tx)


def found(database: Database) -> tuple[str, str]:
    """The check that found the first difference, and where."""
    seen = audited(database).difference
    assert seen is not None
    return seen.check, seen.where


def change(database: Database, table: sa.Table, where: sa.ColumnElement[bool], **values: Any) -> None:
    database.transact(lambda tx: tx.execute(sa.update(table).where(where).values(**values)))


def entry(number: int, book: str = HELAN.id) -> sa.ColumnElement[bool]:
    return (t.ledger_entries.c.book == book) & (t.ledger_entries.c.number == number)


def test_an_untouched_business_has_no_difference(books: Database) -> None:
    seen = audited(books)

    assert seen.difference is None
    assert (seen.books, seen.entries > 30) == (3, True)
    assert {"balances", "dues", "claims", "caps", "red lines"} <= set(seen.checks)


@pytest.mark.parametrize(
    "values",
    [
        {"postings": '[["CASH","org_bank",1],["PAYABLE","org_bank",-1]]'},
        {"kind": "PAYMENT"},
        {"business_date": TODAY - timedelta(days=1)},
        {"reference": "due_other"},
        {"loan_id": "loan_9"},
        {"policy_set": "other"},
        {"hash": "f" * 64},
    ],
)
def test_a_changed_entry_is_found_by_its_hash(books: Database, values: dict[str, Any]) -> None:
    change(books, t.ledger_entries, entry(3), **values)

    assert found(books) == ("hash", "org_helan #3")


def test_a_moved_instant_is_found_by_its_hash(books: Database) -> None:
    with books.read() as tx:
        at = tx.scalar(sa.select(t.ledger_entries.c.recorded_at).where(entry(2, "org_fund")))
    change(books, t.ledger_entries, entry(2, "org_fund"), recorded_at=at + timedelta(microseconds=1))

    assert found(books) == ("hash", "org_fund #2")


def test_a_deleted_entry_is_found_by_the_gap(books: Database) -> None:
    books.transact(lambda tx: tx.execute(sa.delete(t.ledger_entries).where(entry(2, "org_province"))))

    assert found(books) == ("sequence", "org_province #2")


def test_a_deleted_last_entry_is_found_by_the_head(books: Database) -> None:
    last = sa.select(sa.func.max(t.ledger_entries.c.number)).where(t.ledger_entries.c.book == "org_fund")
    books.transact(
        lambda tx: tx.execute(sa.delete(t.ledger_entries).where(entry(tx.scalar(last), "org_fund")))
    )

    assert found(books) == ("head", "org_fund")


def test_a_book_without_its_head_is_missed(books: Database) -> None:
    books.transact(
        lambda tx: tx.execute(sa.delete(t.ledger_heads).where(t.ledger_heads.c.book == "org_fund"))
    )

    assert found(books)[0] in ("balance", "root", "head")


def rewritten(tx: WriteTx, book: str) -> None:
    """Somebody who knows the hashes writes the last entry of a book anew, with the head after it."""
    head = next(one for one in ledger_store.heads(tx) if one.book == book)
    entries = ledger_store.entries(tx, book, 0, 10_000)
    forged = replace(entries[-1], policy_set="forged")
    forged = replace(forged, hash=hash_of(entries[-2].hash, forged))
    mine = (t.ledger_entries.c.book == book) & (t.ledger_entries.c.number == head.number)
    tx.execute(sa.update(t.ledger_entries).where(mine).values(policy_set="forged", hash=forged.hash))
    tx.execute(sa.update(t.ledger_heads).where(t.ledger_heads.c.book == book).values(hash=forged.hash))


def test_a_past_that_was_rewritten_with_all_its_hashes_is_found_by_the_daily_root(books: Database) -> None:
    assert difference(books) is None
    books.transact(lambda tx: rewritten(tx, "org_fund"))

    assert found(books) == ("root", f"{TODAY - timedelta(days=1)} org_fund")


def test_a_changed_root_is_found(books: Database) -> None:
    wait(books, days=1)
    books.transact(lambda tx: auditing.close_day(tx, SELF))
    change(books, t.ledger_roots, t.ledger_roots.c.day == TODAY, root="0" * 64)

    assert found(books) == ("root", str(TODAY))


def balance(account: str, other: str, book: str = HELAN.id) -> sa.ColumnElement[bool]:
    here = t.ledger_balances.c
    return (here.book == book) & (here.account == account) & (here.other == other)


ONE_MORE: list[tuple[sa.Table, Callable[[], sa.ColumnElement[bool]], str, tuple[str, str]]] = [
    (
        t.ledger_balances,
        lambda: balance("CASH", "org_bank"),
        "amount_fen",
        ("balance", "org_helan CASH org_bank"),
    ),
    (t.dues, lambda: t.dues.c.status == "OPEN", "amount_fen", ("open dues", "org_helan org_bank")),
    (
        t.drawdowns,
        lambda: t.drawdowns.c.loan_id == "loan_1",
        "outstanding_fen",
        ("liability", "org_helan uscc:1"),
    ),
    (
        t.caps,
        lambda: t.caps.c.key == "ordinary/*/2026",
        "released_fen",
        ("released", "ordinary/*/2026 principal"),
    ),
    (
        t.caps,
        lambda: t.caps.c.key == "ordinary/*/2026",
        "released_fen_days",
        ("released", "ordinary/*/2026 principal by days"),
    ),
    (
        t.limits,
        lambda: t.limits.c.key == "guarantor/org_helan/liability",
        "held_fen",
        ("weighted", "guarantor/org_helan/liability LEVERAGE"),
    ),
    (
        t.limits,
        lambda: t.limits.c.key == "programme/ordinary/2026",
        "held_fen",
        ("holds", "programme/ordinary/2026"),
    ),
]


@pytest.mark.parametrize(("table", "where", "column", "named"), ONE_MORE)
def test_one_fen_more_anywhere_is_the_first_difference(
    books: Database,
    table: sa.Table,
    where: Callable[[], sa.ColumnElement[bool]],
    column: str,
    named: tuple[str, str],
) -> None:
    more = 5 if column == "outstanding_fen" else 1
    change(books, table, where(), **{column: table.c[column] + more})

    assert found(books) == named


def test_a_difference_tells_both_figures(books: Database) -> None:
    change(books, t.ledger_balances, balance("CASH", "org_bank"), amount_fen=7)

    seen = audited(books).difference
    assert seen is not None
    assert (seen.found, int(seen.expected)) == ("7", -40_000)
    assert str(seen) == "balance: org_helan CASH org_bank: expected -40000, found 7"


def test_a_claim_that_says_another_loss_than_the_books_is_found(books: Database) -> None:
    with books.read() as tx:
        row = tx.rows(sa.select(t.claims).order_by(t.claims.c.id))[0]
    parts = tuple(replace(part, received_fen=part.received_fen + 1) for part in row.parts)
    change(books, t.claims, t.claims.c.id == row.id, parts=parts)

    assert found(books) == ("claim", row.id)


@pytest.mark.parametrize("table", [t.dues, t.ledger_balances, t.holds])
def test_a_lost_row_is_found(books: Database, table: sa.Table) -> None:
    lost = {
        "dues": t.dues.c.status == "OPEN",
        "ledger_balances": balance("CLAIMS", "") | (t.ledger_balances.c.account == "FEE_INCOME"),
        "holds": t.holds.c.limit_key == "programme/ordinary/2026",
    }[table.name]
    books.transact(lambda tx: tx.execute(sa.delete(table).where(lost)))

    assert difference(books) is not None


def test_a_day_is_closed_once_and_every_root_stands_on_the_one_before(books: Database) -> None:
    again = books.transact(lambda tx: auditing.close_day(tx, SELF))
    wait(books, days=1)
    pay_all(books)
    second = books.transact(lambda tx: auditing.close_day(tx, SELF))

    with books.read() as tx:
        roots = auditing.list_roots(tx, MANAGER).items
    assert (again, len(roots), roots[1]) == (None, 2, second)
    assert [root.day for root in roots] == [TODAY - timedelta(days=1), TODAY]
    assert roots[0].root == root_of(GENESIS, roots[0].day, roots[0].heads)
    assert roots[1].root == root_of(roots[0].root, roots[1].day, roots[1].heads)
    assert difference(books) is None


def test_a_guarantor_reads_its_own_book_in_its_order(books: Database) -> None:
    with books.read() as tx:
        first = auditing.list_entries(tx, FUND, 0, 3).items
        rest = auditing.list_entries(tx, FUND, 3, 200).items
        head = next(one for one in ledger_store.heads(tx) if one.book == "org_fund")
        with pytest.raises(Forbidden):
            auditing.list_entries(tx, Principal("acc_b", Role.BANK_MANAGER, "org_bank"))
        with pytest.raises(Forbidden):
            auditing.list_roots(tx, Principal("acc_b", Role.BANK_MANAGER, "org_bank"))

    both = (*first, *rest)
    assert [one.number for one in both] == list(range(1, head.number + 1))
    assert {one.book for one in both} == {"org_fund"}
    assert both[-1].hash == head.hash


def test_only_the_service_itself_closes_a_day(books: Database) -> None:
    with pytest.raises(Forbidden):
        books.transact(lambda tx: auditing.close_day(tx, PROVINCE))

    assert service("guarantee") == SELF
    assert Head(book="b", number=0, hash=GENESIS).number == 0
