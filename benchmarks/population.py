"""A whole country of firms, seeded, in the columns of a sweep: drawn as `market.query` draws one firm."""

from datetime import date
from random import Random
from time import perf_counter

import numpy as np

from benchmarks import market
from libs.criteria.vocabulary import FACTS, Kind
from libs.registry.loan_terms import RateBase
from libs.registry.regions import counties
from services.matching.index.layout import FACT_BIT, FACT_NAMES
from services.matching.index.population import Population
from services.matching.index.population_security import Guarantees
from services.matching.index.query import Query

TODAY = date(2026, 11, 22)
AMOUNTS = (10_000_000, 20_000_000, 50_000_000, 100_000_000)
TERMS = (6, 12, 12, 24)
OWNERS, SIZES = (1, 1, 2), (3, 4, 0)
_KNOWN = 0.9


def firms(count: int, seed: int = 11) -> Population:
    """`count` firms; needs are standard ones, all else as varied as in single requests."""
    random = np.random.default_rng(seed)
    facts, known = np.zeros((len(FACT_NAMES), count), np.int64), np.zeros(count, np.int64)
    for name in FACT_NAMES:
        if (drawn := _drawn(name, count, random)) is not None:
            facts[FACT_BIT[name]] = drawn
            known |= (random.random(count) < _KNOWN).astype(np.int64) << FACT_BIT[name]
    codes = tuple(county.code for county in counties())
    return Population(
        facts=facts,
        known=known,
        county=random.integers(0, len(codes), count),
        industry=random.integers(0, len(market.INDUSTRIES), count),
        owner=random.choice(OWNERS, count).astype(np.int64),
        size=random.choice(SIZES, count).astype(np.int64),
        first_time=(random.random(count) < 0.3).astype(np.int64),
        amount_fen=random.choice(AMOUNTS, count).astype(np.int64),
        term_months=random.choice(TERMS, count).astype(np.int64),
        record_keys=random.integers(0, 2**64, count, np.uint64),
        counties=codes,
        industries=market.INDUSTRIES,
    )


def _drawn(name: str, count: int, random: np.random.Generator) -> np.ndarray | None:
    if name in market._LEAST:
        steps = random.choice(market._LEAST[name], count)
        return (steps * random.uniform(1, 3, count)).astype(np.int64) + random.integers(0, 10, count)
    if name in market._MOST:
        return (random.choice(market._MOST[name][:2], count) * random.uniform(0.3, 1.1, count)).astype(
            np.int64
        )
    kind = FACTS[name]
    return np.zeros(count, np.int64) if kind.criteria and kind.kind is not Kind.INTEGER else None


def guarantees() -> Guarantees:
    return Guarantees(fees=lambda firm, amount_fen, term_months: market.FEES)


def query_of(population: Population, place: int) -> Query:
    """The same firm as a request of its own."""
    firm = population.firm(place)
    return Query(
        facts=firm.facts,
        county=firm.dimensions.county,
        industry=firm.industry,
        owner_kind=firm.dimensions.owner_kind,
        size=firm.dimensions.size,
        first_time=False,
        amount_fen=int(population.amount_fen[place]),
        term_months=int(population.term_months[place]),
        base_ppm={RateBase.LPR_1Y: 30_000, RateBase.LPR_5Y: 35_000, RateBase.FIXED: 0},
        model=market.MODEL,
        ranking=market.RANKING,
        reaches=None,
        fees=market.FEES,
    )


def measure(count: int = 1_000_000, products: int = 10_000, checked: int = 50) -> dict[str, object]:
    """Seconds of a whole sweep, pairs a second, and that single requests find the same."""
    from services.matching.index.index import Index
    from services.matching.index.sweep import Conditions, Market, sweep

    population, offered = firms(count), market.products(products)
    conditions = Conditions(
        today=TODAY,
        base_ppm={RateBase.LPR_1Y: 30_000, RateBase.LPR_5Y: 35_000, RateBase.FIXED: 0},
        model=market.MODEL,
        ranking=market.RANKING,
        guarantees=guarantees(),
    )
    begun = perf_counter()
    swept = sweep(population, Market(products=offered, conditions=conditions))
    seconds = perf_counter() - begun
    index = Index()
    for product in offered:
        index.put(product)
    random = Random(5)
    for place in random.sample(range(count), min(checked, count)):
        found = index.search(query_of(population, place), swept.best.shape[1])
        best = [offered[number].id for number in swept.best[place] if number >= 0]
        assert found.eligible == swept.eligible[place], "the sweep counts what a request counts"
        assert best == [hit.entry.product_id for hit in found.best], "and ranks as it ranks"
    return {
        "population_firms": count,
        "population_products": products,
        "population_s": round(seconds, 2),
        "pairs_per_s_2_cores": round(count * products / seconds),
        "population_eligible_mean": round(float(swept.eligible.mean()), 1),
    }
