"""Credit's tables: rows in, domain values out. `tables` declares them, each other module keeps one aggregate."""

from services.credit.store import (
    cards,
    contents,
    deliveries,
    disputes,
    documents,
    gate,
    mandates,
    outcomes,
    records,
    relations,
    repairs,
    reports,
    rights,
    risk_classes,
    scores,
    series,
    summaries,
)
from services.credit.store.tables import metadata

__all__ = [
    "cards",
    "contents",
    "deliveries",
    "disputes",
    "documents",
    "gate",
    "mandates",
    "metadata",
    "outcomes",
    "records",
    "relations",
    "repairs",
    "reports",
    "rights",
    "risk_classes",
    "scores",
    "series",
    "summaries",
]
