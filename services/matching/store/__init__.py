"""Matching's tables: rows in, domain values out. `tables` declares the first, each other module keeps one aggregate."""

from services.matching.store import (
    answer_features,
    batches,
    decisions,
    editions,
    matches,
    models,
    profiles,
    rounds,
    rulebooks,
    studies,
    traces,
    what_ifs,
)
from services.matching.store.tables import metadata

__all__ = [
    "answer_features",
    "batches",
    "decisions",
    "editions",
    "matches",
    "metadata",
    "models",
    "profiles",
    "rounds",
    "rulebooks",
    "studies",
    "traces",
    "what_ifs",
]
