"""The audit: every hash, balance and limit from the first entry on, up to the first difference."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from libs.criteria.shape import Shape
from services.guarantee.domain.ledger import GENESIS, Account, Head, Kind, Stored, chained, said_by

_LEFT_COVER = frozenset({str(Kind.LIABILITY_RELEASED), str(Kind.LIABILITY_CLAIMED)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Shape):
    """The first thing that is not as it must be: what was checked, where, and both figures as text."""

    check: str
    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.check}: {self.where}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit(Shape):
    """What was gone through. `difference` None: all of it is right. `root` is over all heads."""

    books: int
    entries: int
    checks: tuple[str, ...]
    root: str
    difference: Difference | None = None


@dataclass(slots=True)
class Recount:
    """What the entries add up to: balances by book, account and counterparty; releases by loan."""

    entries: int = 0
    balances: defaultdict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    releases: list[tuple[str, int, date, bool]] = field(
        default_factory=list[tuple[str, int, date, bool]]
    )  # loan, principal, day, by a claim

    def count(self, book: str, entries: Iterable[Stored], head: Head) -> Difference | None:
        """Follow one book from its first entry to its head."""
        number, last = 0, GENESIS
        for entry in entries:
            number += 1
            if entry.number != number:
                return _difference("sequence", f"{book} #{number}", number, entry.number)
            expected = chained(last, entry)
            if entry.hash != expected:
                return _difference("hash", f"{book} #{number}", expected, entry.hash)
            if total_fen := self._add(book, entry):
                return _difference("balance of entry", f"{book} #{number}", 0, total_fen)
            last = expected
        self.entries += number
        if (number, last) != (head.number, head.hash):
            return _difference("head", book, f"{head.number} {head.hash}", f"{number} {last}")
        return None

    def _add(self, book: str, entry: Stored) -> int:
        """What the lines of an entry add up to, which is zero in every entry that was ever written."""
        lines, balances, total_fen = said_by(entry), self.balances, 0
        for account, other, amount_fen in lines:
            total_fen += amount_fen
            balances[book, account, other] += amount_fen
        if entry.loan_id and entry.kind in _LEFT_COVER:
            self._note_release(entry, sum(line[2] for line in lines if _is_principal(line)))
        return total_fen

    def _note_release(self, entry: Stored, principal_fen: int) -> None:
        if principal_fen and entry.loan_id:
            by_claim = entry.kind == Kind.LIABILITY_CLAIMED
            on = date.fromisoformat(entry.business_date)
            self.releases.append((entry.loan_id, -principal_fen, on, by_claim))

    def of(self, account: Account) -> dict[tuple[str, str], int]:
        """The balances of an account that are not zero, by book and counterparty."""
        return {
            (book, other): amount_fen
            for (book, name, other), amount_fen in self.balances.items()
            if name == account and amount_fen
        }

    def mutual(self) -> Difference | None:
        """What one book says that another owes it, the other's book says that it owes."""
        books = {book for book, _, _ in self.balances}
        owing = self.of(Account.PAYABLE)
        claimed = {(other, book): -fen for (book, other), fen in self.of(Account.RECEIVABLE).items()}
        both = {pair: fen for pair, fen in owing.items() if pair[1] in books}
        theirs = {pair: fen for pair, fen in claimed.items() if pair[0] in books}
        return first_difference("payable of one, receivable of the other", both, theirs)


def first_difference(
    check: str, expected: Mapping[tuple[str, ...], int], found: Mapping[tuple[str, ...], int]
) -> Difference | None:
    """The first key, in order, at which two tables of amounts differ; what is in neither counts as zero."""
    for key in sorted({*expected, *found}):
        if expected.get(key, 0) != found.get(key, 0):
            return _difference(check, " ".join(key), expected.get(key, 0), found.get(key, 0))
    return None


def first_of(checks: Iterable[Callable[[], Difference | None]]) -> Difference | None:
    """The first difference that any of the checks finds; later ones are not run."""
    return next(_found(checks), None)


def _found(checks: Iterable[Callable[[], Difference | None]]) -> Iterator[Difference]:
    for check in checks:
        difference = check()
        if difference is not None:
            yield difference


def _is_principal(line: tuple[str, str, int]) -> bool:
    """In a direct guarantor's book cover is counted in principal, under no counterparty."""
    return line[0] == Account.GUARANTEED and not line[1]


def _difference(check: str, where: str, expected: object, found: object) -> Difference:
    return Difference(check=check, where=where, expected=str(expected), found=str(found))
