"""Matching over HTTP, a module for each group of its collections."""

from services.matching.http import batches, corrections, laboratory, matches, models, ranking, rounds, whatifs

routers = (
    matches.router,
    ranking.router,
    corrections.router,
    batches.router,
    rounds.router,
    whatifs.router,
    models.router,
    laboratory.router,
)
