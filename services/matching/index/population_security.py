"""What could secure a loan, for a whole population: firms to whom the same guarantees and pledges are open, as classes.

Guarantors are asked once for each kind of firm and need that occurs, pledges are worked out over all rights at once.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from libs.finance.daycount import add_months
from libs.finance.money import BP
from services.matching.domain.firm import Firm
from services.matching.index.layout import FACT_BIT
from services.matching.index.population import RIGHT_NUMBER, Population, classes
from services.matching.index.settings import Fees, PledgeRule, Settings, feasible_modes

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Guarantees:
    """Who asks for the guarantees of a firm: `fees` for a firm, amount and term (None: there is no guarantor).

    They may hang on the firm's `area` (of its county), size and owner, on the facts named in `labels`, and on the need.
    """

    fees: Callable[[Firm, int, int], Fees | None]
    area: Callable[[str], Hashable] = lambda county: county
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Securities:
    """`of_firm`: the class of each firm; by class the modes of each setting, and the fee under each guarantee rule."""

    of_firm: Int64s
    modes: Int64s
    fees: Int64s


def securities(population: Population, settings: Settings, asked: Guarantees, today: date) -> Securities:
    guaranteed, rates = _guaranteed(population, settings, asked)
    pledged, reached = _pledged(population, settings, today)
    of_firm, first = classes((guaranteed, pledged))
    count = len(settings.settings)
    pairs = zip(guaranteed[first], pledged[first], strict=True)
    modes = [feasible_modes(settings.table[:count], reached[pledge], rates[fee]) for fee, pledge in pairs]
    return Securities(
        of_firm,
        np.array(modes, np.int64).reshape(len(first), count),
        np.ascontiguousarray(rates[guaranteed[first]]),
    )


def kinds_of(population: Population, asked: Guarantees) -> tuple[Int64s, Int64s]:
    """Firms that guarantors cannot tell apart as one kind: the kind of each firm, and a first firm of each."""
    areas: dict[Hashable, int] = {}
    area = [areas.setdefault(asked.area(county), len(areas)) for county in population.counties]
    return classes(
        (
            np.array(area, np.int64)[population.county],
            population.size,
            population.owner,
            population.amount_fen,
            population.term_months,
            *(_label(population, name) for name in asked.labels if name in FACT_BIT),
        )
    )


def _guaranteed(population: Population, settings: Settings, asked: Guarantees) -> tuple[Int64s, Int64s]:
    """Of each firm the class of its guarantees, and the fees by class."""
    kinds, first = kinds_of(population, asked)
    rows = [settings.fees(_fees_of(population, asked, int(place))) for place in first]
    return distinct(kinds, np.array(rows, np.int64).reshape(len(first), len(settings.guarantees)))


def _fees_of(population: Population, asked: Guarantees, place: int) -> Fees | None:
    need = int(population.amount_fen[place]), int(population.term_months[place])
    return asked.fees(population.firm(place), *need)


def _label(population: Population, name: str) -> Int64s:
    """1 where the fact is known and holds."""
    bit = FACT_BIT[name]
    return (population.known >> bit & 1) * (population.facts[bit] != 0)


def _pledged(population: Population, settings: Settings, today: date) -> tuple[Int64s, Int64s]:
    """Of each firm the class of the pledge rules under which its rights reach the amount, and these rules by class."""
    holders = np.unique(population.rights.firm)
    rules = settings.pledges.members
    reached = np.zeros((len(holders) + 1, len(rules)), np.int64)
    for number, rule in enumerate(rules):
        lends = _lends(population, holders, rule, today)
        reached[1:, number] = lends >= population.amount_fen[holders]
    of_firm = np.zeros(len(population), np.int64)
    of_firm[holders] = np.arange(1, len(holders) + 1)
    return distinct(of_firm, reached)


def _lends(population: Population, holders: Int64s, rule: PledgeRule, today: date) -> Int64s:
    """pledge.pledge of every firm that has rights: worth times cap of those that outlive the loan and the margin."""
    rights, (caps, margin) = population.rights, rule
    by_kind = np.zeros(len(RIGHT_NUMBER), np.int64)
    for kind, cap_bp in caps:
        by_kind[RIGHT_NUMBER[kind]] = cap_bp
    terms = population.term_months[rights.firm]
    lasts = {int(term): add_months(today, int(term) + margin).toordinal() for term in np.unique(terms)}
    last = np.array([lasts[term] for term in terms.tolist()], np.int64)
    part = np.where(rights.expires >= last, rights.worth_fen * by_kind[rights.kind] // BP, 0)
    sums = np.zeros(len(population), np.int64)
    np.add.at(sums, rights.firm, part)
    return sums[holders]


def distinct(of_firm: Int64s, rows: Int64s) -> tuple[Int64s, Int64s]:
    """Classes that look alike as one."""
    unique, joined = np.unique(rows, axis=0, return_inverse=True)
    return joined.reshape(-1)[of_firm], unique
