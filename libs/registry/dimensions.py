"""What a statistician needs to know of a firm, without knowing the firm."""

from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.registry.size import Size


class OwnerKind(StrEnum):
    ENTERPRISE = "ENTERPRISE"
    INDIVIDUAL_BUSINESS = "INDIVIDUAL_BUSINESS"
    COOPERATIVE = "COOPERATIVE"
    FARMER = "FARMER"
    SMALL_MICRO_OWNER = "SMALL_MICRO_OWNER"
    """A natural person who owns a small or micro business and borrows for it in his own name (小微企业主)."""


PERSONS = (OwnerKind.FARMER, OwnerKind.SMALL_MICRO_OWNER)
"""Natural persons: they go by an opaque id, have no code, and are of no size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions(Shape):
    """`county`: GB/T 2260, 6 digits. `industry_division`: GB/T 4754, 2 digits, empty when not known. `size`: None
    when it cannot be judged. `firm_key`: the same firm has the same key, and no key leads back."""

    county: str
    industry_division: str = ""
    size: Size | None = None
    owner_kind: OwnerKind
    firm_key: str
    first_time_borrower: bool = False
