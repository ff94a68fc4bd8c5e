"""`python -m benchmarks [name …]`: all of them, or those named."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

BENCHMARKS: Mapping[str, str] = {
    "matching": "benchmarks.matching",
    "guarantee": "benchmarks.guarantee",
    "lending": "benchmarks.lending",
    "imports": "benchmarks.imports",
    "ingest": "benchmarks.ingest",
    "credit": "benchmarks.credit",
}


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}. Choose from: {', '.join(BENCHMARKS)}.")
    for name in names or BENCHMARKS:
        run: Callable[[], None] = import_module(BENCHMARKS[name]).run
        run()


if __name__ == "__main__":
    main(sys.argv[1:])
