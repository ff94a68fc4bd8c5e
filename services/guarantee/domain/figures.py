"""Where the figures of the rules are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from libs.criteria.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSource(Shape):
    """Where one figure is written: the parameter in policies/, since when, and in which document."""

    figure: str
    parameter: str
    effective: date
    source: str
    confidence: str


def source_of(sources: Sequence[FigureSource], figure: str) -> FigureSource:
    return next(found for found in sources if found.figure == figure)
