"""The ledger: every movement as a balanced entry in the book of each guarantor that it touches.

Debits are positive, credits negative, an entry sums to zero. Books are never corrected: an entry that should not be is
answered by its opposite. Each entry carries a hash over itself and over the hash before it, so that whoever changes the
past changes every later hash, and the daily root over all books with it.

| account | a debit means | a credit means | `other` |
|---|---|---|---|
| GUARANTEED | principal comes under cover | it leaves cover | the local guarantor, of the tiers above |
| BANK_SHARE | | what of it the bank bears itself, in the local guarantor's book | |
| LIABILITY | liability is released | liability is taken | the borrower |
| RETURNED | the same from a return | the same from a return | the borrower |
| CASH | money comes in | money goes out | who paid, who was paid |
| RECEIVABLE | somebody owes the book | it was paid | who owes |
| PAYABLE | it was paid | the book owes somebody | who is owed |
| CLAIMS | paid for a borrower, not recovered (应收代偿款) | reimbursed or recovered | |
| RECOVERED | passed on to those who bore the loss | money that came from a borrower | |
| SURPLUS | | more than all parties bore | |
| FEE_INCOME, FEE_EXPENSE | fees paid on to a tier above | fees earned | |
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quoted
from typing import NamedTuple

from libs.criteria.shape import Shape

GENESIS = "0" * 64

_READ = json.JSONDecoder().decode
_WRITE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Account(StrEnum):
    GUARANTEED = "GUARANTEED"
    BANK_SHARE = "BANK_SHARE"
    LIABILITY = "LIABILITY"
    RETURNED = "RETURNED"
    CASH = "CASH"
    RECEIVABLE = "RECEIVABLE"
    PAYABLE = "PAYABLE"
    CLAIMS = "CLAIMS"
    RECOVERED = "RECOVERED"
    SURPLUS = "SURPLUS"
    FEE_INCOME = "FEE_INCOME"
    FEE_EXPENSE = "FEE_EXPENSE"


class Kind(StrEnum):
    """What moved; the first word is the business, the second the step."""

    LIABILITY_TAKEN = "LIABILITY_TAKEN"
    LIABILITY_RELEASED = "LIABILITY_RELEASED"
    LIABILITY_CLAIMED = "LIABILITY_CLAIMED"
    LIABILITY_RETURNED = "LIABILITY_RETURNED"
    FEE_CHARGED = "FEE_CHARGED"
    CLAIM_OWED = "CLAIM_OWED"
    REIMBURSEMENT_OWED = "REIMBURSEMENT_OWED"
    RECOVERY_RECEIVED = "RECOVERY_RECEIVED"
    RECOVERY_OWED = "RECOVERY_OWED"
    REIMBURSEMENT_REDUCED = "REIMBURSEMENT_REDUCED"
    PAYMENT = "PAYMENT"
    REVERSAL = "REVERSAL"


class Posting(NamedTuple):
    """One line: `amount_fen` is a debit above zero and a credit below; `other` is the counterparty, or empty."""

    account: Account
    other: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What is to be written into one book. `reference` names what it is about: a guarantee, filing, claim, due."""

    book: str
    kind: Kind
    on: date
    reference: str
    postings: tuple[Posting, ...]
    loan_id: str | None = None

    def __post_init__(self) -> None:
        if sum(line.amount_fen for line in self.postings) or not all(
            line.amount_fen for line in self.postings
        ):
            raise ValueError(f"{self.kind} of {self.reference} does not balance: {self.postings}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Shape):
    """A movement in its place in the book. `postings` is its canonical text, as it was hashed."""

    book: str
    number: int
    kind: str
    business_date: date
    recorded_at: datetime
    loan_id: str | None
    reference: str
    policy_set: str
    postings: str
    hash: str


class Stored(NamedTuple):
    """An entry as it lies in its book, its times as the text that is hashed: a date, an instant in UTC to microseconds.

    An audit reads millions of them, and each is no more than its fields.
    """

    book: str
    number: int
    kind: str
    business_date: str
    recorded_at: str
    loan_id: str | None
    reference: str
    policy_set: str
    postings: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage(Shape):
    """Entries of one book in their order; ask for the next behind the last number."""

    items: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head(Shape):
    """The last entry of a book."""

    book: str
    number: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Root(Shape):
    """All heads at the close of a day, under one hash with the root of the day before."""

    day: date
    heads: tuple[Head, ...]
    root: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RootList(Shape):
    items: tuple[Root, ...]


def written(head: Head, movement: Movement, recorded_at: datetime, policy_set: str) -> Entry:
    """The movement as the next entry of its book."""
    entry = Entry(
        book=movement.book,
        number=head.number + 1,
        kind=movement.kind,
        business_date=movement.on,
        recorded_at=recorded_at,
        loan_id=movement.loan_id,
        reference=movement.reference,
        policy_set=policy_set,
        postings=text_of(movement.postings),
        hash="",
    )
    return replace(entry, hash=hash_of(head.hash, entry))


def hash_of(previous: str, entry: Entry) -> str:
    return chained(previous, as_stored(entry))


def chained(previous: str, entry: Stored) -> str:
    """SHA-256 over a JSON array of the hash before and all that the entry says.

    The array is put together by hand, as `json.dumps` without spaces would: a writer of JSON is slower than the hash.
    """
    loan = "null" if entry.loan_id is None else quoted(entry.loan_id)
    said = (
        f"[{quoted(previous)},{quoted(entry.book)},{entry.number},{quoted(entry.kind)},"
        f"{quoted(entry.business_date)},{quoted(entry.recorded_at)},"
        f"{loan},{quoted(entry.reference)},{quoted(entry.policy_set)},{quoted(entry.postings)}]"
    )
    return sha256(said.encode()).hexdigest()


def as_stored(entry: Entry) -> Stored:
    return Stored(
        book=entry.book,
        number=entry.number,
        kind=entry.kind,
        business_date=entry.business_date.isoformat(),
        recorded_at=entry.recorded_at.isoformat(timespec="microseconds"),
        loan_id=entry.loan_id,
        reference=entry.reference,
        policy_set=entry.policy_set,
        postings=entry.postings,
        hash=entry.hash,
    )


def root_of(previous: str, day: date, heads: Sequence[Head]) -> str:
    lines = [previous, day.isoformat(), *(f"{head.book} {head.number} {head.hash}" for head in heads)]
    return sha256("\n".join(lines).encode()).hexdigest()


def text_of(postings: Sequence[Posting]) -> str:
    """Canonical: the same lines give the same text."""
    return _WRITE(postings)


def said_by(entry: Entry | Stored) -> list[tuple[str, str, int]]:
    """The lines of an entry as their text spells them: account, counterparty, amount."""
    return _READ(entry.postings)


def lines_of(entry: Entry) -> tuple[Posting, ...]:
    return tuple(
        Posting(Account(account), other, amount_fen) for account, other, amount_fen in said_by(entry)
    )


def movement_of(entry: Entry) -> Movement:
    return Movement(
        book=entry.book,
        kind=Kind(entry.kind),
        on=entry.business_date,
        reference=entry.reference,
        postings=lines_of(entry),
        loan_id=entry.loan_id,
    )


def opposite(movement: Movement, on: date, reference: str) -> Movement:
    """What undoes a movement, as an entry of its own."""
    return Movement(
        book=movement.book,
        kind=Kind.REVERSAL,
        on=on,
        reference=reference,
        loan_id=movement.loan_id,
        postings=tuple(line._replace(amount_fen=-line.amount_fen) for line in movement.postings),
    )


def transfer(debit: tuple[Account, str], credit: tuple[Account, str], amount_fen: int) -> tuple[Posting, ...]:
    """The two lines of an amount from one account to another; none for nothing."""
    if not amount_fen:
        return ()
    return (Posting(*debit, amount_fen), Posting(*credit, -amount_fen))


def touching(movements: Iterable[Movement]) -> Iterator[Movement]:
    """Without those that move nothing."""
    return (movement for movement in movements if movement.postings)
