"""What it costs a firm to change: a guess in days for every fact that it can change, and which way it can go.

Policy data (policies/matching/effort.yaml). A fact without a step here is never proposed to be changed, and none in a
direction, or to a code, that is not named: nobody is told to become a defaulter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from libs.criteria.shape import Shape
from libs.criteria.vocabulary import Kind, fact_type

AGE = "months_since_registration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Shape):
    """`fixed` days, and `each` for every begun `unit` of a number or place of a code between now and then.

    A number may go `up` or `down`; a code, or a yes or no, only to one of `codes`.
    """

    up: bool = False
    down: bool = False
    codes: tuple[str, ...] = ()
    fixed: int = 0
    unit: int = 1
    each: int = 0

    def days(self, difference: int) -> int:
        return self.fixed + -(-abs(difference) // self.unit) * self.each

    def goes(self, difference: int) -> bool:
        """Whether a number can change by this much, as far as the direction goes."""
        return self.up if difference > 0 else self.down


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort(Shape):
    """In days. `steps` by fact; `amount_percent`, `pledge_percent`: for each hundredth of the amount asked for."""

    id: str
    version: int
    steps: Mapping[str, Step]
    amount_percent: int
    term_month: int
    pledge_fixed: int
    pledge_percent: int
    shown: int

    @property
    def name(self) -> str:
        return f"{self.id} v{self.version}"

    def amount_days(self, asked_fen: int, difference: int) -> int:
        return -(-abs(difference) * 100 // asked_fen) * self.amount_percent

    def pledge_days(self, asked_fen: int, value_fen: int) -> int:
        return self.pledge_fixed + -(-value_fen * 100 // asked_fen) * self.pledge_percent

    def step(self, fact: str) -> Step | None:
        return self.steps.get(fact)


@lru_cache(maxsize=50_000)
def nearest_code(fact: str, step: Step, held: int, allowed: int) -> int | None:
    """Of the allowed codes (bits of a word) that can be reached the one with least effort; of two the better-placed."""
    kind = fact_type(fact)
    texts = kind.codes if kind.kind is Kind.CODE else ("false", "true")
    reachable = (texts.index(code) for code in step.codes)
    fitting = [number for number in reachable if allowed >> number & 1]
    return min(fitting, key=lambda number: (abs(number - held), number), default=None)


def nearest_number(step: Step, held: int, ranges: Iterable[tuple[int, int]]) -> int | None:
    """The value nearest to what is held within one of the ranges (both ends in), where the step goes there."""
    ends = (min(max(held, low), high) for low, high in ranges if low <= high)
    fitting = [value for value in ends if value == held or step.goes(value - held)]
    return min(fitting, key=lambda value: abs(value - held), default=None)
