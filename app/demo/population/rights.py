"""Intellectual property that a firm owns: what it is depends on the trade, its end on when it was filed."""

from __future__ import annotations

import math
from datetime import date
from random import Random

from app.demo.population.economy import Firm, clamp, happens
from app.demo.population.records import WAN_FEN
from app.demo.population.shapes import IpRightInput
from libs.finance.daycount import add_months

# Months from filing (trade marks: registration) to the end, and the typical value in 万元.
_LIFE = {"INVENTION": 240, "UTILITY_MODEL": 120, "DESIGN": 180, "TRADEMARK": 120, "COPYRIGHT": 600}
_VALUE = {"INVENTION": 160, "UTILITY_MODEL": 45, "DESIGN": 25, "TRADEMARK": 80, "COPYRIGHT": 50}
LEAST_LEFT = 3  # months that every right still has
SHORTEST_WAIT = 12  # months from founding to a first right
MOST_OF_A_KIND = 3


def draw(chance: Random, firm: Firm, owner: str, today: date) -> tuple[IpRightInput, ...]:
    """None for most firms; for firms that do research or care for a brand, one to six."""
    if firm.age_months < SHORTEST_WAIT:
        return ()
    kinds = _of_research(chance, firm) + _of_brand(chance, firm)
    return tuple(_right(chance, firm, kind, f"DEMO-{owner}-{at}", today) for at, kind in enumerate(kinds, 1))


def _of_research(chance: Random, firm: Firm) -> list[str]:
    if not firm.research or not happens(chance, 0.85):
        return []
    lesser = "UTILITY_MODEL" if firm.sector.metered else "COPYRIGHT"
    inventions = happens(chance, 0.55) * chance.randint(1, MOST_OF_A_KIND)
    return ["INVENTION"] * inventions + [lesser] * chance.randint(0 if inventions else 1, MOST_OF_A_KIND)


def _of_brand(chance: Random, firm: Firm) -> list[str]:
    owns = 0.8 * firm.sector.trademark_bp / 10_000 * math.exp(0.3 * firm.scale)
    if not happens(chance, owns * (1.0 if firm.enterprise else 0.35)):
        return []
    return ["TRADEMARK"] + ["DESIGN"] * happens(chance, 0.2)


def _right(chance: Random, firm: Firm, kind: str, right_id: str, today: date) -> IpRightInput:
    life = _LIFE[kind]
    elapsed = chance.randint(SHORTEST_WAIT // 2, min(firm.age_months, life - LEAST_LEFT))
    value = _VALUE[kind] * math.exp(0.35 * firm.scale + 0.7 * chance.gauss())
    return IpRightInput(
        id=right_id,
        kind=kind,
        expires_on=add_months(today, life - elapsed).isoformat(),
        appraised_fen=clamp(value, 2, 5000) * WAN_FEN,
        encumbered=happens(chance, 0.12),
    )
