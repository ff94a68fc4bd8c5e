"""VAT invoices as they are delivered, and the monthly sums that features are made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation

COLUMNS = ("number", "direction", "issued_on", "counterparty", "net_fen", "tax_fen", "status")
_LARGEST_FEN = 10**15  # ten trillion yuan: more is a slip of the unit


class InvoiceDirection(StrEnum):
    SALE = "SALE"
    PURCHASE = "PURCHASE"


class InvoiceStatus(StrEnum):
    VALID = "VALID"
    VOID = "VOID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(Shape):
    """`net_fen` is without tax; a negative one is a refund (红字发票). `counterparty` is kept as a pseudonym only."""

    number: str
    direction: InvoiceDirection
    issued_on: date
    counterparty: str
    net_fen: int
    tax_fen: int = 0
    status: InvoiceStatus = InvoiceStatus.VALID


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvoices(Shape):
    """`covers_until`: the last day of which all invoices are here or were delivered before; None: today."""

    invoices: tuple[Invoice, ...]
    covers_until: date | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """All valid invoices of one month with one counterparty. `refunds_fen` is positive."""

    month: int
    counterparty: str
    gross_fen: int
    refunds_fen: int
    invoices: int


def month_of(day: date) -> int:
    """Months since the year 0: neighbours differ by 1."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def last_complete_month(day: date) -> int:
    """The newest month that was over at the end of `day`."""
    tomorrow = date.fromordinal(day.toordinal() + 1)
    return month_of(tomorrow) - 1


def check_invoice(invoice: Invoice, today: date) -> None:
    if not 0 < len(invoice.number) <= 64:
        raise Violation(
            "number", "The number is empty or too long.", "Give code and number, 1 to 64 characters."
        )
    if not 0 < len(invoice.counterparty) <= 100:
        raise Violation("counterparty", "The counterparty is empty or too long.", "Give 1 to 100 characters.")
    if invoice.issued_on > today or invoice.issued_on.year < 1994:  # the year of the VAT
        raise Violation("issued_on", f"{invoice.issued_on} cannot be.", "Give the day of issue.")
    for name in ("net_fen", "tax_fen"):
        if abs(getattr(invoice, name)) > _LARGEST_FEN:
            raise Violation(
                name, f"{getattr(invoice, name)} fen is beyond any invoice.", "Give fen: 1 yuan is 100."
            )


def check_header(names: list[str] | None) -> None:
    """Violation for a file whose first line does not name exactly the columns."""
    if sorted(names or ()) != sorted(COLUMNS):
        raise Violation(
            "header", f"The columns are {', '.join(names or ())}.", f"Name exactly {','.join(COLUMNS)}."
        )


def read_rows(rows: Iterator[Mapping[str, str]]) -> Iterator[Invoice | Violation]:
    """The rows of a CSV, each as an invoice or as what is wrong with it."""
    for row in rows:
        try:
            yield read_row(row)
        except Violation as violation:
            yield violation


def read_row(row: Mapping[str, str]) -> Invoice:
    """Raises Violation on the column that cannot be read."""
    if None in row or None in row.values():
        raise Violation(
            "row", "The row has more or fewer cells than the header.", "Quote cells that hold a comma."
        )
    try:
        return Invoice(
            number=row["number"],
            direction=_DIRECTIONS[row["direction"]],
            issued_on=date.fromisoformat(row["issued_on"]),
            counterparty=row["counterparty"],
            net_fen=int(row["net_fen"]),
            tax_fen=int(row["tax_fen"]),
            status=_STATUSES[row["status"]],
        )
    except (ValueError, KeyError) as error:
        raise Violation(
            _culprit(row), f"A cell cannot be read: {error}.", "See the columns in the README."
        ) from error


_DIRECTIONS = {direction.value: direction for direction in InvoiceDirection}
_STATUSES = {status.value: status for status in InvoiceStatus}


def _culprit(row: Mapping[str, str]) -> str:
    if row["direction"] not in _DIRECTIONS:
        return "direction"
    if row["status"] not in _STATUSES:
        return "status"
    for name in ("net_fen", "tax_fen"):
        if not row[name].strip().removeprefix("-").isdecimal():
            return name
    return "issued_on"
