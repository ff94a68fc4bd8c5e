"""The laboratory's computing: the whole population before and after a change, in a process of its own."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.finance.money import PPM
from libs.finance.split import Share, split
from services.matching.domain.guarantee import BANK
from services.matching.domain.studies.disclosure import (
    Cell,
    DisclosureRules,
    added,
    shown_counts,
    shown_rate,
    shown_sums,
)
from services.matching.domain.studies.study import ExperimentCell, ExperimentResult, StudyRules, TierCost
from services.matching.index.layout import GUARANTEE
from services.matching.index.population import Population, classes
from services.matching.index.sweep import Swept
from services.matching.operations.exact import Pricer
from services.matching.operations.studies.cells import Cells, cells_of
from services.matching.operations.studies.sweeping import swept
from services.matching.operations.studies.worlds import World

Flags = NDArray[np.bool_]
Int64s = NDArray[np.int64]

_FIELDS = ("before", "after", "gained", "lost", "cheaper", "dearer")
_SUMS = ("guaranteed_before_fen", "guaranteed_after_fen", "expected_before_fen", "expected_after_fen")


@dataclass(frozen=True)
class Side:
    """The population in one world. `borne`: by party of the chain, of each firm's best plan."""

    swept: Swept
    pricer: Pricer
    borne: Mapping[str, Int64s]

    @property
    def has(self) -> Flags:
        return self.swept.eligible > 0

    @property
    def guaranteed(self) -> Int64s:
        """What stands behind the best plan of each firm, without the bank's own part."""
        together: Int64s = np.zeros(len(self.swept.eligible), np.int64)
        for party, amounts in self.borne.items():
            if party != BANK:
                np.add(together, amounts, out=together)
        return together


@dataclass(frozen=True)
class Compared:
    """`change_ppm`: of the cost of the best plan, where there is one before and after; `planned`: to the fen."""

    before: Side
    after: Side
    change_ppm: Int64s
    planned: int


def experiment(
    population: Population,
    before: World,
    after: World,
    rules: StudyRules,
    disclosure: DisclosureRules,
    tell: Callable[[int], None] = lambda progress: None,
) -> ExperimentResult:
    """What changes for whom, as it may be told. `tell` hears of progress in hundredths."""
    first = _side(before, population, None)
    tell(40)
    second = _side(after, population, first.swept)
    tell(80)
    found = _compared(population, first, second, before, after, rules.planned)
    return _told(cells_of(population), found, rules, disclosure, after.rules.policy_set)


def _side(world: World, population: Population, earlier: Swept | None) -> Side:
    catalogue = world.catalogue()
    found = swept(world, catalogue, population, earlier.layout if earlier else None)
    pricer = Pricer(world, catalogue, population, found)
    return Side(found, pricer, _borne(population, found, pricer))


def _borne(population: Population, found: Swept, pricer: Pricer) -> dict[str, Int64s]:
    """Guarantors are asked once for each kind of firm and product."""
    guaranteed = np.flatnonzero((found.mode == GUARANTEE) & (found.eligible > 0))
    if not len(guaranteed):
        return {}
    pairs, first = classes((pricer.kinds[guaranteed], found.best[guaranteed, 0].astype(np.int64)))
    borne = defaultdict[str, Int64s](lambda: np.zeros(len(first), np.int64))
    for number, place in enumerate(first):
        cover = pricer.cover(int(guaranteed[place]))
        if cover is not None:
            shares = [Share(share.party, share.bp) for share in cover.programme.shares]
            for party, part in split(int(population.amount_fen[guaranteed[place]]), shares).items():
                borne[party][number] = part
    return {party: _spread(of_pair[pairs], guaranteed, len(population)) for party, of_pair in borne.items()}


def _spread(amounts: Int64s, places: Int64s, count: int) -> Int64s:
    spread = np.zeros(count, np.int64)
    spread[places] = amounts
    return spread


