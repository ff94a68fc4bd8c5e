"""Books from off the platform: a guarantor's contracts as it returns them, and what they take of the limits.

An OPENING book is what a guarantor had before it came; a MONTHLY return replaces it, as of the end of a month.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.dimensions import OwnerKind
from libs.registry.size import Size
from services.guarantee.domain.exposure import Exposure, class_of
from services.guarantee.domain.limits import admission_key, borrower_key, province_key, quota_key


class ReturnKind(StrEnum):
    OPENING = "OPENING"
    MONTHLY = "MONTHLY"


class BookStatus(StrEnum):
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedContract(Shape):
    """One guaranteed loan from off the platform. Names stay with the guarantor.

    `loan_fen`: as it was drawn; `balance_fen`: what is left of it; `liability_fen`: what of that is guaranteed.
    `programme`: of the platform's, None for business outside them.
    """

    contract: str
    party: str
    bank: str
    programme: str | None
    loan_fen: int
    balance_fen: int
    liability_fen: int
    size: Size | None
    owner_kind: OwnerKind
    county: str
    drawn_on: date
    due_on: date
    fee_fen: int
    provincial_filed: bool
    national_filed: bool

    def __post_init__(self) -> None:
        if self.loan_fen < 1 or self.fee_fen < 0:
            raise Violation("loan_amount", "A loan or fee of less than nothing.", "Give yuan from zero.")
        if not 0 <= self.balance_fen <= self.loan_fen:
            raise Violation("loan_balance", "More is left than was drawn.", "Give at most loan_amount.")
        if not 0 <= self.liability_fen <= self.balance_fen:
            message = "More is guaranteed than is left of the loan."
            raise Violation("guaranteed_balance", message, "Give at most loan_balance.")
        if self.due_on < self.drawn_on:
            raise Violation("due_on", "The loan is due before it is drawn.", "Check both dates.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedClaims(Shape):
    """Claims paid and cover released off the platform in the period of a return: for claim ratios.

    `released_fen_days`: each principal by the days that it was guaranteed.
    """

    programme: str
    bank: str
    paid_fen: int
    released_fen: int
    released_fen_days: int

    def __post_init__(self) -> None:
        for name in ("paid_fen", "released_fen", "released_fen_days"):
            if getattr(self, name) < 0:
                raise Violation(name, f"{name} is {getattr(self, name)}.", "Give whole numbers from zero.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotals(Shape):
    """What the guarantor's own accounts say of the same book."""

    contracts: int
    balance_fen: int
    liability_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBook(Shape):
    """A book as it is uploaded. `dry_run`: only look at it."""

    kind: ReturnKind = ReturnKind.OPENING
    as_of: date
    csv: str
    totals: ControlTotals
    claims: tuple[ReturnedClaims, ...] = ()
    dry_run: bool = False

    def __post_init__(self) -> None:
        if self.kind is ReturnKind.MONTHLY and (self.as_of + timedelta(days=1)).day != 1:
            message = f"{self.as_of} does not end a month."
            raise Violation("as_of", message, "Give the last day of the month of the return.")
        if len({(one.programme, one.bank) for one in self.claims}) != len(self.claims):
            raise Violation("claims", "A programme and bank stand twice.", "Sum them up in one entry.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow(Shape):
    """What became of one row; rows count as a spreadsheet does, the header is row 1."""

    row: int
    contract: str
    ok: bool
    column: str | None = None
    message: str | None = None
    mend: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch(Shape):
    """A control total that the rows do not come to."""

    field: str
    told: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookReport(Shape):
    """`book`: the id under which it waits for the second person; None where nothing was kept."""

    book: str | None
    totals: ControlTotals
    mismatches: tuple[Mismatch, ...]
    rows: tuple[BookRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningBook(Shape):
    id: str
    guarantor: str
    kind: ReturnKind
    as_of: date
    status: BookStatus
    contracts: int
    balance_fen: int
    liability_fen: int
    uploaded_by: str
    uploaded_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningBookPage(Shape):
    items: tuple[OpeningBook, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRejection(Shape):
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Violation("reason", "A rejection without a reason helps nobody.", "Say why.")


def totals_of(contracts: Iterable[ReturnedContract]) -> ControlTotals:
    found = list(contracts)
    return ControlTotals(
        contracts=len(found),
        balance_fen=sum(one.balance_fen for one in found),
        liability_fen=sum(one.liability_fen for one in found),
    )


def mismatches(told: ControlTotals, found: ControlTotals) -> tuple[Mismatch, ...]:
    names = ("contracts", "balance_fen", "liability_fen")
    both = ((name, getattr(told, name), getattr(found, name)) for name in names)
    return tuple(
        Mismatch(field=f"totals/{name}", told=one, found=other) for name, one, other in both if one != other
    )


def decided(book: OpeningBook, status: BookStatus, by: str, at: datetime, reason: str | None) -> OpeningBook:
    """The book after the second person's word, who did not upload it."""
    if book.status is not BookStatus.SUBMITTED:
        raise Violation("status", f"Book {book.id} is {book.status} already.", "Upload another.")
    if by == book.uploaded_by:
        message = "The one who uploaded a book does not check it."
        raise Violation("uploaded_by", message, "Let another manager decide.")
    return replace(book, status=status, decided_by=by, decided_at=at, reason=reason)


def in_force(
    before: Mapping[str, ReturnedContract], returned: Sequence[ReturnedContract]
) -> dict[str, ReturnedContract]:
    """The contracts after a return. One that is no longer in it has nothing outstanding, but was new business once."""
    gone = {name: replace(one, balance_fen=0, liability_fen=0) for name, one in before.items()}
    return gone | {one.contract: one for one in returned}


def exposures(guarantor_id: str, contracts: Iterable[ReturnedContract]) -> dict[str, Exposure]:
    """What the contracts make the guarantor stand for of each party; its class is that of its newest contract."""
    found: dict[str, Exposure] = {}
    standing = [one for one in contracts if one.liability_fen]
    for one in sorted(standing, key=lambda one: (one.drawn_on, one.contract)):
        before_fen = found[one.party].returned_fen if one.party in found else 0
        found[one.party] = Exposure(
            guarantor=guarantor_id,
            party=one.party,
            kind=class_of(one.owner_kind, one.size),
            returned_fen=before_fen + one.liability_fen,
        )
    return found


def principal(
    guarantor_id: str, contracts: Iterable[ReturnedContract], schemes: Mapping[str, str], since: int
) -> dict[str, int]:
    """What the contracts take of the limits that count loan principal, by key; new business from a year on.

    `schemes`: of each programme that is named.
    """
    found: defaultdict[str, int] = defaultdict(int)
    for one in contracts:
        year = one.drawn_on.year
        new_fen = one.loan_fen if year >= since else 0
        if one.programme is not None:
            found[borrower_key(one.party, schemes[one.programme])] += one.balance_fen
            found[quota_key(one.programme, year)] += new_fen
        if one.national_filed:
            found[province_key(year)] += new_fen
        if one.provincial_filed:
            found[admission_key(guarantor_id)] += one.balance_fen
    return {key: amount_fen for key, amount_fen in found.items() if amount_fen}
