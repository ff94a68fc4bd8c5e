"""Bitmaps: for a threshold of a rule the products that a value beyond it fails, joined a request at a time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from benchmarks.peers.question import INDUSTRY, REGION, TOP, Facts, Market
from services.matching.index.columns import INTERVAL_ROW, SET_ROW
from services.matching.index.query import Query

Words = NDArray[np.uint64]


def failing(market: Market, facts: Facts, places: dict[str, list[int]]) -> list[NDArray[np.bool_]]:
    """Of each rule on which the firm has a value, which products it fails."""
    columns, count = market.columns, len(market.products)
    found = [_failing(market, field, value) for field, value in facts.items() if value is not None]
    found.append(np.isin(columns.region_sets[:count], places[REGION]))
    found.append(np.isin(columns.industry_sets[:count], places[INDUSTRY]))
    return found


def _failing(market: Market, field: str, value: int) -> NDArray[np.bool_]:
    columns, bit, count = market.columns, int(field[1:]), len(market.products)
    if bit in INTERVAL_ROW:
        row = INTERVAL_ROW[bit]
        return (columns.low[row, :count] > value) | (columns.high[row, :count] < value)
    return (columns.allowed[SET_ROW[bit], :count] >> value & 1) == 0


class _Planes:
    """The bitmaps of each firm, kept as a running service would keep them. `make` turns flags into a bitmap."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._kept: dict[int, Any] = {}
        order = np.lexsort((np.arange(len(market.costs)), market.costs))
        self.rank = np.empty(len(order), np.int64)
        self.rank[order] = np.arange(len(order))

    def planes(self, query: Query) -> Any:
        known = self._kept.get(id(query))
        if known is None:
            flags = failing(self.market, self.market.facts(query), self.market.places(query))
            known = self._kept[id(query)] = self.make(flags)
        return known

    def make(self, flags: list[NDArray[np.bool_]]) -> Any:
        raise NotImplementedError


class NumpyBitmaps(_Planes):
    name = "numpy uint64 bitmaps"

    def make(self, flags: list[NDArray[np.bool_]]) -> Words:
        width = -(-len(self.market.products) // 64) * 64
        padded = np.ones((len(flags), width), np.bool_)
        padded[:, : len(self.market.products)] = np.array(flags)
        return np.packbits(padded, axis=1, bitorder="little").view(np.uint64)

    def ask(self, query: Query) -> int:
        failed = np.bitwise_or.reduce(self.planes(query), axis=0)
        fitting = np.flatnonzero(np.unpackbits((~failed).view(np.uint8), bitorder="little"))
        if len(fitting) > TOP:
            np.argpartition(self.rank[fitting], TOP)[:TOP]
        return len(fitting)


class Roaring(_Planes):
    name = "pyroaring bitmaps"

    def __init__(self, market: Market) -> None:
        super().__init__(market)
        self._everything = BitMap(range(len(market.products)))

    def make(self, flags: list[NDArray[np.bool_]]) -> list[BitMap]:
        return [BitMap(np.flatnonzero(one).astype(np.uint32)) for one in flags]

    def ask(self, query: Query) -> int:
        fitting = self._everything - BitMap.union(*self.planes(query))
        numbers = np.array(fitting.to_array(), np.int64)
        if len(numbers) > TOP:
            np.argpartition(self.rank[numbers], TOP)[:TOP]
        return len(numbers)
