"""Loan products: terms, versions, and what they cost a year."""

from services.lending.domain.product.checks import (
    LONGEST_NAME,
    MEDIUM_LONG_MONTHS,
    MOST_FEN,
    MOST_MONTHS,
    MOST_PPM,
    RATE_DISCLOSURE,
    mistakes,
)
from services.lending.domain.product.parts import (
    AmountTier,
    IpPledgeCap,
    Paper,
    ProductFlag,
    Rate,
    RiskPool,
    StatedRate,
)
from services.lending.domain.product.rates import (
    ProductRates,
    RateSpan,
    check_rate,
    highest_ppm,
    rate_mistakes,
    rates_of,
)
from services.lending.domain.product.terms import ProductTerms
from services.lending.domain.product.version import (
    NewProduct,
    Product,
    ProductHistory,
    ProductPage,
    ProductStatus,
    Publication,
)

__all__ = [
    "LONGEST_NAME",
    "MEDIUM_LONG_MONTHS",
    "MOST_FEN",
    "MOST_MONTHS",
    "MOST_PPM",
    "RATE_DISCLOSURE",
    "AmountTier",
    "IpPledgeCap",
    "NewProduct",
    "Paper",
    "Product",
    "ProductFlag",
    "ProductHistory",
    "ProductPage",
    "ProductRates",
    "ProductStatus",
    "ProductTerms",
    "Publication",
    "Rate",
    "RateSpan",
    "RiskPool",
    "StatedRate",
    "check_rate",
    "highest_ppm",
    "mistakes",
    "rate_mistakes",
    "rates_of",
]
