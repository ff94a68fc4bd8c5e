"""A reach's computing: which firms a product fits, what keeps the others out, and what other terms would do; in a
process of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.changes.pointers import parsed
from services.matching.domain.studies.disclosure import DisclosureRules, added, shown_counts
from services.matching.domain.studies.study import NewReach, ReachCell, ReachResult, ReachRule
from services.matching.index.judging import judged
from services.matching.index.layout import FACT_NAMES, Bit, bits_of
from services.matching.index.population import Population
from services.matching.operations.studies.cells import Cells, cells_of
from services.matching.operations.studies.sweeping import conditions
from services.matching.operations.studies.worlds import World, terms_of, with_terms

Flags = NDArray[np.bool_]
Shown = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Asked:
    """`bank` asks; `findable`: of each firm, whether it agreed to be found by this bank today."""

    question: NewReach
    bank: str
    findable: Flags


def reach(population: Population, world: World, asked: Asked, rules: DisclosureRules) -> ReachResult:
    product = _product(world, asked)
    fail, unknown = judged(population, product, conditions(world, world.catalogue()))
    cells, fits = cells_of(population), fail == 0
    before = shown_counts(rules, cells.counted(fits))
    after = _after(population, world, asked, product, cells, rules)
    told = [cell for cell in cells.names if before[cell] or (after and after[cell])]
    return ReachResult(
        firms=_total(cells, np.ones(len(population), np.bool_), rules),
        bound=rules.bound,
        minimum=rules.base,
        cells=tuple(_cell(before, after, cell) for cell in told),
        by_county=_by(before, after, 0),
        by_section=_by(before, after, 1),
        total=ReachCell(fits=sum(before.values()), after=None if after is None else sum(after.values())),
        unjudged=_total(cells, fits & (unknown != 0), rules),
        rules=_rules(cells, fail, rules),
        parties=_named(population, asked, fits),
    )


def _product(world: World, asked: Asked) -> pb.Product:
    """Whose it is was checked when it was asked."""
    question = asked.question
    if question.terms is not None:
        return pb.Product(id="draft", version=1, bank=asked.bank, terms=terms_of(parsed(question.terms)))
    return next(one for one in world.products if one.id == question.product_id)


def _after(
    population: Population,
    world: World,
    asked: Asked,
    product: pb.Product,
    cells: Cells,
    rules: DisclosureRules,
) -> Shown | None:
    if not asked.question.changes:
        return None
    for change in asked.question.changes:
        product = with_terms(product, change.path, change.value)
    fail, _ = judged(population, product, conditions(world, world.catalogue()))
    return shown_counts(rules, cells.counted(fail == 0))


def _rules(cells: Cells, fail: NDArray[np.int64], rules: DisclosureRules) -> tuple[ReachRule, ...]:
    """The rules that alone keep firms out; first the one without which most would come in."""
    found = [
        ReachRule(rule=_name(bit), more=_total(cells, fail == 1 << bit, rules))
        for bit in bits_of(int(np.bitwise_or.reduce(fail, initial=0)))
    ]
    return tuple(sorted((one for one in found if one.more), key=lambda one: (-one.more, one.rule)))


def _name(bit: int) -> str:
    return FACT_NAMES[bit] if bit < len(FACT_NAMES) else Bit(bit).name


def _named(population: Population, asked: Asked, fits: Flags) -> tuple[str, ...]:
    """For a product on the market, as it is there: by drafts a bank could feel its way to a firm's facts."""
    if asked.question.terms is not None:
        return ()
    return tuple(sorted(population.parties[place] for place in np.flatnonzero(fits & asked.findable)))


def _total(cells: Cells, chosen: Flags, rules: DisclosureRules) -> int:
    return sum(shown_counts(rules, cells.counted(chosen)).values())


def _cell(before: Shown, after: Shown | None, cell: tuple[str, str]) -> ReachCell:
    later = None if after is None else after[cell]
    return ReachCell(county=cell[0], section=cell[1], fits=before[cell], after=later)


def _by(before: Shown, after: Shown | None, place: int) -> tuple[ReachCell, ...]:
    first, later = added(before, place), None if after is None else added(after, place)
    where = "county" if place == 0 else "section"
    return tuple(
        replace(ReachCell(fits=number, after=None if later is None else later[code]), **{where: code})
        for code, number in sorted(first.items())
        if number or (later and later[code])
    )
