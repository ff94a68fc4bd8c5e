"""Re-guarantee fees, caps and claim ratios of the tiers above the direct guarantor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.finance.split import Share, capped_layer, split
from libs.finance.tiers import (
    CapDefinition,
    FeeBand,
    FeeBase,
    FeeTerm,
    cap_money,
    claim_ratio_ppm,
    reguarantee_fee,
)

SHARES = (Share("bank", 2000), Share("national", 2000), Share("provincial", 2000), Share("local", 4000))
BANDS = (FeeBand(up_to_fen=500_000_000, rate_ppm=3_000), FeeBand(rate_ppm=5_000))
NATIONAL = FeeTerm(payee="national", base=FeeBase.SHARE, bands=BANDS)
RATIOS = [one for one in CapDefinition if one is not CapDefinition.BALANCE]

amounts = st.integers(min_value=0, max_value=10**13)
releases = st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 3650)), max_size=6)
definitions = st.sampled_from(RATIOS)


def test_one_fen_above_a_band_the_next_rate_holds_for_all_of_it() -> None:
    below, above = (reguarantee_fee(NATIONAL, fen, 2000, 270) for fen in (500_000_000, 500_000_001))

    assert (below, above) == (221_918, 369_863)


def test_a_fee_quoted_on_the_loan_is_the_same_fee_under_another_base() -> None:
    on_loan = FeeTerm(payee="national", base=FeeBase.LOAN, bands=(FeeBand(rate_ppm=600),))

    assert reguarantee_fee(on_loan, 500_000_000, 2000, 270) == 221_918


@pytest.mark.parametrize(
    "bands",
    [
        (),
        (FeeBand(up_to_fen=100, rate_ppm=1),),
        (FeeBand(rate_ppm=1), FeeBand(rate_ppm=2)),
        (FeeBand(up_to_fen=100, rate_ppm=1), FeeBand(up_to_fen=100, rate_ppm=2), FeeBand(rate_ppm=3)),
        (FeeBand(rate_ppm=-1),),
    ],
)
def test_bands_that_leave_an_amount_without_one_rate_are_refused(bands: tuple[FeeBand, ...]) -> None:
    with pytest.raises(Violation) as caught:
        FeeTerm(payee="national", base=FeeBase.SHARE, bands=bands)

    assert caught.value.field == "bands"


def test_a_pool_is_limited_to_what_it_holds() -> None:
    money = cap_money(CapDefinition.BALANCE, [(10**12, 365)], 300, SHARES, balance_fen=3_000_000_000)

    assert money == 3_000_000_000
    assert claim_ratio_ppm(CapDefinition.BALANCE, 600_000_000, [], SHARES, 3_000_000_000) == 200_000


@pytest.mark.parametrize("definition", CapDefinition)
def test_before_anything_was_released_there_is_no_ratio_and_no_money(definition: CapDefinition) -> None:
    assert claim_ratio_ppm(definition, 1, [], SHARES) is None
    assert cap_money(definition, [], 300, SHARES) == 0


def test_what_the_fund_does_not_refund_stays_with_the_local_guarantor() -> None:
    parts = split(300_000_000, SHARES)

    assert capped_layer(parts, ("national",), 10_000_000, "local") == {
        "bank": 60_000_000,
        "national": 10_000_000,
        "provincial": 60_000_000,
        "local": 170_000_000,
    }


def test_the_tiers_above_are_cut_in_proportion_and_rounding_stays_below_the_cap() -> None:
    cut = capped_layer(split(300_000_000, SHARES), ("national", "provincial"), 11, "local")

    assert (cut["national"], cut["provincial"], cut["local"]) == (5, 5, 239_999_990)


@pytest.mark.parametrize("to", ["national", "pool"])
def test_the_excess_goes_to_a_party_outside_the_layer(to: str) -> None:
    with pytest.raises(Violation) as caught:
        capped_layer(split(100, SHARES), ("national",), 1, to)

    assert caught.value.field == "excess"


@given(amounts, st.integers(-10, 10**13), st.sampled_from(["bank", "local"]), st.booleans())
def test_a_cut_layer_sums_to_the_loan_and_never_passes_its_room(
    amount: int, room: int, to: str, both: bool
) -> None:
    layer = ("national", "provincial") if both else ("national",)
    parts = split(amount, SHARES)

    cut = capped_layer(parts, layer, room, to)

    assert sum(cut.values()) == amount and min(cut.values()) >= 0
    assert sum(cut[party] for party in layer) <= max(0, room)
    assert all(cut[party] <= parts[party] for party in layer)
    assert all(cut[party] == parts[party] for party in parts if party not in (*layer, to))


@given(definitions, releases, st.integers(0, 10_000))
def test_paying_the_whole_cap_never_passes_its_ratio(
    definition: CapDefinition, released: list[tuple[int, int]], cap_bp: int
) -> None:
    money = cap_money(definition, released, cap_bp, SHARES)

    ratio = claim_ratio_ppm(definition, money, released, SHARES)

    assert money == 0 if ratio is None else ratio <= cap_bp * 100


@given(st.integers(0, 10**12), st.integers(0, 3650), st.integers(0, 10_000))
def test_a_fee_grows_with_amount_days_and_share(amount: int, days: int, share: int) -> None:
    fee = reguarantee_fee(NATIONAL, amount, share, days)

    assert 0 <= fee <= reguarantee_fee(NATIONAL, amount + 1, share, days + 1)
