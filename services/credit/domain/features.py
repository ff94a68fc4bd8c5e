"""What invoices say about a firm: one definition each, computed the same way wherever it is needed.

All windows are whole calendar months that were over on the as-of date, and that the deliveries cover; a month in
progress is never counted. So nothing here can look past the as-of date. Void invoices count in the shares of void ones
and nowhere else. What cannot be judged (no sales, a year of nothing but refunds) is left out, never zero.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import isqrt

from libs.finance.money import BP, half_up
from services.credit.domain.flows import Flow, History
from services.credit.domain.invoices import InvoiceDirection, first_day, last_complete_month

SALE, PURCHASE = InvoiceDirection.SALE, InvoiceDirection.PURCHASE
QUARTER, YEAR = 3, 12
MOST_BP = 100 * BP  # a change or relation beyond a hundredfold tells no more than that it is one


@dataclass(slots=True)
class Sums:
    """Of the flows of one direction in some months."""

    gross_fen: int = 0
    refunds_fen: int = 0
    invoices: int = 0
    refunds: int = 0
    voids: int = 0
    by_counterparty: Counter[str] = field(default_factory=Counter[str])
    by_month: Counter[int] = field(default_factory=Counter[int])
    partners: set[str] = field(default_factory=set[str])
    """Those with at least one invoice that is no refund."""
    active: set[int] = field(default_factory=set[int])
    """Months with at least one such invoice."""

    @property
    def net_fen(self) -> int:
        return self.gross_fen - self.refunds_fen

    @property
    def bought(self) -> list[int]:
        """Of each counterparty that bought more than it returned, what is left."""
        return [net for net in self.by_counterparty.values() if net > 0]

    def add(self, flow: Flow) -> None:
        net = flow.gross_fen - flow.refunds_fen
        self.gross_fen += flow.gross_fen
        self.refunds_fen += flow.refunds_fen
        self.invoices += flow.invoices
        self.refunds += flow.refunds
        self.voids += flow.voids
        self.by_counterparty[flow.counterparty] += net
        self.by_month[flow.month] += net
        if flow.gross_fen > 0:
            self.partners.add(flow.counterparty)
            self.active.add(flow.month)


class Books:
    """A history as its features look at it on a day: `last` is the newest month that counts."""

    def __init__(self, history: History, last: int) -> None:
        self._since = history.since
        self._last = last
        self._by_month: dict[tuple[InvoiceDirection, int], list[Flow]] = {}
        self._sums: dict[tuple[InvoiceDirection, int, int], Sums] = {}
        for flow in history.flows:
            if flow.month <= last:
                self._by_month.setdefault((flow.direction, flow.month), []).append(flow)

    def sums(self, direction: InvoiceDirection, months: int = YEAR, back: int = 0) -> Sums:
        """Of `months` months, the last of them `back` months before the last."""
        key = (direction, months, back)
        if key not in self._sums:
            self._sums[key] = self._summed(*key)
        return self._sums[key]

    def began(self, direction: InvoiceDirection) -> bool:
        """Whether anything was sold or bought by the end of the last month."""
        return direction in self._since and self._since[direction] <= self._last

    def ran(self, direction: InvoiceDirection, months: int) -> bool:
        """Whether the firm was at it in the first of so many months, so that they can be judged as a whole."""
        return self.began(direction) and self._since[direction] <= self._last - months + 1

    def months(self, months: int) -> Iterable[int]:
        return range(self._last - months + 1, self._last + 1)

    def _summed(self, direction: InvoiceDirection, months: int, back: int) -> Sums:
        sums = Sums()
        for month in range(self._last - back - months + 1, self._last - back + 1):
            for flow in self._by_month.get((direction, month), ()):
                sums.add(flow)
        return sums


Measure = Callable[[Books], int | None]


@dataclass(frozen=True, slots=True)
class Feature:
    """`months` before the as-of date that it looks at, of the invoices of these directions; it is judged of a firm
    that has begun in all of them."""

    measure: Measure
    months: int
    source: tuple[InvoiceDirection, ...]


def net(direction: InvoiceDirection) -> Measure:
    """Amounts without tax, refunds taken off."""
    return lambda books: books.sums(direction).net_fen


def active_months(books: Books) -> int:
    """Months with at least one sale that is no refund."""
    return len(books.sums(SALE).active)


def change(months: int) -> Measure:
    """Change of net sales against as many months before. None unless the firm sold in all of that span."""

    def measure(books: Books) -> int | None:
        before = books.sums(SALE, months, back=months).net_fen
        if before <= 0 or not books.ran(SALE, 2 * months):
            return None
        return _relation(books.sums(SALE, months).net_fen - before, before)

    return measure


def largest_share(books: Books) -> int | None:
    """The largest customer's part of net sales, counting customers who bought more than they returned."""
    bought = books.sums(SALE).bought
    return half_up(max(bought) * BP, sum(bought)) if bought else None


def concentration(direction: InvoiceDirection) -> Measure:
    """Herfindahl index: the squares of the parts added up, of those who bought more than they returned."""

    def measure(books: Books) -> int | None:
        bought = books.sums(direction).bought
        squares = sum(amount * amount for amount in bought)
        return half_up(squares * BP, sum(bought) ** 2) if bought else None

    return measure


