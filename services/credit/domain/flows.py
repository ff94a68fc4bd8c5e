"""Invoices summed by month and counterparty: what features are made of, online from the store, offline from rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.credit.domain.invoices import InvoiceDirection, month_of

Row = tuple[str, str, date, str, int, int, bool]
"""direction, number, issued_on, counterparty, net_fen, tax_fen, void: an invoice as it is read in bulk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """All invoices of one month with one counterparty. `voids` of them are void and count in nothing else; of the
    `invoices` that stand, `refunds` are negative. `refunds_fen` is positive, `tax_fen` is net of refunds."""

    direction: InvoiceDirection
    month: int
    counterparty: str
    gross_fen: int = 0
    refunds_fen: int = 0
    tax_fen: int = 0
    invoices: int = 0
    refunds: int = 0
    voids: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """`since`: by direction the month of the first invoice that stands; a direction of which nothing was ever
    delivered is not in it. `covers_until`: the last day of which all invoices were delivered. `flows` may leave out
    the months that no feature of the day looks at."""

    flows: Sequence[Flow]
    since: Mapping[InvoiceDirection, int]
    covers_until: date


def history(flows: Sequence[Flow], covers_until: date) -> History:
    """Of all flows there are."""
    since: dict[InvoiceDirection, int] = {}
    for flow in flows:
        if flow.invoices:
            since[flow.direction] = min(flow.month, since.get(flow.direction, flow.month))
    return History(flows, since, covers_until)


def tally(rows: Iterable[Row]) -> tuple[Flow, ...]:
    """An invoice is one by direction, number and day: what was said first stands, but that it is void counts whenever
    it is said."""
    known: dict[tuple[str, str, date], tuple[str, int, int]] = {}
    void: set[tuple[str, str, date]] = set()
    for direction, number, issued_on, counterparty, net_fen, tax_fen, is_void in rows:
        key = (direction, number, issued_on)
        known.setdefault(key, (counterparty, net_fen, tax_fen))
        if is_void:
            void.add(key)
    return _summed(known, void)


def _summed(
    known: Mapping[tuple[str, str, date], tuple[str, int, int]], void: set[tuple[str, str, date]]
) -> tuple[Flow, ...]:
    sums: dict[tuple[str, int, str], list[int]] = {}
    for key, (counterparty, net_fen, tax_fen) in known.items():
        of_month = sums.setdefault((key[0], month_of(key[2]), counterparty), [0, 0, 0, 0, 0, 0])
        if key in void:
            of_month[5] += 1
            continue
        refund = net_fen < 0
        of_month[1 if refund else 0] += abs(net_fen)
        of_month[2] += tax_fen
        of_month[3] += 1
        of_month[4] += refund
    return tuple(_flow(*key, *amounts) for key, amounts in sums.items())


def _flow(
    direction: str, month: int, counterparty: str,
    gross: int, refunded: int, tax: int, invoices: int, refunds: int, voids: int,
) -> Flow:  # fmt: skip
    return Flow(
        direction=InvoiceDirection(direction),
        month=month,
        counterparty=counterparty,
        gross_fen=gross,
        refunds_fen=refunded,
        tax_fen=tax,
        invoices=invoices,
        refunds=refunds,
        voids=voids,
    )
