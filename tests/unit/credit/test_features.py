"""What invoices say, and that they say nothing of days to come."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.credit.domain.features import FEATURES, SalesHistory, features, observed_on
from services.credit.domain.invoices import Flow, last_complete_month, month_of

LAST = month_of(date(2026, 10, 1))


def flow(months_back: int, gross_fen: int, refunds_fen: int = 0, customer: str = "B1") -> Flow:
    return Flow(LAST - months_back, customer, gross_fen, refunds_fen, 1)


def of(
    *flows: Flow, as_of: date = date(2026, 11, 22), covers_until: date = date(2026, 11, 22)
) -> dict[str, int]:
    since = min(one.month for one in flows)
    return features(SalesHistory(flows, since, covers_until), as_of)


def test_a_year_of_steady_sales_to_two_customers() -> None:
    steady = [flow(back, 1_000_000) for back in range(24)]
    second = [flow(back, 500_000, 25_000, "B2") for back in range(12)]

    assert of(*steady, *second) == {
        "invoiced_12m_fen": 17_700_000,
        "invoice_active_months_12m": 12,
        "invoice_growth_bp": 4_750,
        "largest_customer_share_bp": 6_780,
        "refund_share_bp": 167,
    }


def test_growth_is_not_judged_of_a_firm_that_began_within_the_year_before() -> None:
    assert "invoice_growth_bp" not in of(*[flow(back, 100) for back in range(20)])


def test_a_firm_that_stopped_has_sold_nothing_which_is_not_the_same_as_unknown() -> None:
    stopped = of(flow(13, 100))

    assert stopped["invoiced_12m_fen"] == 0
    assert stopped["invoice_active_months_12m"] == 0
    assert "largest_customer_share_bp" not in stopped


def test_before_the_first_sale_nothing_is_known() -> None:
    assert of(flow(0, 100), as_of=date(2026, 10, 30)) == {}


def test_a_month_in_progress_does_not_count_and_its_last_day_completes_it() -> None:
    assert last_complete_month(date(2026, 11, 29)) == month_of(date(2026, 10, 1))
    assert last_complete_month(date(2026, 11, 30)) == month_of(date(2026, 11, 1))


def test_months_that_no_delivery_covers_are_not_counted_as_months_without_sales() -> None:
    year = [flow(back, 100) for back in range(6, 18)]

    assert of(*year)["invoice_active_months_12m"] == 6
    assert of(*year, covers_until=date(2026, 4, 30))["invoice_active_months_12m"] == 12


def test_refunds_beyond_all_sales_are_all_of_them() -> None:
    assert of(flow(1, 100, 900))["refund_share_bp"] == 10_000


flows = st.lists(
    st.builds(
        Flow,
        st.integers(LAST - 40, LAST + 12),
        st.sampled_from(["B1", "B2", "B3"]),
        st.integers(0, 10**9),
        st.integers(0, 10**9),
        st.integers(1, 9),
    ),
    min_size=1,
    max_size=30,
)
days = st.dates(date(2025, 1, 1), date(2027, 6, 30))


@given(flows, days, days)
def test_no_feature_looks_past_its_as_of_date(history: list[Flow], as_of: date, covers_until: date) -> None:
    since = min(one.month for one in history)
    past = [one for one in history if one.month <= last_complete_month(as_of)]
    whole = features(SalesHistory(history, since, covers_until), as_of)

    assert whole == (features(SalesHistory(past, since, min(covers_until, as_of)), as_of) if past else {})
    if whole:
        assert observed_on(SalesHistory(history, since, covers_until), as_of) <= as_of


@given(flows, days)
def test_features_stay_within_what_they_mean(history: list[Flow], as_of: date) -> None:
    known = features(SalesHistory(history, min(one.month for one in history), as_of), as_of)

    assert set(known) <= set(FEATURES)
    assert 0 <= known.get("invoice_active_months_12m", 0) <= 12
    assert 0 < known.get("largest_customer_share_bp", 1) <= 10_000
    assert 0 <= known.get("refund_share_bp", 0) <= 10_000


@given(days)
def test_the_day_of_observation_ends_a_month(as_of: date) -> None:
    observed = observed_on(SalesHistory([], 0, as_of), as_of)

    assert (observed + timedelta(days=1)).day == 1