def partners(direction: InvoiceDirection) -> Measure:
    """Customers, or suppliers, with at least one invoice that is no refund."""
    return lambda books: len(books.sums(direction).partners)


def refund_share(direction: InvoiceDirection) -> Measure:
    """Refunds in relation to amounts before refunds; all of it at most, as refunds may be for earlier years."""

    def measure(books: Books) -> int | None:
        year = books.sums(direction)
        return min(BP, half_up(year.refunds_fen * BP, year.gross_fen)) if year.gross_fen > 0 else None

    return measure


def void_share(direction: InvoiceDirection) -> Measure:
    """The void ones among all invoices, by number."""

    def measure(books: Books) -> int | None:
        year = books.sums(direction)
        issued = year.invoices + year.voids
        return half_up(year.voids * BP, issued) if issued else None

    return measure


def purchase_share(books: Books) -> int | None:
    """Net purchases in relation to net sales."""
    sold = books.sums(SALE).net_fen
    return _relation(books.sums(PURCHASE).net_fen, sold) if sold > 0 else None


def volatility(books: Books) -> int | None:
    """Standard deviation of the twelve monthly net sales, over their mean. None unless the firm sold in all of the
    year's span, and for a year without net sales."""
    year = books.sums(SALE)
    if year.net_fen <= 0 or not books.ran(SALE, YEAR):
        return None
    squares = sum(year.by_month[month] ** 2 for month in books.months(YEAR))
    spread = YEAR * squares - year.net_fen**2  # its root over the sum is deviation over mean
    return min(MOST_BP, (isqrt(4 * BP**2 * spread // year.net_fen**2) + 1) // 2)


def returning_share(books: Books) -> int | None:
    """Of what customers bought and kept, the part of those who had bought in the year before as well. None unless the
    firm sold in all of that year's span."""
    year, before = books.sums(SALE), books.sums(SALE, back=YEAR)
    if not year.bought or not books.ran(SALE, 2 * YEAR):
        return None
    returned = sum(
        amount for name, amount in year.by_counterparty.items() if amount > 0 and name in before.partners
    )
    return half_up(returned * BP, sum(year.bought))


def average_sale(books: Books) -> int | None:
    """Amount of a sale that is no refund, without tax."""
    year = books.sums(SALE)
    count = year.invoices - year.refunds
    return half_up(year.gross_fen, count) if count > 0 else None


# The one table: fact of the vocabulary (which holds unit and words) -> its definition.
FEATURES: dict[str, Feature] = {
    "invoiced_12m_fen": Feature(net(SALE), YEAR, (SALE,)),
    "invoice_active_months_12m": Feature(active_months, YEAR, (SALE,)),
    "invoice_growth_bp": Feature(change(YEAR), 2 * YEAR, (SALE,)),
    "largest_customer_share_bp": Feature(largest_share, YEAR, (SALE,)),
    "refund_share_bp": Feature(refund_share(SALE), YEAR, (SALE,)),
    "purchases_12m_fen": Feature(net(PURCHASE), YEAR, (PURCHASE,)),
    "purchase_share_bp": Feature(purchase_share, YEAR, (SALE, PURCHASE)),
    "customers_12m": Feature(partners(SALE), YEAR, (SALE,)),
    "suppliers_12m": Feature(partners(PURCHASE), YEAR, (PURCHASE,)),
    "customer_concentration_bp": Feature(concentration(SALE), YEAR, (SALE,)),
    "supplier_concentration_bp": Feature(concentration(PURCHASE), YEAR, (PURCHASE,)),
    "void_share_bp": Feature(void_share(SALE), YEAR, (SALE,)),
    "purchase_void_share_bp": Feature(void_share(PURCHASE), YEAR, (PURCHASE,)),
    "purchase_refund_share_bp": Feature(refund_share(PURCHASE), YEAR, (PURCHASE,)),
    "sales_volatility_bp": Feature(volatility, YEAR, (SALE,)),
    "returning_customers_bp": Feature(returning_share, 2 * YEAR, (SALE,)),
    "average_sale_fen": Feature(average_sale, YEAR, (SALE,)),
    "invoice_quarter_trend_bp": Feature(change(QUARTER), 2 * QUARTER, (SALE,)),
}
LONGEST_WINDOW = max(feature.months for feature in FEATURES.values())


def last_month(covers_until: date, as_of: date) -> int:
    """The newest month that was over on `as_of` and that the deliveries cover."""
    return last_complete_month(min(as_of, covers_until))


def needed(covers_until: date, as_of: date) -> tuple[int, int]:
    """The first and the last month that features on a day are made of."""
    last = last_month(covers_until, as_of)
    return last - LONGEST_WINDOW + 1, last


def observed_on(history: History, as_of: date) -> date:
    """The last day of the window: of which the features are true."""
    return first_day(last_month(history.covers_until, as_of) + 1) - timedelta(days=1)


def features(history: History, as_of: date) -> dict[str, int]:
    """All features that can be judged on a day. Empty while no month with invoices lies behind it."""
    books = Books(history, last_month(history.covers_until, as_of))
    judged = (
        (name, feature.measure(books))
        for name, feature in FEATURES.items()
        if all(books.began(direction) for direction in feature.source)
    )
    return {name: value for name, value in judged if value is not None}


def _relation(part: int, whole: int) -> int:
    return max(-MOST_BP, min(MOST_BP, half_up(part * BP, whole)))
