"""Guarantee's tables: rows in, domain values out. `tables` declares them; the red lines are kept in `limits`."""

from services.guarantee.store.party_tables import metadata

__all__ = ["metadata"]
