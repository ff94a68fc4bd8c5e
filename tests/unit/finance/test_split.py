import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.finance.split import (
    Share,
    annual_fee,
    capped,
    claim_cap,
    claim_reserve_due,
    covered,
    net_recovery,
    recover,
    split,
    unearned_fee_reserve,
)

FOUR_TWO_TWO_TWO = [
    Share("bank", 2000),
    Share("national", 2000),
    Share("provincial", 2000),
    Share("local", 4000),
]
TIES = ("local", "bank", "provincial", "national")

amounts = st.integers(min_value=0, max_value=10**13)


@st.composite
def sharings(draw: st.DrawFn) -> list[Share]:
    parties = ["bank", "national", "provincial", "government", "local"][: draw(st.integers(2, 5))]
    cuts = sorted(
        draw(st.lists(st.integers(0, 10_000), min_size=len(parties) - 1, max_size=len(parties) - 1))
    )
    edges = [0, *cuts, 10_000]
    return [
        Share(party, after - before) for party, before, after in zip(parties, edges, edges[1:], strict=False)
    ]


def test_rounding_four_shares_never_makes_a_fen() -> None:
    parts = split(123_456_789, FOUR_TWO_TWO_TWO)

    assert list(parts.values()) == [24_691_358, 24_691_357, 24_691_357, 49_382_717]


def test_a_claim_across_the_cap_is_paid_in_part() -> None:
    parts = capped(100_000_000, FOUR_TWO_TWO_TWO, paid_fen=2_350_000_001, cap_fen=2_400_000_000)

    assert list(parts.values()) == [50_000_001, 12_499_999, 12_499_999, 25_000_001]


def test_an_exhausted_cap_leaves_all_to_the_lender() -> None:
    parts = capped(100_000_000, FOUR_TWO_TWO_TWO, paid_fen=2_500_000_000, cap_fen=2_400_000_000)

    assert list(parts.values()) == [100_000_000, 0, 0, 0]


def test_the_cap_is_rounded_down_once() -> None:
    assert claim_cap([(100_000_000_000, 365)], cap_bp=300, share_bp=8000) == 2_400_000_000
    assert claim_cap([(1, 1), (1, 364)], cap_bp=10_000) == 1


def test_a_recovery_goes_back_as_it_was_borne() -> None:
    borne = split(300_000_000, FOUR_TWO_TWO_TWO)

    recovery = recover(88_000_000, borne, TIES)

    assert list(recovery.parts.values()) == [17_600_000, 17_600_000, 17_600_000, 35_200_000]


def test_a_recovery_above_what_was_borne_is_surplus() -> None:
    recovery = recover(130, {"bank": 20, "local": 80}, ("local", "bank"))

    assert (recovery.parts, recovery.surplus_fen) == ({"bank": 20, "local": 80}, 30)


def test_nothing_borne_means_all_is_surplus() -> None:
    recovery = recover(7, {"bank": 0, "local": 0}, ("local", "bank"))

    assert (recovery.parts, recovery.surplus_fen) == ({"bank": 0, "local": 0}, 7)


def test_equal_fractions_follow_the_tie_order() -> None:
    recovery = recover(1, {"bank": 5, "national": 5, "local": 5}, TIES)

    assert recovery.parts == {"bank": 0, "national": 0, "local": 1}


def test_unpaid_costs_are_carried_to_the_next_recovery() -> None:
    assert [net_recovery(5_000_000, 8_000_000), net_recovery(10_000_000, 3_000_000)] == [
        (0, 3_000_000),
        (7_000_000, 0),
    ]


def test_a_yearly_fee_counts_days_on_365_and_rounds_once() -> None:
    assert annual_fee(500_000_000, 10_000, 270) == 3_698_630
    assert annual_fee(500_000_000, 3_000, 270, share_bp=2000) == annual_fee(500_000_000, 600, 270) == 221_918


def test_the_claim_reserve_stops_at_its_ceiling() -> None:
    assert claim_reserve_due(97_500_000_000, 100, 1000, held_fen=9_000_000_000) == 750_000_000
    assert claim_reserve_due(97_500_000_000, 100, 1000, held_fen=9_900_000_000) == 0


def test_half_of_the_fees_of_a_year_are_unearned() -> None:
    assert unearned_fee_reserve(1_234_567_891, 5000) == 617_283_946


@pytest.mark.parametrize(
    "shares",
    [
        [],
        [Share("bank", 10_000)],
        [Share("bank", 5000), Share("bank", 5000)],
        [Share("bank", 2000), Share("local", 7999)],
        [Share("bank", 11_000), Share("local", -1000)],
    ],
)
def test_shares_that_do_not_divide_a_loan_are_refused(shares: list[Share]) -> None:
    with pytest.raises(Violation) as caught:
        split(100, shares)

    assert caught.value.field == "shares"


def test_a_negative_amount_is_refused() -> None:
    with pytest.raises(Violation, match="negative"):
        covered(-1, FOUR_TWO_TWO_TWO)


@pytest.mark.parametrize("ties", [("local",), ("local", "local", "bank")])
def test_a_tie_order_names_every_party_once(ties: tuple[str, ...]) -> None:
    with pytest.raises(Violation) as caught:
        recover(1, {"bank": 1, "local": 1}, ties)

    assert caught.value.field == "ties"


def test_a_party_that_received_too_much_is_noticed() -> None:
    with pytest.raises(Violation, match="more than it bore"):
        recover(1, {"bank": -1, "local": 1}, TIES)


@given(amounts, sharings())
def test_parts_sum_to_the_amount_and_the_lender_bears_its_share(amount: int, shares: list[Share]) -> None:
    parts = split(amount, shares)

    assert sum(parts.values()) == amount and min(parts.values()) >= 0
    assert parts["bank"] * 10_000 >= amount * shares[0].bp
    assert all(parts[share.party] * 10_000 <= amount * share.bp for share in shares[1:-1])


@given(amounts, sharings(), amounts, amounts)
def test_a_capped_claim_sums_and_never_passes_the_cap(
    amount: int, shares: list[Share], paid: int, cap: int
) -> None:
    parts = capped(amount, shares, paid, cap)

    assert sum(parts.values()) == amount and min(parts.values()) >= 0
    assert amount - parts["bank"] <= max(0, cap - paid)


@given(amounts, sharings(), st.lists(st.integers(0, 10**13), max_size=8))
def test_no_series_of_recoveries_pays_a_party_more_than_it_bore(
    amount: int, shares: list[Share], receipts: list[int]
) -> None:
    remaining = split(amount, shares)
    ties = ("local", "bank", "provincial", "national", "government")

    for receipt in [*receipts, amount]:
        recovery = recover(receipt, remaining, tuple(remaining) if len(remaining) < 5 else ties)
        assert sum(recovery.parts.values()) + recovery.surplus_fen == receipt
        remaining = {party: left - recovery.parts[party] for party, left in remaining.items()}
        assert min(remaining.values()) >= 0

    assert sum(remaining.values()) == 0
