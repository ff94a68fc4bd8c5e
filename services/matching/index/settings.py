"""How products let themselves be secured, interned: few kinds exist, so each is judged once a request.

A setting joins the modes that a bank takes (bits of layout) with the number of its pledge rule and of its guarantee
rule. Whether a pledge reaches the amount and whether a guarantor has room is decided on these numbers; products only
look the outcome up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from libs.registry.loan_terms import IpRightKind, ProductKind
from services.matching.index.layout import COLLATERAL, GUARANTEE, IP_PLEDGE, UNSECURED
from services.matching.index.sets import Interned

NO_GUARANTEE = -1

PledgeRule = tuple[
    tuple[tuple[IpRightKind, int], ...], int
]  # (kind of right, cap in basis points), margin in months
# bank, programmes that it accepts (none: all), kind of loan (None: one that only a newer release knows)
GuaranteeRule = tuple[str, tuple[str, ...], ProductKind | None]
Setting = tuple[int, int, int]  # modes, number of the pledge rule, number of the guarantee rule

Int64s = NDArray[np.int64]


class Fees:
    """The yearly fee under each guarantee rule, or NO_GUARANTEE; worked out once a rule. Not for two threads."""

    def __init__(self, fee: Callable[[GuaranteeRule], int]) -> None:
        self._fee = fee
        self._rules: Sequence[GuaranteeRule] = ()
        self._known: Int64s = np.zeros(0, np.int64)

    def of(self, rule: GuaranteeRule) -> int:
        """Under one rule, worked out afresh."""
        return self._fee(rule)

    def under(self, rules: Sequence[GuaranteeRule]) -> Int64s:
        """In the order of the rules of an index, which only ever grow in number."""
        if rules is not self._rules:
            self._rules, self._known = rules, np.zeros(0, np.int64)
        if len(rules) > len(self._known):
            newer = [self._fee(rule) for rule in rules[len(self._known) :]]
            self._known = np.append(self._known, np.array(newer, np.int64))
        return self._known


_NOTHING: tuple[PledgeRule, GuaranteeRule] = (
    ((), 0),
    ("", (), None),
)  # number 0 of each, so that no table is empty


@dataclass
class Settings:
    pledges: Interned[PledgeRule] = field(default_factory=Interned[PledgeRule])
    guarantees: Interned[GuaranteeRule] = field(default_factory=Interned[GuaranteeRule])
    settings: Interned[Setting] = field(default_factory=Interned[Setting])
    table: Int64s = field(default_factory=lambda: np.zeros((16, 3), np.int64))

    def __post_init__(self) -> None:
        self.number(0, *_NOTHING)

    def number(self, modes: int, pledge: PledgeRule, guarantee: GuaranteeRule) -> int:
        """A rule counts only where its mode is taken, so that few are judged."""
        pledged = pledge if modes & IP_PLEDGE else _NOTHING[0]
        guaranteed = guarantee if modes & GUARANTEE else _NOTHING[1]
        setting = (modes, self.pledges.number(pledged), self.guarantees.number(guaranteed))
        known = len(self.settings)
        number = self.settings.number(setting)
        if number == known:
            self._write(number, setting)
        return number

    def _write(self, number: int, setting: Setting) -> None:
        if number == len(self.table):
            self.table = np.pad(self.table, ((0, number), (0, 0)))
        self.table[number] = setting

    def reached(self, reaches: Callable[[PledgeRule], bool] | None) -> Int64s:
        """1 for each pledge rule under which the firm's rights reach the amount; None: it has no rights."""
        if reaches is None:
            return np.zeros(len(self.pledges), np.int64)
        return np.fromiter((reaches(rule) for rule in self.pledges.members), np.int64, len(self.pledges))

    def fees(self, fees: Fees | None) -> Int64s:
        """For each guarantee rule the yearly fee of the best guarantee, or NO_GUARANTEE; None: no guarantor at all."""
        if fees is None:
            return np.full(len(self.guarantees), NO_GUARANTEE, np.int64)
        return fees.under(self.guarantees.members)


def feasible_modes(table: Int64s, reached: Int64s, fees: Int64s) -> Int64s:
    """Of each setting's modes those that this request can use."""
    pledged = np.where(reached[table[:, 1]] > 0, IP_PLEDGE, 0)
    guaranteed = np.where(fees[table[:, 2]] >= 0, GUARANTEE, 0)
    return table[:, 0] & (UNSECURED | COLLATERAL | pledged | guaranteed)
