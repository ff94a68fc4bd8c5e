"""Proposals: a loan to cover, and the words in which a rule stands against it."""

from dataclasses import dataclass

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.dimensions import Dimensions
from libs.registry.loan_terms import ProductKind
from libs.registry.regions import county_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(Shape):
    """A loan that a bank would give if it were covered.

    `labels`: recognitions of the firm, as facts name them, beside those that the platform has on record.
    `product_kind`: None where it is not told, and so is not judged.
    """

    party: str
    bank: str
    amount_fen: int
    term_months: int
    dimensions: Dimensions
    labels: tuple[str, ...] = ()
    product_kind: ProductKind | None = None

    def __post_init__(self) -> None:
        for name in ("amount_fen", "term_months"):
            if getattr(self, name) < 1:
                raise Violation(name, f"{name} is {getattr(self, name)}.", "Give a whole number from 1.")
        county_of(self.dimensions.county, "dimensions/county")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBreach(Shape):
    """One way in which a proposal misses a rule, in words that can be shown."""

    rule: str
    figure: str
    limit: str
    source: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.figure}, allowed: {self.limit}"
