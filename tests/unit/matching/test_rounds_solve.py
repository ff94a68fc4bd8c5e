"""A round's outcome: nobody blocks, nothing is given twice, and nothing depends on who stands where in the input."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.domain.rounds.check import Blocking, blocking_pairs, overfull
from services.matching.domain.rounds.compare import figures, first_come, outranked
from services.matching.domain.rounds.market import Lane, RoundInput
from services.matching.domain.rounds.solve import solve

Held = tuple[int | None, ...]


@st.composite
def rounds(
    draw: st.DrawFn,
    firms: int = 7,
    unit: bool = False,
    guarantors: bool = True,
    one_order: bool = False,
    wishes: int = 4,
):
    """Products with places and money, guarantors that several of them share, a ceiling over all guarantors."""
    n, products = draw(st.integers(1, firms)), draw(st.integers(1, 3))
    backers = draw(st.integers(0, 2)) if guarantors else 0
    most = 1 if unit else 5
    amounts = [draw(st.integers(1, most)) for _ in range(n)]
    turns = draw(st.permutations(range(n)))
    orders = [turns if one_order else draw(st.permutations(range(n))) for _ in range(products)]
    ceiling = 2 * products + backers
    lanes: list[Lane] = []
    queue_of: list[int] = []
    for one in range(products):
        for backer in range(-1, backers):
            behind = () if backer < 0 else (2 * products + backer, ceiling)
            lanes.append(Lane((2 * one,), (2 * one + 1, *behind)))
            queue_of.append(one)
    capacities = [
        draw(st.integers(0, 3)) if r < 2 * products and not r % 2 else draw(st.integers(0, 2 * most))
        for r in range(ceiling + 1)
    ]
    if unit:
        capacities = [
            c if r < 2 * products and not r % 2 else 100 if r < 2 * products else c
            for r, c in enumerate(capacities)
        ]
    lists = [
        draw(st.lists(st.sampled_from(range(len(lanes))), unique=True, max_size=wishes)) for _ in range(n)
    ]
    return RoundInput(
        amounts=amounts,
        turns=turns,
        wishes=lists,
        standings=[[orders[queue_of[lane]][firm] for lane in wanted] for firm, wanted in enumerate(lists)],
        lanes=lanes,
        capacities=capacities,
        by_turn=[r >= 2 * products for r in range(ceiling + 1)],
    )


def every_outcome(market: RoundInput) -> Iterator[Held]:
    for held in product(*([None, *range(len(wishes))] for wishes in market.wishes)):
        if not overfull(market, held):
            yield held


def as_good(market: RoundInput, mine: Sequence[int | None], other: Sequence[int | None]) -> bool:
    """Whether every firm has in `mine` at least what it has in `other`."""
    ends = [len(wishes) for wishes in market.wishes]
    return all(
        (end if a is None else a) <= (end if b is None else b)
        for a, b, end in zip(mine, other, ends, strict=True)
    )


@settings(max_examples=200)
@given(rounds())
def test_nobody_blocks_and_nothing_is_given_twice(market: RoundInput) -> None:
    held = solve(market).held
    assert not blocking_pairs(market, held)
    assert not overfull(market, held)


@settings(max_examples=60)
@given(rounds(guarantors=False, firms=4))
def test_without_guarantors_every_firm_gets_the_best_of_all_just_outcomes(market: RoundInput) -> None:
    held = solve(market).held
    just = [one for one in every_outcome(market) if not blocking_pairs(market, one)]
    assert held in just
    assert all(as_good(market, held, one) for one in just)


def gale_and_shapley(market: RoundInput) -> Held:
    """Firms propose, a product keeps the first of its order: the textbook, one lane a product, a place a firm."""
    asked, held, free = [0] * len(market.wishes), [None] * len(market.wishes), list(range(len(market.wishes)))
    kept: dict[int, list[int]] = {}
    while free:
        firm = free.pop()
        if asked[firm] == len(market.wishes[firm]):
            continue
        rank, asked[firm] = asked[firm], asked[firm] + 1
        lane, held[firm] = market.wishes[firm][rank], rank
        mine = kept.setdefault(lane, [])
        mine.append(firm)
        mine.sort(key=lambda one: market.standings[one][held[one]])
        if len(mine) > market.capacities[market.lanes[lane].places[0]]:
            held[mine[-1]] = None
            free.append(mine.pop())
    return tuple(held)


@settings(max_examples=100)
@given(rounds(unit=True, guarantors=False))
def test_with_places_alone_it_is_what_gale_and_shapley_found(market: RoundInput) -> None:
    assert solve(market).held == gale_and_shapley(market)


@settings(max_examples=100)
@given(rounds(one_order=True))
def test_under_one_order_nobody_is_outranked_for_anything(market: RoundInput) -> None:
    assert not list(outranked(market, solve(market).held))


@settings(max_examples=40)
@given(rounds(firms=4, one_order=True))
def test_under_one_order_there_is_no_other_outcome_in_which_nobody_blocks_or_is_outranked(
    market: RoundInput,
) -> None:
    held = solve(market).held
    wanted = [
        one
        for one in every_outcome(market)
        if not blocking_pairs(market, one) and not list(outranked(market, one))
    ]
    assert wanted == [held]


@given(rounds(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(market: RoundInput, chance) -> None:
    firms, lanes = list(range(len(market.wishes))), list(range(len(market.lanes)))
    chance.shuffle(firms)
    chance.shuffle(lanes)
    now_at = {lane: place for place, lane in enumerate(lanes)}
    mixed = replace(
        market,
        amounts=[market.amounts[firm] for firm in firms],
        turns=[market.turns[firm] for firm in firms],
        wishes=[[now_at[lane] for lane in market.wishes[firm]] for firm in firms],
        standings=[market.standings[firm] for firm in firms],
        lanes=[market.lanes[lane] for lane in lanes],
    )
    held, again = solve(market), solve(mixed)
    assert again.held == tuple(held.held[firm] for firm in firms)
    assert again.closures == tuple(held.closures[lane] for lane in lanes)


@given(rounds())
def test_a_lane_that_is_closed_says_for_whom_and_what_is_short(market: RoundInput) -> None:
    outcome = solve(market)
    for firm, wishes in enumerate(market.wishes):
        got = outcome.held[firm]
        for rank in range(len(wishes) if got is None else got):
            closure = outcome.closures[wishes[rank]]
            assert closure is not None and closure.left < closure.needed
            assert closure.standing <= market.standings[firm][rank]
        if got is not None and (closure := outcome.closures[wishes[got]]) is not None:
            assert market.standings[firm][got] < closure.standing


@settings(max_examples=50)
@given(rounds(firms=3))
def test_the_check_finds_what_the_definition_says(market: RoundInput) -> None:
    """Word for word: a firm likes the lane better, and is passed over in it, or is the first to claim it and fits."""
    for held in every_outcome(market):
        found = {(one.firm, one.lane) for one in blocking_pairs(market, held)}
        assert found == set(_by_definition(market, held))


def _by_definition(market: RoundInput, held: Held) -> Iterator[tuple[int, int]]:
    likes = {
        (firm, lane): market.standings[firm][rank]
        for firm, wishes in enumerate(market.wishes)
        for rank, lane in enumerate(wishes)
        if held[firm] is None or rank < held[firm]
    }
    for (firm, lane), standing in likes.items():
        inside = [
            market.standings[one][rank]
            for one, rank in enumerate(held)
            if rank is not None and market.wishes[one][rank] == lane
        ]
        moved = tuple(
            market.wishes[firm].index(lane) if one == firm else rank for one, rank in enumerate(held)
        )
        first = all(standing <= other for (_, wanted), other in likes.items() if wanted == lane)
        if any(standing < other for other in inside) or (first and not overfull(market, moved)):
            yield firm, lane


def misreports(market: RoundInput, firm: int) -> Iterator[RoundInput]:
    """What the round would be if the firm named some of its wishes only, in whatever order."""
    told = list(zip(market.wishes[firm], market.standings[firm], strict=True))
    for length in range(len(told) + 1):
        for other in permutations(told, length):
            wishes, standings = list(market.wishes), list(market.standings)
            wishes[firm], standings[firm] = [lane for lane, _ in other], [place for _, place in other]
            yield replace(market, wishes=wishes, standings=standings)


def gains(market: RoundInput, firm: int) -> bool:
    """Whether the firm could get a lane that it truly likes better by not telling the truth."""
    true, got = market.wishes[firm], solve(market).held[firm]
    for told in misreports(market, firm):
        other = solve(told).held[firm]
        if other is not None and true.index(told.wishes[firm][other]) < (len(true) if got is None else got):
            return True
    return False


@settings(max_examples=40)
@given(rounds(one_order=True, wishes=3))
def test_under_one_order_the_truth_is_a_firms_best_answer(market: RoundInput) -> None:
    assert not any(gains(market, firm) for firm in range(len(market.wishes)))


@settings(max_examples=40)
@given(rounds(unit=True, guarantors=False, wishes=3))
def test_with_places_alone_the_truth_is_a_firms_best_answer(market: RoundInput) -> None:
    assert not any(gains(market, firm) for firm in range(len(market.wishes)))


# Two firms, two products, two guarantors, a place each: every outcome leaves somebody outranked.
CIRCLE = RoundInput(
    amounts=[1, 1],
    turns=[1, 0],
    wishes=[[1, 0], [2]],
    standings=[[0, 0], [1]],
    lanes=[Lane((0,), (2,)), Lane((1,), (3,)), Lane((0,), (3,))],
    capacities=[1, 1, 1, 1],
    by_turn=[False, False, True, True],
)


def test_where_orders_differ_somebody_may_be_outranked_in_every_outcome() -> None:
    assert all(blocking_pairs(CIRCLE, one) or list(outranked(CIRCLE, one)) for one in every_outcome(CIRCLE))
    assert not blocking_pairs(CIRCLE, solve(CIRCLE).held)


def test_first_come_first_served_passes_firms_over_and_a_round_does_not() -> None:
    market = RoundInput(
        amounts=[1, 1, 1],
        turns=[0, 1, 2],
        wishes=[[0, 1], [0], [0, 1]],
        standings=[[0, 0], [1], [2, 2]],
        lanes=[Lane((0,), ()), Lane((1,), ())],
        capacities=[2, 1],
        by_turn=[False, False],
    )
    served, outcome = first_come(market, [2, 0, 1]), solve(market).held
    assert (served, outcome) == ((0, None, 0), (0, 0, 1))
    assert blocking_pairs(market, served) == [Blocking(firm=1, lane=0, passed_over=True)]
    before, after = (
        figures(market, served, [True, True, False]),
        figures(market, outcome, [True, True, False]),
    )
    assert (before.placed, before.first_time_placed, before.mean_rank_ppm) == (2, 1, 1_000_000)
    assert (after.placed, after.first_time_placed, after.mean_rank_ppm) == (3, 2, 1_333_333)
    assert (before.blocking, after.blocking, after.outranked) == (1, 0, 0)
