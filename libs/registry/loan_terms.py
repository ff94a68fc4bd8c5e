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


class RateBase(StrEnum):
    LPR_1Y = "LPR_1Y"
    LPR_5Y = "LPR_5Y"
    FIXED = "FIXED"


class GuaranteeMode(StrEnum):
    UNSECURED = "UNSECURED"
    MORTGAGE = "MORTGAGE"
    PLEDGE = "PLEDGE"
    IP_PLEDGE = "IP_PLEDGE"
    THIRD_PARTY = "THIRD_PARTY"
    FINANCING_GUARANTEE = "FINANCING_GUARANTEE"


class IpRightKind(StrEnum):
    INVENTION = "INVENTION"
    UTILITY_MODEL = "UTILITY_MODEL"
    DESIGN = "DESIGN"
    TRADEMARK = "TRADEMARK"
    COPYRIGHT = "COPYRIGHT"
