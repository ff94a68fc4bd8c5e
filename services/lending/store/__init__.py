"""Lending's tables, a module for each thing that it keeps: rows in, domain values out."""

from services.lending.store import (
    applications,
    consents,
    day_ends,
    feed,
    first_loans,
    house,
    loan_claims,
    loan_plans,
    loans,
    pledges,
    product_reports,
    products,
    quotas,
    return_tables,
    waivers,
    webhooks,
)
from services.lending.store.metadata import metadata

__all__ = [
    "applications",
    "consents",
    "day_ends",
    "feed",
    "first_loans",
    "house",
    "loan_claims",
    "loan_plans",
    "loans",
    "metadata",
    "pledges",
    "product_reports",
    "products",
    "quotas",
    "return_tables",
    "waivers",
    "webhooks",
]
