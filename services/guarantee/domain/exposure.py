"""Exposures: what one guarantor stands for of one borrower, and how much of it counts as liability.

The weight depends on all that the borrower owes under the guarantor's book, from the platform and from returns: a new
small loan can re-weigh the old ones, so no single guarantee has a weight of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from libs.criteria.shape import Shape
from libs.finance.money import BP, ceiling, floor
from libs.finance.split import Share, covered, split
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.size import Size
from services.guarantee.domain.red_lines import RedLines, WeightKind
from services.guarantee.domain.terms import LOCAL

_SMALL = (Size.MICRO, Size.SMALL)
_RURAL = (OwnerKind.FARMER, OwnerKind.COOPERATIVE)
_OWN_BUSINESS = (OwnerKind.INDIVIDUAL_BUSINESS, OwnerKind.SMALL_MICRO_OWNER)


class Usage(NamedTuple):
    """What counts against a limit, and how much of that comes from returns and not from the platform."""

    held_fen: int = 0
    returned_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure(Shape):
    """Unweighted: all but the bank's part of what is outstanding or reserved, by where it is known from."""

    guarantor: str
    party: str
    kind: WeightKind
    platform_fen: int = 0
    returned_fen: int = 0

    @property
    def total_fen(self) -> int:
        return self.platform_fen + self.returned_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrower:
    """A borrower as one guarantor knows it; `kind`: as its new loan tells; `groups`: of related parties."""

    party: str
    kind: WeightKind
    exposure: Exposure
    groups: tuple[str, ...] = ()

    def with_more(self, liability_fen: int) -> Exposure:
        platform_fen = self.exposure.platform_fen + liability_fen
        return replace(self.exposure, kind=self.kind, platform_fen=platform_fen)


def stranger(guarantor_id: str, party: str, dimensions: Dimensions) -> Borrower:
    """A borrower of whom the guarantor has nothing yet."""
    kind = kind_of(dimensions)
    return Borrower(party=party, kind=kind, exposure=Exposure(guarantor=guarantor_id, party=party, kind=kind))


def kind_of(dimensions: Dimensions) -> WeightKind:
    return class_of(dimensions.owner_kind, dimensions.size)


def class_of(owner_kind: OwnerKind, size: Size | None) -> WeightKind:
    """支小支农: farmers and their cooperatives; firms that are small or micro, individual businesses, and the owners
    of small and micro firms."""
    if owner_kind in _RURAL:
        return WeightKind.FARMER
    if owner_kind in _OWN_BUSINESS or size in _SMALL:
        return WeightKind.SMALL
    return WeightKind.OTHER


def liability(amount_fen: int, shares: Sequence[Share], lines: RedLines) -> int:
    """What the local guarantor stands for of a loan amount: the whole part of the system, rounded down.

    The bank may claim all of it from the local guarantor; whether what the tiers above refund is taken off is a
    parameter.
    """
    if lines.deduct_reinsured:
        return split(amount_fen, shares)[LOCAL]
    return covered(amount_fen, shares)


def weighted(kind: WeightKind, balance_fen: int, lines: RedLines) -> int:
    """How much of a borrower's whole balance counts, rounded up: no limit is ever exceeded by a part of a fen."""
    fits = (
        one.weight_bp
        for one in lines.weights
        if one.kind in (kind, WeightKind.OTHER)
        and (one.balance_max_fen is None or balance_fen <= one.balance_max_fen)
    )
    return ceiling(balance_fen * next(fits), BP)


def weigh(exposure: Exposure, lines: RedLines) -> Usage:
    """What counts of an exposure; the returned part of it in proportion, rounded down."""
    total_fen = exposure.total_fen
    if not total_fen:
        return Usage()
    held_fen = weighted(exposure.kind, total_fen, lines)
    return Usage(held_fen, floor(held_fen * exposure.returned_fen, total_fen))


def difference(before: Usage, after: Usage) -> Usage:
    return Usage(after.held_fen - before.held_fen, after.returned_fen - before.returned_fen)


def heaviest(lines: RedLines) -> int:
    """The weight that no balance exceeds, in basis points."""
    return max(one.weight_bp for one in lines.weights)
