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
        scale = self.table.highest()
        lowest, highest = (self.push({self._place[cell]: sense})[self._place[cell]] for sense in (-1.0, 1.0))
        return lowest * scale, highest * scale

    def exposed(self, needs: Mapping[C, int]) -> list[C]:
        """The hidden cells whose interval does not reach `needs` below and above their value.

        A table that fits what is published shows for many cells at once how far they reach; only what no such table
        has shown yet is asked for one by one.
        """
        if not self.hidden:
            return []
        seen = _Seen(self, needs)
        seen.sweep()
        return [cell for cell in self.hidden if not seen.settles(cell)]

    def push(self, weights: Mapping[int, float]) -> Any:
        """A table that fits what is published and is as large as can be in the direction of the weights, scaled."""
        import numpy as np
        from scipy import optimize  # loads slowly, and few processes ever need it

        solve: Any = optimize.linprog

        direction = np.zeros(len(self.hidden))
        for place, weight in weights.items():
            direction[place] = -weight
        found = solve(direction, **self._system, method="highs-ds", options=_OPTIONS)
        if found.x is None:
            raise ArithmeticError(f"no table fits what is published: {found.message}")
        return found.x

    @cached_property
    def _system(self) -> dict[str, Any]:
        equal, less = self._equations()
        # Nothing is larger than twice the largest: a bound that is known to be too wide hides no weakness.
        return {
            "A_eq": _matrix([row for row, _ in equal], len(self.hidden)),
            "b_eq": [right for _, right in equal] or None,
            "A_ub": _matrix([row for row, _ in less], len(self.hidden)),
            "b_ub": [right for _, right in less] or None,
            "bounds": (0, 2 + 2 / max(1, self.table.highest())),
        }

    def _equations(self) -> tuple[list["_Row"], list["_Row"]]:
        lines = (self._line(line) for line in self.table.sums)
        limits = (self._limit(smaller, larger) for smaller, larger in self.table.limits)
        return [row for row in lines if row[0]], [row for row in limits if row[0]]

    def _line(self, line: Sum[C]) -> "_Row":
        row = {self._place[part]: 1.0 for part in line.parts if part in self._place}
        if line.total in self._place:
            row[self._place[line.total]] = -1.0
        return row, known_part(self.table, line, self._place.keys()) / self.table.highest()

    def _limit(self, smaller: C, larger: C) -> "_Row":
        row: dict[int, float] = {}
        right = 0.0
        for cell, sign in ((smaller, 1.0), (larger, -1.0)):
            if cell in self._place:
                row[self._place[cell]] = sign
            else:
                right -= sign * self.table.values.get(cell, 0) / self.table.highest()
        return row, right


_Row = tuple[dict[int, float], float]
_OPTIONS = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-9}


class _Seen(Generic[C]):
    """How low and high each hidden cell has been in tables that fit what is published."""

    def __init__(self, reader: Reader[C], needs: Mapping[C, int]) -> None:
        import numpy as np

        scale = reader.table.highest()
        self._reader = reader
        self._values = np.array([reader.table.values[cell] for cell in reader.hidden]) / scale
        self._needs = np.array([needs[cell] for cell in reader.hidden]) / scale - _TOLERANCE
        self._low, self._high = self._values.copy(), self._values.copy()
        self._places = {cell: place for place, cell in enumerate(reader.hidden)}

    def sweep(self) -> None:
        """Push what is not settled up and down at once, in a few directions."""
        import numpy as np

        random = np.random.default_rng(_SEED)
        for _ in range(_SWEEPS):
            missing = self._missing()
            if not missing:
                return
            signs = random.choice((-1.0, 1.0), len(missing))
            weights = {place: sign / self._needs[place] for place, sign in zip(missing, signs, strict=True)}
            self._look(weights)
            self._look({place: -weight for place, weight in weights.items()})

    def settles(self, cell: C) -> bool:
        """Whether the cell reaches its needs both ways."""
        place = self._places[cell]
        for sense, reached in ((-1.0, self._reaches_down), (1.0, self._reaches_up)):
            if not reached()[place]:
                self._look({place: sense})
            if not reached()[place]:
                return False
        return True

    def _reaches_down(self) -> Any:
        return self._values - self._low >= self._needs

    def _reaches_up(self) -> Any:
        return self._high - self._values >= self._needs

    def _missing(self) -> list[int]:
        import numpy as np

        return np.flatnonzero(~(self._reaches_down() & self._reaches_up())).tolist()

    def _look(self, weights: Mapping[int, float]) -> None:
        import numpy as np

        found = self._reader.push(weights)
        self._low, self._high = np.minimum(self._low, found), np.maximum(self._high, found)


def _matrix(rows: Sequence[Mapping[int, float]], width: int) -> Any:
    from scipy.sparse import csr_array

    if not rows:
        return None
    entries = [(weight, number, place) for number, row in enumerate(rows) for place, weight in row.items()]
    weights, numbers, places = zip(*entries, strict=True)
    return csr_array((weights, (numbers, places)), shape=(len(rows), width))
