import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.finance.money import (
    fen_of_yuan,
    floor,
    half_up,
    nearest_multiple,
    percent_text,
    share_of,
    yuan_text,
)


def test_a_half_is_rounded_away_from_zero() -> None:
    assert [half_up(5, 2), half_up(-5, 2), half_up(7, 3)] == [3, -3, 2]


def test_a_floor_never_exceeds_the_quotient() -> None:
    assert [floor(7, 2), floor(-7, 2)] == [3, -4]


def test_published_counts_are_rounded_to_base_five() -> None:
    counts = [0, 1, 2, 3, 7, 8, 12, 13, 37, 36]

    assert [nearest_multiple(count, 5) for count in counts] == [0, 0, 0, 5, 5, 10, 10, 15, 35, 35]


def test_a_rate_is_printed_as_a_percentage_half_up() -> None:
    assert [percent_text(58_412), percent_text(43_550), percent_text(44_378, 4)] == [
        "5.84%",
        "4.36%",
        "4.4378%",
    ]


def test_an_amount_is_printed_in_yuan_with_thousands() -> None:
    assert [yuan_text(123_456_789), yuan_text(-5), yuan_text(0)] == ["1,234,567.89", "-0.05", "0.00"]


def test_a_share_of_an_amount_is_rounded_once() -> None:
    assert share_of(123_456_789, 2000) == 24_691_358


@pytest.mark.parametrize("text", ["ten", "1.005", "NaN", "Infinity", ""])
def test_what_is_not_whole_fen_is_refused(text: str) -> None:
    with pytest.raises(Violation) as caught:
        fen_of_yuan(text, "amount_max")

    assert caught.value.field == "amount_max"


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_an_amount_survives_being_printed_and_read(amount_fen: int) -> None:
    assert fen_of_yuan(yuan_text(amount_fen)) == amount_fen


@given(st.integers(min_value=-(10**12), max_value=10**12), st.integers(min_value=1, max_value=10**6))
def test_rounding_moves_a_quotient_by_a_half_at_most(numerator: int, denominator: int) -> None:
    assert abs(2 * (half_up(numerator, denominator) * denominator - numerator)) <= denominator
