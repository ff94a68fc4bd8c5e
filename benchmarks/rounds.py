"""A market round of 100,000 firms over 1,000 products: solved, checked independently, and first come first served."""

from random import Random
from time import perf_counter

from services.matching.domain.rounds.check import blocking_pairs, overfull
from services.matching.domain.rounds.compare import figures as compared
from services.matching.domain.rounds.compare import first_come
from services.matching.domain.rounds.market import Lane, RoundInput
from services.matching.domain.rounds.solve import solve

FIRMS, PRODUCTS, GUARANTORS, WISHES = 100_000, 1_000, 60, 20
AMOUNTS = (10_000_000, 20_000_000, 30_000_000, 50_000_000, 100_000_000)


def measure() -> dict[str, object]:
    figures = dict[str, object]()
    market = drawn(FIRMS, PRODUCTS, GUARANTORS)
    began = perf_counter()
    outcome = solve(market)
    figures["round_s"] = round(perf_counter() - began, 2)
    began = perf_counter()
    assert not blocking_pairs(market, outcome.held), "somebody blocks"
    assert not overfull(market, outcome.held), "somewhere more was given than there is"
    figures["round_check_s"] = round(perf_counter() - began, 2)
    arrivals = Random(1).sample(range(FIRMS), FIRMS)
    first_time = [Random(firm).random() < 0.3 for firm in range(FIRMS)]
    for name, held in (("round", outcome.held), ("round_first_come", first_come(market, arrivals))):
        told = compared(market, held, first_time)
        figures[f"{name}_placed"], figures[f"{name}_blocking"] = told.placed, told.blocking
        figures[f"{name}_mean_wish"] = round(told.mean_rank_ppm / 1e6, 2)
    return figures


def drawn(firms: int, products: int, guarantors: int, seed: int = 5) -> RoundInput:
    """Each product lends by itself and behind one or two guarantors; places for some seven firms of ten."""
    random = Random(seed)
    lanes, capacities = list[Lane](), list[int]()
    for number in range(products):
        capacities.append(random.randint(1, max(1, 14 * firms // (10 * products))))
        behind = [products + random.randrange(guarantors) for _ in range(random.randint(1, 2))]
        lanes += [Lane((number,), ()), *(Lane((number,), (guarantor,)) for guarantor in set(behind))]
    capacities += [random.randint(1, firms // guarantors) * 10_000_000 for _ in range(guarantors)]
    wishes = [random.sample(range(len(lanes)), min(WISHES, len(lanes))) for _ in range(firms)]
    turns = random.sample(range(firms), firms)
    # A product's order over firms: by a likelihood that is nearly the firm's own, and then by the turn.
    likely = [random.random() for _ in range(firms)]
    standings = [
        [_standing(likely[firm], lanes[lane].places[0], turns[firm], firms) for lane in wishes[firm]]
        for firm in range(firms)
    ]
    return RoundInput(
        amounts=[random.choice(AMOUNTS) for _ in range(firms)],
        turns=turns,
        wishes=wishes,
        standings=standings,
        lanes=lanes,
        capacities=capacities,
        by_turn=[*(False,) * products, *(True,) * guarantors],
    )


def _standing(likely: float, product: int, turn: int, firms: int) -> int:
    band = int(20 * (1 - likely) + (product * 7919 + turn) % 3)
    return band * firms + turn