def _compared(
    population: Population, first: Side, second: Side, before: World, after: World, most: int
) -> Compared:
    """Costs as the sweep estimates them; to the fen for those whose plans may differ, as many as policy allows."""
    both = first.has & second.has
    change = np.where(both, second.swept.cost_ppm.astype(np.int64) - first.swept.cost_ppm, 0)
    touched = both & ((first.swept.sets != second.swept.sets) | (change != 0))
    if dict(before.rules.benefits) != dict(after.rules.benefits):
        touched = both
    places = np.flatnonzero(touched)
    chosen = places[np.argsort(population.record_keys[places], kind="stable")[:most]]
    for place in chosen.tolist():
        costs = first.pricer.cost_ppm(place), second.pricer.cost_ppm(place)
        if costs[0] is not None and costs[1] is not None:
            change[place] = costs[1] - costs[0]
    return Compared(first, second, change, len(chosen))


def _told(
    cells: Cells, found: Compared, rules: StudyRules, disclosure: DisclosureRules, policy_set: str
) -> ExperimentResult:
    first, second = found.before, found.after
    both = first.has & second.has
    sets = (
        first.has,
        second.has,
        second.has & ~first.has,
        first.has & ~second.has,
        both & (found.change_ppm < 0),
        both & (found.change_ppm > 0),
    )
    shown = {
        name: shown_counts(disclosure, cells.counted(chosen))
        for name, chosen in zip(_FIELDS, sets, strict=True)
    }
    shown |= _sums(cells, first.guaranteed, second.guaranteed, rules.loss_ppm, disclosure)
    everybody = np.ones(len(both), np.bool_)
    return ExperimentResult(
        firms=sum(shown_counts(disclosure, cells.counted(everybody)).values()),
        bound=disclosure.bound,
        minimum=disclosure.base,
        cells=tuple(_cell(shown, name) for name in cells.names if any(part[name] for part in shown.values())),
        by_county=_by(shown, 0),
        by_section=_by(shown, 1),
        total=_made({name: sum(part.values()) for name, part in shown.items()}),
        tiers=_tiers(cells, first, second, rules.loss_ppm, disclosure),
        mean_change_ppm=shown_rate(disclosure, int(both.sum()), int(found.change_ppm[both].sum())),
        planned=found.planned - found.planned % 100,
        loss_ppm=rules.loss_ppm,
        policy_set=policy_set,
    )


def _sums(
    cells: Cells, before: Int64s, after: Int64s, loss_ppm: int, disclosure: DisclosureRules
) -> dict[str, dict[Cell, int]]:
    amounts = (before, after, before * loss_ppm // PPM, after * loss_ppm // PPM)
    return {name: _sum(cells, one, disclosure) for name, one in zip(_SUMS, amounts, strict=True)}


def _sum(cells: Cells, amounts: Int64s, disclosure: DisclosureRules) -> dict[Cell, int]:
    chosen = amounts > 0
    counts = shown_counts(disclosure, cells.counted(chosen))
    return shown_sums(disclosure, counts, cells.measured(chosen, amounts))


def _cell(shown: Mapping[str, Mapping[Cell, int]], cell: Cell) -> ExperimentCell:
    return _made({name: part[cell] for name, part in shown.items()}, county=cell[0], section=cell[1])


def _made(counts: Mapping[str, int], **where: str) -> ExperimentCell:
    fields: dict[str, Any] = {**where, **counts}
    return ExperimentCell(**fields)


def _by(shown: Mapping[str, Mapping[Cell, int]], place: int) -> tuple[ExperimentCell, ...]:
    sums = {name: added(part, place) for name, part in shown.items()}
    codes = sorted({code for part in sums.values() for code, number in part.items() if number})
    where = "county" if place == 0 else "section"
    return tuple(
        _made({name: part.get(code, 0) for name, part in sums.items()}, **{where: code}) for code in codes
    )


def _tiers(
    cells: Cells, before: Side, after: Side, loss_ppm: int, disclosure: DisclosureRules
) -> tuple[TierCost, ...]:
    """Each by the sums of its cells, as all else."""

    def told(side: Side, party: str) -> int:
        amounts = side.borne.get(party)
        if amounts is None:
            return 0
        return sum(_sum(cells, amounts * loss_ppm // PPM, disclosure).values())

    parties = dict.fromkeys((*before.borne, *after.borne))
    return tuple(
        TierCost(party=party, before_fen=told(before, party), after_fen=told(after, party))
        for party in parties
    )
