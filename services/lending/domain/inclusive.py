"""Inclusive small-and-micro loans (普惠型小微企业贷款): by borrower, kind and the borrower's whole credit line."""

from dataclasses import dataclass

from libs.criteria.shape import Shape
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.loan_terms import ProductKind
from libs.registry.size import Size
from services.lending.domain.loan import Inclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrowers(Shape):
    """Who counts, and which credit does not."""

    sizes: tuple[Size, ...]
    owner_kinds: tuple[OwnerKind, ...]
    owners_of_small_and_micro: bool
    kinds_excluded: tuple[ProductKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusiveRules:
    """Of one day. The limits are those of one borrower's credit line, themselves included."""

    borrowers: Borrowers
    nfra_limit_fen: int
    pbc_limit_fen: int


def judged(firm: Dimensions, kind: ProductKind, line_fen: int, rules: InclusiveRules) -> Inclusive:
    """By regulator. The limit looks at the credit line, never at a loan or a balance; an unknown size never counts."""
    who = rules.borrowers
    owner = who.owners_of_small_and_micro and firm.owner_kind is OwnerKind.SMALL_MICRO_OWNER
    small = firm.size in who.sizes or firm.owner_kind in who.owner_kinds or owner
    counts = small and kind not in who.kinds_excluded
    return Inclusive(
        nfra=counts and line_fen <= rules.nfra_limit_fen, pbc=counts and line_fen <= rules.pbc_limit_fen
    )
