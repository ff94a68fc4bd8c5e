"""What flows, and what a regulator may ask about it."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation

UNKNOWN = "UNKNOWN"
TOTAL = ""
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_LONGEST_WINDOW = 24


class Flow(StrEnum):
    LOAN = "LOAN"
    APPLICATION = "APPLICATION"
    REPAYMENT = "REPAYMENT"
    RECOMMENDATION = "RECOMMENDATION"


class Measure(StrEnum):
    LOANS = "LOANS"
    AMOUNT = "AMOUNT"
    FIRST_LOANS = "FIRST_LOANS"
    GUARANTEED_AMOUNT = "GUARANTEED_AMOUNT"
    APPLICATIONS = "APPLICATIONS"
    REPAID_AMOUNT = "REPAID_AMOUNT"
    RECOMMENDATIONS = "RECOMMENDATIONS"


class Dimension(StrEnum):
    MONTH = "MONTH"
    COUNTY = "COUNTY"
    PRODUCT_KIND = "PRODUCT_KIND"
    SIZE = "SIZE"
    INDUSTRY = "INDUSTRY"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRow:
    """One fact that counts. Dimensions that are not known are UNKNOWN; `bank` is empty where no bank takes part."""

    id: str
    flow: Flow
    month: str
    county: str
    product_kind: str
    size: str
    industry: str
    bank: str
    firm_key: str
    amount_fen: int
    first_loan: bool = False
    guaranteed_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowQuery(Shape):
    month_from: str
    month_to: str
    rows: Dimension
    columns: Dimension
    measure: Measure

    def __post_init__(self) -> None:
        for name in ("month_from", "month_to"):
            if not _MONTH.fullmatch(getattr(self, name)):
                raise Violation(name, f"{getattr(self, name)!r} is no month.", "Write it as 2026-11.")
        if not 1 <= len(months(self.month_from, self.month_to)) <= _LONGEST_WINDOW:
            raise Violation(
                "month_to",
                "The months are out of order or too many.",
                f"Ask for 1 to {_LONGEST_WINDOW} months.",
            )
        _check_dimensions(self.rows, self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell(Shape):
    """A hidden cell has no value, and nothing else that would tell one."""

    row: str
    column: str
    value: int | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowTable(Shape):
    query: FlowQuery
    row_labels: tuple[str, ...]
    column_labels: tuple[str, ...]
    cells: tuple[Cell, ...]
    rules: str


def month_of(day: date) -> str:
    return day.isoformat()[:7]


def months(first: str, last: str) -> tuple[str, ...]:
    """The whole months from first to last, both included; none when they are out of order."""
    return tuple(
        f"{number // 12:04}-{number % 12 + 1:02}" for number in range(_number(first), _number(last) + 1)
    )


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _check_dimensions(rows: Dimension, columns: Dimension) -> None:
    """Only tables around county or month are published, so that all of them can be protected together."""
    if rows is columns or not {rows, columns} & {Dimension.COUNTY, Dimension.MONTH}:
        mend = "Cross COUNTY or MONTH with another dimension."
        raise Violation("columns", f"There is no table of {rows} by {columns}.", mend)
