"""The period of a return, and the figures that a bank's accounts give for it."""

import re
from calendar import monthrange
from dataclasses import dataclass, fields
from datetime import date

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.lending.domain.product import MOST_PPM

MOST_FEN = 10**18  # of a whole bank
MOST_COUNT = 10**9
_PERIOD = re.compile(r"(20\d\d)-(?:(0[1-9]|1[0-2])|Q([1-4]))")


@dataclass(frozen=True, slots=True)
class Period:
    """A month (2026-10) or a quarter (2026-Q3)."""

    year: int
    month: int  # the last one
    quarterly: bool

    def __str__(self) -> str:
        return f"{self.year}-Q{self.month // 3}" if self.quarterly else f"{self.year}-{self.month:02}"

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    @property
    def before(self) -> "Period":
        """The month before a month, the quarter before a quarter."""
        step = 3 if self.quarterly else 1
        year, month = (self.year, self.month - step) if self.month > step else (self.year - 1, 12)
        return Period(year, month, self.quarterly)

    @property
    def year_start(self) -> "Period":
        """The period that ends with the year before: what stood at the start of this year."""
        return Period(self.year - 1, 12, self.quarterly)

    @property
    def year_ago(self) -> "Period":
        return Period(self.year - 1, self.month, self.quarterly)


def period_of(text: str, field: str = "period") -> Period:
    found = _PERIOD.fullmatch(text)
    if found is None:
        raise Violation(field, f"{text:.20} is no period.", "Give a month as 2026-10, a quarter as 2026-Q3.")
    year, month, quarter = found.groups()
    return Period(int(year), int(month or 3 * int(quarter)), month is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Shape):
    """Balances at the end of the period, and what happened since the first of January.

    `inclusive_…`: of inclusive small-and-micro loans as the banking regulator counts them; `households`: borrowers of
    those with a balance. `npl_…`: the last three of the five classes. `granted_rate_ppm`: the average rate of the
    inclusive loans granted since January, weighted by amount.
    """

    all_loans_fen: int
    all_npl_fen: int
    inclusive_fen: int
    inclusive_npl_fen: int
    inclusive_unsecured_fen: int
    inclusive_medium_long_fen: int
    households: int
    granted_fen: int
    granted_rate_ppm: int
    repaid_fen: int
    written_off_fen: int
    first_loan_households: int

    def __post_init__(self) -> None:
        for one in fields(self):
            most = MOST_FEN if one.name.endswith("_fen") else MOST_COUNT
            _within(one.name, getattr(self, one.name), MOST_PPM if one.name.endswith("_ppm") else most)
        for part, whole in _PARTS:
            if getattr(self, part) > getattr(self, whole):
                why = f"{part} is more than {whole}, of which it is a part."
                raise Violation(f"figures/{part}", why, "Compare both with the accounts.")


_PARTS = (
    ("all_npl_fen", "all_loans_fen"),
    ("inclusive_fen", "all_loans_fen"),
    ("inclusive_npl_fen", "inclusive_fen"),
    ("inclusive_npl_fen", "all_npl_fen"),
    ("inclusive_unsecured_fen", "inclusive_fen"),
    ("inclusive_medium_long_fen", "inclusive_fen"),
)


def _within(name: str, value: int, most: int) -> None:
    if not 0 <= value <= most:
        raise Violation(f"figures/{name}", f"{name} is {value}.", f"Give a whole number from 0 to {most}.")
