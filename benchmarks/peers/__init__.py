"""The same question put to other engines: which products fit, what the others fail, and the cheapest twenty.

Every peer reads the same hard rules (`question.Market`) and must count the same eligible products.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.peers.bitmaps import NumpyBitmaps, Roaring
from benchmarks.peers.languages import BusinessRules, Cel, JsonLogic, PydanticLoop, RuleEngine, Zen, ZenTable
from benchmarks.peers.question import Market, Peer
from benchmarks.peers.tables import Duck, NumpyColumns, Polars, Sql

__all__ = ["Market", "Peer", "peers_of"]


@dataclass(frozen=True, slots=True)
class _Entry:
    """`most`: products beyond which one question takes minutes."""

    make: Callable[[Market], Peer]
    most: int = 100_000


_ALL = (
    _Entry(PydanticLoop),
    _Entry(Zen, 10_000),
    _Entry(ZenTable, 10_000),
    _Entry(Cel, 10_000),
    _Entry(BusinessRules, 1_000),
    _Entry(RuleEngine, 1_000),
    _Entry(JsonLogic, 1_000),
    _Entry(Duck),
    _Entry(Polars),
    _Entry(NumpyColumns),
    _Entry(Roaring),
    _Entry(NumpyBitmaps),
)


def peers_of(market: Market, postgres_url: str) -> Sequence[Peer]:
    """Those that can answer about a market of this size in reasonable time."""
    tables = [Sql("sqlite", "sqlite://", market), Sql("postgresql", postgres_url, market)]
    return [*(entry.make(market) for entry in _ALL if len(market.products) <= entry.most), *tables]
