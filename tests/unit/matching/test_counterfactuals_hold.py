"""Ten thousand random near misses: each way passes when matched again, no part of it does, and no unit less does."""

from dataclasses import replace
from itertools import combinations
from random import Random

import numpy as np
import pytest

from libs.criteria.vocabulary import Kind, fact_type
from services.matching.domain.changes.moves import Moves, joined
from services.matching.index.alone import Alone
from services.matching.operations.changes.counterfactuals import ANY, TARGETS, Search, fits
from services.matching.operations.rulebook import rulebook
from tests.unit.matching.near_misses import a_firm, a_market, a_request
from tests.unit.matching.world import POLICIES, TODAY

NEAR_MISSES = 10_000
PRODUCTS, FIRMS = 60, 10  # in a market
MOST_CHANGES = 3  # that a near miss needs at least


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_way_passes_and_no_part_of_it_and_no_unit_less_does() -> None:
    rules, seen, kinds = rulebook(POLICIES, TODAY), 0, set[str]()
    for seed in range(10_000):
        random = Random(seed)
        if seed % FIRMS == 0:
            market = a_market(random, PRODUCTS)
        search = Search(market, rules, a_firm(random), a_request(random))
        for target in (ANY, *TARGETS.values()):
            near = search.near(target)
            few = near.changes <= MOST_CHANGES
            for slot, fail in zip(near.slots[few].tolist(), near.fails[few].tolist(), strict=True):
                alone, ways = search.alone(slot), search.ways(slot, fail, target)
                seen += bool(ways)
                for found in ways:
                    assert holds(search, alone, found.moves, target), (seed, slot, found.way)
                    for less in (*proper_parts(found.moves), *unit_less(search, found.moves)):
                        assert not holds(search, alone, less, target), (seed, slot, found.way, less)
                    kinds |= {change.kind for change in found.way.changes}
        if seen >= NEAR_MISSES:
            break
    assert seen >= NEAR_MISSES
    assert kinds == {"FACT", "SCORE", "WAIT", "AMOUNT", "TERM", "PLEDGE"}


def holds(search: Search, alone: Alone, moves: Moves, target: object) -> bool:
    return fits(search.judged(alone, moves), target)  # type: ignore[arg-type]


def proper_parts(moves: Moves) -> list[Moves]:
    return [joined(some) for size in range(len(moves.parts)) for some in combinations(moves.parts, size)]


def unit_less(search: Search, moves: Moves) -> list[Moves]:
    """Each whole number among the changes by one nearer to what it is now, the others as they are."""
    told, request, held = list[Moves](), search.asked.request, search.asked.firm.facts
    for fact, value in moves.facts:
        if fact_type(fact).kind is Kind.INTEGER:
            nearer = value - int(np.sign(value - held[fact]))
            told.append(replace(moves, facts=tuple(sorted((dict(moves.facts) | {fact: nearer}).items()))))
    if moves.amount_fen is not None:
        nearer = moves.amount_fen - int(np.sign(moves.amount_fen - request.amount_fen))
        told.append(replace(moves, amount_fen=nearer))
    if moves.term_months is not None:
        nearer = moves.term_months - int(np.sign(moves.term_months - request.term_months))
        told.append(replace(moves, term_months=nearer))
    if moves.right is not None:
        worth = (moves.right.appraised_fen or 0) - 1
        told.append(replace(moves, right=replace(moves.right, appraised_fen=worth)))
    return told
