"""What invoices say about a firm: one definition each, computed the same way wherever it is needed.

All windows are whole calendar months that were over on the as-of date, and that the deliveries cover; a month in
progress is never counted. So nothing here can look past the as-of date.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from libs.finance.money import BP, half_up
from services.credit.domain.invoices import Flow, first_day, last_complete_month

YEAR = 12
LONGEST_WINDOW = 2 * YEAR


@dataclass(frozen=True, slots=True)
class SalesHistory:
    """Sales by month and customer. `since`: the month of the firm's first known sale; `covers_until`: the last day
    of which all invoices were delivered."""

    flows: Sequence[Flow]
    since: int
    covers_until: date


@dataclass(frozen=True, slots=True)
class Window:
    """`months` whole months up to and including `last`."""

    last: int
    months: int = YEAR

    @property
    def first(self) -> int:
        return self.last - self.months + 1

    @property
    def before(self) -> "Window":
        return Window(self.first - 1, self.months)

    def of(self, history: SalesHistory) -> list[Flow]:
        return [flow for flow in history.flows if self.first <= flow.month <= self.last]


def invoiced_12m(history: SalesHistory, year: Window) -> int | None:
    """Sales without tax, refunds taken off."""
    return _net(year.of(history))


def active_months_12m(history: SalesHistory, year: Window) -> int | None:
    """Months with at least one sale that is no refund."""
    return len({flow.month for flow in year.of(history) if flow.gross_fen > 0})


def growth(history: SalesHistory, year: Window) -> int | None:
    """Change of net sales against the year before. None unless the firm sold in all of that year's span."""
    before = _net(year.before.of(history))
    if before <= 0 or history.since > year.before.first:
        return None
    return _share(_net(year.of(history)) - before, before)


def largest_customer_share(history: SalesHistory, year: Window) -> int | None:
    """The largest customer's part of net sales, counting customers who bought more than they returned."""
    by_customer: dict[str, int] = defaultdict(int)
    for flow in year.of(history):
        by_customer[flow.counterparty] += flow.gross_fen - flow.refunds_fen
    bought = [net for net in by_customer.values() if net > 0]
    return _share(max(bought), sum(bought)) if bought else None


def refund_share(history: SalesHistory, year: Window) -> int | None:
    """Refunds in relation to sales before refunds; all of it at most, as refunds may be for earlier years."""
    flows = year.of(history)
    gross = sum(flow.gross_fen for flow in flows)
    refunds = sum(flow.refunds_fen for flow in flows)
    return min(BP, _share(refunds, gross)) if gross > 0 else None


Definition = Callable[[SalesHistory, Window], int | None]

# The one table: fact of the vocabulary (which holds unit and words) -> its definition.
FEATURES: dict[str, Definition] = {
    "invoiced_12m_fen": invoiced_12m,
    "invoice_active_months_12m": active_months_12m,
    "invoice_growth_bp": growth,
    "largest_customer_share_bp": largest_customer_share,
    "refund_share_bp": refund_share,
}


def year_of(covers_until: date, as_of: date) -> Window:
    """The last twelve months that were over on `as_of` and that the deliveries cover."""
    return Window(last_complete_month(min(as_of, covers_until)))


def needed(covers_until: date, as_of: date) -> Window:
    """The months that features on a day are made of."""
    return Window(year_of(covers_until, as_of).last, LONGEST_WINDOW)


def observed_on(history: SalesHistory, as_of: date) -> date:
    """The last day of the window: of which the features are true."""
    return first_day(year_of(history.covers_until, as_of).last + 1) - timedelta(days=1)


def features(history: SalesHistory, as_of: date) -> dict[str, int]:
    """All features that can be judged on a day. Empty while no month with sales lies behind it."""
    year = year_of(history.covers_until, as_of)
    if history.since > year.last:
        return {}
    values = {name: define(history, year) for name, define in FEATURES.items()}
    return {name: value for name, value in values.items() if value is not None}


def _net(flows: Sequence[Flow]) -> int:
    return sum(flow.gross_fen - flow.refunds_fen for flow in flows)


def _share(part: int, whole: int) -> int:
    return half_up(part * BP, whole)
