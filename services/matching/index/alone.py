"""One product cut out of the market, to be judged again and again for a firm that changes.

It says of its product what `reference` says of all of them (tests hold the two against each other), in some
microseconds whatever the market is: a dozen rules are quicker compared one by one than as columns of one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from services.matching.index import sets
from services.matching.index.columns import INTERVAL_ROW, SET_ROW, SOFT, Columns, Price
from services.matching.index.layout import (
    COLLATERAL,
    FACT_BITS,
    GUARANTEE,
    IP_PLEDGE,
    UNSECURED,
    Bit,
    bits_of,
)
from services.matching.index.query import EVERY_FACT, Query
from services.matching.index.sets import Industries, Regions, Tiers
from services.matching.index.settings import NO_GUARANTEE, GuaranteeRule, PledgeRule
from services.matching.index.terms import HIGHEST, LOWEST

_FACTS = (1 << FACT_BITS) - 1
_TERMS = (Bit.AMOUNT, Bit.TERM, Bit.OWNER_KIND, Bit.SIZE, Bit.KIND)

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Masks by layout, and the modes that can be had."""

    fail: int
    unknown: int
    soft: int
    modes: int
    waived: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """Intervals and allowed codes by bit, soft ones at SOFT + bit. `waived`: bits of facts; `setting`: the modes that
    the bank takes, its pledge rule, its guarantee rule."""

    intervals: Mapping[int, Interval]
    codes: Mapping[int, int]
    asked: int
    hidden: int
    tie: int
    active: bool
    regions: Regions
    industries: Industries
    tiers: Tiers
    setting: tuple[int, PledgeRule, GuaranteeRule]
    waived: int

    def judge(self, query: Query, *, wishes: bool = True) -> Verdict:
        """As the index judges it among all others; soft rules only with `wishes`."""
        values = query.values()
        fail, unknown, soft = self._of_facts(values, wishes)
        if query.real is not None:
            as_real = self._of_facts(replace(query, facts=query.real).values(), wishes)
            mine, real = ~self.hidden, self.hidden
            pairs = zip((fail, unknown, soft), as_real, strict=True)
            fail, unknown, soft = ((one & mine) | (other & real) for one, other in pairs)
        fail |= sum(self._fails(bit, bit, values) for bit in _TERMS)
        unknown |= self.asked & (1 << Bit.SIZE) if Bit.SIZE not in values else 0
        modes = self._modes(query)
        for bit, verdict in self._of_sets(query):
            fail |= 1 << bit if verdict == sets.FAIL else 0
            unknown |= 1 << bit if verdict == sets.UNKNOWN else 0
        fail |= 0 if self.active else 1 << Bit.OFF_MARKET
        waived = fail & self.waived
        return Verdict(fail & ~waived | self._unsecurable(modes), unknown, soft, modes, waived)

    def interval(self, bit: int) -> Interval:
        return self.intervals.get(bit, (LOWEST, HIGHEST))

    def allowed(self, bit: int) -> int:
        return self.codes[bit]

    def _of_facts(self, values: Mapping[int, int], wishes: bool) -> tuple[int, int, int]:
        """The FAIL, UNKNOWN and soft masks of the rules on facts."""
        fail = unknown = soft = 0
        for bit in bits_of(self.asked & _FACTS):
            if bit not in values:
                unknown |= 1 << bit
                continue
            fail |= self._fails(bit, bit, values)
            if wishes:
                soft |= self._fails(SOFT + bit, bit, values)
        return fail, unknown, soft

    def _fails(self, dimension: int, bit: int, values: Mapping[int, int]) -> int:
        """The bit, where a rule of this dimension fails."""
        value = values.get(bit)
        if value is None:
            return 0
        if dimension in self.intervals:
            low, high = self.intervals[dimension]
            return 0 if low <= value <= high else 1 << bit
        return 0 if self.codes[dimension] & value else 1 << bit

    def _of_sets(self, query: Query) -> Iterable[tuple[int, int]]:
        yield Bit.REGION, sets.judge_region(query.county, self.regions)
        yield Bit.INDUSTRY, sets.judge_industry(query.industry, self.industries)
        yield Bit.AMOUNT_TIER, sets.judge_tiers(query.amount_fen, query.facts, self.tiers)

    def _modes(self, query: Query) -> int:
        taken, pledge, guarantee = self.setting
        usable = taken & (UNSECURED | COLLATERAL)
        if taken & IP_PLEDGE and query.reaches is not None and query.reaches(pledge):
            usable |= IP_PLEDGE
        if taken & GUARANTEE and query.fees is not None and query.fees.of(guarantee) != NO_GUARANTEE:
            usable |= GUARANTEE
        return usable

    def _unsecurable(self, modes: int) -> int:
        taken = 0 if modes else self.setting[0]
        pledge = 1 << Bit.IP_PLEDGE if taken & IP_PLEDGE else 0
        return pledge | (1 << Bit.GUARANTEE if taken & GUARANTEE else 0)


def alone(columns: Columns, slot: int, waived: int) -> Alone:
    """The product of a slot as it is now."""
    prices: list[int] = columns.prices[slot].tolist()
    low, high, allowed = (rows[:, slot].tolist() for rows in (columns.low, columns.high, columns.allowed))
    asked = prices[Price.ASKED]
    dimensions = {int(bit) for bit in _TERMS} | {
        base + bit for bit in bits_of(asked & _FACTS) for base in (0, SOFT)
    }
    modes, pledged, guaranteed = columns.settings.settings.members[prices[Price.SETTING]]
    rules = columns.settings
    return Alone(
        intervals={
            one: (low[INTERVAL_ROW[one]], high[INTERVAL_ROW[one]])
            for one in dimensions
            if one in INTERVAL_ROW
        },
        codes={one: allowed[SET_ROW[one]] for one in dimensions if one in SET_ROW},
        asked=asked,
        hidden=prices[Price.HIDDEN],
        tie=prices[Price.TIE],
        active=bool(columns.active[slot]),
        regions=columns.regions.members[int(columns.region_sets[slot])],
        industries=columns.industries.members[int(columns.industry_sets[slot])],
        tiers=columns.tiers.members[int(columns.tier_sets[slot])],
        setting=(modes, rules.pledges.members[pledged], rules.guarantees.members[guaranteed]),
        waived=waived & EVERY_FACT,
    )
