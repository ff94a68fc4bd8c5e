"""Which cells tell too much of one firm by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.oversight.domain.suppression import BP


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`dominance_bp`: the p of the p % rule. `min_banks` counts only where a flow has banks."""

    min_firms: int
    min_banks: int
    dominance_bp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """What each firm adds to a cell, and which banks do."""

    firms: Mapping[str, int]
    banks: frozenset[str]


def is_sensitive(cell: Contributions, rules: Rules, has_banks: bool) -> bool:
    """Too few firms or banks; or the second largest firm could tell the largest to within p %."""
    if len(cell.firms) < rules.min_firms or (has_banks and len(cell.banks) < rules.min_banks):
        return True
    largest, *others = sorted(cell.firms.values(), reverse=True)
    return sum(others[1:]) * BP < rules.dominance_bp * largest
