"""Interned sets: many products share the same regions, the same industries; each set is judged once for a code."""

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from libs.registry import industries, regions

S = TypeVar("S", bound=Hashable)

PASS, FAIL, UNKNOWN = 0, 1, 2
_REMEMBERED = 200_000  # verdicts: a code under a set is always judged alike

Industries = tuple[tuple[str, ...], tuple[str, ...]]  # included, excluded
Regions = tuple[str, ...]


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
