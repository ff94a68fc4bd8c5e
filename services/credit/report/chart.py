"""Invoices by month as bars: where everything stands; the template draws it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.credit.domain.report import InvoiceMonth

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 8, 10, 34
_LINES = 4
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    kind: str  # sales, purchases


@dataclass(frozen=True, slots=True)
class Mark:
    """A word at an axis: months under it, amounts in fen beside it."""

    at: float
    text: str = ""
    fen: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]
    lines: tuple[Mark, ...]
    months: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT


def chart_of(months: Sequence[InvoiceMonth]) -> Chart | None:
    """None where there is nothing to draw. The scale holds zero; a month of more refunds than sales hangs below it."""
    amounts = [fen or 0 for month in months for fen in (month.sales_fen, month.purchases_fen)]
    if not any(amounts):
        return None
    step = _step(max(0, *amounts) - min(0, *amounts))
    low, high = min(0, *amounts) // step * step, -(-max(0, *amounts) // step) * step
    scale = _Scale(low, high, len(months))
    return Chart(
        bars=tuple(bar for at, month in enumerate(months) for bar in scale.bars(at, month)),
        lines=tuple(Mark(scale.y(fen), fen=fen) for fen in range(low, high + 1, step)),
        months=tuple(
            Mark(scale.x(at) + scale.slot / 2, text=month.month)
            for at, month in enumerate(months)
            if at % (1 + (len(months) - 1) // 12) == 0
        ),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    low: int
    high: int
    count: int

    @property
    def slot(self) -> float:
        return (WIDTH - _LEFT - _RIGHT) / self.count

    def x(self, at: int) -> float:
        return _LEFT + at * self.slot

    def y(self, fen: int) -> float:
        part = (fen - self.low) / (self.high - self.low)
        return round(HEIGHT - _BOTTOM - part * (HEIGHT - _TOP - _BOTTOM), 2)

    def bars(self, at: int, month: InvoiceMonth) -> tuple[Bar, Bar]:
        width = self.slot * 0.38
        start = self.x(at) + self.slot * 0.12
        return (
            self._bar(start, width, month.sales_fen or 0, "sales"),
            self._bar(start + width, width, month.purchases_fen or 0, "purchases"),
        )

    def _bar(self, x: float, width: float, fen: int, kind: str) -> Bar:
        top, bottom = sorted((self.y(fen), self.y(0)))
        return Bar(round(x, 2), top, round(width, 2), round(bottom - top, 2), kind)


def _step(span: int) -> int:
    """A round distance between lines, such that about four are drawn; in whole fen, at least 1 yuan."""
    rough = max(100, span // _LINES)
    power = 10 ** (len(str(rough)) - 1)
    return next(int(power * step) for step in _STEPS if power * step >= rough)
