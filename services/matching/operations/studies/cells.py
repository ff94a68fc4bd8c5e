"""Firms of a population by county and section of industry, counted and measured for disclosure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from libs.registry.industries import is_industry, section_of
from services.matching.domain.studies.disclosure import KEYS, Cell, Counted, Measured
from services.matching.index.population import Population

Flags = NDArray[np.bool_]
Int64s = NDArray[np.int64]

NOT_KNOWN = ""  # the section of a firm whose industry nobody knows


@dataclass(frozen=True)
class Cells:
    """`of_firm`: the place in `names` of each firm's cell."""

    names: tuple[Cell, ...]
    of_firm: Int64s
    record_keys: NDArray[np.uint64]

    def counted(self, chosen: Flags) -> dict[Cell, Counted]:
        """The chosen firms, by cell."""
        firms = np.bincount(self.of_firm[chosen], minlength=len(self.names))
        keys = np.zeros(len(self.names), np.uint64)
        np.add.at(keys, self.of_firm[chosen], self.record_keys[chosen])
        return {
            name: Counted(firms=int(count), key=int(key) % KEYS)
            for name, count, key in zip(self.names, firms, keys, strict=True)
        }

    def measured(self, chosen: Flags, amounts: Int64s) -> dict[Cell, Measured]:
        """What the chosen firms have together, and the two largest among them."""
        places, values = self.of_firm[chosen], amounts[chosen]
        order = np.lexsort((-values, places))
        places, values = places[order], values[order]
        starts = np.searchsorted(places, np.arange(len(self.names) + 1))
        return {
            name: _measured(values[first:last])
            for name, first, last in zip(self.names, starts[:-1], starts[1:], strict=True)
        }


def cells_of(population: Population) -> Cells:
    sections = [section_of(code).code if is_industry(code) else NOT_KNOWN for code in population.industries]
    known = {section: number for number, section in enumerate(sorted(set(sections)))}
    by_industry = np.array([known[section] for section in sections], np.int64)
    joined = population.county * len(known) + by_industry[population.industry]
    names = tuple((county, section) for county in population.counties for section in known)
    return Cells(names, joined, population.record_keys)


def _measured(values: Int64s) -> Measured:
    """`values` from the largest down."""
    first, second = (*values[:2].tolist(), 0, 0)[:2]
    return Measured(firms=len(values), total=int(values.sum()), largest=first, second=second)
