"""Counts of firms as they are told: protected, repeatable, additive."""

from collections import Counter
from hashlib import blake2b
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.codec import load
from libs.criteria.violation import Violation
from services.matching.domain.studies.disclosure import (
    KEYS,
    Counted,
    DisclosureRules,
    Measured,
    added,
    joined,
    shown_count,
    shown_counts,
    shown_mean,
    shown_rate,
    shown_sums,
)
from tests.unit.matching.world import POLICIES, TODAY

RULES = load(DisclosureRules, POLICIES.record_on("matching.disclosure", TODAY))
COUNTIES, SECTIONS = ("640104", "640105", "640221"), ("A", "C", "F")


def record_key(firm: int, vault: int = 0) -> int:
    """Of a firm, in the vault of one installation."""
    return int.from_bytes(blake2b(f"{vault}/{firm}".encode(), digest_size=8).digest(), "big")


def counted(firms: set[int] | range, vault: int = 0) -> Counted:
    return Counted(firms=len(firms), key=sum(record_key(firm, vault) for firm in firms) % KEYS)


def cell_of(firm: int) -> tuple[str, str]:
    return COUNTIES[firm % 3], SECTIONS[firm // 3 % 3]


def told(firms: set[int], vault: int = 0) -> dict[tuple[str, str], int]:
    """One answer: the firms by cell."""
    cells = {(county, section): set[int]() for county in COUNTIES for section in SECTIONS}
    for firm in firms:
        cells[cell_of(firm)].add(firm)
    return shown_counts(RULES, {cell: counted(held, vault) for cell, held in cells.items()})


firms = st.sets(st.integers(0, 400), max_size=200)
vaults = st.integers(0, 10**6)


@given(firms, vaults)
def test_no_count_below_the_minimum_is_ever_shown_nor_further_off_than_is_said(
    held: set[int], vault: int
) -> None:
    cell = counted(held, vault)
    shown = shown_count(RULES, cell)
    assert shown == 0 or shown >= RULES.base
    assert shown % RULES.base == 0
    assert abs(shown - cell.firms) <= RULES.bound


@given(firms, firms, vaults)
def test_the_same_firms_are_the_same_number_in_whatever_question(
    one: set[int], other: set[int], vault: int
) -> None:
    """Asked for at once, or as what is left of two overlapping questions, in any order."""
    directly = told(one & other, vault)
    left = told(one - (one - other), vault)
    assert directly == left


@given(firms, firms, vaults)
def test_overlapping_answers_never_contradict_each_other_within_the_stated_bound(
    one: set[int], other: set[int], vault: int
) -> None:
    """Every answer leaves an interval; of a set inside another the lower end is never above the other's upper."""
    inner, outer = told(one & other, vault), told(one, vault)
    for cell, shown in inner.items():
        assert shown - RULES.bound <= outer[cell] + RULES.bound


@given(firms, vaults)
def test_totals_are_the_sums_of_what_is_shown(held: set[int], vault: int) -> None:
    cells = told(held, vault)
    assert sum(added(cells, 0).values()) == sum(added(cells, 1).values()) == sum(cells.values())


@given(vaults)
def test_nobody_is_no_one(vault: int) -> None:
    assert set(told(set(), vault).values()) == {0}


@pytest.mark.parametrize("count", [1, 2, 4, 5, 7, 10, 13, 100])
def test_a_count_is_true_in_expectation(count: int) -> None:
    """Over the keys that the firms could have: their sum is as random as each of them."""
    random = Random(count)
    shown = [shown_count(RULES, Counted(firms=count, key=random.randrange(KEYS))) for _ in range(20_000)]
    assert abs(sum(shown) / len(shown) - count) < 0.12  # six standard errors


@pytest.mark.parametrize("count", [*range(1, 30)])
def test_what_differs_by_one_firm_often_shows_no_difference(count: int) -> None:
    """Two questions that differ by one firm. No difference leaves both possible: it is seen in a third of the cases or
    more, whatever the number, and a difference never says more than that there is one: in both directions."""
    seen, random = Counter[int](), Random(count)
    for _ in range(4_000):
        without = Counted(firms=count, key=random.randrange(KEYS))
        with_it = Counted(firms=count + 1, key=(without.key + random.randrange(KEYS)) % KEYS)
        seen[shown_count(RULES, with_it) - shown_count(RULES, without)] += 1
    assert seen[0] / 4_000 > 0.3
    assert seen[RULES.base] / 4_000 < 0.5
    if count >= RULES.base:
        assert seen[-RULES.base] / 4_000 > 0.05


def test_without_its_keys_no_number_can_be_foretold() -> None:
    """The same firms in two installations draw apart."""
    shown = [
        (shown_count(RULES, counted(range(12), vault)), shown_count(RULES, counted(range(12), -vault - 1)))
        for vault in range(1_000)
    ]
    assert 0.3 < sum(one == other for one, other in shown) / 1_000 < 0.7


def measured(*amounts: int) -> Measured:
    first, second = (*sorted(amounts, reverse=True), 0, 0)[:2]
    return Measured(firms=len(amounts), total=sum(amounts), largest=first, second=second)


def test_a_sum_is_the_shown_count_times_a_mean_in_two_digits() -> None:
    cell = ("640104", "C")
    assert shown_sums(RULES, {cell: 15}, {cell: measured(*[123_456] * 14)}) == {cell: 15 * 120_000}


def test_a_cell_with_few_firms_takes_the_mean_of_its_county_and_that_of_all_where_the_county_has_few() -> (
    None
):
    few, many, far = ("640104", "A"), ("640104", "C"), ("640221", "A")
    cells = {few: measured(900), many: measured(*[100] * 50), far: measured(700, 800)}
    sums = shown_sums(RULES, {few: 5, many: 50, far: 5}, cells)
    assert sums == {few: 5 * 120, many: 50 * 100, far: 5 * 140}


def test_one_firm_that_makes_up_the_sum_is_not_told() -> None:
    assert shown_mean(RULES, measured(10_000_000, *[100] * 30)) is None
    assert shown_mean(RULES, measured(*[100] * 9)) is None
    assert shown_mean(RULES, measured(*[100] * 10)) == 100


@given(st.lists(st.integers(0, 10**12), max_size=20), st.lists(st.integers(0, 10**12), max_size=20))
def test_two_sets_together_measure_what_all_their_firms_measure(one: list[int], other: list[int]) -> None:
    assert joined((measured(*one), measured(*other))) == measured(*one, *other)


def test_a_mean_rate_goes_in_steps_and_needs_enough_firms() -> None:
    assert shown_rate(RULES, 9, 9 * 1_000) is None
    assert shown_rate(RULES, 10, 10 * 1_249) == 1_000
    assert shown_rate(RULES, 10, 10 * 1_250) == 1_500
    assert shown_rate(RULES, 10, -10 * 1_251) == -1_500


@pytest.mark.parametrize("noise", [(1, 2), (1, 2, 3), (0, 0, 0), (1,) * 11])
def test_noise_that_leans_or_reaches_below_zero_is_refused(noise: tuple[int, ...]) -> None:
    with pytest.raises(Violation, match="noise"):
        DisclosureRules(base=5, noise=noise, mean_firms=10, dominance_bp=1_500, digits=2, rate_step_ppm=500)
