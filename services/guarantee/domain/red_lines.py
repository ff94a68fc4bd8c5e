"""The red lines that every guarantor keeps to, as dated figures."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.money import BP
from services.guarantee.domain.figures import FigureSource, source_of


class WeightKind(StrEnum):
    """Whose balance is weighed: a small or micro firm's, a farmer's, or any other borrower's."""

    SMALL = "SMALL"
    FARMER = "FARMER"
    OTHER = "OTHER"


class SmallShareBase(StrEnum):
    """What the share of loans up to five million is measured in: loans to small firms and farmers, or all."""

    SMALL = "SMALL"
    TOTAL = "TOTAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight(Shape):
    """How much of a borrower's balance counts, while the balance is at most `balance_max_fen` (None: always)."""

    kind: WeightKind
    balance_max_fen: int | None = None
    weight_bp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RedLines(Shape):
    """One version of what every guarantor keeps to (Order 683 art. 15, 16 and 18; the national fund's line).

    The first of `weights` that fits a borrower's kind and total balance with the guarantor holds; the last fits all.
    `multiple_small_*`: from these shares of balance and households on, a guarantor serves mainly the small and has
    the higher multiple. `deduct_reinsured`: the part that the tiers above refund is no liability of the local
    guarantor. `warn_levels_bp`: the parts of a limit at which to warn, in rising order.
    """

    effective: date
    leverage_multiple: int
    leverage_multiple_small: int
    multiple_small_balance_bp: int
    multiple_small_households_bp: int
    concentration_bp: int
    group_concentration_bp: int
    weights: tuple[Weight, ...]
    deduct_reinsured: bool
    small_share_min_bp: int
    up_to_500_fen: int
    up_to_500_min_bp: int
    up_to_500_base: SmallShareBase
    warn_levels_bp: tuple[int, ...]
    unearned_bp: int
    claim_reserve_bp: int
    claim_reserve_ceiling_bp: int
    provincial_line_fen: int
    reservation_days: int
    report_days: int
    sources: tuple[FigureSource, ...]

    def __post_init__(self) -> None:
        last = self.weights[-1:]
        if not last or last[0].kind is not WeightKind.OTHER or last[0].balance_max_fen is not None:
            raise Violation("weights", "A balance may have no weight.", "End with OTHER without a bound.")
        if any(not 0 < one.weight_bp <= BP for one in self.weights):
            raise Violation("weights", "A weight is not above 0 and at most 10,000.", "Give basis points.")
        if list(self.warn_levels_bp) != sorted(set(self.warn_levels_bp)):
            raise Violation("warn_levels_bp", "The levels do not rise.", "Order them, each once.")

    def source_of(self, figure: str) -> FigureSource:
        return source_of(self.sources, figure)
