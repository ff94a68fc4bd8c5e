"""Every firm against every product: how many fit, which, and the best of them, on two threads (decision 0020).

What a sweep finds of a firm is what a request of its own would: the same columns, the same formula. Firms are judged in
chunks, by the few planes in which any product fails for them.

The best are found without looking at all that fits: for firms of about the same likelihood products are laid out in the
order of what they could be worth at most, and `least` tells from which word of planes on none can be better than the
worst that is kept. That is exact for every firm; the order decides only how soon it stops.

Waivers, which are of single firms, are not in it.
"""
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import ProductKind, RateBase
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.likelihood import LikelihoodModel, firm_logit
from services.matching.domain.ranking import Ranking
from services.matching.index.columns import Columns, Price
from services.matching.index.layout import FACT_BIT, Bit
from services.matching.index.population import Population, classes
from services.matching.index.population_market import columns_of, in_kinds
from services.matching.index.population_planes import Planned, plan
from services.matching.index.population_security import Guarantees, Securities, securities
from services.matching.index.query import CURVE_TABLE, EVERY_FACT, Query
from services.matching.index.sweep_kernels import Trait, classify, lay_out
from services.matching.index.sweep_kernels import sweep as sweep_chunk
from services.matching.index.sweep_worth import BANDS, bounds_of, cheapest_of, from_word_on, levels_of
from services.matching.index.terms import KIND_NUMBER
from services.matching.index.worth_kernels import LOOKED_AT, Tally

TOP = 20
CHUNK = 1 << 15  # firms: what is worked out of them at once stays in the cache
THREADS = 2
_FLAT = 1 << 40
_GROUP = 1 << 16  # firms of a layout, at most
_STEEP = 6_000  # beyond, likelihoods hardly differ
_LOGIT_STEP = 250  # thousandths: firms whose logits lie in one step share their bounds

Int64s = NDArray[np.int64]
Int32s = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Under which all firms ask: what a request takes from the rulebook and the guarantors. `kinds` empty: any."""

    today: date
    base_ppm: Mapping[RateBase, int]
    model: LikelihoodModel
    ranking: Ranking
    guarantees: Guarantees
    kinds: tuple[ProductKind, ...] = ()

    def numbers(self, count: int) -> Int64s:
        """The numbers of a request in which a firm's own are still open."""
        nobody = Query(
            facts={},
            county="",
            industry="",
            owner_kind=OwnerKind.ENTERPRISE,
            size=None,
            first_time=False,
            amount_fen=1,
            term_months=1,
            base_ppm=self.base_ppm,
            model=self.model,
            ranking=self.ranking,
            reaches=None,
            fees=None,
        )
        return nobody.numbers(0, count, 1)


