"""Which further cells are hidden so that no hidden one can be worked out from what is shown.

Greedy, verified exactly: a sum with one hidden cell gives it away, so it gets a second; then linear programming asks
how far each hidden cell could be from its value, and each that is too narrow gets another companion, until none is.
Hiding every cell of a table always suffices, so this ends.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from services.oversight.domain.additive import Sum, Table
from services.oversight.domain.evidence import Evidence

BP = 10_000

C = TypeVar("C")


def protect(table: Table[C], sensitive: Collection[C], protection_bp: int) -> frozenset[C]:
    """The sensitive cells and all that must be hidden with them.

    Afterwards each hidden cell may, by all that is shown, be at least `protection_bp` of its value smaller or larger,
    and at least 1 either way.
    """
    needs = {cell: need(value, protection_bp) for cell, value in table.values.items()}
    pattern = _Pattern(table, needs)
    for cell in sensitive:
        pattern.hide(cell)
    evidence = Evidence(table, needs)
    while exposed := evidence.exposed(pattern.in_order()):
        for cell, holding in exposed.items():
            pattern.add_companion(cell, holding)
    return frozenset(pattern.hidden)


def need(value: int, protection_bp: int) -> int:
    """How far off a guess at the value must remain possible."""
    return max(1, math.ceil(value * protection_bp / BP))


class _Pattern(Generic[C]):
    """Hidden cells, closed under the first rule: no sum has exactly one of them."""

    def __init__(self, table: Table[C], needs: Mapping[C, int]) -> None:
        self.hidden: set[C] = set()
        self._table = table
        self._needs = needs
        self._parts = {part for line in table.sums for part in line.parts}
        self._sums: dict[C, list[Sum[C]]] = defaultdict(list)
        for line in table.sums:
            for cell in _members(line):
                self._sums[cell].append(line)

    def in_order(self) -> list[C]:
        """In the table's order, so that the same table gets the same pattern."""
        return [cell for cell in self._table.values if cell in self.hidden]

    def hide(self, cell: C) -> None:
        waiting = [cell]
        while waiting:
            one = waiting.pop()
            self.hidden.add(one)
            for line in self._sums[one]:
                if self._hidden_in(line) == 1:
                    companions = self._best(one, self._inner(_members(line))) or self._best(one, [line.total])
                    self.hidden.update(companions)
                    waiting.extend(companions)

    def add_companion(self, cell: C, holding: Collection[C]) -> None:
        """Hide one more: of those that hold the cell in its place, else of the nearest of its own measure.

        What is part of nothing larger, the grand total, readers want most: it is hidden when nothing else is left.
        """
        layers = list(self._around(cell))
        inner = [self._inner(candidates) for candidates in (holding, *layers)]
        own = [one for layer in layers for one in layer]
        for candidates in (*inner, own, holding, self._table.values):
            best = self._best(cell, candidates)
            if best:
                self.hide(best[0])
                return

    def _around(self, cell: C) -> Iterator[list[C]]:
        """What shares a sum with the cell, then what shares one with these, and so on."""
        seen, layer = {cell}, [cell]
        while layer:
            beside = (other for one in layer for line in self._sums[one] for other in _members(line))
            layer = [other for other in dict.fromkeys(beside) if other not in seen]
            seen.update(layer)
            yield layer

    def _best(self, cell: C, candidates: Iterable[C]) -> list[C]:
        """The smallest that is large enough to blur the cell, else the largest; none when all are hidden."""
        shown = [one for one in candidates if one not in self.hidden]
        if not shown:
            return []
        value: Callable[[C], int] = self._table.values.__getitem__
        enough = [one for one in shown if value(one) >= self._needs[cell]]
        return [min(enough, key=value) if enough else max(shown, key=value)]

    def _inner(self, cells: Iterable[C]) -> list[C]:
        return [cell for cell in cells if cell in self._parts]

    def _hidden_in(self, line: Sum[C]) -> int:
        return sum(cell in self.hidden for cell in _members(line))


def _members(line: Sum[C]) -> tuple[C, ...]:
    return (line.total, *line.parts)
