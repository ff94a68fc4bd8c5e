"""Engines of tables: the hard rules as columns, every product's FAIL mask, and the cheapest twenty that fit."""

import duckdb
import numpy as np
import polars as pl
import sqlalchemy as sa
from numpy.typing import NDArray

from benchmarks.peers.question import INDUSTRY, REGION, TOP, Market
from services.matching.index.columns import INTERVAL_ROW, SET_ROW
from services.matching.index.layout import Bit
from services.matching.index.query import Query


def table(market: Market) -> dict[str, NDArray[np.int64]]:
    """Low and high of every interval, allowed codes of every set, numbers of the places, and the cost."""
    columns, count, found = market.columns, len(market.products), dict[str, NDArray[np.int64]]()
    for field in market.fields:
        bit = int(field[1:])
        if bit in INTERVAL_ROW:
            row = INTERVAL_ROW[bit]
            found[f"low_{bit}"], found[f"high_{bit}"] = columns.low[row, :count], columns.high[row, :count]
        else:
            found[f"allowed_{bit}"] = columns.allowed[SET_ROW[bit], :count]
    found |= {REGION: columns.region_sets[:count], INDUSTRY: columns.industry_sets[:count]}
    return found | {"cost": market.costs}


class Polars:
    name = "polars"

    def __init__(self, market: Market) -> None:
        self._market = market
        self._frame = pl.DataFrame(table(market))

    def ask(self, query: Query) -> int:
        places = self._market.places(query)
        rules = {
            bit: (pl.col(f"low_{bit}") > value) | (pl.col(f"high_{bit}") < value)
            if bit in INTERVAL_ROW
            else (pl.col(f"allowed_{bit}") & value) == 0
            for bit, value in query.values().items()
        }
        rules[Bit.REGION] = pl.col(REGION).is_in(places[REGION])
        rules[Bit.INDUSTRY] = pl.col(INDUSTRY).is_in(places[INDUSTRY])
        mask = pl.sum_horizontal(rule.cast(pl.Int64) * (1 << bit) for bit, rule in rules.items())
        judged = self._frame.select(mask.alias("fail"), "cost")
        fitting = judged.with_row_index().filter(pl.col("fail") == 0)
        fitting.bottom_k(TOP, by="cost")
        return len(fitting)


class Duck:
    name = "duckdb"

    def __init__(self, market: Market) -> None:
        self._market = market
        self._database = duckdb.connect()
        frame = pl.DataFrame(table(market)).with_row_index("product")  # noqa: F841 DuckDB finds it by its name
        self._database.execute("CREATE TABLE products AS SELECT * FROM frame")

    def ask(self, query: Query) -> int:
        places = self._market.places(query)
        terms = [
            f"(low_{bit} > {value} OR high_{bit} < {value})::BIGINT * {1 << bit}"
            if bit in INTERVAL_ROW
            else f"((allowed_{bit} & {value}) = 0)::BIGINT * {1 << bit}"
            for bit, value in query.values().items()
        ]
        terms += [
            f"list_contains({places[name]}::BIGINT[], {name})::BIGINT * {1 << bit}"
            for name, bit in ((REGION, Bit.REGION), (INDUSTRY, Bit.INDUSTRY))
        ]
        judged = self._database.execute(
            f"SELECT product, cost, {' + '.join(terms)} AS fail FROM products"
        ).fetchnumpy()
        fitting = np.flatnonzero(judged["fail"] == 0)
        np.argsort(judged["cost"][fitting], kind="stable")[:TOP]
        return len(fitting)


class Sql:
    """A database behind SQLAlchemy, indexed by amount and cost: it tells the products that fit, cheapest first."""

    def __init__(self, name: str, url: str, market: Market) -> None:
        self.name = name
        self._market = market
        self._engine = sa.create_engine(url, poolclass=sa.StaticPool)
        columns = table(market)
        described = [sa.Column(field, sa.BigInteger) for field in columns]
        self._table = sa.Table(f"bench_{len(market.products)}", sa.MetaData(), *described)
        sa.Index(f"ix_{self._table.name}", self._table.c.cost, self._table.c[f"low_{int(Bit.AMOUNT)}"])
        self._connection = self._engine.connect()
        self._table.drop(self._connection, checkfirst=True)
        self._table.create(self._connection)
        rows = [dict(zip(columns, map(int, row), strict=True)) for row in zip(*columns.values(), strict=True)]
        self._connection.execute(sa.insert(self._table), rows)
        self._connection.commit()

    def ask(self, query: Query) -> int:
        held, places = self._table.c, self._market.places(query)
        rules = [
            sa.and_(held[f"low_{bit}"] <= value, held[f"high_{bit}"] >= value)
            if bit in INTERVAL_ROW
            else held[f"allowed_{bit}"].op("&")(value) != 0
            for bit, value in query.values().items()
        ]
        rules += [held[name].not_in(places[name]) for name in (REGION, INDUSTRY)]
        fitting = sa.select(held.cost).where(*rules).order_by(held.cost)
        return len(self._connection.execute(fitting).all())


class NumpyColumns:
    """Masks of columns with numpy, the readable way."""

    name = "numpy columns"

    def __init__(self, market: Market) -> None:
        self._market = market

    def ask(self, query: Query) -> int:
        columns, count = self._market.columns, len(self._market.products)
        places, mask = self._market.places(query), np.zeros(count, np.int64)
        for bit, value in query.values().items():
            if bit in INTERVAL_ROW:
                row = INTERVAL_ROW[bit]
                outside = (columns.low[row, :count] > value) | (columns.high[row, :count] < value)
            else:
                outside = (columns.allowed[SET_ROW[bit], :count] & value) == 0
            mask |= outside.astype(np.int64) << bit
        mask |= np.isin(columns.region_sets[:count], places[REGION]).astype(np.int64) << Bit.REGION
        mask |= np.isin(columns.industry_sets[:count], places[INDUSTRY]).astype(np.int64) << Bit.INDUSTRY
        fitting = np.flatnonzero(mask == 0)
        if len(fitting) > TOP:
            np.argpartition(self._market.costs[fitting], TOP)[:TOP]
        return len(fitting)
