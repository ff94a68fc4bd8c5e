"""The hard rules of a market in the plainest form, and what a firm brings to them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.matching.index import sets
from services.matching.index.columns import INTERVAL_ROW, SET_ROW, SOFT, Columns, Price
from services.matching.index.layout import Bit
from services.matching.index.query import Query
from services.matching.index.terms import EVERY_CODE, HIGHEST, LOWEST

TOP = 20
REGION, INDUSTRY = "region", "industry"


@dataclass(frozen=True, slots=True)
class Rule:
    """A field of the firm lies in an interval, or is one of some codes; what is not known fails nothing."""

    field: str
    low: int = LOWEST
    high: int = HIGHEST
    codes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    rules: tuple[Rule, ...]
    cost: int


Facts = dict[str, int | None]


class Peer(Protocol):
    name: str

    def ask(self, query: Query) -> int:
        """Answer as a caller would want it; returns how many products fit, to compare."""
        ...


class Market:
    """Products as rules, and beside them the columns that they were read from."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.fields = [f"f{bit}" for bit in (*_interval_bits(), *_set_bits())]
        self.products = [self._product(slot) for slot in range(columns.count)]
        self.costs: NDArray[np.int64] = columns.prices[: columns.count, Price.MIN_PPM].copy()

    def facts(self, query: Query) -> Facts:
        """The firm's values by field, codes as numbers; None where not known. Regions and industries apart."""
        held: Facts = dict.fromkeys(self.fields)
        for bit, value in query.values().items():
            held[f"f{bit}"] = value if bit in INTERVAL_ROW else value.bit_length() - 1
        return held

    def places(self, query: Query) -> dict[str, list[int]]:
        """The numbers of the sets of regions, and of industries, in which the firm does not lie."""
        region = sets.verdicts(self.columns.regions, sets.judge_region, query.county)
        industry = sets.verdicts(self.columns.industries, sets.judge_industry, query.industry)
        return {
            REGION: np.flatnonzero(region == sets.FAIL).tolist(),
            INDUSTRY: np.flatnonzero(industry == sets.FAIL).tolist(),
        }

    def context(self, query: Query) -> dict[str, object]:
        """Facts and places together, for a language of expressions."""
        return {**self.facts(query), **{f"not_{name}": found for name, found in self.places(query).items()}}

    def place_of(self, slot: int) -> dict[str, int]:
        return {
            REGION: int(self.columns.region_sets[slot]),
            INDUSTRY: int(self.columns.industry_sets[slot]),
        }

    def _product(self, slot: int) -> Product:
        columns, rules = self.columns, list[Rule]()
        for bit in _interval_bits():
            low, high = int(columns.low[INTERVAL_ROW[bit], slot]), int(columns.high[INTERVAL_ROW[bit], slot])
            if (low, high) != (LOWEST, HIGHEST):
                rules.append(Rule(f"f{bit}", low, high))
        for bit in _set_bits():
            allowed = int(columns.allowed[SET_ROW[bit], slot])
            if allowed != EVERY_CODE:
                rules.append(Rule(f"f{bit}", codes=tuple(code for code in range(16) if allowed >> code & 1)))
        return Product(tuple(rules), int(columns.prices[slot, Price.MIN_PPM]))


def _interval_bits() -> list[int]:
    return [bit for bit in INTERVAL_ROW if bit < SOFT]


def _set_bits() -> list[int]:
    return [bit for bit in SET_ROW if bit < SOFT and bit != Bit.KIND]
