"""The ledger: balanced entries, added and never changed, each standing on the one before."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.database import Database
from services.guarantee.domain.audit import Recount
from services.guarantee.domain.ledger import (
    GENESIS,
    Account,
    Entry,
    Head,
    Kind,
    Movement,
    Posting,
    as_stored,
    lines_of,
    movement_of,
    opposite,
    root_of,
    transfer,
    written,
)
from services.guarantee.operations import ledger
from services.guarantee.store import ledger as ledger_store
from tests.support.services import NOON
from tests.unit.guarantee.chain import HELAN, TODAY
from tests.unit.guarantee.losses import difference, lend, open_dues, pay

CASH, CLAIMS = (Account.CASH, "org_bank"), (Account.CLAIMS, "clm_1")


def movement(amount_fen: int = 100, book: str = HELAN.id, reference: str = "r") -> Movement:
    lines = transfer(CLAIMS, CASH, amount_fen)
    return Movement(book=book, kind=Kind.PAYMENT, on=TODAY, reference=reference, postings=lines)


@pytest.mark.parametrize(
    "postings",
    [
        (Posting(Account.CASH, "", 1),),
        (Posting(Account.CASH, "", 2), Posting(Account.CLAIMS, "", -1)),
        (Posting(Account.CASH, "", 0), Posting(Account.CLAIMS, "", 0)),
    ],
)
def test_what_does_not_balance_is_no_movement(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(ValueError, match="does not balance"):
        Movement(book="b", kind=Kind.PAYMENT, on=TODAY, reference="r", postings=postings)


def test_nothing_has_no_lines_and_no_entry(business: Database) -> None:
    with business.read() as tx:
        before = ledger_store.heads(tx)

    business.transact(lambda tx: ledger.post(tx, [movement(0)]))

    with business.read() as tx:
        assert ledger_store.heads(tx) == before
    assert transfer(CLAIMS, CASH, 0) == ()


@given(st.integers(1, 10**15))
def test_a_movement_and_its_opposite_are_nothing(amount_fen: int) -> None:
    there = movement(amount_fen)
    back = opposite(there, TODAY, "r")

    sums = dict.fromkeys((CLAIMS, CASH), 0)
    for line in (*there.postings, *back.postings):
        sums[line.account, line.other] += line.amount_fen
    assert (set(sums.values()), back.kind) == ({0}, Kind.REVERSAL)


def chained(amounts: list[int]) -> list[Entry]:
    head, entries = Head(book=HELAN.id, number=0, hash=GENESIS), list[Entry]()
    for amount_fen in amounts:
        entries.append(written(head, movement(amount_fen), NOON, "2026"))
        head = Head(book=HELAN.id, number=entries[-1].number, hash=entries[-1].hash)
    return entries


def counted(entries: list[Entry], head: Head) -> str | None:
    fields = [as_stored(one) for one in entries]
    found = Recount().count(HELAN.id, fields, head)
    return None if found is None else found.check


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=6), st.data())
def test_no_entry_can_be_changed_dropped_doubled_or_moved(amounts: list[int], data: st.DataObject) -> None:
    entries = chained(amounts)
    head = Head(book=HELAN.id, number=len(entries), hash=entries[-1].hash)
    at = data.draw(st.integers(0, len(entries) - 1))
    changed = replace(entries[at], business_date=TODAY.replace(year=2020))

    assert counted(entries, head) is None
    assert counted([*entries[:at], changed, *entries[at + 1 :]], head) == "hash"
    assert counted([*entries[:at], *entries[at + 1 :]], head) in ("sequence", "head")
    assert counted([*entries[: at + 1], *entries[at:]], head) == "sequence"
    if at:
        swapped = [*entries[: at - 1], entries[at], entries[at - 1], *entries[at + 1 :]]
        assert counted(swapped, head) == "sequence"


def test_an_entry_gives_back_the_movement_that_it_was_written_for() -> None:
    (entry,) = chained([77])

    assert movement_of(entry) == movement(77)
    assert lines_of(entry) == (Posting(*CLAIMS, 77), Posting(*CASH, -77))


def test_a_root_is_over_all_heads_and_the_root_before() -> None:
    heads = [Head(book="a", number=1, hash="x"), Head(book="b", number=2, hash="y")]
    root = root_of(GENESIS, TODAY, heads)

    others = [
        root_of("1" * 64, TODAY, heads),
        root_of(GENESIS, TODAY.replace(day=1), heads),
        root_of(GENESIS, TODAY, heads[:1]),
        root_of(GENESIS, TODAY, [replace(heads[0], number=2), heads[1]]),
        root_of(GENESIS, TODAY, [replace(heads[0], hash="z"), heads[1]]),
    ]
    assert root == root_of(GENESIS, TODAY, heads)
    assert root not in others


def test_entries_of_many_at_once_stand_in_one_row(database: Database) -> None:
    def one(number: int) -> None:
        books = ["org_fund", HELAN.id] if number % 2 else [HELAN.id, "org_fund"]
        moved = [movement(number + 1, book, str(number)) for book in books]
        database.transact(lambda tx: ledger.post(tx, moved))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(24)))

    with database.read() as tx:
        heads = {head.book: head for head in ledger_store.heads(tx)}
        for book in ("org_fund", HELAN.id):
            entries = list(ledger_store.entries(tx, book, 0, 100))
            assert [entry.number for entry in entries] == list(range(1, 25))
            assert counted_as(book, entries, heads[book]) is None
            assert ledger_store.balance(tx, book, *CLAIMS) == sum(range(1, 25))


def counted_as(book: str, entries: list[Entry], head: Head) -> object:
    fields = [as_stored(one) for one in entries]
    return Recount().count(book, fields, head)


def test_dues_of_one_guarantor_that_are_paid_at_once_keep_all_books_right(database: Database) -> None:
    for number in range(1, 5):
        lend(database, 3_000_000, number=number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda due: pay(database, due), open_dues(database)))

    assert open_dues(database) == []
    assert difference(database) is None


def test_an_instant_is_hashed_in_utc(business: Database) -> None:
    lend(business)

    with business.read() as tx:
        entry = ledger_store.entries(tx, HELAN.id, 0, 1)[0]

    assert entry.recorded_at == datetime(2026, 11, 22, 4, tzinfo=UTC)
    assert entry.recorded_at.utcoffset() == UTC.utcoffset(None)
