"""What invoices say, and that they say nothing of days to come."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.vocabulary import FACTS
from services.credit.domain.features import FEATURES, MOST_BP, features, observed_on
from services.credit.domain.flows import Flow, History, history
from services.credit.domain.invoices import (
    Invoice,
    InvoiceDirection,
    InvoiceStatus,
    last_complete_month,
    month_of,
)
from tests.unit.credit.world import history_of

SALE = InvoiceDirection.SALE
LAST = month_of(date(2026, 10, 1))
STEADY = {
    "invoiced_12m_fen": 17_700_000,
    "invoice_active_months_12m": 12,
    "invoice_growth_bp": 4_750,
    "largest_customer_share_bp": 6_780,
    "refund_share_bp": 167,
    "customers_12m": 2,
    "customer_concentration_bp": 5_633,
    "void_share_bp": 0,
    "sales_volatility_bp": 0,
    "returning_customers_bp": 6_780,
    "average_sale_fen": 750_000,
    "invoice_quarter_trend_bp": 0,
}


def flow(months_back: int, gross_fen: int, refunds_fen: int = 0, customer: str = "B1", **more: Any) -> Flow:
    counts = {"invoices": 1} | more
    return Flow(
        direction=SALE,
        month=LAST - months_back,
        counterparty=customer,
        gross_fen=gross_fen,
        refunds_fen=refunds_fen,
        **counts,
    )


def of(
    *flows: Flow, as_of: date = date(2026, 11, 22), covers_until: date = date(2026, 11, 22)
) -> dict[str, int]:
    return features(history(flows, covers_until), as_of)


def test_a_year_of_steady_sales_to_two_customers() -> None:
    steady = [flow(back, 1_000_000) for back in range(24)]
    second = [flow(back, 500_000, 25_000, "B2", invoices=2, refunds=1) for back in range(12)]

    assert of(*steady, *second) == STEADY


def test_every_feature_is_a_fact_of_the_invoices_that_nobody_else_counts() -> None:
    assert set(FEATURES) == {name for name, kind in FACTS.items() if kind.scope == "invoices"}
    assert all(feature.months <= 24 for feature in FEATURES.values())


def test_growth_is_not_judged_of_a_firm_that_began_within_the_year_before() -> None:
    assert "invoice_growth_bp" not in of(*[flow(back, 100) for back in range(20)])


def test_a_firm_that_stopped_has_sold_nothing_which_is_not_the_same_as_unknown() -> None:
    stopped = of(flow(13, 100))

    assert stopped["invoiced_12m_fen"] == 0
    assert stopped["invoice_active_months_12m"] == 0
    assert "largest_customer_share_bp" not in stopped


def test_before_the_first_sale_nothing_is_known() -> None:
    assert of(flow(0, 100), as_of=date(2026, 10, 30)) == {}


def test_a_firm_of_void_invoices_alone_has_not_begun() -> None:
    assert of(flow(1, 0, invoices=0, voids=3)) == {}


def test_a_month_in_progress_does_not_count_and_its_last_day_completes_it() -> None:
    assert last_complete_month(date(2026, 11, 29)) == month_of(date(2026, 10, 1))
    assert last_complete_month(date(2026, 11, 30)) == month_of(date(2026, 11, 1))


def test_months_that_no_delivery_covers_are_not_counted_as_months_without_sales() -> None:
    year = [flow(back, 100) for back in range(6, 18)]

    assert of(*year)["invoice_active_months_12m"] == 6
    assert of(*year, covers_until=date(2026, 4, 30))["invoice_active_months_12m"] == 12


def test_refunds_beyond_all_sales_are_all_of_them() -> None:
    assert of(flow(1, 100, 900))["refund_share_bp"] == 10_000


def test_a_first_word_stands_and_that_an_invoice_is_void_counts_whenever_it_is_said() -> None:
    first, later = invoice("1", net_fen=500), invoice("1", net_fen=900, status=InvoiceStatus.VOID)

    (stands,) = history_of([first, invoice("1", net_fen=900)], date(2026, 11, 1)).flows
    assert (stands.gross_fen, stands.invoices, stands.voids) == (500, 1, 0)
    for order in ([first, later], [later, first]):
        (void,) = history_of(order, date(2026, 11, 1)).flows
        assert (void.gross_fen, void.tax_fen, void.invoices, void.voids) == (0, 0, 0, 1)


def invoice(number: str, **changes: Any) -> Invoice:
    told: dict[str, Any] = {
        "number": number,
        "direction": SALE,
        "issued_on": date(2026, 10, 1),
        "counterparty": "B1",
        "net_fen": 100,
    }
    return Invoice(**(told | changes))


amounts = st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 10**15))
flows = st.lists(
    st.builds(
        Flow,
        direction=st.sampled_from(InvoiceDirection),
        month=st.integers(LAST - 40, LAST + 12),
        counterparty=st.sampled_from(["B1", "B2", "B3"]),
        gross_fen=amounts,
        refunds_fen=amounts,
        invoices=st.integers(2, 9),
        refunds=st.integers(0, 1),
        voids=st.integers(0, 2),
    ),
    min_size=1,
    max_size=30,
)
days = st.dates(date(2025, 1, 1), date(2027, 6, 30))


@given(flows, flows, days, days)
def test_no_feature_looks_past_its_as_of_date(
    known: list[Flow], more: list[Flow], as_of: date, covers_until: date
) -> None:
    """Whatever else is dated after the day, or after the last month that is covered, changes nothing."""
    last = last_complete_month(min(as_of, covers_until))
    past = [one for one in known if one.month <= last]
    later = [one for one in more if one.month > last]
    whole = features(history([*past, *later], covers_until), as_of)

    assert whole == features(history(past, min(covers_until, as_of)), as_of)
    assert observed_on(history(past, covers_until), as_of) <= as_of


@given(flows, days)
def test_a_feature_needs_no_more_months_than_it_says(known: list[Flow], as_of: date) -> None:
    whole = history(known, as_of)
    last = last_complete_month(as_of)
    values = features(whole, as_of)

    for name, feature in FEATURES.items():
        within = [one for one in known if last - feature.months < one.month <= last]
        assert features(History(within, whole.since, as_of), as_of).get(name) == values.get(name)


@given(flows, days)
def test_features_stay_within_what_they_mean(known: list[Flow], as_of: date) -> None:
    values = features(history(known, as_of), as_of)

    assert set(values) <= set(FEATURES)
    assert 0 <= values.get("invoice_active_months_12m", 0) <= 12
    for name, value in values.items():
        assert type(value) is int
        assert value in range(*bounds(name)), name


def bounds(name: str) -> tuple[int, int]:
    if ("share" in name and name != "purchase_share_bp") or "concentration" in name or name.startswith("ret"):
        return 0, 10_001
    return (-MOST_BP, MOST_BP + 1) if name.endswith("_bp") else (-(2**63), 2**63)


@given(flows, st.randoms(use_true_random=False), days)
def test_neither_the_order_of_flows_nor_the_names_of_counterparties_matter(
    known: Sequence[Flow], random: Any, as_of: date
) -> None:
    shuffled = [
        Flow(
            **{name: getattr(one, name) for name in one.__slots__} | {"counterparty": one.counterparty[::-1]}
        )
        for one in random.sample(known, len(known))
    ]

    assert features(history(shuffled, as_of), as_of) == features(history(known, as_of), as_of)


@given(days)
def test_the_day_of_observation_ends_a_month(as_of: date) -> None:
    observed = observed_on(History([], {}, as_of), as_of)

    assert (observed + timedelta(days=1)).day == 1
