"""All of matching in one run: the core at three sizes beside its peers, whole plans, what to change, updates, the
rebuild, a whole population, the laboratory, a market round, and both doors under load."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from app import engines
from benchmarks import market, matching_core, matching_plans, serving
from benchmarks.measure import keep, show
from services.matching.index.engine import keep_compiled_under, load_kernels
from services.matching.index.index import Index

SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000}
# The aim is to be a hundred times faster than the best of these.
AIMED_AT = ("polars", "duckdb", "postgresql", "zen_expression")


def run() -> None:
    keep_compiled_under(Path("var"))
    began = perf_counter()
    kernels = load_kernels()
    figures: dict[str, object] = {"kernels_load_s": round(perf_counter() - began, 2)}
    rows: list[list[object]] = []
    with _postgres() as url:
        for label, size in SIZES.items():
            index = _filled(size, figures, label)
            matching_core.measure(index, kernels, label, url, figures, rows)
            if label == "10k":
                matching_plans.measure(kernels, size, figures)
            if label == "100k":
                matching_plans.measure_updates(index, figures)
            keep("matching", figures)  # a run that ends early has told what it knows
    for part in ("population", "laboratory", "rounds"):
        _in_its_own_process(f"benchmarks.{part}", figures)
        keep("matching", figures)
    serving.measure_all(figures)
    figures["best_peer_10k_p50_us"] = matching_core.best_peer_us(figures, "10k", AIMED_AT)
    show("match core, microseconds", ("engine", "products", "p50", "p99", "best tenth"), rows)
    show("matching", ("figure", "value"), [[name, value] for name, value in figures.items()])
    print(f"written to {keep('matching', figures)}")


@contextmanager
def _postgres() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)  # the database's own account goes through it
        server = engines.start_postgres(Path(home) / "postgres", engines.free_port())
        try:
            yield server.url
        finally:
            server.stop()


def _in_its_own_process(module: str, figures: dict[str, object]) -> None:
    """The figures of a part that wants the memory for itself, and the most memory that it took."""
    with get_context("spawn").Pool(1) as process:
        found, peak_mib = process.apply(_measured, (module,))
    figures |= found
    figures[f"{module.rpartition('.')[2]}_peak_mib"] = peak_mib


def _measured(module: str) -> tuple[dict[str, object], int]:
    keep_compiled_under(Path("var"))
    found: dict[str, object] = import_module(module).measure()
    return found, _peak_mib()


def _peak_mib() -> int:
    """Of this process alone: what getrusage tells begins with the size of the parent that started it."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) // 1024


def _filled(size: int, figures: dict[str, object], label: str) -> Index:
    """The index, from messages as the topic holds them."""
    messages = [product.SerializeToString() for product in market.products(size)]
    index, began = Index(), perf_counter()
    for message in messages:
        index.take(message)
    index.settle()
    if label == "100k":
        figures["rebuild_s"] = round(perf_counter() - began, 2)
    return index


if __name__ == "__main__":
    run()
