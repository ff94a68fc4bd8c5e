"""Decisions of a made-up market whose rule is known."""

from datetime import date, timedelta
from typing import Any

import numpy as np

from libs.chassis.codec import load
from libs.registry.size import Size
from services.matching.domain.decision import Decision
from services.matching.domain.features import Features, Security
from services.matching.domain.learning import Exploration, Learning
from services.matching.domain.likelihood import Coefficients
from tests.unit.matching.world import POLICIES, TODAY

LEARNING = load(Learning, POLICIES.record_on("matching.learning", TODAY))
EXPLORATION = load(Exploration, POLICIES.record_on("matching.exploration", TODAY))
COLD = load(Coefficients, POLICIES.record_on("matching.likelihood", TODAY))
FIRST_DAY = date(2026, 1, 1)
STRICT, EASY = "org_07", "org_03"
"""Banks that say no, and yes, far more often than others would."""


def truth(features: Features, bank: str) -> float:
    """The log-odds of a yes."""
    score = 0.3 if features.score is None else (features.score - 600) * 0.012
    weight = {STRICT: -1.8, EASY: 1.5}.get(bank, 0.0)
    security = {Security.GUARANTEED: 0.6}.get(features.security, 0.0)
    return (
        0.4 + score + 0.08 * features.years - 0.7 * features.soft - 0.3 * features.unknown + security + weight
    )


def decisions(rows: int = 1_500, seed: int = 1, **changed: Any) -> list[Decision]:
    """In the order of their days; ten banks of five products each."""
    dice = np.random.default_rng(seed)
    return [_decision(dice, number, number * 300 // rows, changed) for number in range(rows)]


def _decision(dice: np.random.Generator, number: int, day: int, changed: dict[str, Any]) -> Decision:
    product = int(dice.integers(50))
    features = Features(
        score=None if dice.random() < 0.1 else int(np.clip(dice.normal(610, 50), 420, 760)),
        years=int(dice.integers(0, 15)),
        soft=int(dice.binomial(3, 0.2)),
        unknown=int(dice.binomial(4, 0.3)),
        security=list(Security)[int(dice.integers(4))],
    )
    bank = f"org_{product // 5:02}"
    yes = 1 / (1 + np.exp(-truth(features, bank)))
    on = FIRST_DAY + timedelta(days=day)
    given: dict[str, Any] = {
        "application": f"app_{number:05}",
        "product": f"prd_{product:02}",
        "bank": bank,
        "applied_on": on,
        "decided_on": on + timedelta(days=7),
        "approved": bool(dice.random() < yes),
        "number": int(dice.integers(1, 11)),
        "said_ppm": round(yes * 1_000_000),
        "features": features,
        "county": ("640104", "640105", "640221", "640302")[int(dice.integers(4))],
        "size": (Size.SMALL, Size.MICRO, None)[int(dice.integers(3))],
        "first_time": bool(dice.random() < 0.3),
    }
    return Decision(**(given | changed))
