"""Outcomes of rows, neighbours with the same outcome as one: a million good rows are one span."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from libs.criteria.shape import Shape
from services.credit.domain.bulk import RowOutcome, RowState


@dataclass(frozen=True, slots=True, kw_only=True)
class Span(Shape):
    """The rows from `from_row` to `to_row`, both included."""

    from_row: int
    to_row: int
    state: RowState
    field: str | None = None
    message: str | None = None
    mend: str | None = None

    def goes_on_with(self, following: "Span") -> bool:
        return following.from_row == self.to_row + 1 and _WHAT(following) == _WHAT(self)


def spans_of(outcomes: Iterable[RowOutcome]) -> list[Span]:
    """`outcomes` of rows that follow one another without a gap."""
    return [_span(list(group)) for _, group in groupby(outcomes, key=_WHAT)]


def joined(last: Span | None, following: Sequence[Span]) -> tuple[Span | None, Sequence[Span]]:
    """`last` as far as it goes on into what follows (None: it ends where it was), and the spans that are new."""
    if last is None or not following or not last.goes_on_with(following[0]):
        return None, following
    return replace(last, to_row=following[0].to_row), following[1:]


def rows_of(spans: Iterable[Span]) -> Iterable[RowOutcome]:
    """Each row again."""
    for span in spans:
        for row in range(span.from_row, span.to_row + 1):
            yield RowOutcome(
                row=row, state=span.state, field=span.field, message=span.message, mend=span.mend
            )


def _span(outcomes: Sequence[RowOutcome]) -> Span:
    first = outcomes[0]
    return Span(
        from_row=first.row,
        to_row=outcomes[-1].row,
        state=first.state,
        field=first.field,
        message=first.message,
        mend=first.mend,
    )


_WHAT = attrgetter("state", "field", "message", "mend")
