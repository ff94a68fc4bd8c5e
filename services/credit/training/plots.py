"""Pictures of reports, as PNG inside the page: they show where no browser can fetch anything."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from libs.judging.figures import reliability

GOOD, BAD, LINE, FAINT = "#2a6f97", "#c1121f", "#1d3557", "#b0b7bf"
Curves = Mapping[str, NDArray[Any]]
"""Predicted probabilities by the name of the model."""


def bars(names: Sequence[str], values: Sequence[float], axis: str) -> str:
    def draw(axes: Axes) -> None:
        axes.barh(range(len(names)), values, color=GOOD)
        axes.set_yticks(range(len(names)), [name[:48] for name in names], fontsize=7)
        axes.invert_yaxis()
        axes.set_xlabel(axis)

    return _picture(draw, height=max(2.0, 0.28 * len(names) + 0.8))


def event_rates(names: Sequence[str], rows: Sequence[int], rates: Sequence[float], average: float) -> str:
    """Bins of one variable: how many rows, and how many of them defaulted."""

    def draw(axes: Axes) -> None:
        places = range(len(names))
        axes.bar(places, np.asarray(rows) / max(1, sum(rows)), color=FAINT)
        axes.set_ylabel("share of rows")
        axes.set_xticks(places, [name[:22] for name in names], rotation=20, ha="right", fontsize=6)
        other = axes.twinx()
        other.plot(places, rates, "o-", color=BAD)
        other.axhline(average, color=BAD, linestyle=":", linewidth=1)
        other.set_ylabel("default rate", color=BAD)
        other.set_ylim(bottom=0)

    return _picture(draw, height=2.4)


def roc(outcome: NDArray[Any], curves: Curves) -> str:
    def draw(axes: Axes) -> None:
        for (name, predicted), colour in zip(curves.items(), (GOOD, BAD, LINE), strict=False):
            false, true, _ = roc_curve(outcome, predicted)
            axes.plot(false, true, label=name, color=colour)
        axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":")
        axes.set_xlabel("part of good rows below the cut")
        axes.set_ylabel("part of defaults below the cut")
        axes.legend(fontsize=8)

    return _picture(draw)


def ks(outcome: NDArray[Any], predicted: NDArray[Any]) -> str:
    def draw(axes: Axes) -> None:
        order = np.argsort(-predicted, kind="stable")
        share = np.arange(1, len(order) + 1) / len(order)
        bad = np.cumsum(outcome[order]) / outcome.sum()
        good = np.cumsum(1 - outcome[order]) / (1 - outcome).sum()
        axes.plot(share, bad, color=BAD, label="defaults")
        axes.plot(share, good, color=GOOD, label="good")
        at = int(np.argmax(bad - good))
        axes.plot([share[at]] * 2, [good[at], bad[at]], color=LINE, label=f"KS {bad[at] - good[at]:.3f}")
        axes.set_xlabel("share of rows, riskiest first")
        axes.legend(fontsize=8)

    return _picture(draw)


def calibration(outcome: NDArray[Any], curves: Curves) -> str:
    def draw(axes: Axes) -> None:
        most = 0.0
        for (name, predicted), colour in zip(curves.items(), (GOOD, BAD), strict=False):
            told = reliability(outcome, predicted)
            axes.plot(
                [said for said, _, _ in told], [seen for _, seen, _ in told], "o-", label=name, color=colour
            )
            most = max([most, *(max(said, seen) for said, seen, _ in told)])
        axes.plot([0, most], [0, most], color=FAINT, linestyle=":")
        axes.set_xlabel("predicted")
        axes.set_ylabel("observed")
        axes.legend(fontsize=8)

    return _picture(draw)


def distribution(outcome: NDArray[Any], points: NDArray[Any]) -> str:
    def draw(axes: Axes) -> None:
        edges = np.histogram_bin_edges(points, bins=25).tolist()
        axes.hist(points[outcome == 0], bins=edges, density=True, alpha=0.6, color=GOOD, label="good")
        axes.hist(points[outcome == 1], bins=edges, density=True, alpha=0.6, color=BAD, label="defaults")
        axes.set_xlabel("points")
        axes.legend(fontsize=8)

    return _picture(draw)


def lines(
    names: Sequence[str], series: Mapping[str, Sequence[float]], limits: Sequence[float], axis: str
) -> str:
    """Over months, with lines where alarm begins."""

    def draw(axes: Axes) -> None:
        for name, values in series.items():
            axes.plot(range(len(names)), values, "o-", label=name[:40], markersize=3)
        for limit in limits:
            axes.axhline(limit, color=FAINT, linestyle=":")
        axes.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=7)
        axes.set_ylabel(axis)
        axes.legend(fontsize=7)

    return _picture(draw, height=3.0)


def _picture(draw: Callable[[Axes], None], height: float = 3.2) -> str:
    figure = Figure(figsize=(6.4, height), dpi=90, layout="constrained")
    draw(figure.subplots())
    written = io.BytesIO()
    figure.savefig(written, format="png", metadata={"Software": None})
    return base64.b64encode(written.getvalue()).decode()
