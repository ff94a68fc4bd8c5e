"""Credit over HTTP, a module for each group of its collections."""

from services.credit.http import (
    cards,
    deliveries,
    documents,
    mandates,
    parties,
    records,
    repairs,
    reports,
    risk_classes,
    scores,
)

routers = (
    parties.router,
    mandates.router,
    records.router,
    scores.router,
    cards.router,
    documents.router,
    deliveries.router,
    reports.router,
    repairs.router,
    risk_classes.router,
)
