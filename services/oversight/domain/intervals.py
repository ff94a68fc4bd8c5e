"""What a reader can work out of hidden cells: their feasible intervals, by linear programming (HiGHS).

The reader knows every published cell, how cells add up, which is at most which, and that none is negative. Numbers
are divided by the table's highest before they go to the solver, whose tolerances are absolute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from services.oversight.domain.additive import Sum, Table, known_part

C = TypeVar("C")

_TOLERANCE = 1e-9
_SWEEPS = 6
_SEED = 20_210_330  # the same table must get the same pattern on every run


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
        lowest, highest = (self.push({cell: sense})[cell] for sense in (-1.0, 1.0))
        return lowest, highest

    def push(self, weights: Mapping[C, float]) -> dict[C, float]:
        """The hidden cells of a table that fits what is published and lies furthest in the direction of the weights."""
        import numpy as np
        from scipy import optimize  # loads slowly, and few processes ever need it

        solve: Any = optimize.linprog
        direction = np.zeros(len(self.hidden))
        for cell, weight in weights.items():
            direction[self._place[cell]] = -weight
        found = solve(
            direction / np.abs(direction).max(), **self._system, method="highs-ds", options=_OPTIONS
        )
        if found.x is None:
            raise ArithmeticError(f"no table fits what is published: {found.message}")
        return dict(zip(self.hidden, (found.x * self.table.highest).tolist(), strict=True))

    @cached_property
    def _system(self) -> dict[str, Any]:
        equal, less = self._equations()
        # Nothing is larger than twice the largest: a bound that is known to be too wide hides no weakness.
        return {
            "A_eq": _matrix([row for row, _ in equal], len(self.hidden)),
            "b_eq": [right for _, right in equal] or None,
            "A_ub": _matrix([row for row, _ in less], len(self.hidden)),
            "b_ub": [right for _, right in less] or None,
            "bounds": (0, 2 + 2 / max(1, self.table.highest)),
        }

    def _equations(self) -> tuple[list["_Row"], list["_Row"]]:
        lines = (self._line(line) for line in self.table.sums)
        limits = (self._limit(smaller, larger) for smaller, larger in self.table.limits)
        return [row for row in lines if row[0]], [row for row in limits if row[0]]

    def _line(self, line: Sum[C]) -> "_Row":
        row = {self._place[part]: 1.0 for part in line.parts if part in self._place}
        if line.total in self._place:
            row[self._place[line.total]] = -1.0
        return row, known_part(self.table, line, self._place.keys()) / self.table.highest

    def _limit(self, smaller: C, larger: C) -> "_Row":
        row: dict[int, float] = {}
        right = 0.0
        for cell, sign in ((smaller, 1.0), (larger, -1.0)):
            if cell in self._place:
                row[self._place[cell]] = sign
            else:
                right -= sign * self.table.values.get(cell, 0) / self.table.highest
        return row, right


_Row = tuple[dict[int, float], float]
_OPTIONS = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-9}


class Evidence(Generic[C]):
    """How low and high each hidden cell has been in tables that fit what is published.

    Hiding more only lets more tables fit, so what was seen once holds for good.
    """

    def __init__(self, table: Table[C], needs: Mapping[C, int]) -> None:
        self._table = table
        self._needs = needs
        self._slack = _TOLERANCE * table.highest
        self._low: dict[C, float] = {}
        self._high: dict[C, float] = {}

    def exposed(self, hidden: Sequence[C]) -> list[C]:
        """The hidden cells that cannot be as far below and above their value as they need.

        A fitting table shows for many cells at once how far they reach; only what none has shown yet is asked for
        one by one.
        """
        reader = Reader(self._table, hidden)
        self._sweep(reader)
        return [
            cell for cell in hidden if not all(self._settles(reader, cell, sense) for sense in (-1.0, 1.0))
        ]

    def _sweep(self, reader: Reader[C]) -> None:
        """Push what is not settled up and down at once, in a few directions."""
        import numpy as np

        random = np.random.default_rng(_SEED)
        for _ in range(_SWEEPS):
            missing = [
                cell for cell in reader.hidden if not (self._reaches(cell, -1.0) and self._reaches(cell, 1.0))
            ]
            if len(missing) <= 2 * _SWEEPS:
                return
            signs = random.choice((-1.0, 1.0), len(missing)).tolist()
            weights = {cell: sign / self._needs[cell] for cell, sign in zip(missing, signs, strict=True)}
            self._look(reader, weights)
            self._look(reader, {cell: -weight for cell, weight in weights.items()})

    def _settles(self, reader: Reader[C], cell: C, sense: float) -> bool:
        if not self._reaches(cell, sense):
            self._look(reader, {cell: sense})
        return self._reaches(cell, sense)

    def _reaches(self, cell: C, sense: float) -> bool:
        value = self._table.values[cell]
        gap = self._high.get(cell, value) - value if sense > 0 else value - self._low.get(cell, value)
        return gap >= self._needs[cell] - self._slack

    def _look(self, reader: Reader[C], weights: Mapping[C, float]) -> None:
        for cell, found in reader.push(weights).items():
            self._low[cell] = min(found, self._low.get(cell, found))
            self._high[cell] = max(found, self._high.get(cell, found))


def _matrix(rows: Sequence[Mapping[int, float]], width: int) -> Any:
    from scipy.sparse import csr_array

    if not rows:
        return None
    entries = [(weight, number, place) for number, row in enumerate(rows) for place, weight in row.items()]
    weights, numbers, places = zip(*entries, strict=True)
    return csr_array((weights, (numbers, places)), shape=(len(rows), width))
