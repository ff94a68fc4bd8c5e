"""A book as statistics see it: sums by what is known of the borrowers, and no borrower."""

from dataclasses import dataclass

from libs.criteria.shape import Shape
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import ProductKind
from libs.registry.size import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class BookCell(Shape):
    """`households`: borrowers with a balance; `first_loan_households`: those whose first loan is in the book."""

    kind: ProductKind
    county: str
    industry_division: str
    size: Size | None
    owner_kind: OwnerKind
    inclusive: bool
    loans: int
    households: int
    balance_fen: int
    npl_fen: int
    unsecured_fen: int
    medium_long_fen: int
    first_loan_households: int
