"""What a reader can work out of hidden cells: their feasible intervals, by linear programming (HiGHS).

The reader knows every published cell, how cells add up, which is at most which, and that none is negative. Numbers
are divided by the table's highest before they go to the solver, whose tolerances are absolute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from services.oversight.domain.additive import Sum, Table, known_part

C = TypeVar("C")

_OPTIONS = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-9}
_NO_PRICE = 1e-9


class Equation(NamedTuple, Generic[C]):
    """Weights of the hidden cells by their place, the right-hand side, and all cells it is about."""

    weights: dict[int, float]
    right: float
    cells: tuple[C, ...]


class Fit(NamedTuple, Generic[C]):
    """The hidden cells of a table that fits what is published, and the shown ones that kept it from going further."""

    values: dict[C, float]
    holding: list[C]


@dataclass(frozen=True)
class Reader(Generic[C]):
    """What is known to somebody who sees all of the table but the hidden cells."""

    table: Table[C]
    hidden: Sequence[C]
    _place: Mapping[C, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_place", {cell: place for place, cell in enumerate(self.hidden)})

    def interval(self, cell: C) -> tuple[float, float]:
        """The least and the greatest that the cell can be, by all that is published."""
        lowest, highest = (self.push({cell: sense}).values[cell] for sense in (-1.0, 1.0))
        return lowest, highest

    def push(self, weights: Mapping[C, float]) -> Fit[C]:
        """The table that fits what is published and lies furthest in the direction of the weights."""
        import numpy as np
        from scipy import optimize  # loads slowly, and few processes ever need it

        solve: Any = optimize.linprog
        goal = np.zeros(len(self.hidden))
        for cell, weight in weights.items():
            goal[self._place[cell]] = -weight
        found = solve(goal / np.abs(goal).max(), **self._system, method="highs-ds", options=_OPTIONS)
        if found.x is None:
            raise ArithmeticError(f"no table fits what is published: {found.message}")
        values = dict(zip(self.hidden, (found.x * self.table.highest).tolist(), strict=True))
        return Fit(values, self._holding([*found.eqlin.marginals, *found.ineqlin.marginals]))

    def _holding(self, prices: Sequence[float]) -> list[C]:
        """The shown cells of the equations that have a price: hiding one of them lets more tables fit."""
        equations = [*self._equal, *self._less]
        binding = (one for one, price in zip(equations, prices, strict=True) if abs(price) > _NO_PRICE)
        shown = (cell for one in binding for cell in one.cells if cell not in self._place)
        return [cell for cell in dict.fromkeys(shown) if cell in self.table.values]

    @cached_property
    def _system(self) -> dict[str, Any]:
        # Nothing is larger than twice the largest: a bound that is known to be too wide hides no weakness.
        return {
            "A_eq": _matrix(self._equal, len(self.hidden)),
            "b_eq": [one.right for one in self._equal] or None,
            "A_ub": _matrix(self._less, len(self.hidden)),
            "b_ub": [one.right for one in self._less] or None,
            "bounds": (0, 2 + 2 / max(1, self.table.highest)),
        }

    @cached_property
    def _equal(self) -> list[Equation[C]]:
        return [found for found in map(self._line, self.table.sums) if found.weights]

    @cached_property
    def _less(self) -> list[Equation[C]]:
        return [found for found in (self._limit(*pair) for pair in self.table.limits) if found.weights]

    def _line(self, line: Sum[C]) -> Equation[C]:
        weights = {self._place[part]: 1.0 for part in line.parts if part in self._place}
        if line.total in self._place:
            weights[self._place[line.total]] = -1.0
        right = known_part(self.table, line, self._place.keys()) / self.table.highest
        return Equation(weights, right, (line.total, *line.parts))

    def _limit(self, smaller: C, larger: C) -> Equation[C]:
        weights: dict[int, float] = {}
        right = 0.0
        for cell, sign in ((smaller, 1.0), (larger, -1.0)):
            if cell in self._place:
                weights[self._place[cell]] = sign
            else:
                right -= sign * self.table.values.get(cell, 0) / self.table.highest
        return Equation(weights, right, (smaller, larger))


def _matrix(equations: Sequence[Equation[Any]], width: int) -> Any:
    from scipy.sparse import csr_array

    if not equations:
        return None
    entries = [
        (weight, number, place)
        for number, one in enumerate(equations)
        for place, weight in one.weights.items()
    ]
    weights, numbers, places = zip(*entries, strict=True)
    return csr_array((weights, (numbers, places)), shape=(len(equations), width))
