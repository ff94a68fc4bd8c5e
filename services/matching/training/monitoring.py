"""Does what was said come true, month by month? And has who applies moved from what the months before were?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from libs.judging.figures import share_interval
from libs.judging.page import Page
from services.matching.domain.decision import Decision

_PPM = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """`said`: the mean likelihood at application; `approved` with its 95 % interval."""

    month: str
    rows: int
    said: float
    approved: tuple[float, float, float]
    brier: float

    @property
    def moved(self) -> bool:
        """More than chance apart, a band's width of five points allowed."""
        return self.said < self.approved[1] - 0.025 or self.said > self.approved[2] + 0.025


def monitor(decisions: Sequence[Decision], smallest: int) -> list[Month]:
    """Of each month of decision with enough of them."""
    ordered = sorted(decisions, key=lambda one: str(one.decided_on))
    months = groupby(ordered, key=lambda one: f"{one.decided_on:%Y-%m}")
    told = ((month, list(found)) for month, found in months)
    return [_month(month, found) for month, found in told if len(found) >= smallest]


def _month(month: str, told: Sequence[Decision]) -> Month:
    errors = [(one.said_ppm / _PPM - (one.approved is True)) ** 2 for one in told]
    return Month(
        month=month,
        rows=len(told),
        said=sum(one.said_ppm for one in told) / len(told) / _PPM,
        approved=share_interval(sum(one.approved is True for one in told), len(told)),
        brier=sum(errors) / len(told),
    )


def report(months: Sequence[Month], file: Path) -> None:
    page = Page("批准可能性监测", "The likelihood of approval, month by month")
    page.table(
        ("月 month", "决定 decisions", "所示 said", "批准 approved", "95% 下", "95% 上", "Brier", ""),
        [
            (one.month, one.rows, one.said, *one.approved, one.brier, "偏离 moved" if one.moved else "")
            for one in months
        ],
    )
    page.write(file)
