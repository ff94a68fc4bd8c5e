"""Every product in force as integer columns: a product is one slot, updated in place; a withdrawn one is inactive.

These columns are the truth of the index. `planes` keeps bit planes made from them, `reference` reads them as they
are.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.likelihood import LikelihoodModel, weight_of
from services.matching.index import terms as read
from services.matching.index.layout import FACT_NAMES, INTEGER_FACTS, Bit
from services.matching.index.message import Product, Terms, listed
from services.matching.index.sets import Industries, Interned, Regions, Tiers
from services.matching.index.settings import Settings

FIRST_CAPACITY = 256  # slots; doubled when full, so always whole words of planes

Int64s = NDArray[np.int64]

SOFT = read.SOFT
_INTEGERS = range(len(INTEGER_FACTS))
_CODED = range(len(INTEGER_FACTS), len(FACT_NAMES))
_INTERVALS = (*_INTEGERS, Bit.AMOUNT, Bit.TERM, *(SOFT + bit for bit in _INTEGERS))
_SETS = (*_CODED, Bit.OWNER_KIND, Bit.SIZE, Bit.KIND, *(SOFT + bit for bit in _CODED))
INTERVAL_ROW = {int(dimension): row for row, dimension in enumerate(_INTERVALS)}
SET_ROW = {int(dimension): row for row, dimension in enumerate(_SETS)}


class Price(IntEnum):
    """Columns of `prices`, one row a product: what ranking reads of it, side by side."""

    ASKED = 0  # bits on which any rule speaks
    SOFT = 1  # bits on which a soft rule speaks
    HIDDEN = 2  # bits of facts on which the bank does not show every rule
    SETTING = 3
    MIN_PPM = 4
    MAX_PPM = 5
    BASE = 6
    ONCE_PPM = 7
    ONCE_FEN = 8
    ANNUAL_PPM = 9
    AMORTISING = 10
    DAYS = 11
    FLAGS = 12
    TIE = 13  # what goes first among equals: a hash of the id, so that no order depends on arrival
    OFFSET = 14  # as all that follow, by the likelihood's model: thousandths of a logit
    EXPLORE = 15


class Scan(IntEnum):
    """Columns of `scan`, one row a product: copies of prices that say whether it could be among the best at all."""

    SETTING = 0
    DAYS = 1
    OFFSET = 2
    EXPLORE = 3


# A row of the table of rules: the two places among a product's cells that one writes, what into each, and its bit
# where it speaks, where it is soft, where it is hidden (the order of Price).
_PLACES, _VALUES, _BITS, _RULED = slice(2), slice(2, 4), slice(4, None), 7

# A product on its way into the columns: its prices, `least`, the numbers of its sets and its bank;
# and the numbers of its rules
Row = tuple[tuple[int, ...], list[int]]


class Ruled:
    """Rules by number: banks repeat each other, so that most are read once. `members` in the order they came."""

    def __init__(self) -> None:
        self.members: list[read.Rule] = []
        self.table: Int64s = np.zeros((256, _RULED), np.int64)
        self._dimensions: list[int] = []
        self._numbers: dict[read.Rule, int] = {}
        self._read: dict[Hashable, int] = {}  # by the criterion's message, or bit and value of a field

    def numbers(self, terms: Terms) -> list[int]:
        """Of all rules of a product, one a dimension. Violation for what the vocabulary does not know."""
        criteria, known = listed(terms.criteria), self._read
        try:
            found = [known[one] for one in criteria]
        except KeyError:
            found = [self._of_criterion(one) for one in criteria]
        found += self._of_fields(terms)
        dimensions = {self._dimensions[number] for number in found}
        return found if len(dimensions) == len(found) else self._joined(found)

    def _of_fields(self, terms: Terms) -> Iterable[int]:
        """What fields of their own state."""
        longest = terms.drawdown_term_max_months or terms.term_max_months
        yield self._within(Bit.AMOUNT, terms.amount_min_fen, terms.amount_max_fen)
        yield self._within(Bit.TERM, terms.term_min_months, longest)
        yield self._one_of(Bit.KIND, (terms.kind,))
        if owners := listed(terms.owner_kinds):
            yield self._one_of(Bit.OWNER_KIND, owners)
        if sizes := listed(terms.sizes):
            yield self._one_of(Bit.SIZE, sizes)

    def _of_criterion(self, data: bytes) -> int:
        known = self._read.get(data)
        if known is None:
            known = self._read[data] = self._number(read.rule_of(data))
        return known

    def _within(self, bit: int, low: int, high: int) -> int:
        known = self._read.get((bit, low, high))
        if known is None:
            known = self._read[bit, low, high] = self._number(read.within(bit, low, high))
        return known

    def _one_of(self, bit: int, codes: tuple[int, ...]) -> int:
        known = self._read.get((bit, codes))
        if known is None:
            known = self._read[bit, codes] = self._number(read.one_of(bit, codes))
        return known

    def _joined(self, found: Iterable[int]) -> list[int]:
        """Rules of the same dimension as one."""
        rules: dict[int, read.Rule] = {}
        for number in found:
            dimension, rule = self._dimensions[number], self.members[number]
            rules[dimension] = rules[dimension].and_also(rule) if dimension in rules else rule
        return [self._number(rule) for rule in rules.values()]

    def _number(self, rule: read.Rule) -> int:
        known = self._numbers.get(rule)
        if known is None:
            known = self._numbers[rule] = len(self.members)
            self.members.append(rule)
            self._dimensions.append(rule.dimension)
            if known == len(self.table):
                self.table = np.pad(self.table, ((0, known), (0, 0)))
            self.table[known] = _ruled(rule)
        return known


def _ruled(rule: read.Rule) -> tuple[int, ...]:
    """A row of the table."""
    bit = 1 << rule.bit
    bits = bit, 0 if rule.hard else bit, bit if rule.hidden else 0
    if rule.interval is None:
        place = _CODES + SET_ROW[rule.dimension]
        return place, place, rule.codes, rule.codes, *bits
    row = INTERVAL_ROW[rule.dimension]
    return row, _HIGH + row, *rule.interval, *bits


@dataclass
class Columns:
    """`low` and `high` hold interval rules, `allowed` sets of codes as bits; one row a dimension, one column a slot.

    They are rows of `cells`, and `region_sets` to `banks` those of `kinds`.
    """

    count: int = 0
    cells: Int64s = field(default_factory=lambda: _open(FIRST_CAPACITY))
    kinds: Int64s = field(default_factory=lambda: np.zeros((4, FIRST_CAPACITY), np.int64))
    prices: Int64s = field(default_factory=lambda: np.zeros((FIRST_CAPACITY, len(Price)), np.int64))
    scan: Int64s = field(default_factory=lambda: np.zeros((FIRST_CAPACITY, len(Scan)), np.int64))
    least: Int64s = field(default_factory=lambda: np.zeros(FIRST_CAPACITY, np.int64))  # by terms.least_of
    active: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(FIRST_CAPACITY, np.bool_))
    regions: Interned[Regions] = field(default_factory=Interned[Regions])
    industries: Interned[Industries] = field(default_factory=Interned[Industries])
    tiers: Interned[Tiers] = field(default_factory=Interned[Tiers])
    bank_numbers: Interned[str] = field(default_factory=Interned[str])
    settings: Settings = field(default_factory=Settings)
    rules: Ruled = field(default_factory=Ruled)
    model: LikelihoodModel | None = None  # for which OFFSET and EXPLORE were written

    def __post_init__(self) -> None:
        self.regions.number(())  # number 0: everywhere, so that no table of verdicts is empty
        self.industries.number(((), ()))
        self.tiers.number((0, ()))
        self.bank_numbers.number("")
        self._name_rows()

    @property
    def capacity(self) -> int:
        return len(self.active)

    def new_slot(self) -> int:
        """The next free slot; the columns double when there is none."""
        if self.count == self.capacity:
            self._double()
        self.count += 1
        return self.count - 1

    def read(self, product: Product) -> Row:
        """What `write` writes of a product. Violation for terms that cannot be."""
        terms, bank = product.terms, product.bank
        rate, fees = read.rate_of(terms.rate), read.fees_of(listed(terms.fees))
        numbers = (
            *(0, 0, 0, self._setting(bank, terms), *rate, *fees),
            *(terms.repayment_methods[0] in read.AMORTISING, terms.decision_days),
            *(read.flags_of(listed(terms.flags)), read.tie_of(product.id), *self._weight(bank, product.id)),
            read.least_of(rate, fees),
            self.regions.number(listed(terms.regions)),
            self.industries.number((listed(terms.industries), listed(terms.industries_excluded))),
            self.tiers.number(self._tiers(terms)),
            self.bank_numbers.number(bank),
        )
        return numbers, self.rules.numbers(terms)

    def write(self, slots: Sequence[int], rows: Sequence[Row]) -> None:
        """Put products into their slots, each slot once, all of them at a time."""
        into, numbers = np.array(slots, np.int64), np.array([row for row, _ in rows], np.int64)
        lengths = np.array([len(rules) for _, rules in rows], np.int64)
        rules = self.rules.table.take([*chain.from_iterable(numbers for _, numbers in rows)], axis=0)
        self._write_rules(into, np.repeat(into, lengths), rules)
        ends = np.cumsum(lengths)
        numbers[:, _SPOKEN] = np.bitwise_or.reduceat(rules[:, _BITS], ends - lengths, axis=0)
        self.prices[into] = numbers[:, _PRICES]
        self.scan[into] = numbers[:, _SCANNED]
        self.least[into] = numbers[:, len(Price)]
        self.kinds[:, into] = numbers[:, _KINDS].T
        self.active[into] = True

    def weigh(self, model: LikelihoodModel, slots: Mapping[str, int]) -> None:
        """Write what the model says of each bank and product; `slots` by product id."""
        of_bank = [weight_of(model.banks, bank) for bank in self.bank_numbers.members]
        offsets = np.array([weight.logit if weight else 0 for weight in of_bank], np.int64)
        self.prices[:, Price.OFFSET] = offsets[self.banks]
        self.prices[:, Price.EXPLORE] = model.explored(0)
        for weight in model.products:
            slot = slots.get(weight.subject)
            if slot is not None:
                self.prices[slot, Price.OFFSET] += weight.logit
                self.prices[slot, Price.EXPLORE] = model.explored(weight.decisions)
        weighed, scanned = (Price.OFFSET, Price.EXPLORE), (Scan.OFFSET, Scan.EXPLORE)
        self.scan[:, scanned] = self.prices[:, weighed]
        self.model = model

    def _setting(self, bank: str, terms: Terms) -> int:
        pledge = read.pledge_caps(listed(terms.ip_pledge_caps)), terms.ip_margin_months
        guarantee = bank, listed(terms.programmes), read.KIND_OF.get(terms.kind)
        return self.settings.number(read.modes_of(listed(terms.guarantee_modes)), pledge, guarantee)

    def _tiers(self, terms: Terms) -> Tiers:
        """Nothing where there are no tiers, so that such products share one set."""
        tiers = read.tiers_of(listed(terms.amount_tiers))
        return (terms.amount_max_fen if tiers else 0), tiers

    def _weight(self, bank: str, product_id: str) -> tuple[int, int]:
        model = self.model
        return (model.offset(bank, product_id), model.explore(product_id)) if model else (0, 0)

    def _write_rules(self, slots: Int64s, at: Int64s, rules: Int64s) -> None:
        """Of each rule, `at` is the slot of its product. No two rules of a product write the same cell."""
        self.cells[:, slots] = _OPEN
        places = rules[:, _PLACES] * self.capacity + at[:, None]
        self.cells.reshape(-1)[places] = rules[:, _VALUES]

    def _double(self) -> None:
        more = self.capacity
        self.cells = np.concatenate((self.cells, _open(more)), axis=1)
        self.kinds = np.pad(self.kinds, ((0, 0), (0, more)))
        self.prices = np.pad(self.prices, ((0, more), (0, 0)))
        self.scan = np.pad(self.scan, ((0, more), (0, 0)))
        self.least = np.pad(self.least, (0, more))
        self.active = np.pad(self.active, (0, more))
        self._name_rows()

    def _name_rows(self) -> None:
        self.low, self.high, self.allowed = np.split(self.cells, (_HIGH, _CODES))
        self.region_sets, self.industry_sets, self.tier_sets, self.banks = self.kinds


_HIGH, _CODES = len(_INTERVALS), 2 * len(_INTERVALS)  # first rows of `high` and of `allowed` among the cells
_OPEN = np.repeat(  # the cells of a product without a rule
    np.array((read.LOWEST, read.HIGHEST, read.EVERY_CODE), np.int64),
    (len(_INTERVALS), len(_INTERVALS), len(_SETS)),
)[:, None]
# Of a row's numbers: what its rules say, prices, what `scan` keeps, kinds. `least` stands between the last two.
_SPOKEN, _PRICES, _KINDS = slice(int(Price.SETTING)), slice(len(Price)), slice(len(Price) + 1, None)
_SCANNED = np.array((Price.SETTING, Price.DAYS, Price.OFFSET, Price.EXPLORE))


def _open(slots: int) -> Int64s:
    return np.repeat(_OPEN, slots, axis=1)
