"""The kinds of loan product, as all contexts name them."""

from enum import StrEnum


class ProductKind(StrEnum):
    WORKING_CAPITAL = "WORKING_CAPITAL"
    FIXED_ASSET = "FIXED_ASSET"
    PROJECT = "PROJECT"
    REVOLVING_LINE = "REVOLVING_LINE"
    TRADE_FINANCE = "TRADE_FINANCE"
    BILL_DISCOUNT = "BILL_DISCOUNT"
    SUPPLY_CHAIN = "SUPPLY_CHAIN"
