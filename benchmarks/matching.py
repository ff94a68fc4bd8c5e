"""Matching beside its peers: the core at three sizes, whole plans, updates, and the rebuild from messages.

The core is what stands between a request in numbers and the arrays of its answer: eligible products with the best forty
of all and the best of each family, near misses with their FAIL masks. Peers answer the same rules with FAIL masks and
the cheapest twenty; all must count the same eligible products.
"""

import statistics
from datetime import date
from pathlib import Path
from random import Random
from time import perf_counter

from benchmarks import market
from benchmarks.measure import fastest, interleaved, keep, p50, p99, show
from benchmarks.peers import PEERS, Peer
from libs import policy
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.size import Size
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import MatchRequest
from services.matching.domain.firm import Firm
from services.matching.index.engine import (
    CompiledEngine,
    Kernels,
    NumpyEngine,
    Work,
    keep_compiled_under,
    load_kernels,
)
from services.matching.index.index import SHORT_LIST, Index
from services.matching.index.query import COUNT_ELIGIBLE, Out, Query
from services.matching.operations.recommend import recommend
from services.matching.operations.rulebook import rulebook

SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000}
SECONDS = 6.0
TODAY = date(2026, 11, 22)
ASKED = 100


def run() -> None:
    keep_compiled_under(Path("var"))
    began = perf_counter()
    kernels = load_kernels()
    figures: dict[str, object] = {"kernels_load_s": round(perf_counter() - began, 2)}
    rows: list[list[object]] = []
    for label, size in SIZES.items():
        index = _filled(size, figures, label)
        _core(index, kernels, label, figures, rows)
        if label == "10k":
            _plans(kernels, figures)
        if label == "100k":
            _updates(index, figures)
    peers = [name for name in figures if name.startswith(("polars_10k", "duckdb_10k"))]
    figures["best_peer_10k_p50_us"] = min(float(str(figures[name])) for name in peers)
    show("match core, microseconds", ("engine", "products", "p50", "p99", "best tenth"), rows)
    show("matching", ("figure", "value"), [[name, value] for name, value in figures.items()])
    print(f"written to {keep('matching', figures)}")


def _filled(size: int, figures: dict[str, object], label: str) -> Index:
    """The index, from messages as the topic holds them."""
    messages = [product.SerializeToString() for product in market.products(size)]
    index, began = Index(), perf_counter()
    for message in messages:
        index.put(pb.Product.FromString(message))
    if label == "100k":
        figures["rebuild_s"] = round(perf_counter() - began, 2)
    return index


def _core(
    index: Index, kernels: Kernels, label: str, figures: dict[str, object], rows: list[list[object]]
) -> None:
    columns, planes = index._columns, index._planes
    random = Random(3)
    queries = [market.query(random) for _ in range(ASKED)]
    compiled, plain = CompiledEngine(kernels, planes), NumpyEngine()

    def core(query: Query) -> int:
        work = Work(columns, query, SHORT_LIST)
        compiled.search(work)
        return int(work.out[Out.COUNTS, COUNT_ELIGIBLE])

    def numpy_columns(query: Query) -> int:
        work = Work(columns, query, SHORT_LIST)
        plain.search(work)
        return int(work.out[Out.COUNTS, COUNT_ELIGIBLE])

    others: list[Peer] = [make(columns) for make in PEERS]
    for query in queries:  # the planes of these firms are made once, as they would be in a running service
        core(query)
    for query in queries[:10]:
        counts = {core(query), numpy_columns(query)}
        assert len(counts) == 1, f"the engines disagree: {counts}"
    contenders = {"match": core, "numpy columns": numpy_columns} | {peer.name: peer.ask for peer in others}
    for name, times in interleaved(contenders, queries, SECONDS).items():
        key = name.replace(" ", "_")
        figures[f"{key}_{label}_p50_us"], figures[f"{key}_{label}_p99_us"] = p50(times), p99(times)
        figures[f"{key}_{label}_best_us"] = fastest(times)
        rows.append([name, label, p50(times), p99(times), fastest(times)])
    eligible = statistics.mean(core(query) for query in queries)
    figures[f"eligible_{label}_mean"] = round(eligible, 1)


def _plans(kernels: Kernels, figures: dict[str, object]) -> None:
    """Whole answers at 10,000 products: ten plans with cost to the fen, reasons, families, near misses."""
    catalogue, random = Catalogue(), Random(3)
    for product in market.products(SIZES["10k"]):
        catalogue.index.put(product)
    catalogue.index.use(kernels)
    rules = rulebook(policy.load(), TODAY)
    firms = [_firm(random, number) for number in range(ASKED)]

    def answer(asked: tuple[Firm, MatchRequest]) -> object:
        return recommend(catalogue, rules, *asked, "mat_bench")

    for asked in firms:
        answer(asked)
    times = interleaved({"plan": answer}, firms, SECONDS)["plan"]
    figures["plan_10k_p50_us"], figures["plan_10k_p99_us"] = p50(times), p99(times)
    figures["plan_10k_best_us"] = fastest(times)


def _firm(random: Random, number: int) -> tuple[Firm, MatchRequest]:
    query = market.query(random)
    dimensions = Dimensions(
        county=query.county,
        industry_division=query.industry[:2],
        size=query.size or Size.SMALL,
        owner_kind=OwnerKind.ENTERPRISE,
        firm_key=str(number),
        first_time_borrower=query.first_time,
    )
    firm = Firm(party=f"uscc:{number}", dimensions=dimensions, industry=query.industry, facts=query.facts)
    return firm, MatchRequest(party=firm.party, amount_fen=query.amount_fen, term_months=query.term_months)


def _updates(index: Index, figures: dict[str, object]) -> None:
    """A product replaced by a new version, with every plane in use patched."""
    newer = market.products(2_000, seed=11)
    times = interleaved({"update": index.put}, newer, SECONDS / 2)["update"]
    figures["index_update_us"], figures["index_update_p99_us"] = p50(times), p99(times)
    figures["planes_in_use"] = index._planes._next


if __name__ == "__main__":
    run()
