"""Statements between two parties of the chain, drawn from the book of one and compared with that of the other."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from libs.criteria.shape import Shape
from services.guarantee.domain.ledger import Account, Entry, lines_of

_BETWEEN = (Account.RECEIVABLE, Account.PAYABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Shape):
    """One entry between the two. `amount_fen` above zero: the counterparty owes the book more, or was paid by it.

    `reference` is the due, or the recovery, that it is about; `disputed` where one side says that it is wrong.
    """

    number: int
    on: date
    kind: str
    reference: str
    loan_id: str | None
    amount_fen: int
    disputed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Shape):
    """A drawdown that the tier took into its books in the month, with its part of it, in fen."""

    loan_id: str
    layer: str
    number: str
    on: date
    part_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Shape):
    """A month between a book and a counterparty, by the day of recording in China: what is closed stays closed.

    Balances are what the counterparty owes the book less what it is owed, in fen. `agrees`: the counterparty's own book
    says the same of every line; None for a bank, which keeps no book here. `agreed_by`: who has confirmed which side.
    """

    book: str
    counterparty: str
    month: str
    opening_fen: int
    lines: tuple[Line, ...]
    closing_fen: int
    receipts: tuple[Receipt, ...]
    agrees: bool | None
    hash: str
    agreed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement(Shape):
    """One side's word that a month's statement is right."""

    book: str
    counterparty: str
    month: str
    closing_fen: int
    hash: str
    agreed_by: str
    agreed_at: datetime


def between(entries: Iterable[Entry], counterparty: str, disputed: frozenset[str]) -> tuple[Line, ...]:
    """The lines of a book's entries that are about what one party owes the other."""
    found = ((entry, _owed(entry, counterparty)) for entry in entries)
    return tuple(
        Line(
            number=entry.number,
            on=entry.business_date,
            kind=entry.kind,
            reference=entry.reference,
            loan_id=entry.loan_id,
            amount_fen=amount_fen,
            disputed=entry.reference in disputed,
        )
        for entry, amount_fen in found
        if amount_fen
    )


def mirrored(mine: Sequence[Line], theirs: Sequence[Line]) -> bool:
    """Whether two books say the same of each due, seen from opposite sides."""
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for line in (*mine, *theirs):
        sums[line.kind, line.reference] += line.amount_fen
    return not any(sums.values())


def hash_of(lines: Sequence[Line], opening_fen: int, closing_fen: int) -> str:
    plain = [
        opening_fen,
        closing_fen,
        *((line.number, line.kind, line.reference, line.amount_fen) for line in lines),
    ]
    return hashlib.sha256(repr(plain).encode()).hexdigest()


def _owed(entry: Entry, counterparty: str) -> int:
    if counterparty not in entry.postings:
        return 0
    return sum(
        line.amount_fen for line in lines_of(entry) if line.account in _BETWEEN and line.other == counterparty
    )
