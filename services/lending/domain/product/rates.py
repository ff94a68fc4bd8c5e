"""What the terms of a product cost a year, recomputed from the terms themselves (PBC Announcement [2021] No. 3)."""

from dataclasses import dataclass
from datetime import date

from libs.criteria.shape import Shape
from libs.finance.irr import AnnualRate


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSpan(Shape):
    """From the cheapest to the dearest loan that the terms allow."""

    min: AnnualRate
    max: AnnualRate


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRates(Shape):
    """`lender` counts interest and the lender's own fees, `all_in` every fee that the borrower must pay.

    None where a loan at the edge of the terms has no annual rate, and for what lends nothing.
    """

    priced_on: date
    lender: RateSpan | None = None
    all_in: RateSpan | None = None
