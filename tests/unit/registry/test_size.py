import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.registry.industries import divisions
from libs.registry.size import Size, SizeIndicator, size_of, size_rule

TEN_THOUSAND_YUAN = 1_000_000

counts = st.integers(0, 5_000)
money = st.integers(0, 400_000 * TEN_THOUSAND_YUAN)


def test_every_indicator_must_reach_the_bound() -> None:
    assert size_of("13", 1200, 100 * TEN_THOUSAND_YUAN, None) is Size.MICRO


def test_a_bound_belongs_to_the_larger_size() -> None:
    assert size_of("13", 20, 300 * TEN_THOUSAND_YUAN, None) is Size.SMALL
    assert size_of("13", 20, 300 * TEN_THOUSAND_YUAN - 1, None) is Size.MICRO


def test_a_missing_indicator_never_makes_a_firm_micro() -> None:
    assert size_of("13", None, 500 * TEN_THOUSAND_YUAN, None) is None
    assert size_of("13", 3, None, None) is None


def test_an_indicator_that_does_not_count_may_be_missing() -> None:
    assert size_of("01", None, 500 * TEN_THOUSAND_YUAN, None) is Size.MEDIUM


@pytest.mark.parametrize("industry", ["66", "83", "84", "53", "91", "704", "G", "nonsense"])
def test_an_industry_without_a_rule_cannot_be_judged(industry: str) -> None:
    assert size_rule(industry) is None
    assert size_of(industry, 10, TEN_THOUSAND_YUAN, TEN_THOUSAND_YUAN) is None


@pytest.mark.parametrize(
    ("industry", "name"),
    [
        ("5910", "交通运输业"),
        ("5951", "仓储业"),
        ("7020", "物业管理"),
        ("85", "其他未列明行业"),
        ("L", "租赁和商务服务业"),
    ],
)
def test_the_finest_known_industry_chooses_the_rule(industry: str, name: str) -> None:
    rule = size_rule(industry)

    assert rule and rule.name == name


def test_the_rule_tells_which_indicators_count() -> None:
    rule = size_rule("47")

    assert rule and list(rule.bounds) == [SizeIndicator.REVENUE, SizeIndicator.ASSETS]


@given(
    st.sampled_from([division.code for division in divisions()]), counts, money, money, counts, money, money
)
def test_growing_never_makes_a_firm_smaller(
    industry: str, employees: int, revenue: int, assets: int, hired: int, sold: int, bought: int
) -> None:
    before = size_of(industry, employees, revenue, assets)
    after = size_of(industry, employees + hired, revenue + sold, assets + bought)

    order = [*Size, None]
    assert order.index(after) <= order.index(before)
