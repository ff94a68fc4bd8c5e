"""Interned sets: many products share the same regions, the same industries; each set is judged once for a code."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import lru_cache
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from libs.registry import industries, regions

S = TypeVar("S", bound=Hashable)

PASS, FAIL, UNKNOWN = 0, 1, 2
_NO_TIERS = bytes((PASS,))
_REMEMBERED = 200_000  # verdicts: a code under a set is always judged alike

Industries = tuple[tuple[str, ...], tuple[str, ...]]  # included, excluded
Regions = tuple[str, ...]
Tier = tuple[str, int | None, int]  # the fact, its upper bound (None: open), what is lent
Tiers = tuple[int, tuple[Tier, ...]]  # the most that the product lends at all, and its tiers


class Interned(Generic[S]):
    """Sets by number, in the order in which they came."""

    def __init__(self) -> None:
        self.members: list[S] = []
        self._numbers: dict[S, int] = {}

    def __len__(self) -> int:
        return len(self.members)

    def number(self, members: S) -> int:
        known = self._numbers.get(members)
        if known is None:
            known = self._numbers[members] = len(self.members)
            self.members.append(members)
        return known


def verdicts(sets: Interned[S], judge: Callable[[str, S], int], code: str) -> NDArray[np.uint8]:
    """PASS, FAIL or UNKNOWN of every set, by its number, for one code."""
    return np.fromiter((judge(code, members) for members in sets.members), np.uint8, len(sets))


def tier_verdicts(sets: Interned[Tiers], amount_fen: int, facts: Mapping[str, int]) -> bytes:
    """The same of tiers, for an amount and a firm: one byte a set."""
    if len(sets) == 1:
        return _NO_TIERS
    return bytes(judge_tiers(amount_fen, facts, tiers) for tiers in sets.members)


def judge_tiers(amount_fen: int, facts: Mapping[str, int], rule: Tiers) -> int:
    """No tiers: anything. Above what the product lends at all, its amount speaks and tiers are silent."""
    most, tiers = rule
    if not tiers or amount_fen > most:
        return PASS
    fits = [amount_fen <= lent for _, _, lent in tiers]
    held = facts.get(tiers[0][0])
    if held is not None:
        bounds = (up_to is None or held <= up_to for _, up_to, _ in tiers)
        return (
            PASS if next((fit for fit, inside in zip(fits, bounds, strict=True) if inside), False) else FAIL
        )
    if not any(fits):
        return FAIL
    return PASS if all(fits) and tiers[-1][1] is None else UNKNOWN


@lru_cache(maxsize=_REMEMBERED)
def judge_region(county: str, prefixes: Regions) -> int:
    """No prefixes: everywhere. A firm known only by a wider region than the prefix cannot be judged."""
    if not prefixes:
        return PASS
    return _judge(county, prefixes, regions.within)


@lru_cache(maxsize=_REMEMBERED)
def judge_industry(industry: str, scopes: Industries) -> int:
    """Inside one of those included (none: all), and outside those excluded."""
    included, excluded = scopes
    inside = _judge(industry, included, industries.within) if included else PASS
    outside = _OPPOSITE[_judge(industry, excluded, industries.within)] if excluded else PASS
    return FAIL if FAIL in (inside, outside) else max(inside, outside)


_OPPOSITE = {PASS: FAIL, FAIL: PASS, UNKNOWN: UNKNOWN}


def _judge(code: str, scopes: Iterable[str], within: Callable[[str, str], bool]) -> int:
    if not code:
        return UNKNOWN
    found = FAIL
    for scope in scopes:
        if within(code, scope):
            return PASS
        if within(scope, code):
            found = UNKNOWN
    return found
