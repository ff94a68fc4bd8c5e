"""The match core beside its peers: eligible products, failed criteria, the best.

The core is what stands between a request in numbers and the arrays of its answer: eligible products with the best forty
of all and the best of each family, near misses with their FAIL masks. Peers answer the same rules with the failed
criteria of the others (table engines a mask, bitmaps planes) and the cheapest twenty; all must count the same products.
"""

import statistics
from collections.abc import Sequence
from random import Random

import numpy as np

from benchmarks import market
from benchmarks.floor import floor_us
from benchmarks.measure import fastest, interleaved, p50, p99
from benchmarks.peers import Market, peers_of
from services.matching.index.engine import CompiledEngine, Kernels, Work
from services.matching.index.index import SHORT_LIST, Index
from services.matching.index.layout import Bit
from services.matching.index.query import COUNT_ELIGIBLE, Out, Query

SECONDS = 6.0
SECONDS_A_PEER = 3.0
ASKED = 100
CHECKED = 5
_SECURING = 1 << Bit.IP_PLEDGE | 1 << Bit.GUARANTEE  # peers know rules, not how a loan is secured


def measure(
    index: Index,
    kernels: Kernels,
    label: str,
    postgres_url: str,
    figures: dict[str, object],
    rows: list[list[object]],
) -> None:
    """The core alone, then each peer in turn with it, on the same firms."""
    engine, random = CompiledEngine(kernels, index._planes), Random(3)
    queries = [market.query(random) for _ in range(ASKED)]

    def core(query: Query) -> int:
        work = Work(index._columns, query, SHORT_LIST)
        engine.search(work)
        return int(work.out[Out.COUNTS, COUNT_ELIGIBLE])

    eligible = statistics.mean(core(query) for query in queries)  # their planes are made here, once
    figures[f"eligible_{label}_mean"] = round(eligible, 1)
    _tell("match", label, interleaved({"match": core}, queries, SECONDS)["match"], figures, rows)
    fitting = [_fitting(index, query) for query in queries[:CHECKED]]
    for peer in peers_of(Market(index._columns), postgres_url):
        counted = [peer.ask(query) for query in queries[:CHECKED]]
        assert counted == fitting, f"{peer.name} disagrees: {counted}, not {fitting}"
        times = interleaved({"match": core, peer.name: peer.ask}, queries, SECONDS_A_PEER)
        _tell(peer.name, label, times[peer.name], figures, rows)
    floor, rate = floor_us(len(index))
    figures[f"floor_{label}_us"], figures[f"read_{label}_gb_per_s"] = floor, rate
    rows.append(["24 planes joined, nothing else", label, floor, "", floor])


def best_peer_us(figures: dict[str, object], label: str, names: Sequence[str]) -> float:
    return min(float(str(figures[f"{name}_{label}_p50_us"])) for name in names)


def _fitting(index: Index, query: Query) -> int:
    masks = np.array([fail for fail, _ in index.judge(query).values()], np.int64)
    return int(np.count_nonzero((masks & ~_SECURING) == 0))


def _tell(
    name: str, label: str, times: list[float], figures: dict[str, object], rows: list[list[object]]
) -> None:
    key = f"{name.replace(' ', '_').replace('-', '_')}_{label}"
    figures[f"{key}_p50_us"], figures[f"{key}_p99_us"] = p50(times), p99(times)
    figures[f"{key}_best_us"] = fastest(times)
    rows.append([name, label, p50(times), p99(times), fastest(times)])
