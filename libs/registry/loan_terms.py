"""The words of a loan's terms, as all contexts name them."""

from enum import StrEnum


class ProductKind(StrEnum):
    WORKING_CAPITAL = "WORKING_CAPITAL"
    FIXED_ASSET = "FIXED_ASSET"
    PROJECT = "PROJECT"
    REVOLVING_LINE = "REVOLVING_LINE"
    TRADE_FINANCE = "TRADE_FINANCE"
    BILL_DISCOUNT = "BILL_DISCOUNT"
    SUPPLY_CHAIN = "SUPPLY_CHAIN"
    LETTER_OF_GUARANTEE = "LETTER_OF_GUARANTEE"
    """保函: the bank answers for the firm and lends nothing; no loan in any count."""
    FINANCE_LEASE = "FINANCE_LEASE"


class RateBase(StrEnum):
    LPR_1Y = "LPR_1Y"
    LPR_5Y = "LPR_5Y"
    FIXED = "FIXED"


class RateReset(StrEnum):
    """How often the rate of a running loan follows the LPR; NONE: it stays as it was priced."""

    NONE = "NONE"
    ANNUAL = "ANNUAL"
    QUARTERLY = "QUARTERLY"


class RateBasis(StrEnum):
    """How an annual rate is told: twelve times the monthly rate, or compounded."""

    NOMINAL = "NOMINAL"
    EFFECTIVE = "EFFECTIVE"


class GuaranteeMode(StrEnum):
    UNSECURED = "UNSECURED"
    MORTGAGE = "MORTGAGE"
    PLEDGE = "PLEDGE"
    IP_PLEDGE = "IP_PLEDGE"
    THIRD_PARTY = "THIRD_PARTY"
    FINANCING_GUARANTEE = "FINANCING_GUARANTEE"
    COMBINED = "COMBINED"
    """组合: several of them together."""


class CollateralKind(StrEnum):
    """What is mortgaged (the first six) or pledged (the rest); intellectual property has a mode of its own."""

    REAL_ESTATE = "REAL_ESTATE"
    LAND = "LAND"
    EQUIPMENT = "EQUIPMENT"
    FOREST_RIGHT = "FOREST_RIGHT"
    RURAL_LAND_RIGHT = "RURAL_LAND_RIGHT"
    LIVESTOCK = "LIVESTOCK"
    DEPOSIT = "DEPOSIT"
    WAREHOUSE_RECEIPT = "WAREHOUSE_RECEIPT"
    RECEIVABLES = "RECEIVABLES"
    EQUITY = "EQUITY"
    INSURANCE_POLICY = "INSURANCE_POLICY"


MORTGAGED = (
    CollateralKind.REAL_ESTATE,
    CollateralKind.LAND,
    CollateralKind.EQUIPMENT,
    CollateralKind.FOREST_RIGHT,
    CollateralKind.RURAL_LAND_RIGHT,
    CollateralKind.LIVESTOCK,
)


class Channel(StrEnum):
    """Where a firm applies."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"
    BOTH = "BOTH"


class IpRightKind(StrEnum):
    INVENTION = "INVENTION"
    UTILITY_MODEL = "UTILITY_MODEL"
    DESIGN = "DESIGN"
    TRADEMARK = "TRADEMARK"
    COPYRIGHT = "COPYRIGHT"