@dataclass(frozen=True, slots=True)
class Layout:
    """`groups`: which firms are judged together, `orders`: in which order each group finds the products."""

    groups: tuple[Int64s, ...]
    orders: tuple[Int64s, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """`layout`: of an earlier sweep, to compare with; None: the best for this one."""

    products: Sequence[pb.Product]
    conditions: Conditions
    layout: Layout | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """A place a firm. `best`: places of products in the market, best first, -1 where no more fit.

    Of the first of them: `mode` (bits of layout), estimated `cost_ppm`, `likelihood_ppm`. `sets` is a hash of which
    products fit, to be compared within a group, or for a firm between sweeps of one layout.
    """

    eligible: Int32s
    best: Int32s
    sets: NDArray[np.uint64]
    mode: Int32s
    cost_ppm: Int32s
    likelihood_ppm: Int32s
    layout: Layout
    securities: Securities


def sweep(population: Population, market: Market, top: int = TOP, threads: int = THREADS) -> Swept:
    """All firms against all products; exact, at any `top`."""
    conditions = market.conditions
    columns = columns_of(market.products, conditions.model)
    secured = securities(population, columns.settings, conditions.guarantees, conditions.today)
    planned = plan(population, columns, secured, _live(columns, conditions.kinds))
    numbers = conditions.numbers(columns.count)
    traits, ends = _traits(population, conditions)
    traits[:, Trait.SECURITY] = secured.of_firm
    traits[:, Trait.LEVELS], worths = levels_of(columns, numbers, population.term_months, secured)
    cheapest = cheapest_of(secured.fees)
    worth = [bounds_of(columns, cheapest, numbers, end, planned.live) for end in ends]
    layout = market.layout or _layout(columns, traits, ends, worth)
    run = _Run(columns, planned, secured, traits, worth, worths, numbers, top)
    with ThreadPoolExecutor(threads) as pool:
        pairs = zip(layout.groups, layout.orders, strict=True)
        for done in [pool.submit(run.group, group, order) for group, order in pairs]:
            done.result()
    return run.swept(layout)


def _live(columns: Columns, kinds: Sequence[ProductKind]) -> NDArray[np.bool_]:
    return in_kinds(columns, sum(1 << KIND_NUMBER[kind] for kind in set(kinds)))


def _traits(population: Population, conditions: Conditions) -> tuple[Int64s, Int64s]:
    """A row a firm by Trait, and by class of bounds the upper ends of logit, term and amount in it."""
    logits = _logits(population, conditions.model)
    size_unknown = np.where(population.size == 0, 1 << Bit.SIZE, 0)
    unknown = (EVERY_FACT & ~population.known) | size_unknown
    step = np.where(logits > _STEEP, _FLAT, np.maximum(-(-logits // _LOGIT_STEP) * _LOGIT_STEP, -_STEEP))
    width = np.frexp(population.amount_fen.astype(np.float64))[1].astype(np.int64)  # below 2 ** width
    bound, first = classes((step, population.term_months, width))
    ends = np.stack((step[first], population.term_months[first], 1 << width[first]), axis=1)
    nobody = np.zeros_like(bound)
    columns = (unknown, population.amount_fen, population.term_months, logits, bound, nobody, nobody)
    return np.ascontiguousarray(np.stack(columns, axis=1)), ends


def _logits(population: Population, model: LikelihoodModel) -> Int64s:
    """firm_logit of each firm; it reads no more than score and age, and few of these differ."""
    names = ("score", "months_since_registration")
    held = [population.facts[FACT_BIT[name]] for name in names]
    known = [population.known >> FACT_BIT[name] & 1 for name in names]
    full_years = np.minimum(held[1] // 12, model.coefficients.age_years_most) * known[1]
    kinds, first = classes((held[0] * known[0], known[0], full_years))
    rows = zip(held[0][first], known[0][first], full_years[first], strict=True)
    logits = [
        _held(firm_logit(model, {names[1]: int(years) * 12} | ({names[0]: int(score)} if scored else {})))
        for score, scored, years in rows
    ]
    return np.array(logits, np.int64)[kinds]


def _held(logit: int) -> int:
    """Far beyond where the curve is flat, whatever banks and products add."""
    return min(max(logit, -_FLAT), _FLAT)


def _layout(columns: Columns, traits: Int64s, ends: Int64s, worth: list[Floats]) -> Layout:
    """Firms of one step of logits together, in parts that two threads can share; best first for the most common.

    Those that read the same table of levels stand next to each other: it then stays in the cache.
    """
    ties, groups, orders = columns.prices[: columns.count, Price.TIE], list[Int64s](), list[Int64s]()
    steps = ends[traits[:, Trait.BOUND], 0]
    for step in np.unique(steps):
        places = np.flatnonzero(steps == step)
        places = places[np.argsort(traits[places, Trait.LEVELS], kind="stable")]
        for first in range(0, len(places), _GROUP):
            groups.append(places[first : first + _GROUP])
            common = int(np.bincount(traits[groups[-1], Trait.BOUND]).argmax())
            orders.append(np.lexsort((ties, -worth[common])))
    return Layout(tuple(groups), tuple(orders))


class _Run:
    """What all groups read, and where each writes its own part."""

    def __init__(
        self,
        columns: Columns,
        planned: Planned,
        secured: Securities,
        traits: Int64s,
        worth: list[Floats],
        levels: Int32s,
        numbers: Int64s,
        top: int,
    ) -> None:
        firms = len(traits)
        self._columns, self._planned, self._secured = columns, planned, secured
        self._traits, self._worth, self._levels, self._numbers = traits, worth, levels, numbers
        self._excludes = planned.fails.any(axis=1)
        self._modes = secured.modes.astype(np.uint8)
        self._best = np.full((firms, top), -1, np.int32)
        self._tally = np.zeros((firms, len(Tally)), np.int32)
        self._sets = np.zeros(firms, np.uint64)

    def group(self, group: Int64s, order: Int64s) -> None:
        words = np.empty((len(self._planned.fails), -(-len(order) // 64)), np.uint64)
        lay_out(self._planned.fails, order, words)
        prices, levels = self._columns.prices[order], self._levels.take(order, axis=1)
        least = np.zeros((len(self._worth), words.shape[1]), np.int64)
        for bound in np.unique(self._traits[group, Trait.BOUND]):
            least[bound] = from_word_on(self._worth[bound][order])
        for first in range(0, len(group), CHUNK):
            self._chunk(group[first : first + CHUNK], words, prices, levels, least)
        found = self._best[group]
        self._best[group] = np.where(found < 0, -1, order.astype(np.int32)[found] if len(order) else -1)

    def _chunk(
        self, places: Int64s, words: NDArray[np.uint64], prices: Int64s, levels: Int32s, least: Int64s
    ) -> None:
        planned = self._planned
        rows = np.zeros((len(places), len(planned.into)), np.int32)
        classify(planned.values, planned.known, planned.dimensions, planned.thresholds, places, rows)
        sweep_chunk(
            words,
            self._excludes,
            rows,
            places,
            planned.hard,
            planned.into,
            self._traits,
            self._numbers.copy(),
            np.ascontiguousarray(prices[:, LOOKED_AT]),
            prices,
            self._columns.settings.table,
            least,
            self._modes,
            self._secured.fees,
            CURVE_TABLE,
            BANDS,
            levels,
            self._best,
            self._tally,
            self._sets,
        )

    def swept(self, layout: Layout) -> Swept:
        return Swept(
            eligible=self._tally[:, Tally.ELIGIBLE],
            best=self._best,
            sets=self._sets,
            mode=self._tally[:, Tally.MODE],
            cost_ppm=self._tally[:, Tally.COST],
            likelihood_ppm=self._tally[:, Tally.LIKELIHOOD],
            layout=layout,
            securities=self._secured,
        )
