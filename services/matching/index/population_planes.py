"""Which planes a market has, and which of a firm's values lead to them: the tables that the compiled sweep reads."""
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.matching.index import population_market as market
from services.matching.index import sets
from services.matching.index.columns import SOFT, Columns, Price
from services.matching.index.layout import BITS, FACT_BIT, FACT_NAMES, Bit
from services.matching.index.population import Population, classes
from services.matching.index.population_market import Dimension, PlaneRoom
from services.matching.index.population_security import Securities
from services.matching.index.query import Param
from services.matching.index.sweep_kernels import NUMBER

Int64s = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Planned:
    """`fails`: a row a plane, the last that of products which no firm can have. `dimensions`: the `hard`
    rules first; a row each as `classify` reads it. `bits`: what each is a rule of. `into`: where a row's plane goes for
    ranking."""

    fails: Flags
    live: Flags
    values: Int64s
    known: Int64s
    dimensions: Int64s
    thresholds: Int64s
    into: Int64s
    bits: tuple[int, ...]
    hard: int


def plan(population: Population, columns: Columns, secured: Securities, live: Flags) -> Planned:
    room, values = PlaneRoom(columns), _values(population)
    found = [*room.dimensions(), *_tables(room, population, values, secured)]
    hard = [one for one in found if one.bit < SOFT]
    others = [one for one in found if one.bit >= SOFT]
    dimensions, thresholds = _table([*hard, *others])
    room.add(~live)
    into = [-1] * len(hard) + [one.bit for one in others]
    return Planned(
        fails=room.fails(),
        live=live,
        values=values,
        known=population.known,
        dimensions=dimensions,
        thresholds=thresholds,
        into=np.array(into, np.int64),
        bits=tuple(one.bit for one in (*hard, *others)),
        hard=len(hard),
    )


def _values(population: Population) -> Int64s:
    """The columns that firms are classed by; those of tables are filled in with them."""
    values = np.zeros((market.VALUES, len(population)), np.int64)
    values[: len(FACT_NAMES)] = population.facts
    values[market.AMOUNT], values[market.TERM] = population.amount_fen, population.term_months
    values[market.OWNER], values[market.SIZE] = population.owner, population.size
    return values


def _tables(room: PlaneRoom, population: Population, values: Int64s, secured: Securities) -> list[Dimension]:
    """Of what is judged by a table: region, industry, tiers, and whether a loan can be secured at all."""
    columns, count = room.columns, room.columns.count
    settings = columns.prices[:count, Price.SETTING]
    lacking = [modes[settings] == 0 for modes in secured.modes]
    region = _judged(columns.regions, sets.judge_region, population.counties, columns.region_sets[:count])
    scopes = columns.industry_sets[:count]
    industry = _judged(columns.industries, sets.judge_industry, population.industries, scopes)
    found = room.table(Bit.GUARANTEE, secured.of_firm, lacking, values)
    for bit, unknown, of_firm, verdicts in (
        (Bit.REGION, Param.ROW_REGION_UNKNOWN, population.county, region),
        (Bit.INDUSTRY, Param.ROW_INDUSTRY_UNKNOWN, population.industry, industry),
        (Bit.AMOUNT_TIER, Param.ROW_TIER_UNKNOWN, *_tiers(population, columns)),
    ):
        found += room.table(bit, of_firm, [one == sets.FAIL for one in verdicts], values)
        found += room.table(NUMBER + unknown, of_firm, [one == sets.UNKNOWN for one in verdicts], values)
    return found


def _judged(
    interned: sets.Interned[sets.S],
    judge: Callable[[str, sets.S], int],
    codes: Sequence[str],
    numbers: Int64s,
) -> list[NDArray[np.uint8]]:
    """The verdict on every product, by code."""
    return [sets.verdicts(interned, judge, code)[numbers] for code in codes]


def _tiers(population: Population, columns: Columns) -> tuple[Int64s, list[NDArray[np.uint8]]]:
    """The class of each firm by which tiers it reaches, and by class the verdict on every product."""
    rules = columns.tiers.members
    lent = {amount for most, tiers in rules for amount in (most, *(tier[2] for tier in tiers))}
    by_amount = np.searchsorted(np.array(sorted(lent), np.int64), population.amount_fen, side="left")
    asked = [by_amount.astype(np.int64)]
    for fact in sorted({tier[0] for _, tiers in rules for tier in tiers}):
        asked.append(_bracket(population, columns, fact))
    of_firm, first = classes(asked)
    numbers = columns.tier_sets[: columns.count]
    judged = [_tier_verdicts(population, columns, int(place))[numbers] for place in first]
    return of_firm, judged


def _bracket(population: Population, columns: Columns, fact: str) -> Int64s:
    """Between which bounds a fact lies, -1 where it is not known."""
    bounds = {up_to for _, tiers in columns.tiers.members for name, up_to, _ in tiers if name == fact}
    ends = np.array(sorted(bound for bound in bounds if bound is not None), np.int64)
    bit = FACT_BIT[fact]
    within = np.searchsorted(ends, population.facts[bit], side="left")
    return np.where(population.known >> bit & 1, within, -1)


def _tier_verdicts(population: Population, columns: Columns, place: int) -> NDArray[np.uint8]:
    facts = population.firm(place).facts
    return np.frombuffer(
        sets.tier_verdicts(columns.tiers, int(population.amount_fen[place]), facts), np.uint8
    )


def _table(dimensions: Sequence[Dimension]) -> tuple[Int64s, Int64s]:
    """Rows as `classify` reads them, and all thresholds one after the other."""
    rows, start = list[tuple[int, ...]](), 0
    for one in dimensions:
        end = start + len(one.thresholds)
        rows.append((one.column, one.first_row, int(one.interval), start, end))
        start = end
    thresholds = np.concatenate([one.thresholds for one in dimensions] or [np.zeros(0, np.int64)])
    return np.array(rows, np.int64).reshape(-1, 5), thresholds


assert NUMBER > 2 * BITS
