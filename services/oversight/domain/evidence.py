"""Proof, table by table, that hidden cells may be far from their values."""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from services.oversight.domain.additive import Table
from services.oversight.domain.intervals import Reader

C = TypeVar("C")

_TOLERANCE = 1e-9
_SWEEPS = 6
_SEED = 20_210_330  # the same table must get the same pattern on every run
_BOTH = (-1.0, 1.0)


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

    def exposed(self, hidden: Sequence[C]) -> dict[C, list[C]]:
        """The hidden cells that cannot be as far below and above their value as they need; with the shown ones why.

        A fitting table shows for many cells at once how far they reach; only what none has shown yet is asked for
        one by one.
        """
        reader = Reader(self._table, hidden)
        self._sweep(reader)
        found: dict[C, list[C]] = {}
        for cell in hidden:
            for sense in _BOTH:
                if not self._reaches(cell, sense):
                    holding = self._look(reader, {cell: sense})
                    if not self._reaches(cell, sense):
                        found.setdefault(cell, []).extend(holding)
        return found

    def _sweep(self, reader: Reader[C]) -> None:
        """Push what is not settled up and down at once, in a few directions."""
        import numpy as np

        random = np.random.default_rng(_SEED)
        for _ in range(_SWEEPS):
            missing = [
                cell for cell in reader.hidden if not all(self._reaches(cell, sense) for sense in _BOTH)
            ]
            if len(missing) <= 2 * _SWEEPS:
                return
            signs = random.choice(_BOTH, len(missing)).tolist()
            weights = {cell: sign / self._needs[cell] for cell, sign in zip(missing, signs, strict=True)}
            self._look(reader, weights)
            self._look(reader, {cell: -weight for cell, weight in weights.items()})

    def _reaches(self, cell: C, sense: float) -> bool:
        value = self._table.values[cell]
        gap = self._high.get(cell, value) - value if sense > 0 else value - self._low.get(cell, value)
        return gap >= self._needs[cell] - self._slack

    def _look(self, reader: Reader[C], weights: Mapping[C, float]) -> list[C]:
        fit = reader.push(weights)
        for cell, found in fit.values.items():
            self._low[cell] = min(found, self._low.get(cell, found))
            self._high[cell] = max(found, self._high.get(cell, found))
        return fit.holding
