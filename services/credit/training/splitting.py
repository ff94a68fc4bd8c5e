"""Where bins begin, as optbinning finds them: the best by information value that keep a trend."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def number_bounds(
    cells: "pd.Series[Any]", outcome: NDArray[np.int8], turns: bool, most: int, least: float
) -> tuple[float, ...]:
    """The lower ends of all bins but the first, readable. Empty when nothing tells good from bad."""
    values = cells.to_numpy(dtype=float)
    if not _divisible(values, outcome):
        return ()
    found = _optimal("numerical", turns, most, least).fit(values, outcome).splits
    seen = np.unique(values)
    bounds = (_readable(float(split), seen) for split in found)
    return tuple(sorted(set(bounds)))


def code_groups(
    cells: "pd.Series[Any]", outcome: NDArray[np.int8], turns: bool, most: int, least: float
) -> tuple[tuple[str, ...], ...]:
    """Codes of like risk together; rare ones that the data cannot tell apart make one group."""
    codes = cells.to_numpy(dtype=object)
    seen = tuple(sorted({str(code) for code in codes}))
    if not _divisible(codes, outcome):
        return (seen or ("",),)
    binning = _optimal("categorical", False, most, least)
    groups = binning.fit(codes, outcome).splits
    return tuple(tuple(sorted(str(code) for code in group)) for group in groups) or (seen,)


def rough_value(cells: "pd.Series[Any]", outcome: NDArray[np.int8]) -> float:
    """Information value of tenths, and of what is missing: to see what is worth binning well."""
    if pd.api.types.is_numeric_dtype(cells):
        cells = pd.qcut(cells, 10, duplicates="drop", labels=False)
    counts = pd.crosstab(cells.fillna(-1), outcome) + 0.5
    shares = (counts / counts.sum()).to_numpy()
    return float(((shares[:, 1] - shares[:, 0]) * np.log(shares[:, 1] / shares[:, 0])).sum())


def _divisible(values: NDArray[Any], outcome: NDArray[np.int8]) -> bool:
    return len(values) > 0 and len({*values.tolist()}) > 1 and 0 < outcome.sum() < len(outcome)


def _optimal(dtype: str, turns: bool, most: int, least: float) -> Any:
    from optbinning import OptimalBinning

    return OptimalBinning(
        dtype=dtype,
        solver="cp",
        monotonic_trend="auto_heuristic" if turns else "auto_asc_desc",
        max_n_bins=most,
        min_prebin_size=least,
        cat_cutoff=least / 2 if dtype == "categorical" else None,
        time_limit=10,
    )


def _readable(split: float, seen: NDArray[np.float64]) -> float:
    """The number with the fewest digits that parts the same values: whoever stood below stands below."""
    at = int(np.searchsorted(seen, split, side="left"))
    low, high = float(seen[max(0, at - 1)]), float(seen[min(at, len(seen) - 1)])
    if not np.any(seen % 1):
        split = float(np.ceil(split))
    for digits in range(1, 17):
        rounded = float(f"{split:.{digits}g}")
        if low < rounded <= high:
            return rounded
    return high
