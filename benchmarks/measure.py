"""Timing and telling: what is compared is interleaved, so that a drift of the machine touches all alike."""

import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

OUT = Path("build") / "bench"


def interleaved(
    contenders: Mapping[str, Callable[[Any], object]], inputs: Sequence[Any], seconds: float
) -> dict[str, list[float]]:
    """Microseconds of each call, contender by contender on each input, for about `seconds` in all."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for one in inputs:
            for name, run in contenders.items():
                began = time.perf_counter()
                run(one)
                taken[name].append((time.perf_counter() - began) * 1e6)
            if time.perf_counter() >= until:
                break
    return taken


def p50(times: Sequence[float]) -> float:
    return round(statistics.median(times), 1)


def p99(times: Sequence[float]) -> float:
    return round(sorted(times)[min(len(times) - 1, int(len(times) * 0.99))], 1)


def fastest(times: Sequence[float]) -> float:
    """The best tenth's mean: what the machine can do when nothing else runs."""
    best = sorted(times)[: max(1, len(times) // 10)]
    return round(sum(best) / len(best), 1)


def keep(name: str, figures: Mapping[str, object]) -> Path:
    """Write the figures with what the machine was like."""
    OUT.mkdir(parents=True, exist_ok=True)
    machine = {"cpus": os.cpu_count(), "load_average": [round(load, 2) for load in os.getloadavg()]}
    file = OUT / f"{name}.json"
    file.write_text(json.dumps({**figures, "machine": machine}, indent=1, ensure_ascii=False) + "\n")
    return file


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(title=title)
    for head in heads:
        table.add_column(head, justify="left" if head == heads[0] else "right")
    for row in rows:
        table.add_row(*map(str, row))
    Console().print(table)
