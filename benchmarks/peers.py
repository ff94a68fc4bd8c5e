"""The same question put to table engines: which products fit, what the others fail, and the cheapest twenty."""

from collections.abc import Callable
from typing import Protocol

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.matching.index import sets
from services.matching.index.columns import INTERVAL_ROW, SET_ROW, SOFT, Columns, Price
from services.matching.index.layout import Bit
from services.matching.index.query import Query

TOP = 20


class Peer(Protocol):
    name: str

    def ask(self, query: Query) -> int:
        """Answer as a caller would want it; returns how many products fit, to compare."""
        ...


def table(columns: Columns) -> dict[str, NDArray[np.int64]]:
    """The hard rules as plain columns: low and high of every interval, allowed codes of every set."""
    count, found = columns.count, dict[str, NDArray[np.int64]]()
    for bit, row in INTERVAL_ROW.items():
        if bit < SOFT:
            found[f"low_{bit}"], found[f"high_{bit}"] = columns.low[row, :count], columns.high[row, :count]
    for bit, row in SET_ROW.items():
        if bit < SOFT:
            found[f"allowed_{bit}"] = columns.allowed[row, :count]
    found |= {"region": columns.region_sets[:count], "industry": columns.industry_sets[:count]}
    return found | {"cost": columns.prices[:count, Price.MIN_PPM].copy()}


def failing(columns: Columns, query: Query) -> tuple[list[int], list[int]]:
    """The numbers of the region and of the industry sets that this firm fails."""
    region = sets.verdicts(columns.regions, sets.judge_region, query.county)
    industry = sets.verdicts(columns.industries, sets.judge_industry, query.industry)
    return np.flatnonzero(region == sets.FAIL).tolist(), np.flatnonzero(industry == sets.FAIL).tolist()


class PolarsPeer:
    name = "polars"

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._frame = pl.DataFrame(table(columns))

    def ask(self, query: Query) -> int:
        region, industry = failing(self._columns, query)
        rules = [
            (pl.col(f"low_{bit}") > value) | (pl.col(f"high_{bit}") < value)
            if bit in INTERVAL_ROW
            else (pl.col(f"allowed_{bit}") & value) == 0
            for bit, value in query.values().items()
        ]
        rules += [pl.col("region").is_in(region), pl.col("industry").is_in(industry)]
        bits = [*query.values(), int(Bit.REGION), int(Bit.INDUSTRY)]
        mask = pl.sum_horizontal(
            rule.cast(pl.Int64) * (1 << bit) for rule, bit in zip(rules, bits, strict=True)
        )
        judged = self._frame.select(mask.alias("fail"), "cost")
        fitting = judged.with_row_index().filter(pl.col("fail") == 0)
        fitting.bottom_k(TOP, by="cost")
        return len(fitting)


class DuckPeer:
    name = "duckdb"

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._database = duckdb.connect()
        frame = pl.DataFrame(table(columns)).with_row_index("product")  # noqa: F841 DuckDB finds it by its name
        self._database.execute("CREATE TABLE products AS SELECT * FROM frame")

    def ask(self, query: Query) -> int:
        region, industry = failing(self._columns, query)
        terms = [
            f"(low_{bit} > {value} OR high_{bit} < {value})::BIGINT * {1 << bit}"
            if bit in INTERVAL_ROW
            else f"((allowed_{bit} & {value}) = 0)::BIGINT * {1 << bit}"
            for bit, value in query.values().items()
        ]
        terms += [
            f"list_contains({numbers}::BIGINT[], {name})::BIGINT * {1 << bit}"
            for name, numbers, bit in (("region", region, Bit.REGION), ("industry", industry, Bit.INDUSTRY))
        ]
        sql = f"SELECT product, cost, {' + '.join(terms)} AS fail FROM products"
        judged = self._database.execute(sql).fetchnumpy()
        fitting = np.flatnonzero(judged["fail"] == 0)
        np.argsort(judged["cost"][fitting], kind="stable")[:TOP]
        return len(fitting)


PEERS: tuple[Callable[[Columns], Peer], ...] = (PolarsPeer, DuckPeer)
