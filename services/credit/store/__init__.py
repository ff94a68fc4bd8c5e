"""Credit's tables: rows in, domain values out. `tables` declares them, each other module keeps one aggregate."""

from services.credit.store.tables import metadata

__all__ = ["metadata"]
