"""VAT invoices as they are delivered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation

COLUMNS = ("number", "direction", "issued_on", "counterparty", "net_fen", "tax_fen", "status")
FIRST_YEAR = 1994  # of the VAT
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


def month_of(day: date) -> int:
    """Months since the year 0: neighbours differ by 1."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def last_complete_month(day: date) -> int:
    """The newest month that was over at the end of `day`."""
    over = day == date.max or (day + timedelta(days=1)).day == 1
    return month_of(day) - (not over)


def check_invoice(invoice: Invoice, today: date) -> None:
    if not 0 < len(invoice.number) <= 64 or not invoice.number.isprintable():
        raise Violation(
            "number",
            "The number is empty, too long, or has signs that cannot be printed.",
            "Give code and number, 1 to 64 characters.",
        )
    if not 0 < len(invoice.counterparty) <= 100:
        raise Violation("counterparty", "The counterparty is empty or too long.", "Give 1 to 100 characters.")
    if invoice.issued_on > today or invoice.issued_on.year < FIRST_YEAR:
        raise Violation("issued_on", f"{invoice.issued_on} cannot be.", "Give the day of issue.")
    for name in ("net_fen", "tax_fen"):
        if abs(getattr(invoice, name)) > _LARGEST_FEN:
            raise Violation(
                name, f"{getattr(invoice, name)} fen is beyond any invoice.", "Give fen: 1 yuan is 100."
            )


def read_cells(cells: Sequence[str]) -> Invoice:
    """Of the cells in the order of COLUMNS. Raises Violation on the column that cannot be read."""
    number, direction, issued_on, counterparty, net_fen, tax_fen, status = cells
    try:
        return Invoice(
            number=number,
            direction=_DIRECTIONS[direction],
            issued_on=date.fromisoformat(issued_on),
            counterparty=counterparty,
            net_fen=int(net_fen),
            tax_fen=int(tax_fen),
            status=_STATUSES[status],
        )
    except (ValueError, KeyError) as error:
        name, mend = _culprit(direction, status, net_fen, tax_fen)
        raise Violation(name, "The cell cannot be read.", mend) from error


_DIRECTIONS = {direction.value: direction for direction in InvoiceDirection}
_STATUSES = {status.value: status for status in InvoiceStatus}


def _culprit(direction: str, status: str, *amounts: str) -> tuple[str, str]:
    if direction not in _DIRECTIONS:
        return "direction", f"Write {' or '.join(_DIRECTIONS)}."
    if status not in _STATUSES:
        return "status", f"Write {' or '.join(_STATUSES)}."
    for name, amount in zip(("net_fen", "tax_fen"), amounts, strict=True):
        if not amount.strip().removeprefix("-").isdecimal():
            return name, "Write fen as plain digits, without a point: 1 yuan is 100."
    return "issued_on", "Write the day as 2026-11-30."
