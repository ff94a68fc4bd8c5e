import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from services.portal import formatting


@pytest.mark.parametrize(
    ("fen", "chinese", "english"),
    [
        (0, "0元", "CNY 0"),
        (123_456, "1,234.56元", "CNY 1,234.56"),
        (150_000_000, "150万元", "CNY 1,500,000"),
        (1_255_000_000, "1,255万元", "CNY 12,550,000"),
        (12_000_000_000, "1.2亿元", "CNY 120,000,000"),
        (123_456_700, "1,234,567元", "CNY 1,234,567"),
        (-150_000_000, "-150万元", "CNY -1,500,000"),
    ],
)
def test_amounts_are_rounded_to_nothing(fen: int, chinese: str, english: str) -> None:
    assert formatting.wan(fen, "zh") == chinese
    assert formatting.wan(fen, "en") == english


@given(st.integers(min_value=0, max_value=10**14))
def test_what_a_form_holds_of_an_amount_comes_back_as_the_same_amount(fen: int) -> None:
    assert formatting.fen_of_wan(formatting.in_wan(fen), "amount") == fen


@given(st.integers(min_value=0, max_value=999_999))
def test_what_a_form_holds_of_a_rate_comes_back_as_the_same_rate(ppm: int) -> None:
    assert formatting.ppm_of_percent(formatting.in_percent(ppm), "rate") == ppm


@pytest.mark.parametrize("text", ["", "abc", "-5", "1e9", "NaN", "1.0000001", "9" * 10])
def test_what_is_no_amount_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(Violation) as refused:
        formatting.fen_of_wan(text, "amount")
    assert refused.value.field == "amount"


def test_numbers_are_read_as_they_were_meant() -> None:
    assert formatting.fen_of_wan(" 1,500 ", "amount") == 1_500_000_000
    assert formatting.whole("１２", "term") == 12
    assert formatting.ppm_of_percent("４．３５", "rate") == 43_500


@pytest.mark.parametrize("text", ["", "435", "100.5", "-1", "4.35%"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(Violation, match="not a rate"):
        formatting.ppm_of_percent(text, "rate")


@pytest.mark.parametrize("text", ["", "12.5", "一", "9" * 10])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(Violation, match="not a whole number"):
        formatting.whole(text, "term")


def test_an_instant_is_shown_by_a_chinese_clock() -> None:
    assert formatting.instant("2026-11-22T20:30:59Z") == "2026-11-23 04:30"


def test_a_place_and_an_industry_are_shown_by_name_and_unknown_codes_as_they_are() -> None:
    assert formatting.region_name("6401") == "银川市"
    assert formatting.industry_name("65") == "软件和信息技术服务业"
    assert formatting.region_name("999999") == "999999"


def test_a_fact_is_shown_with_its_unit_and_an_unknown_one_as_it_is() -> None:
    assert formatting.fact_value("tax_paid_12m_fen", "12600000", "zh") == "12.6万元"
    assert formatting.fact_value("fact_of_tomorrow", "7", "zh") == "7"
