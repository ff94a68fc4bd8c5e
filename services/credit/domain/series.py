"""Monthly figures about a party (tax paid, insured staff, electricity, trade), and the facts that they add up to.

All windows are whole months that were over on the as-of date and were delivered: a month that is missing inside a
window makes it no figure, never a zero. They end with the last month that was delivered.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.money import BP, half_up
from services.credit.domain.invoices import first_day, last_complete_month, month_of
from services.credit.domain.sources import Source, Weight, weight

YEAR = 12

_MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")


class SeriesKind(StrEnum):
    TAX_PAID = "TAX_PAID"
    """Fen."""
    INSURED_HEADS = "INSURED_HEADS"
    SOCIAL_INSURANCE_ARREARS = "SOCIAL_INSURANCE_ARREARS"
    """Fen that are owed at the end of the month."""
    ELECTRICITY = "ELECTRICITY"
    """Kilowatt hours."""
    EXPORTS = "EXPORTS"
    """Fen."""
    IMPORTS = "IMPORTS"
    """Fen."""


SCOPES_OF_SERIES = {
    SeriesKind.TAX_PAID: "tax",
    SeriesKind.INSURED_HEADS: "social_insurance",
    SeriesKind.SOCIAL_INSURANCE_ARREARS: "social_insurance",
    SeriesKind.ELECTRICITY: "utilities",
    SeriesKind.EXPORTS: "customs",
    SeriesKind.IMPORTS: "customs",
}
"""The group of the vocabulary that opens each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFigure(Shape):
    """`month` as 2026-10; `value` in the unit of its series, from 0."""

    series: SeriesKind
    month: str
    value: int
    source: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFigures(Shape):
    figures: tuple[NewFigure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Shape):
    series: SeriesKind
    month: str
    value: int
    source: Source
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureList(Shape):
    """The figures that count, by series and month. `not_authorised`: series that no consent opens, whether or not
    there are any."""

    items: tuple[Figure, ...]
    not_authorised: tuple[SeriesKind, ...] = ()


Line = Mapping[int, Figure]  # by month, as month_of counts


def check_figure(new: NewFigure, today: date) -> None:
    if not _MONTH.fullmatch(new.month):
        raise Violation("month", f"{new.month!r} is no month.", "Write it as 2026-10.")
    if month_number(new.month) > last_complete_month(today):
        raise Violation("month", f"{new.month} is not over.", "Deliver a month once it is over.")
    if not 0 <= new.value < 1 << 62:
        raise Violation("value", f"{new.value} is no such figure.", "Give a whole number from 0.")
    if new.source is Source.INVOICES:
        raise Violation("source", "INVOICES is what the platform counts itself.", "Name the source.")


def month_number(month: str) -> int:
    return month_of(date.fromisoformat(f"{month}-01"))


def month_name(number: int) -> str:
    return first_day(number).isoformat()[:7]


def lines(said: Iterable[Figure], as_of: date, known: datetime | None = None) -> dict[SeriesKind, Line]:
    """Of each month that was over by then the figure that counts: the more trusted source's, then the later one."""
    found: dict[SeriesKind, dict[int, Figure]] = {}
    last = last_complete_month(as_of)
    for figure in said:
        number = month_number(figure.month)
        if number > last or (known is not None and figure.recorded_at > known):
            continue
        line = found.setdefault(figure.series, {})
        if number not in line or _weight(figure) >= _weight(line[number]):
            line[number] = figure
    return {kind: found[kind] for kind in SeriesKind if kind in found}


def _weight(figure: Figure) -> Weight:
    return weight(figure.source, first_day(month_number(figure.month)), figure.recorded_at)


def sum_12m(line: Line, last: int) -> int | None:
    """Of the last twelve months."""
    values = _values(line, last, YEAR)
    return None if values is None else sum(values)


def months_12m(line: Line, last: int) -> int | None:
    """Of the last twelve months those above zero."""
    values = _values(line, last, YEAR)
    return None if values is None else sum(value > 0 for value in values)


def year_on_year(line: Line, last: int) -> int | None:
    """Change of the last twelve months' sum against the twelve before, in basis points."""
    now, before = sum_12m(line, last), sum_12m(line, last - YEAR)
    return None if now is None or not before else half_up((now - before) * BP, before)


def month_on_year(line: Line, last: int) -> int | None:
    """Change of the last month against the same month a year ago, in basis points."""
    before = line.get(last - YEAR)
    if before is None or not before.value:
        return None
    return half_up((line[last].value - before.value) * BP, before.value)


def latest(line: Line, last: int) -> int | None:
    return line[last].value


def any_now(line: Line, last: int) -> bool | None:
    return line[last].value > 0


Definition = Callable[[Line, int], int | bool | None]

# The one table: fact of the vocabulary (which holds unit and words) -> the series it is made of, and how.
SERIES_FACTS: dict[str, tuple[SeriesKind, Definition]] = {
    "tax_paid_12m_fen": (SeriesKind.TAX_PAID, sum_12m),
    "tax_months_12m": (SeriesKind.TAX_PAID, months_12m),
    "tax_growth_bp": (SeriesKind.TAX_PAID, year_on_year),
    "social_insurance_heads": (SeriesKind.INSURED_HEADS, latest),
    "insured_staff_trend_bp": (SeriesKind.INSURED_HEADS, month_on_year),
    "social_insurance_arrears": (SeriesKind.SOCIAL_INSURANCE_ARREARS, any_now),
    "electricity_trend_bp": (SeriesKind.ELECTRICITY, year_on_year),
    "export_12m_fen": (SeriesKind.EXPORTS, sum_12m),
    "import_12m_fen": (SeriesKind.IMPORTS, sum_12m),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A fact that was counted: what it comes to, of which day, and who delivered the newest of what it is made of."""

    fact: str
    value: int | bool
    observed_on: date
    source: Source


def counted_from_series(found: Mapping[SeriesKind, Line]) -> tuple[Counted, ...]:
    """All that can be judged from the lines of a day."""
    facts: list[Counted] = []
    for fact, (kind, define) in SERIES_FACTS.items():
        line = found.get(kind)
        if not line:
            continue
        last = max(line)
        value = define(line, last)
        if value is not None:
            end = first_day(last + 1) - timedelta(days=1)
            facts.append(Counted(fact=fact, value=value, observed_on=end, source=line[last].source))
    return tuple(facts)


def _values(line: Line, last: int, months: int) -> list[int] | None:
    wanted = range(last - months + 1, last + 1)
    return [line[month].value for month in wanted] if all(month in line for month in wanted) else None
