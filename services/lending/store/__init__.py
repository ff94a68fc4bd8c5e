"""Lending's tables, a module for each thing that it keeps: rows in, domain values out."""

from services.lending.store import applications, feed, house, loans, pledges, products, quotas, webhooks
from services.lending.store.metadata import metadata

__all__ = ["applications", "feed", "house", "loans", "metadata", "pledges", "products", "quotas", "webhooks"]
